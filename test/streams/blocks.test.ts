/** Memory that is used again: never while somebody has it, and often enough that a long stream needs little of it. */
import { describe, expect, test } from 'vitest'
import { createBlockPool } from '../../src/streams/blocks.ts'
import { createSharedReads } from '../../src/streams/shared-reads.ts'
import type { StreamFile } from '../../src/streams/stream-files.ts'
import { createMemoryFiles, openFileScene, textAt, turns } from './scene.ts'

describe('a pool of blocks', () => {
  test('gives the memory of a block again when its last holder has given it back, and not before', () => {
    const pool = createBlockPool(8, 1)
    const first = pool.take(8)
    first.hold()
    first.giveBack()
    expect(pool.take(8).memory.buffer).not.toBe(first.memory.buffer)
    first.giveBack()
    expect(pool.take(8).memory.buffer).toBe(first.memory.buffer)
  })

  test('gives up at once what it does not keep, so that nobody sees the bytes of others there', () => {
    const pool = createBlockPool(8, 1)
    const [kept, second, small] = [pool.take(8), pool.take(8), pool.take(4)]
    for (const block of [kept, second, small]) block.giveBack()
    expect([kept, second, small].map(({ memory }) => memory.length)).toEqual([8, 0, 0])
    pool.clear()
    expect(kept.memory).toHaveLength(0)
  })
})

describe('reads of one file', () => {
  const size = 40
  /** A file that counts its reads, and fails on demand. */
  function countingFile(): StreamFile & { readonly reads: number[]; fails: boolean } {
    const reads: number[] = []
    return {
      reads,
      fails: false,
      async read(into, at) {
        reads.push(at)
        await turns(1)
        if (this.fails) throw new Error('gone')
        const bytes = textAt(at, Math.min(into.length, size - at))
        into.set(bytes)
        return bytes.length
      },
      write: () => expect.unreachable(),
      close: async () => {},
    }
  }

  test('by those who stand close to each other are one', async () => {
    const file = countingFile()
    const reads = createSharedReads<string>(file, createBlockPool(10, 2), 10)
    const [one, two, far] = await Promise.all([
      reads.read('one', 3, size),
      reads.read('two', 7, size),
      reads.read('far', 30, size),
    ])
    expect(file.reads).toEqual([3, 30])
    expect([one, two, far].map(({ bytes }) => Buffer.from(bytes))).toEqual([
      textAt(3, 10),
      textAt(7, 6),
      textAt(30, 10),
    ])
  })

  test('that fail are tried again by the next who asks', async () => {
    const file = countingFile()
    const reads = createSharedReads<string>(file, createBlockPool(10, 2), 10)
    file.fails = true
    const both = [reads.read('one', 0, size), reads.read('two', 5, size)]
    for (const read of both) await expect(read).rejects.toThrow('gone')
    file.fails = false
    const { bytes } = await reads.read('two', 5, size)
    expect(bytes.equals(textAt(5, 10))).toBe(true)
    await expect(reads.read('one', 35, size + 10)).rejects.toThrow('shorter')
  })

  test('of somebody who goes meanwhile do not write into what others have by then', async () => {
    const file = countingFile()
    const pool = createBlockPool(10, 2)
    const reads = createSharedReads<string>(file, pool, 10)
    const leaving = reads.read('one', 0, size)
    reads.forget('one')
    const other = pool.take(10)
    other.memory.fill(0)
    ;(await leaving).block.giveBack()
    expect(other.memory).toEqual(Buffer.alloc(10))
  })
})

test('readers who are lent a long stream see each of its bytes, at any pace, and it takes the memory of a few pieces', async () => {
  const size = 12 * 1024 * 1024 + 5
  const files = createMemoryFiles({})
  await using scene = openFileScene({ files, aheadBytes: 1024 * 1024, runOnBytes: 0, maxBytes: 1e9 })
  const memories = new Set<ArrayBufferLike>()
  const text = textAt(0, size)
  const follow = async (paceTurns: number, maxBytes: number) => {
    const { reader } = await scene.streams.findOrCreate('key', async sink => {
      for (let at = 0; at < size; at += 65_536) await sink.write(text.subarray(at, at + 65_536))
    })
    for (;;) {
      const at = reader.position
      const lent = await reader.lend(maxBytes)
      memories.add(lent.buffer)
      await turns(paceTurns)
      if (!lent.equals(text.subarray(at, at + lent.length))) return `other bytes at ${at}`
      if (lent.length === 0) break
    }
    const { position } = reader
    await reader.close()
    return position
  }
  const paces = [follow(0, 262_144), follow(1, 262_144), follow(3, 300_001), follow(9, 100_000)]
  expect(await Promise.all(paces)).toEqual([size, size, size, size])
  // One for each half megabyte would be twenty-five and as many again for those who are behind.
  expect(memories.size).toBeLessThan(20)
})
