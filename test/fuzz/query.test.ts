/** The query language from its other side: every tree that can be made; and the texts that cost most. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BugSummary } from '../../src/bug/model.ts'
import type { Filter, Query } from '../../src/query/ast.ts'
import { createFilter, listActiveFilters } from '../../src/query/edit.ts'
import { foldFields } from '../../src/query/fold.ts'
import { compileMatcher } from '../../src/query/matcher.ts'
import { parseQuery } from '../../src/query/parser.ts'
import { printFilter, printQuery } from '../../src/query/print.ts'
import { knownQualifiers, knownSorts } from '../../src/query/qualifiers.ts'
import { selectBugs } from '../../src/query/select.ts'
import { suggest } from '../../src/query/suggest.ts'
import { textPlaces } from '../../src/query/text-places.ts'
import { createBug, createSource, parseGood } from '../query/bugs.ts'
import { processorMs } from '../support/processor-time.ts'
import { runs } from './runs.ts'

const odd = fc.constantFrom(
  '"',
  "'",
  ':',
  '-',
  ' ',
  '\t',
  '\u00a0',
  '\u3000',
  '\\',
  'a',
  'label',
  'é',
  '🐞',
  '\ud800',
  '\0',
  '\u202e',
)
const value = fc.oneof(
  fc.array(odd, { minLength: 1, maxLength: 8 }).map(all => all.join('')),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
)
const negated = fc.boolean()
const textKinds = ['author', 'actor', 'participant', 'involves', 'label', 'title', 'term'] as const
const textFilter = fc.record({ kind: fc.constantFrom(...textKinds), negated, value })
const idFilter = fc.record({ kind: fc.constant('id' as const), negated, value: fc.stringMatching(/^[0-9a-f]{1,64}$/) })
const statusFilter = fc.record({
  kind: fc.constant('status' as const),
  negated,
  value: fc.constantFrom('open', 'closed'),
})
const metadataFilter = fc.record({ kind: fc.constant('metadata' as const), negated, key: value, value })
const noFilter = fc.record({ kind: fc.constant('no' as const), negated, value: fc.constant('label' as const) })
const scopeFilter = fc.constant({ kind: 'in' as const, negated: false as const, value: 'title' as const })
const point = fc.oneof(
  fc.nat(9999).map(String),
  fc
    .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 }))
    .map(([y, m]) => `${String(y).padStart(4, '0')}-${String(m).padStart(2, '0')}`),
)
const rangeText = fc.oneof(
  point,
  fc.tuple(fc.constantFrom('>', '<', '>=', '<='), point).map(([sign, at]) => sign + at),
  fc.tuple(point, point).map(([from, to]) => `${from}..${to}`),
)
/** Ranges are written by their text; those that are none are left out. */
const rangeFilter = fc
  .tuple(fc.constantFrom('created', 'updated', 'comments'), negated, rangeText)
  .map(([kind, isNegated, text]) => parseQuery(`${isNegated ? '-' : ''}${kind}:${text}`))
  .filter(parsed => 'query' in parsed)
  .map(parsed => parsed.query.filters[0] as Filter)
const anyFilter: fc.Arbitrary<Filter> = fc.oneof(
  textFilter,
  idFilter,
  statusFilter,
  metadataFilter,
  noFilter,
  scopeFilter,
  rangeFilter,
)
/** What the language can say: values with both kinds of quotes in an unlucky order it cannot. */
const filter = anyFilter.filter(one => printFilter(one) !== undefined)
const sort = fc.option(
  fc.record({
    key: fc.constantFrom('id', 'creation', 'edit', 'comments', 'relevance'),
    direction: fc.constantFrom('asc', 'desc'),
  }),
  { nil: undefined },
)
const anyQuery: fc.Arbitrary<Query> = fc.record({ filters: fc.array(filter, { maxLength: 8 }), sort })

