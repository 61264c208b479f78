import { describe, expect, test } from 'vitest'
import type { Query } from '../../src/query/ast.ts'
import { sortOf } from '../../src/query/ast.ts'
import {
  createFilter,
  hasFilter,
  listActiveFilters,
  statusOf,
  toggleFilter,
  withFilter,
  withoutFilter,
  withoutKind,
  withSort,
  withStatus,
} from '../../src/query/edit.ts'
import { printQuery } from '../../src/query/print.ts'
import { parseGood } from './bugs.ts'

function edit(text: string, change: (query: Query) => Query): string {
  const query = parseGood(text)
  const before = structuredClone(query)
  const printed = printQuery(change(query))
  expect(query).toEqual(before)
  return printed
}

function filterOf(text: string) {
  return parseGood(text).filters[0]!
}

describe('the tabs', () => {
  test.each([
    ['', 'status:open'],
    ['label:x crash sort:edit', 'status:open label:x crash sort:edit-desc'],
    ['label:x status:closed crash', 'label:x status:open crash'],
    ['a -status:open b status:closed c status:open', 'a status:open b c'],
    ['status:open', 'status:open'],
  ])('turn %j into %j for Open', (text, printed) => {
    expect(edit(text, query => withStatus(query, 'open'))).toBe(printed)
  })

  test('take every filter on status out for All', () => {
    expect(edit('a -status:open b is:closed c', query => withStatus(query, undefined))).toBe('a b c')
  })

  test.each([
    ['', undefined],
    ['status:open', 'open'],
    ['is:closed label:x', 'closed'],
    ['status:open status:open', 'open'],
    ['status:open status:closed', undefined],
    ['-status:open', 'closed'],
    ['status:open status:closed -status:closed', 'open'],
    ['status:open -status:open', undefined],
  ])('know of %j that %s is open', (text, status) => {
    expect(statusOf(parseGood(text))).toBe(status)
  })
})

describe('the order menu', () => {
  test('puts an order in, replaces it and takes it out', () => {
    const sort = { key: 'comments', direction: 'desc' } as const
    expect(edit('label:x', query => withSort(query, sort))).toBe('label:x sort:comments-desc')
    expect(edit('sort:id label:x', query => withSort(query, sort))).toBe('label:x sort:comments-desc')
    expect(edit('sort:id label:x', query => withSort(query, undefined))).toBe('label:x')
  })

  test('knows that the newest come first where the query does not say', () => {
    expect(sortOf(parseGood('label:x'))).toEqual({ key: 'creation', direction: 'desc' })
    expect(sortOf(parseGood('sort:id'))).toEqual({ key: 'id', direction: 'asc' })
  })
})

describe('the filter menus', () => {
  const label = createFilter('label', 'help wanted')!

  test('put a filter at the end, and take it out again', () => {
    expect(edit('crash', query => toggleFilter(query, label))).toBe('crash label:"help wanted"')
    expect(edit(`label:'help wanted' crash label:"help wanted"`, query => toggleFilter(query, label))).toBe('crash')
  })

  test('replace the exact opposite of a filter', () => {
    expect(edit('-label:"help wanted" -label:x', query => toggleFilter(query, label))).toBe(
      '-label:x label:"help wanted"',
    )
    expect(edit('metadata:k:v', query => withFilter(query, filterOf('-metadata:k:v')))).toBe('-metadata:k:v')
  })

  test('do not put a filter in twice', () => {
    expect(edit('label:"help wanted" x', query => withFilter(query, label))).toBe('label:"help wanted" x')
    expect(edit('in:title x', query => withFilter(query, filterOf('in:title')))).toBe('in:title x')
    expect(edit('x', query => withFilter(query, filterOf('in:title')))).toBe('x in:title')
  })

  test('tell filters apart by kind, value, key and sign', () => {
    const query = parseGood('label:x metadata:k:v -author:bob created:2026')
    for (const text of ['label:x', 'metadata:k:v', '-author:bob', 'created:2026']) {
      expect(hasFilter(query, filterOf(text))).toBe(true)
    }
    for (const text of [
      'title:x',
      'label:X',
      '-label:x',
      'metadata:j:v',
      'metadata:k:w',
      'author:bob',
      'updated:2026',
    ]) {
      expect(hasFilter(query, filterOf(text))).toBe(false)
    }
  })

  test('take a filter out only as it is', () => {
    expect(edit('label:x -label:x label:y', query => withoutFilter(query, filterOf('label:x')))).toBe(
      '-label:x label:y',
    )
  })

  test('take a whole kind out', () => {
    expect(edit('author:a -author:b actor:c', query => withoutKind(query, 'author'))).toBe('actor:c')
  })

  test('have no filter for what no query can say', () => {
    expect(createFilter('label', '')).toBeUndefined()
    expect(createFilter('label', `a" 'b`)).toBeUndefined()
    expect(createFilter('term', '-x')).toEqual({ kind: 'term', negated: false, value: '-x' })
  })
})

describe('the chips', () => {
  test('are the filters in order, each once, and each knows the query without it', () => {
    const chips = listActiveFilters(parseGood(`label:"a b" sort:id crash -author:bob label:'a b' in:title`))
    expect(chips.map(chip => chip.text)).toEqual(['label:"a b"', 'crash', '-author:bob', 'in:title'])
    expect(chips.map(chip => printQuery(chip.without))).toEqual([
      'crash -author:bob in:title sort:id-asc',
      'label:"a b" -author:bob label:"a b" in:title sort:id-asc',
      'label:"a b" crash label:"a b" in:title sort:id-asc',
      'label:"a b" crash -author:bob label:"a b" sort:id-asc',
    ])
  })
})
