import { expect, test } from 'vitest'
import { median, percentile } from '../../bench/statistics.ts'

test('a percentile is one of the numbers, by nearest rank and by size', () => {
  const numbers = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect([0.5, 0.99, 1].map(share => percentile(numbers, share))).toEqual([50, 99, 100])
  expect(percentile([10, 9], 0)).toBe(9)
  expect(median([10, 2, 9])).toBe(9)
})

test('without numbers there is no figure that a bound could accept', () => {
  expect(median([]) <= 1000).toBe(false)
  expect(median([]) >= 0).toBe(false)
})
