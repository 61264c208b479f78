import { describe, expect, test } from 'vitest'
import { groupBugs, parseGrouping, printGrouping, scopeOf } from '../../src/query/group.ts'
import { createBug } from './bugs.ts'

const limits = { maxColumns: 10, maxBugs: 2 }
const bugs = [
  createBug({ id: 'a1', labels: ['priority/p10', 'kind/bug'] }),
  createBug({ id: 'a2', labels: ['priority/p9', 'priority/p10'], status: 'closed' }),
  createBug({ id: 'a3', labels: ['priority/', 'priority', '/p9'], authorId: 'b'.repeat(64) }),
  createBug({ id: 'a4', labels: ['priority/p10', 'prioritys/p1'] }),
]
const columnsOf = (group: string, found = bugs) =>
  groupBugs(found, parseGrouping(group)!, limits).columns.map(({ key, count, first }) => [
    key,
    count,
    first.map(({ id }) => id),
  ])

describe('the columns of a board', () => {
  test('are the values of a scope by name and number, and bugs without one come last', () => {
    expect(columnsOf('priority')).toEqual([
      ['priority/p9', 1, ['a2']],
      ['priority/p10', 3, ['a1', 'a2']],
      [undefined, 1, ['a3']],
    ])
  })

  test('are the statuses, or the people who opened bugs', () => {
    expect(columnsOf('status')).toEqual([
      ['closed', 1, ['a2']],
      ['open', 3, ['a1', 'a3']],
    ])
    expect(columnsOf('author').map(([, count]) => count)).toEqual([3, 1])
  })

  test('are of no scope that is too long for an address', () => {
    expect(scopeOf(`${'x'.repeat(200)}/v`)).toBe('x'.repeat(200))
    expect(scopeOf(`${'x'.repeat(201)}/v`)).toBe(undefined)
    expect(parseGrouping(`${'x'.repeat(200)}/`)).toEqual({ kind: 'scope', scope: 'x'.repeat(200) })
    expect(parseGrouping('x'.repeat(201))).toBe(undefined)
  })

  test('are not more than may be, and the largest are kept', () => {
    const many = Array.from({ length: 40 }, (_, n) => createBug({ id: `b${n}`, labels: [`area/${n % 20}`] }))
    const large = createBug({ id: 'c1', labels: ['area/7'] })
    const found = groupBugs([...many, large], { kind: 'scope', scope: 'area' }, limits)
    expect(found.columns).toHaveLength(10)
    expect(found.left).toBe(10)
    expect(found.columns.find(({ key }) => key === 'area/7')).toMatchObject({ count: 3 })
    expect(found.columns.every(({ first }) => first.length <= 2)).toBe(true)
  })
})

describe('what a board is grouped by', () => {
  test.each([
    ['priority', { kind: 'scope', scope: 'priority' }, 'priority'],
    ['priority/', { kind: 'scope', scope: 'priority' }, 'priority'],
    ['status', { kind: 'status' }, 'status'],
    ['status/', { kind: 'scope', scope: 'status' }, 'status/'],
    ['author', { kind: 'author' }, 'author'],
    ['good first', { kind: 'scope', scope: 'good first' }, 'good first'],
  ])('%j is read and written again', (text, grouping, printed) => {
    expect(parseGrouping(text)).toEqual(grouping)
    expect(printGrouping(parseGrouping(text)!)).toBe(printed)
  })

  test.each(['', '/', 'a/b', 'a//', '/a'])('%j is no scope', text => {
    expect(parseGrouping(text)).toBeUndefined()
  })

  test('a scope stands before the first slash, with something on both sides of it', () => {
    expect(['a/b/c', '/b', 'a/', 'a', ''].map(scopeOf)).toEqual(['a', undefined, undefined, undefined, undefined])
  })
})
