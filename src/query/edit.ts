/**
 * Changes to a query that the links of a list page stand for: tabs, menus, chips. Pure: each gives a new query and
 * leaves the given one as it is. Promises that a query that can be printed stays one, where the filters put into it
 * come from parsing or from `createFilter`.
 */
import type { Status } from '../bug/model.ts'
import { equalFilters, type Filter, type FilterKind, type PersonKind, type Query, type Sort } from './ast.ts'
import { printFilter } from './print.ts'

/** A filter of a query, for a chip: what it says, and the query without it. */
export interface ActiveFilter {
  readonly filter: Filter
  /** As `printFilter` writes it, such as `-label:"help wanted"`. */
  readonly text: string
  readonly without: Query
}

/**
 * A filter for a link.
 * @returns undefined where no query can say `value`: empty, or quotes in places that the language cannot write
 */
export function createFilter(
  kind: PersonKind | 'label' | 'title' | 'term',
  value: string,
  negated = false,
): Filter | undefined {
  const filter: Filter = { kind, negated, value }
  return printFilter(filter) === undefined ? undefined : filter
}

export function hasFilter(query: Query, filter: Filter): boolean {
  return query.filters.some(other => equalFilters(other, filter))
}

/** The query with the filter at its end; its exact opposite goes. Unchanged where it is there already. */
export function withFilter(query: Query, filter: Filter): Query {
  if (hasFilter(query, filter)) return query
  const filters = query.filters.filter(other => !areOpposite(other, filter))
  return { ...query, filters: [...filters, filter] }
}

/** The query without that filter, however often it was there. */
export function withoutFilter(query: Query, filter: Filter): Query {
  return { ...query, filters: query.filters.filter(other => !equalFilters(other, filter)) }
}

/** Puts the filter in, or takes it out where it is there. */
export function toggleFilter(query: Query, filter: Filter): Query {
  return hasFilter(query, filter) ? withoutFilter(query, filter) : withFilter(query, filter)
}

/** The query without any filter of that kind, negated or not. */
export function withoutKind(query: Query, kind: FilterKind): Query {
  return { ...query, filters: query.filters.filter(filter => filter.kind !== kind) }
}

/** The query without the filters of that kind that are not negated. */
export function withoutWanted(query: Query, kind: FilterKind): Query {
  return { ...query, filters: query.filters.filter(filter => filter.kind !== kind || filter.negated) }
}

/**
 * The query for a tab: `undefined` finds bugs of every status. The new filter takes the place of the first one on
 * status, or comes first, as people write it.
 */
export function withStatus(query: Query, status: Status | undefined): Query {
  const rest = withoutKind(query, 'status').filters
  if (status === undefined) return { ...query, filters: rest }
  const place = Math.max(
    0,
    query.filters.findIndex(filter => filter.kind === 'status'),
  )
  return { ...query, filters: rest.toSpliced(place, 0, { kind: 'status', negated: false, value: status }) }
}

/** The one status that the query leaves, which is the tab that is open; undefined where it leaves both, or none. */
export function statusOf(query: Query): Status | undefined {
  const filters = query.filters.filter(filter => filter.kind === 'status')
  const wanted = filters.filter(filter => !filter.negated)
  const left = (['open', 'closed'] as const).filter(
    status =>
      (wanted.length === 0 || wanted.some(filter => filter.value === status)) &&
      !filters.some(filter => filter.negated && filter.value === status),
  )
  return left.length === 1 ? left[0] : undefined
}

/** The query in another order; `undefined` takes `sort:` out. */
export function withSort(query: Query, sort: Sort | undefined): Query {
  return { ...query, sort }
}

/** Every filter of the query in order, each once, for removable chips. `sort:` is none of them. */
export function listActiveFilters(query: Query): ActiveFilter[] {
  const active = new Map<string, ActiveFilter>()
  for (const filter of query.filters) {
    const text = printFilter(filter)
    if (text === undefined || active.has(text)) continue
    active.set(text, {
      filter,
      text,
      // Made where it is wanted: of hundreds of filters few are shown.
      get without() {
        return withoutFilter(query, filter)
      },
    })
  }
  return [...active.values()]
}

function areOpposite(a: Filter, b: Filter): boolean {
  if (a.kind === 'in' || b.kind === 'in') return false
  return equalFilters({ ...a, negated: !a.negated }, b)
}
