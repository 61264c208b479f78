/** What buckets promise, wherever they are. Time is not the test's to move: what takes a minute to fill is full enough. */
import { describe, expect, test } from 'vitest'
import type { RateBuckets } from '../../src/store/rate-buckets.ts'

/** Two instances that have the same buckets, or one twice. */
export interface TestBuckets extends AsyncDisposable {
  readonly one: RateBuckets
  readonly other: RateBuckets
}

export function describeRateBuckets(name: string, open: (perMinute: number) => Promise<TestBuckets>) {
  describe(`rate buckets ${name}`, () => {
    test('hold what comes in a minute, for each party by itself, and say when there is more', async () => {
      await using buckets = await open(3)
      for (let n = 0; n < 3; n++) expect(await buckets.one.take('a', 1)).toBe(0)
      const waitMs = await buckets.one.take('a', 1)
      expect(waitMs).toBeGreaterThan(0)
      expect(waitMs).toBeLessThanOrEqual(20_000)
      expect(await buckets.one.take('b', 1)).toBe(0)
    })

    test('are one for all who share them', async () => {
      await using buckets = await open(4)
      expect(await buckets.one.take('a', 3)).toBe(0)
      expect(await buckets.other.take('a', 2)).toBeGreaterThan(0)
      expect(await buckets.other.take('a', 1)).toBe(0)
      expect(await buckets.one.take('a', 1)).toBeGreaterThan(0)
    })

    test('take back what was taken, and never hold more than a minute’s worth', async () => {
      await using buckets = await open(3)
      expect(await buckets.one.take('a', 3)).toBe(0)
      await buckets.one.take('a', -2)
      expect(await buckets.other.take('a', 2)).toBe(0)
      await buckets.one.take('a', -3)
      await buckets.one.take('a', -3)
      expect(await buckets.one.take('a', 3)).toBe(0)
      expect(await buckets.one.take('a', 1)).toBeGreaterThan(0)
    })

    test('take nothing where there is not enough', async () => {
      await using buckets = await open(3)
      await buckets.one.take('a', 2)
      for (let n = 0; n < 5; n++) expect(await buckets.one.take('a', 2)).toBeGreaterThan(0)
      expect(await buckets.one.take('a', 1)).toBe(0)
    })

    test('hold exactly as many as they are said to, whatever the number', async () => {
      for (const perMinute of [1, 7, 59, 60, 61, 997]) {
        await using buckets = await open(perMinute)
        expect(await buckets.one.take('a', perMinute)).toBe(0)
        expect(await buckets.one.take('b', perMinute + 1)).toBeGreaterThan(0)
      }
    })
  })
}
