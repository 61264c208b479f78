/** What new settings change, and what of it has to wait for a restart. */
import { expect, test } from 'vitest'
import { changedSettings, withoutRestart } from '../../src/config/changed-settings.ts'
import { createSettingsFiles } from './settings-files.ts'

async function read(before: string, after: string) {
  await using files = await createSettingsFiles()
  return [await files.read({ yaml: before }), await files.read({ yaml: after })] as const
}

test('the same settings, read twice, have not changed', async () => {
  const yaml = 'repositories:\n  scan: [/srv/git]\nmirrors:\n  open: ["https://git.example.org/**"]\n'
  const [before, after] = await read(yaml, yaml)
  expect(changedSettings(before, after)).toEqual([])
})

test('each setting that differs is named, and whether it needs a restart', async () => {
  const [before, after] = await read(
    'server:\n  port: 3000\n  title: One\n',
    'server:\n  port: 3001\n  title: Two\nrepositories:\n  list: [/srv/git/a.git]\nstore:\n  redis:\n    url: redis://127.0.0.1\n',
  )
  expect(changedSettings(before, after)).toEqual([
    { path: 'server.port', needsRestart: true },
    { path: 'server.title', needsRestart: false },
    { path: 'repositories.list', needsRestart: false },
    { path: 'store.redis.url', needsRestart: true },
  ])
})

test('what needs a restart stays as it was, and everything else is new', async () => {
  const [before, after] = await read(
    'server:\n  port: 3000\n  title: One\nstreams:\n  stallSeconds: 7\n',
    'server:\n  port: 3001\n  title: Two\n',
  )
  const now = withoutRestart(before, after)
  expect(now.server).toMatchObject({ port: 3000, title: 'Two' })
  expect(now.streams).toEqual(before.streams)
  expect({ ...now, server: undefined, streams: undefined }).toEqual({ ...after, server: undefined, streams: undefined })
  // Read-only, all of them: others hold them too.
  expect(after.server.port).toBe(3001)
})
