import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BugSummary } from '../../src/bug/model.ts'
import { createOrder } from '../../src/query/order.ts'
import { knownSorts } from '../../src/query/qualifiers.ts'
import { selectAndCount, selectBugs } from '../../src/query/select.ts'
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
    ['sort:updated', 'dacb'],
    ['sort:updated-desc', 'dacb'],
    ['sort:updated-asc', 'bcad'],
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

describe('the order by relevance', () => {
  const texts = { d: 'kiln', b: 'kiln kiln relay', c: 'kiln relay relay relay', a: 'kiln kiln' }
  const ranked = createSource(bugs, { texts })

  test.each([
    ['kiln sort:relevance', 'badc'],
    ['kiln sort:relevance-desc', 'badc'],
    ['kiln sort:relevance-asc', 'cdab'],
    ['kiln relay sort:relevance', 'cb'],
    ['kiln -relay sort:relevance', 'ad'],
    ['kiln status:open sort:relevance', 'adc'],
    ['-relay sort:relevance', 'da'],
    ['sort:relevance', 'dbca'],
    ['sort:relevance-asc', 'acbd'],
    ['kiln in:title sort:relevance', ''],
  ])('of %s is by the sum of the scores of what bugs must hold, then by creation: %s', (text, ids) => {
    expect(find(text, ranked).join('')).toBe(ids)
  })

  test('is by creation where only titles are searched', () => {
    expect(find('"a title" in:title sort:relevance', source).join('')).toBe('dbca')
  })

  test('is what comparing bug with bug gives, whatever the scores are', () => {
    const anyScores = fc.array(fc.oneof(fc.constantFrom(0, 1, 1.5), fc.float({ min: 0, noNaN: true })), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(anyScores, scores => {
        const some = scores.map((_, n) => createBug({ id: String(n).padStart(3, '0'), createLamport: 1000 - n }))
        const score = (bug: BugSummary) => Math.fround(scores[Number(bug.id)] ?? 0)
        const textMatches = () => ({ has: () => true, hasNumber: () => true, score })
        const expected = some.toSorted(createOrder({ key: 'relevance', direction: 'desc' }, score))
        expect(selectBugs(parseGood('x sort:relevance'), { bugs: some, identities: new Map(), textMatches })).toEqual(
          expected,
        )
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

  test.each([
    '',
    'status:closed',
    'status:open status:closed',
    '-status:open',
    'comments:2 -status:open sort:id',
    'status:open sort:edit-asc',
    'sort:relevance status:open',
  ])('finds the same for “%s” whether it counts or not', text => {
    const { bugs: list } = selectAndCount(parseGood(text), source)
    expect(list.slice(0, list.length)).toEqual(selectBugs(parseGood(text), source))
    expect(list.slice(1, 3)).toEqual(selectBugs(parseGood(text), source).slice(1, 3))
  })

  test('counts what the tabs Open and Closed would show', () => {
    expect(selectAndCount(parseGood('status:closed'), source).counts).toEqual({ open: 3, closed: 1 })
    expect(selectAndCount(parseGood('comments:2 -status:open sort:id'), source).counts).toEqual({ open: 2, closed: 0 })
  })
})
