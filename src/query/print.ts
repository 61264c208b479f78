/**
 * Writes a query down again. Promises that parsing what it prints gives the same query, and that it quotes only where
 * it must.
 *
 * The language has no escapes, so some values cannot be said at all. What can be is found by asking the lexer: a value
 * is tried as it is, in double and in single quotes, and the first spelling that reads back as the value is taken. No
 * other spelling has to be tried, because a parsed value is its chunk either as it stood or without the quotes around
 * it. So every query that was parsed can be printed. `a "b" 'c'` is an example of a value that cannot.
 */
import type { Filter, Query, Sort } from './ast.ts'
import { tokenize } from './lexer.ts'

/**
 * The query as text, filters in order and `sort:` last.
 * @throws RangeError for a filter that no text says (see `printFilter`); neither parsing nor `createFilter` makes one
 */
export function printQuery(query: Query): string {
  return createQueryPrinter()(query)
}

/**
 * Prints many queries that share most of their filters, as the links of a page do: what each filter says is found out
 * once. For as long as the page takes to make; filters are data, and never change.
 */
export function createQueryPrinter(): (query: Query) => string {
  const known = new Map<Filter, string>()
  return query => {
    const words = query.filters.map(filter => {
      const word = known.get(filter) ?? printFilter(filter)
      if (word === undefined) throw new RangeError(`no query says this filter: ${filter.kind}`)
      known.set(filter, word)
      return word
    })
    if (query.sort !== undefined) words.push(`sort:${printSort(query.sort)}`)
    return words.join(' ')
  }
}

/** One filter as text; undefined where the language cannot say its value. */
export function printFilter(filter: Filter): string | undefined {
  const sign = filter.negated ? '-' : ''
  if (filter.kind === 'term') return append(sign, filter.value)
  if (filter.kind !== 'metadata') return append(`${sign}${filter.kind}:`, filter.value)
  const start = append(`${sign}metadata:`, filter.key)
  return start === undefined ? undefined : append(`${start}:`, filter.value)
}

/** A qualifier with a value, whether or not it takes that value; undefined where the language cannot say the value. */
export function printQualifier(qualifier: string, value: string): string | undefined {
  return append(`${qualifier}:`, value)
}

/** The word that stands behind `sort:`, always with its direction: `edit-desc`. */
function printSort(sort: Sort): string {
  return `${sort.key}-${sort.direction}`
}

/**
 * `start` with a last chunk that reads back as `value`; undefined where there is none. The chunk has to begin where
 * `start` ends, which also tells a term that starts with a dash from a negated one.
 */
function append(start: string, value: string): string | undefined {
  if (value === '') return undefined
  // The quote that the value does not hold comes first: `'say "x"'` is easier to read than `"say "x""`.
  const quotes = value.includes('"') ? ["'", '"'] : ['"', "'"]
  const texts = ['', ...quotes].map(quote => `${start}${quote}${value}${quote}`)
  return texts.find(text => {
    const read = tokenize(text, 1)
    const last = 'error' in read ? undefined : read.tokens[0]?.chunks.at(-1)
    return last?.start === start.length && last.value === value
  })
}
