/** What `warm` leaves when it is stopped. That a server finds what it has read is for `e2e/warm.test.ts`. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings } from '../../src/config/settings.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { runWarm } from '../../src/run-warm.ts'
import { buildRepository } from '../support/tracker-builder.ts'

const at = 1_700_000_000

test('stopped after a repository it says so, and the next run reads the rest', async () => {
  const home = await mkdtemp(join(tmpdir(), 'warm-stopped-'))
  await using _ = { [Symbol.asyncDispose]: () => rm(home, { recursive: true }) }
  for (const name of ['one', 'two']) {
    const t = createTrackerWriter({ seed: name })
    t.bug(t.identity({ name: 'Ada', at }), { title: 'It smokes', message: 'A lot.', at })
    await buildRepository(t, { dir: join(home, 'git', `${name}.git`) })
  }
  const env = { GIT_BUG_VIEWER_CACHE_MAX_BUILDS: '1' }
  const options = { 'data-dir': join(home, 'data'), 'log-level': 'silent' }
  const settings = await readSettings({ options, paths: [join(home, 'git')], env, cwd: home, homeDir: home })
  const warm = async (onLine: () => void, signal: AbortSignal) => {
    const lines: string[] = []
    const told = {
      write(text: string) {
        lines.push(text)
        onLine()
      },
    }
    return { ...(await runWarm({ settings, cwd: home, signal, told })), lines }
  }
  const ending = new AbortController()
  const stopped = await warm(() => ending.abort(), ending.signal)
  expect(stopped).toMatchObject({ isComplete: false, lines: ['one: 1 bug, 1 person\n'] })
  expect(stopped.text).toMatch(/^stopped: 2 repositories, 1 bug, /)
  const whole = await warm(() => {}, new AbortController().signal)
  expect(whole).toMatchObject({ isComplete: true, lines: ['one: 1 bug, 1 person\n', 'two: 1 bug, 1 person\n'] })
})
