/**
 * What a query says once it is read: filters in the order they were written, and one order. Plain data. Promises that
 * two queries that mean the same by the same words are equal as data (`is:open` is stored as `status:open`, ids in
 * lower case); refuses to know how it is written (`lexer.ts`, `print.ts`) or how it finds bugs (`matcher.ts`).
 */
import type { Status } from '../bug/model.ts'

/** Half-open interval: `from <= x < before`; an open side is an infinity. Dates in Unix seconds. */
export interface Range {
  readonly from: number
  readonly before: number
}

interface FilterBase {
  /** Written with a `-` before it: a bug must not match. */
  readonly negated: boolean
}

interface StatusFilter extends FilterBase {
  readonly kind: 'status'
  readonly value: Status
}

/** Filters on people; `involves` means any of the others. */
export type PersonKind = 'author' | 'actor' | 'participant' | 'involves'

/** True for the kinds of filters whose value is a person. */
export function isPersonKind(kind: string): kind is PersonKind {
  return kind === 'author' || kind === 'actor' || kind === 'participant' || kind === 'involves'
}

interface PersonFilter extends FilterBase {
  readonly kind: PersonKind
  readonly value: string
}

/** `label:` (exact), `title:` (contains), `id:` (hex prefix, lower case), and a bare term (full text). */
interface TextFilter extends FilterBase {
  readonly kind: 'label' | 'title' | 'id' | 'term'
  readonly value: string
}

interface MetadataFilter extends FilterBase {
  readonly kind: 'metadata'
  readonly key: string
  readonly value: string
}

interface NoLabelFilter extends FilterBase {
  readonly kind: 'no'
  readonly value: 'label'
}

/** `created:`, `updated:` and `comments:`; `value` as it was written, `range` what it means. */
export interface RangeFilter extends FilterBase {
  readonly kind: 'created' | 'updated' | 'comments'
  readonly value: string
  readonly range: Range
}

/** `in:title`: bare terms are looked up in the title only. A modifier, so it cannot be negated. */
interface ScopeFilter {
  readonly kind: 'in'
  readonly negated: false
  readonly value: 'title'
}

export type Filter =
  | StatusFilter
  | PersonFilter
  | TextFilter
  | MetadataFilter
  | NoLabelFilter
  | RangeFilter
  | ScopeFilter

export type FilterKind = Filter['kind']

/**
 * `edit` goes by lamport times, `updated` by the date that pages show; after an import, or with wrong clocks, these are
 * two orders. `relevance`: how well the terms fit; without terms it is `creation`.
 */
export type SortKey = 'id' | 'creation' | 'edit' | 'updated' | 'comments' | 'relevance'

export interface Sort {
  readonly key: SortKey
  readonly direction: 'asc' | 'desc'
}

export interface Query {
  readonly filters: readonly Filter[]
  /** Undefined where the query names no order; then `defaultSort` holds. */
  readonly sort: Sort | undefined
}

/** Finds every bug. */
export const emptyQuery: Query = { filters: [], sort: undefined }

/** The order of a query without `sort:` (`format.md`, "The query language"). */
const defaultSort: Sort = { key: 'creation', direction: 'desc' }

/** The order that a query asks for, or the default. */
export function sortOf(query: Query): Sort {
  return query.sort ?? defaultSort
}

/** True where both say the same by the same words. */
export function equalFilters(a: Filter, b: Filter): boolean {
  if (a.kind !== b.kind || a.negated !== b.negated || a.value !== b.value) return false
  return a.kind !== 'metadata' || b.kind !== 'metadata' || a.key === b.key
}
