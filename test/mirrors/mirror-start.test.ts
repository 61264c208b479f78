/** A start of the whole program that fails after it has opened the mirrors. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLog } from '../../src/base/log.ts'
import { compose } from '../../src/compose.ts'
import { readSettings } from '../../src/config/settings.ts'
import { openGit } from '../../src/git/git.ts'

test('a start that fails gives the folder of mirrors back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'start-'))
  const settings = await readSettings({
    options: { 'data-dir': folder },
    env: { GIT_BUG_VIEWER_MIRRORS_OPEN: '["https://codeberg.org/**"]' },
    cwd: folder,
    homeDir: folder,
  })
  const input = { settings, paths: [join(folder, 'nowhere')], cwd: folder, metrics: undefined }
  const start = () => compose({ ...input, git: openGit(), log: silentLog as never })
  await expect(start()).rejects.toMatchObject({ code: 'SETTING_INVALID', message: expect.stringContaining('nowhere') })
  expect(await readdir(join(folder, 'mirrors-v1'))).not.toContain('lock')
  await expect(start()).rejects.toThrow('nowhere')
  await rm(folder, { recursive: true })
})