const bugs = Array.from({ length: 20 }, (_, n) =>
  createBug({
    id: n.toString(16).padStart(64, 'a'),
    title: `a é ${n} 🐞`,
    labels: ['a', 'é'].slice(n % 3),
    commentCount: n,
  }),
)
const source = createSource(bugs)

describe('every tree', () => {
  test('that is printed and parsed is the same tree', () => {
    fc.assert(
      fc.property(anyQuery, query => {
        const text = printQuery(query)
        expect(parseGood(text)).toEqual(query)
        expect(printQuery(parseGood(text))).toBe(text)
      }),
      { numRuns: runs(3000) },
    )
  })

  test('can be said, but where a value holds both kinds of quotes', () => {
    fc.assert(
      fc.property(anyFilter, one => {
        const texts = 'key' in one ? [one.key, one.value] : [one.value]
        fc.pre(!texts.some(text => text.includes('"') || text.includes("'")))
        expect(printFilter(one)).toBeDefined()
      }),
      { numRuns: runs(2000) },
    )
  })

  test('finds what each kind of its filters finds by itself, and nothing else', () => {
    fc.assert(
      fc.property(anyQuery, query => {
        // Where terms are looked up is said by `in:`.
        const kinds = Object.values(Object.groupBy(query.filters, ({ kind }) => (kind === 'in' ? 'term' : kind)))
        const tests = kinds.map(filters => compileMatcher({ filters, sort: undefined }, source))
        const ids = (found: readonly BugSummary[]) => new Set(found.map(({ id }) => id))
        const byAll = bugs.filter(bug => tests.every(matches => matches(bug)))
        expect(ids(selectBugs(query, source))).toEqual(ids(byAll))
      }),
      { numRuns: runs(1500) },
    )
  })

  test('can be taken apart, filter by filter, until nothing is left', () => {
    fc.assert(
      fc.property(anyQuery, query => {
        let left = query
        for (let chips = listActiveFilters(left); chips.length > 0; chips = listActiveFilters(left)) {
          const without = chips[0]!.without
          expect(without.filters.length).toBeLessThan(left.filters.length)
          left = without
        }
        expect(left.filters).toEqual([])
      }),
      { numRuns: runs(500) },
    )
  })
})

describe('the cost', () => {
  const size = 16_384
  const limits = { maxChars: size, maxTokens: size }
  const words = [
    ...knownQualifiers.map(word => `${word}:`),
    ...knownSorts,
    '"',
    "'",
    ':',
    '-',
    ' ',
    '\u00a0',
    'a',
    'é',
    '\ud800',
    '2026',
    '..',
    '>=',
    '0',
    '\u0301',
    '🐞',
  ]
  const unit = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 5 }).map(all => all.join(''))

  const labels = bugs.map(({ title }) => ({ name: title, bugs: 1, color: '#000000' }))
  /** A text that nearly holds what is looked for, everywhere. */
  const commentOf = (piece: string) => piece.repeat(Math.ceil(60_000 / piece.length))

  test('of any text of the largest size stays small: to read, to print, to match, to mark, to suggest and to fold', () => {
    fc.assert(
      fc.property(unit, fc.constantFrom('', '"', "'", 'label:"', 'x:'), (piece, start) => {
        const text = (start + piece.repeat(Math.ceil(size / piece.length))).slice(0, size)
        const ms = processorMs(() => {
          const parsed = parseQuery(text, limits)
          suggest(text, { labels, identities: new Map() })
          foldFields(text, { status: ['all'], label: [text], author: [text], sort: [text], text: [text] })
          createFilter('label', text)
          if ('error' in parsed) return
          printQuery(parsed.query)
          selectBugs(parsed.query, source)
          textPlaces(parsed.query, 'comment')?.find(commentOf(piece))
        })
        expect([piece, ms]).toEqual([piece, expect.toSatisfy(spent => spent < 2000)])
      }),
      { numRuns: runs(150) },
    )
  })
})
