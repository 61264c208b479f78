import { expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { openGit } from '../../src/git/git.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { parseExposition } from '../support/exposition.ts'
import { buildRepository } from '../support/tracker-builder.ts'

const started = 'gitbugviewer_git_processes_started_total'
const running = 'gitbugviewer_git_processes_running'

test('git processes are counted by their command, those that run and those that have ended', async () => {
  const t = createTrackerWriter({ seed: 'tally' })
  t.identity({ name: 'Ada Marsh', at: 1_700_000_000 })
  await using repository = await buildRepository(t)
  const metrics = createMetrics()
  const git = await openGit({ measures: metrics })
  const read = async () => parseExposition(await metrics.readText())

  await git.listRefs(repository.path, { prefixes: ['refs/identities'] })
  await git.listRefs(repository.path, { prefixes: ['refs/identities'] })
  const reader = git.openReader(repository.path)
  await reader.read('0'.repeat(40), 100)
  const during = await read()
  await reader[Symbol.asyncDispose]()
  const after = await read()

  expect(during.value(started, { command: 'for-each-ref' })).toBe(2)
  expect(during.value(running, { command: 'for-each-ref' })).toBe(0)
  expect([during.value(running, { command: 'cat-file' }), after.value(running, { command: 'cat-file' })]).toEqual([
    1, 0,
  ])
  expect(after.value(started, { command: 'cat-file' })).toBe(1)
})

test('a git that cannot be started is not one that runs', async () => {
  const metrics = createMetrics()
  const git = await openGit({ measures: metrics })
  await expect(git.listRefs('/no/such/folder', { prefixes: ['refs/bugs'] })).rejects.toThrow()
  const read = parseExposition(await metrics.readText())
  expect([read.value(started), read.value(running)]).toEqual([1, 0])
})
