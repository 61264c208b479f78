/**
 * A form's fields written into a query, so that a browser without a script gets the same address as one that follows a
 * link. Promises never to lose what was typed: what the language cannot say is written down as it is, and reading the
 * query tells what is wrong with it and where.
 */
import { createFilter, withoutKind, withSort } from './edit.ts'
import { tokenize } from './lexer.ts'
import { parseQuery } from './parser.ts'
import { printFilter, printQualifier, printQuery } from './print.ts'

/** The fields as they came; each may have come several times, and an empty one says nothing. */
export interface QueryFields {
  /** `open`, `closed`, or `all` for either; takes the place of what the query says of it. */
  readonly status: readonly string[]
  /** Whole labels; all must be there. */
  readonly label: readonly string[]
  readonly author: readonly string[]
  /** As behind `sort:`; takes the place of the query's own. */
  readonly sort: readonly string[]
  /** Words and quoted phrases; a minus before one means that it must not be there. Qualifiers are words too. */
  readonly text: readonly string[]
}

/** Words of one field that are looked at; the query may not have as many. */
const maxWords = 256

/**
 * @param q the query that the fields are added to
 * @returns the query's text; one that cannot be read stays as it was, with the fields behind it
 */
export function foldFields(q: string, fields: QueryFields): string {
  const written = [
    startOf(q, fields),
    ...given(fields.status).flatMap(value => (value === 'all' ? [] : [spell('status', value)])),
    ...given(fields.label).map(value => spell('label', value)),
    ...given(fields.author).map(value => spell('author', value)),
    ...given(fields.text).map(spellWords),
    ...given(fields.sort).map(value => spell('sort', value)),
  ]
  const text = written.filter(part => part !== '').join(' ')
  const parsed = parseQuery(text)
  return 'error' in parsed ? text : printQuery(parsed.query)
}

/** The query without what the fields take the place of. */
function startOf(q: string, fields: QueryFields): string {
  const parsed = parseQuery(q)
  if ('error' in parsed) return q.trim()
  const unsorted = fields.sort.length === 0 ? parsed.query : withSort(parsed.query, undefined)
  return printQuery(fields.status.length === 0 ? unsorted : withoutKind(unsorted, 'status'))
}

function given(values: readonly string[]): readonly string[] {
  return values.map(value => value.trim()).filter(value => value !== '')
}

function spell(qualifier: string, value: string): string {
  return printQualifier(qualifier, value) ?? `${qualifier}:${value}`
}

function spellWords(text: string): string {
  const read = tokenize(text, maxWords)
  if ('error' in read) return text
  const words = read.tokens.map(({ start, length, negated, chunks }) => {
    const written = text.slice(negated ? start + 1 : start, start + length)
    const [chunk] = chunks
    const word = createFilter('term', chunks.length === 1 && chunk ? chunk.value : written, negated)
    return (word && printFilter(word)) ?? `${negated ? '-' : ''}${written}`
  })
  return words.join(' ')
}
