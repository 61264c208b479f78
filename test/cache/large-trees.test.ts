/**
 * Thousands of commits may have the same large tree: that is a small push, and each of them is read. What is kept of a
 * tree is what git-bug has put there.
 */
import { expect, test } from 'vitest'
import { defaultDecodeLimits } from '../../src/base/limits.ts'
import { createContentSource } from '../../src/cache/content-source.ts'
import type { GitObject } from '../opinion/git-objects.ts'
import { createRandom } from '../opinion/random.ts'
import { createMemoryReader } from '../proof/decoder/memory-reader.ts'
import { keptMemory } from '../support/kept-memory.ts'

const hashOf = (digit: string) => digit.repeat(40)
const entry = (name: string) => Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(hashOf('b'), 'hex')])

function sourceWithTree(names: readonly string[]) {
  const objects = new Map<string, GitObject>([
    [hashOf('a'), { type: 'tree', bytes: Buffer.concat(names.map(entry)) }],
    [hashOf('b'), { type: 'blob', bytes: Buffer.from('{}') }],
  ])
  return createContentSource(createMemoryReader(objects, createRandom(1)), defaultDecodeLimits, 0)
}

const commit = (number: number) => ({ hash: String(number).padStart(40, '0'), tree: hashOf('a'), parents: [] })

test('of a large tree that commits share, only the entries that count are kept of each', async () => {
  const others = Array.from({ length: 20_000 }, (_, index) => `file ${index}`)
  const source = sourceWithTree(['create-clock-1', 'edit-clock-7', ...others, 'ops', 'version-4'])
  const before = await keptMemory()
  const contents = []
  for (let number = 0; number < 200; number++) contents.push(await source.take(commit(number), 'bug'))
  // 200 times 700 kB is what they would take.
  expect((await keptMemory()) - before).toBeLessThan(20_000_000)
  for (const content of contents) {
    expect(content).toMatchObject({
      entries: ['create-clock-1', 'edit-clock-7', 'version-4'].map(name => ({ name, hash: hashOf('b') })),
      blobHash: hashOf('b'),
    })
  }
})

test('a tree with clocks without end is refused', async () => {
  const clocks = Array.from({ length: 20_000 }, (_, index) => `edit-clock-${index}`)
  const source = sourceWithTree([...clocks, 'ops', 'version-4'])
  expect(await source.take(commit(1), 'bug')).toBe(`tree ${hashOf('a')} has too many clocks`)
})
