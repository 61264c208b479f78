/**
 * Reads a query (`format.md`, "The query language", and the viewer's own words). Promises never to throw, whatever the
 * text, and to say of a bad query what is wrong and where: an unmatched quote first, for it decides where everything
 * after it is cut, then the first mistake from the left. Takes time linear in the text.
 */
import type { Filter, Query, Sort } from './ast.ts'
import { type Token, tokenize } from './lexer.ts'
import { printQuery } from './print.ts'
import { type FilterResult, knownQualifiers, readFilter, readSort, unknownQualifier } from './qualifiers.ts'
import { cite, createQueryError, type QueryError, type QueryErrorCode, type Span } from './query-error.ts'

export interface QueryLimits {
  /** UTF-16 units of the text, and of the same query as `printQuery` writes it. */
  readonly maxChars: number
  /** Terms and qualifiers. */
  readonly maxTokens: number
}

const defaultQueryLimits: QueryLimits = { maxChars: 4096, maxTokens: 256 }

export type ParsedQuery = { readonly query: Query } | { readonly error: QueryError }

/**
 * Reads a query.
 * @param text as the visitor wrote it; empty or white space finds everything
 * @returns `{ query }`, or `{ error }` with the place in UTF-16 units of `text`
 */
export function parseQuery(text: string, limits: QueryLimits = defaultQueryLimits): ParsedQuery {
  const { maxChars, maxTokens } = limits
  if (text.length > maxChars) return tooLong(text, maxChars)
  const read = tokenize(text, maxTokens)
  if ('error' in read) return read
  const filters: Filter[] = []
  let sort: Sort | undefined
  for (const token of read.tokens) {
    if (isSort(token)) {
      if (sort !== undefined) return refuse('second-sort', 'a query has one "sort:" at most', token)
      const result = parseSort(token)
      if ('error' in result) return result
      sort = result.sort
    } else {
      const result = parseFilter(token)
      if ('error' in result) return result
      filters.push(result.filter)
    }
  }
  const query = { filters, sort }
  // `is:open` prints as `status:open`. Links are printed queries, and what a page links to must be readable again.
  if (text.length > maxChars / 2 && printQuery(query).length > maxChars) return tooLong(text, maxChars)
  return { query }
}

function tooLong(text: string, maxChars: number): { error: QueryError } {
  const start = Math.min(maxChars, text.length - 1)
  const at = { start, length: text.length - start }
  return refuse('too-long', `the query is longer than ${maxChars} characters`, at)
}

function isSort(token: Token): boolean {
  return token.chunks.length > 1 && token.chunks[0]?.value === 'sort'
}

function parseSort(token: Token): ReturnType<typeof readSort> {
  const wrong = checkChunks(token)
  if (wrong !== undefined) return { error: wrong }
  const [qualifier, value, tooMuch] = token.chunks
  if (qualifier === undefined || value === undefined || tooMuch !== undefined) return { error: tooManyColons(token) }
  if (token.negated) return refuse('not-negatable', '"sort:" cannot be negated; use -asc or -desc', token)
  return readSort(value)
}

function parseFilter(token: Token): FilterResult {
  const wrong = checkChunks(token)
  if (wrong !== undefined) return { error: wrong }
  const { negated } = token
  const [first, second, third, tooMuch] = token.chunks
  if (first === undefined || tooMuch !== undefined) return { error: tooManyColons(token) }
  if (second === undefined) return { filter: { kind: 'term', negated, value: first.value } }
  if (third === undefined) return readFilter(first, second, negated)
  if (first.value === 'metadata') {
    return { filter: { kind: 'metadata', negated, key: second.value, value: third.value } }
  }
  return { error: isKnown(first.value) ? tooManyColons(token) : unknownQualifier(first) }
}

function isKnown(qualifier: string): boolean {
  return qualifier === 'state' || knownQualifiers.includes(qualifier)
}

/** The error of a token with an empty chunk: the token where nothing was written, else the empty quotes. */
function checkChunks(token: Token): QueryError | undefined {
  const empty = token.chunks.find(chunk => chunk.value === '')
  if (empty === undefined) return undefined
  if (empty.length > 0) return createQueryError('empty', 'there is nothing between the quotes', empty)
  return createQueryError(
    'empty',
    'there is nothing on one side of the colon; a text with a colon goes into quotes',
    token,
  )
}

function tooManyColons(token: Token): QueryError {
  const hint = 'a value with colons goes into quotes'
  const words = token.chunks.map(chunk => chunk.value).join(':')
  return createQueryError('too-many-colons', `too many colons in ${cite(words)}; ${hint}`, token)
}

function refuse(code: QueryErrorCode, message: string, at: Span): { error: QueryError } {
  return { error: createQueryError(code, message, at) }
}
