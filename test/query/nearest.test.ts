import { expect, test } from 'vitest'
import { findNearest } from '../../src/query/nearest.ts'

const known = ['status', 'id', 'is', 'created']

test.each([
  ['staus', 'status'],
  ['STATUS', 'status'],
  ['stauts', 'status'],
  ['creates', 'created'],
  ['iss', 'is'],
  ['if', 'id'],
  ['stat', 'status'],
  ['sta', undefined],
  ['x', undefined],
  ['', undefined],
  ['milestone', undefined],
  ['status'.repeat(500), undefined],
])('of %s is %s', (word, nearest) => {
  expect(findNearest(word, known)).toBe(nearest)
})
