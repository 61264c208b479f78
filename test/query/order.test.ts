import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOrder } from '../../src/query/order.ts'
import { knownSorts } from '../../src/query/qualifiers.ts'
import { countByStatus, selectBugs } from '../../src/query/select.ts'
import { createBug, createSource, find, parseGood } from './bugs.ts'

const bugs = [
  createBug({ id: 'd', createLamport: 4, createdAt: 1, editLamport: 5, editedAt: 9, commentCount: 2 }),
  createBug({
    id: 'b',
    createLamport: 3,
    createdAt: 8,
    editLamport: 9,
    editedAt: 1,
    commentCount: 7,
    status: 'closed',
  }),
  createBug({ id: 'c', createLamport: 3, createdAt: 7, editLamport: 6, editedAt: 5, commentCount: 2 }),
  createBug({ id: 'a', createLamport: 1, createdAt: 9, editLamport: 6, editedAt: 6, commentCount: 1 }),
]
const source = createSource(bugs)

describe('the order of the bugs that a query finds', () => {
  test.each([
    ['', 'dbca'],
    ['sort:creation', 'dbca'],
    ['sort:creation-desc', 'dbca'],
    ['sort:creation-asc', 'acbd'],
    ['sort:edit', 'bacd'],
    ['sort:edit-desc', 'bacd'],
    ['sort:edit-asc', 'dcab'],
    ['sort:id', 'abcd'],
    ['sort:id-asc', 'abcd'],
    ['sort:id-desc', 'dcba'],
    ['sort:comments', 'bcda'],
    ['sort:comments-desc', 'bcda'],
    ['sort:comments-asc', 'adcb'],
    ['status:open', 'dca'],
    ['status:open sort:edit', 'acd'],
  ])('%s', (text, ids) => {
    expect(find(text, source).join('')).toBe(ids)
  })

  test('is by id, ascending in either direction, where all else is equal', () => {
    const same = createSource(['b', 'c', 'a'].map(id => createBug({ id })))
    for (const sort of ['edit-asc', 'edit-desc', 'creation-asc', 'comments', 'comments-asc']) {
      expect(find(`sort:${sort}`, same)).toEqual(['a', 'b', 'c'])
    }
  })

  test('holds for lamport times above 2^53, numbers and bigints side by side', () => {
    const times = [2n ** 64n - 1n, 5, 2n ** 63n, 2n ** 63n + 1n, 7]
    const mixed = createSource(times.map((time, at) => createBug({ id: String(at), editLamport: time })))
    expect(find('sort:edit', mixed).join('')).toBe('03241')
    expect(find('sort:edit-asc', mixed).join('')).toBe('14230')
  })

  test('is a total order: no two bugs are equal, and what comes first does so from either side', () => {
    const anyBug = fc
      .record({
        id: fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 }),
        createLamport: fc.constantFrom(1, 2, 2n, 2n ** 60n),
        editLamport: fc.constantFrom(1, 3n),
        createdAt: fc.constantFrom(-1, 5),
        editedAt: fc.constantFrom(0, 5),
        commentCount: fc.constantFrom(1, 2),
      })
      .map(createBug)
    const anyBugs = fc.uniqueArray(anyBug, { selector: bug => bug.id, maxLength: 8 })
    fc.assert(
      fc.property(anyBugs, fc.constantFrom(...knownSorts), (some, word) => {
        const { sort } = parseGood(`sort:${word}`)
        const order = createOrder(sort!)
        const sorted = some.toSorted(order)
        expect(some.toReversed().toSorted(order)).toEqual(sorted)
        for (const [at, bug] of sorted.entries()) {
          expect(sorted.slice(at + 1).every(later => order(bug, later) < 0 && order(later, bug) > 0)).toBe(true)
        }
      }),
    )
  })
})

describe('selecting bugs', () => {
  test('hands out the array of the tracker where everything is asked for in its order', () => {
    expect(selectBugs(parseGood(''), source)).toBe(bugs)
    expect(selectBugs(parseGood('sort:creation-desc'), source)).toBe(bugs)
  })

  test('never changes the array of the tracker', () => {
    const frozen = createSource(Object.freeze([...bugs]))
    expect(find('sort:id', frozen).join('')).toBe('abcd')
    expect(frozen.bugs).toEqual(bugs)
  })

  test('counts what the tabs Open and Closed would show', () => {
    expect(countByStatus(parseGood('status:closed'), source)).toEqual({ open: 3, closed: 1 })
    expect(countByStatus(parseGood('comments:2 -status:open sort:id'), source)).toEqual({ open: 2, closed: 0 })
  })
})
