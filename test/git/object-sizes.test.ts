import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { noMeasures } from '../../src/base/measures.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type Git, openGit } from '../../src/git/git.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'

const t = createTrackerWriter({ seed: 'sizes' })
const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
const file = t.attach('0123456789')
t.bug(ada, { title: 'x', message: '', at: 1_700_000_000, files: [file] })

let built: BuiltRepository
let git: Git
const started: string[] = []
beforeAll(async () => {
  built = await buildRepository(t)
  git = await openGit({ measures: { ...noMeasures, count: name => started.push(name) } })
})
afterAll(() => built[Symbol.asyncDispose]())

const look = async (hashes: readonly string[], signal = new AbortController().signal) =>
  Object.fromEntries(await git.readObjectSizes({ folder: built.path, hashes }, signal))

test('objects say their type and size; what is missing or no hash is left out', async () => {
  const found = await look([file, 'ab'.repeat(20), ada.tip, 'HEAD', '--textconv', `${file} `, file])
  expect(found).toEqual({ [file]: { type: 'blob', size: 10 }, [ada.tip]: { type: 'commit', size: expect.any(Number) } })
})

test('a tag that is called like a hash of another kind stands for nothing', async () => {
  const name = 'cd'.repeat(32)
  execFileSync('git', ['update-ref', `refs/tags/${name}`, file], { cwd: built.path })
  expect(await look([name])).toEqual({})
})

test('nothing is started for nothing, nor for somebody who has gone', async () => {
  const before = started.length
  expect(await look(['HEAD'])).toEqual({})
  await expect(look([file], AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
  expect(started).toHaveLength(before)
})
