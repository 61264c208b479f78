import { expect, test } from 'vitest'
import { generateTracker } from '../../bench/generate.ts'
import { fastImportStream } from '../../src/demo/import-log.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { buildRepository, importInto, runGit } from '../support/tracker-builder.ts'

const options = { bugs: 300, seed: 7, objectFormat: 'sha1' as const }

test('the generated tracker is sound, and the counts are what git finds', async () => {
  await using repository = await buildRepository(createTrackerWriter({ seed: 0 }))
  const { path } = repository
  const { counts, commands } = generateTracker(options)
  await importInto(path, fastImportStream(commands))
  expect(await runGit(path, ['fsck', '--strict', '--no-dangling'])).toBe('')
  const refs = await runGit(path, ['for-each-ref', '--format=%(refname)'])
  const ofKind = (kind: string) => refs.split('\n').filter(ref => ref.startsWith(`refs/${kind}/`)).length
  expect([ofKind('bugs'), ofKind('identities')]).toEqual([counts.bugs, counts.identities])
  const count = async (...args: string[]) => Number(await runGit(path, ['rev-list', '--count', ...args]))
  expect(await count('--glob=refs/bugs')).toBe(counts.packs)
  expect(await count('--merges', '--glob=refs/bugs')).toBe(counts.merges)
  expect(counts.merges).toBeGreaterThan(0)
})

test('the same seed gives the same bytes, another seed does not', () => {
  const bytes = (seed: number) => Buffer.concat([...generateTracker({ ...options, bugs: 40, seed }).commands])
  expect(bytes(1).equals(bytes(1))).toBe(true)
  expect(bytes(1).equals(bytes(2))).toBe(false)
})

test('sizes are distributed as in trackers that have been in use for years', () => {
  const { counts, commands } = generateTracker({ ...options, bugs: 1500 })
  for (const _ of commands);
  expect(counts.packs / counts.bugs).toBeGreaterThan(5)
  expect(counts.packs / counts.bugs).toBeLessThan(6.5)
  expect(counts.merges / counts.bugs).toBeGreaterThan(0.03)
  expect(counts.merges / counts.bugs).toBeLessThan(0.08)
})
