import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFilter, listActiveFilters, toggleFilter, withFilter } from '../../src/query/edit.ts'
import { compileMatcher } from '../../src/query/matcher.ts'
import { parseQuery } from '../../src/query/parser.ts'
import { printFilter, printQuery } from '../../src/query/print.ts'
import { processorMs } from '../support/processor-time.ts'
import { createBug, createSource, parseGood } from './bugs.ts'

/** Texts of anything, and texts of the pieces that the language is made of, so that many of them are queries. */
const pieces = (
  String.raw`" ' : - \ .. > <= a é 🐞 2026-11 7 status open is label metadata sort edit-asc id created comments involves in title ` +
  'no label: title: metadata:k: author: "a_b" \'c:d\' sort:id is:open id:aF'
)
  .split(' ')
  .map(text => text.replace('_', ' '))
const piece = fc.constantFrom(...pieces, ' ', ' ', ' ', ' -', '\u00a0', '\ud800', '\u0301')
const madeOfPieces = fc.array(piece, { maxLength: 24 }).map(pieces => pieces.join(''))
const anyText = fc.oneof(madeOfPieces, fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 60 }))

describe('for every text', () => {
  test('the parser does not throw, and the place of an error lies in the text', () => {
    let good = 0
    fc.assert(
      fc.property(anyText, text => {
        const parsed = parseQuery(text)
        if ('query' in parsed) {
          good++
          return true
        }
        const { position, length } = parsed.error
        return position >= 0 && length >= 1 && position + length <= text.length
      }),
      { numRuns: 5000 },
    )
    expect(good).toBeGreaterThan(500)
  })

  test('a query that is printed and parsed is the same query, and prints the same again', () => {
    fc.assert(
      fc.property(anyText, text => {
        const parsed = parseQuery(text)
        fc.pre('query' in parsed)
        const printed = printQuery(parsed.query)
        expect(parseQuery(printed)).toEqual(parsed)
        expect(printQuery(parseGood(printed))).toBe(printed)
      }),
      { numRuns: 3000 },
    )
  })

  test('each filter of a query can be printed alone, and each chip takes it out', () => {
    fc.assert(
      fc.property(madeOfPieces, text => {
        const parsed = parseQuery(text)
        fc.pre('query' in parsed)
        for (const { filter, text: chip, without } of listActiveFilters(parsed.query)) {
          expect(parseGood(chip).filters).toEqual([filter])
          expect(without.filters).not.toContainEqual(filter)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('a filter made of it reads back as that text, or there is none', () => {
    const kinds = fc.constantFrom('label', 'title', 'author', 'term')
    fc.assert(
      fc.property(kinds, anyText, (kind, value) => {
        const filter = createFilter(kind, value)
        fc.pre(filter !== undefined)
        expect(parseGood(printFilter(filter) ?? '').filters).toEqual([{ kind, negated: false, value }])
        const query = withFilter(parseGood('status:open crash'), filter)
        expect(parseGood(printQuery(query))).toEqual(query)
        expect(toggleFilter(query, filter).filters).not.toContainEqual(filter)
      }),
      { numRuns: 2000 },
    )
  })

  test('a value without quotes can always be said', () => {
    fc.assert(
      fc.property(anyText, text => {
        const value = text.replaceAll(/["']/g, '')
        fc.pre(value !== '')
        expect(createFilter('label', value)).toBeDefined()
        expect(createFilter('term', value)).toBeDefined()
      }),
      { numRuns: 2000 },
    )
  })

  test('a query matches or does not match, and its opposite does the other', () => {
    const bug = createBug({ id: 'af'.repeat(32), title: 'a é 🐞', labels: ['a', 'é'], createdAt: 1_793_000_000 })
    const source = createSource([bug], { texts: { [bug.id]: 'a é 🐞 7 open' } })
    fc.assert(
      fc.property(madeOfPieces, text => {
        const parsed = parseQuery(text)
        fc.pre('query' in parsed)
        for (const filter of parsed.query.filters.filter(({ kind }) => kind !== 'in' && kind !== 'term')) {
          const opposite = { ...filter, negated: !filter.negated } as typeof filter
          const matches = compileMatcher({ filters: [filter], sort: undefined }, source)(bug)
          expect(compileMatcher({ filters: [opposite], sort: undefined }, source)(bug)).toBe(!matches)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('the time to parse grows with the length only', () => {
    const limits = { maxChars: 1e6, maxTokens: 1e6 }
    for (const text of ['"a', ':', '-', '"" ', `'"`, 'a:', 'sort:', 'is:open ', '>', 'id:a '].map(t => t.repeat(1e5))) {
      expect(processorMs(() => parseQuery(text.slice(0, 1e6), limits))).toBeLessThan(3000)
    }
  })
})
