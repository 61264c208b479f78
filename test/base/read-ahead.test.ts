import { describe, expect, test } from 'vitest'
import { readAhead } from '../../src/base/read-ahead.ts'

/** Reads that end when they are told to. */
function createReads() {
  const begun: number[] = []
  const ends = new Map<number, PromiseWithResolvers<string>>()
  return {
    begun,
    read: (item: number) => {
      begun.push(item)
      const end = Promise.withResolvers<string>()
      ends.set(item, end)
      return end.promise
    },
    end: (item: number) => ends.get(item)!.resolve(`read ${item}`),
    fail: (item: number) => ends.get(item)!.reject(new Error(`no ${item}`)),
  }
}

describe('reading ahead', () => {
  test('gives everything in the order of the items, whichever was read first', async () => {
    const reads = createReads()
    const all = readAhead([1, 2, 3], 3, reads.read)
    const first = all.next()
    for (const item of [3, 2, 1]) reads.end(item)
    expect((await first).value).toBe('read 1')
    expect(await Array.fromAsync(all)).toEqual(['read 2', 'read 3'])
  })

  test('begins no more than it may hold, and the next one when one was taken', async () => {
    const reads = createReads()
    const all = readAhead([1, 2, 3, 4], 2, reads.read)
    const first = all.next()
    expect(reads.begun).toEqual([1, 2])
    reads.end(1)
    await first
    expect(reads.begun).toEqual([1, 2])
    const second = all.next()
    expect(reads.begun).toEqual([1, 2, 3])
    for (const item of [2, 3]) reads.end(item)
    await second
    const third = all.next()
    reads.end(4)
    expect((await third).value).toBe('read 3')
    expect(await Array.fromAsync(all)).toEqual(['read 4'])
  })

  test('ends with the first failure, after the reads that go on', async () => {
    const reads = createReads()
    const all = readAhead([1, 2, 3], 2, reads.read)
    const first = all.next()
    let hasEnded = false
    const ending = first.finally(() => {
      hasEnded = true
    })
    reads.fail(1)
    await new Promise(setImmediate)
    expect(hasEnded).toBe(false)
    reads.fail(2)
    await expect(ending).rejects.toThrow('no 1')
    expect(await all.next()).toEqual({ value: undefined, done: true })
    expect(reads.begun).toEqual([1, 2])
  })

  test('of nothing gives nothing', async () => {
    expect(await Array.fromAsync(readAhead([], 4, () => Promise.reject(new Error('nothing to read'))))).toEqual([])
  })
})
