import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldFields, type QueryFields } from '../../src/query/fold.ts'
import { parseQuery } from '../../src/query/parser.ts'

const nothing: QueryFields = { status: [], label: [], author: [], sort: [], text: [] }
const fold = (q: string, fields: Partial<QueryFields>) => foldFields(q, { ...nothing, ...fields })

describe('the fields of a form', () => {
  test('become a query in the order in which people write one', () => {
    const fields = { sort: ['edit-desc'], text: ['crash'], author: ['ada'], label: ['kind/bug', ''], status: ['open'] }
    expect(fold('', fields)).toBe('status:open label:kind/bug author:ada crash sort:edit-desc')
  })

  test('go behind the query, and what there can be one of takes its place', () => {
    expect(fold('status:open created:2026 sort:id', { status: ['closed'], sort: ['comments'] })).toBe(
      'created:2026 status:closed sort:comments-desc',
    )
    expect(fold('status:open label:a', { status: ['all'], label: ['b'] })).toBe('label:a label:b')
    expect(fold('status:open label:a sort:id', { label: ['b'] })).toBe('status:open label:a label:b sort:id-asc')
  })

  test('that are empty say nothing', () => {
    expect(fold('', { status: [''], label: ['', ' '], author: [''], text: ['  '] })).toBe('')
  })

  test('are quoted where they have to be', () => {
    expect(fold('', { label: ['good first issue'], author: ["o'hara b"] })).toBe(
      `label:"good first issue" author:"o'hara b"`,
    )
  })

  test('of words take phrases and minus signs, and know no qualifiers', () => {
    expect(fold('', { text: ['crash "empty frame" -decoder status:open https://x.example/1'] })).toBe(
      'crash "empty frame" -decoder "status:open" "https://x.example/1"',
    )
  })

  test('that make no query are written down as they are, so that the list can say what is wrong', () => {
    expect(fold('', { status: ['opne'] })).toBe('status:opne')
    expect(fold('label:a', { text: ['"half'] })).toBe('label:a "half')
    expect(fold('', { sort: ['newest'] })).toBe('sort:newest')
    expect(fold('colour:red', { status: ['open'] })).toBe('colour:red status:open')
    expect(parseQuery(fold('', { label: [`a" 'b`] }))).toHaveProperty('error')
  })

  test('of any text at all never throw, and a label of any text is that label where the language can say it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (label, text) => {
        const parsed = parseQuery(fold('', { label: [label], text: [text] }))
        return 'error' in parsed || label.trim() === '' || parsed.query.filters[0]?.value === label.trim()
      }),
    )
  })
})
