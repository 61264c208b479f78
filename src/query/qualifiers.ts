/**
 * What each qualifier takes: from the chunks of a token to a filter (`format.md`, "The query language", and the
 * viewer's own `involves:`, `id:`, `is:`, `created:`, `updated:`, `comments:`, `in:`). Qualifiers are case-sensitive, as
 * in the real client; `state:` is its other name for `status:`. Refuses what would otherwise find nothing for a reason
 * that nobody is told: wrong ids, dates that the calendar has not, ranges that end before they start.
 */
import type { Status } from '../bug/model.ts'
import type { Filter, RangeFilter, Sort, SortKey } from './ast.ts'
import type { Chunk } from './lexer.ts'
import { findNearest } from './nearest.ts'
import { cite, createQueryError, type QueryError, type QueryErrorCode } from './query-error.ts'
import { type PointReader, parseRange, readDate, readNumber } from './range.ts'

export type FilterResult = { readonly filter: Filter } | { readonly error: QueryError }
export type SortResult = { readonly sort: Sort } | { readonly error: QueryError }

/** Every qualifier, in the order in which messages and the help page list them. */
export const knownQualifiers: readonly string[] = [
  'status',
  'author',
  'actor',
  'participant',
  'label',
  'title',
  'no',
  'metadata',
  'sort',
  'involves',
  'id',
  'is',
  'created',
  'updated',
  'comments',
  'in',
]

/** Every word that `sort:` takes. */
export const knownSorts: readonly string[] = [
  'id',
  'id-asc',
  'id-desc',
  'creation',
  'creation-asc',
  'creation-desc',
  'edit',
  'edit-asc',
  'edit-desc',
  'updated',
  'updated-asc',
  'updated-desc',
  'comments',
  'comments-asc',
  'comments-desc',
  'relevance',
  'relevance-asc',
  'relevance-desc',
]

const idDigits = 64

/** `qualifier:value`, for every qualifier but `sort` and `metadata`. */
export function readFilter(qualifier: Chunk, value: Chunk, negated: boolean): FilterResult {
  switch (qualifier.value) {
    case 'status':
    case 'state':
      return readStatus(value, negated, 'unknown-status')
    case 'is':
      return readStatus(value, negated, 'unknown-value')
    case 'author':
    case 'actor':
    case 'participant':
    case 'involves':
    case 'label':
    case 'title':
      return { filter: { kind: qualifier.value, negated, value: value.value } }
    case 'no':
      if (value.value === 'label') return { filter: { kind: 'no', negated, value: 'label' } }
      return refuse('unknown-value', `"no:" takes "label", not ${cite(value.value)}`, value)
    case 'in':
      return readScope(qualifier, value, negated)
    case 'id':
      return readId(value, negated)
    case 'created':
    case 'updated':
      return readRange({ kind: qualifier.value, value, negated, readPoint: readDate })
    case 'comments':
      return readRange({ kind: 'comments', value, negated, readPoint: readNumber })
    case 'metadata':
      return refuse('missing-key', '"metadata:" takes a key and a value: metadata:key:value', value)
    default:
      return { error: unknownQualifier(qualifier) }
  }
}

export function unknownQualifier(qualifier: Chunk): QueryError {
  const nearest = findNearest(qualifier.value, knownQualifiers)
  const hint =
    nearest === undefined
      ? `known are ${knownQualifiers.join(', ')}; a text with a colon goes into quotes`
      : `did you mean "${nearest}"?`
  const error = createQueryError('unknown-qualifier', `unknown qualifier ${cite(qualifier.value)}; ${hint}`, qualifier)
  return nearest === undefined ? error : { ...error, nearest }
}

/** The word after `sort:`. Plain `id` ascends, the other plain words descend. */
export function readSort(value: Chunk): SortResult {
  const [key, direction, ...rest] = value.value.split('-', 3)
  if (isSortKey(key) && rest.length === 0) {
    if (direction === undefined) return { sort: { key, direction: key === 'id' ? 'asc' : 'desc' } }
    if (direction === 'asc' || direction === 'desc') return { sort: { key, direction } }
  }
  const nearest = findNearest(value.value, knownSorts)
  const hint =
    nearest === undefined
      ? 'known are id, creation, edit, updated, comments and relevance, each also with -asc or -desc'
      : `did you mean "${nearest}"?`
  const error = createQueryError('unknown-sort', `unknown order ${cite(value.value)}; ${hint}`, value)
  return { error: nearest === undefined ? error : { ...error, nearest } }
}

function isSortKey(word: string | undefined): word is SortKey {
  return (
    word === 'id' ||
    word === 'creation' ||
    word === 'edit' ||
    word === 'updated' ||
    word === 'comments' ||
    word === 'relevance'
  )
}

/** Case and white space around the word do not matter, as in the real client. */
function readStatus(value: Chunk, negated: boolean, code: QueryErrorCode): FilterResult {
  const word = value.value.trim().toLowerCase()
  if (isStatus(word)) return { filter: { kind: 'status', negated, value: word } }
  return refuse(code, `unknown status ${cite(value.value)}; known are open and closed`, value)
}

function isStatus(word: string): word is Status {
  return word === 'open' || word === 'closed'
}

function readScope(qualifier: Chunk, value: Chunk, negated: boolean): FilterResult {
  if (negated) return refuse('not-negatable', '"in:" cannot be negated', qualifier)
  if (value.value === 'title') return { filter: { kind: 'in', negated, value: 'title' } }
  return refuse('unknown-value', `"in:" takes "title", not ${cite(value.value)}`, value)
}

function readId(value: Chunk, negated: boolean): FilterResult {
  if (value.value.length <= idDigits && /^[0-9a-f]+$/i.test(value.value)) {
    return { filter: { kind: 'id', negated, value: value.value.toLowerCase() } }
  }
  return refuse('bad-id', `${cite(value.value)} is not the start of an id: 1 to ${idDigits} digits 0-9 a-f`, value)
}

interface RangeParts {
  readonly kind: RangeFilter['kind']
  readonly value: Chunk
  readonly negated: boolean
  readonly readPoint: PointReader
}

function readRange({ kind, value, negated, readPoint }: RangeParts): FilterResult {
  const range = parseRange(value.value, readPoint)
  if (typeof range === 'object') return { filter: { kind, negated, value: value.value, range } }
  const code = kind === 'comments' ? 'bad-number' : 'bad-date'
  if (range === 'backwards') return refuse(code, `the range ${cite(value.value)} ends before it starts`, value)
  const examples = kind === 'comments' ? '5, >5, <=5 or 3..7' : '2026, 2026-11, 2026-11-03, >=2026-11 or 2025..2026-11'
  const what = kind === 'comments' ? 'number or range of numbers' : 'date or range of dates'
  return refuse(code, `${cite(value.value)} is not a ${what}, such as ${examples}`, value)
}

function refuse(code: QueryErrorCode, message: string, at: Chunk): FilterResult {
  return { error: createQueryError(code, message, at) }
}
