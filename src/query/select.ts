/**
 * A query's answer from a tracker: the bugs it finds, in its order. Promises never to change the tracker, to sort only
 * where the tracker's own order is not the one asked for, and not to copy where everything is asked for.
 */
import { type BugColumns, readColumns } from '../bug/columns.ts'
import type { BugSummary } from '../bug/model.ts'
import { type Filter, type Query, type Sort, sortOf } from './ast.ts'
import { countFacets, type Facets } from './facets.ts'
import { compileMatcher, type MatchContext } from './matcher.ts'
import { createOrder } from './order.ts'
import { compileScore, sortByScore } from './relevance.ts'
import { compileNumberTest } from './text-test.ts'

/** What of a `Tracker` a query needs, and which bugs hold its terms. */
export interface QuerySource extends MatchContext {
  /** In the order `creation-desc` of `createOrder`. */
  readonly bugs: readonly BugSummary[]
  readonly columns?: () => BugColumns
  /** The same, in the order `edit-desc`: what most lists show need not be sorted then. */
  readonly bugsByEdit?: readonly BugSummary[]
  readonly columnsByEdit?: () => BugColumns
}

/** Bugs in an order, of which a page shows a few; an array is one. */
export interface BugList {
  readonly length: number
  slice(from: number, to: number): readonly BugSummary[]
}

/** What a list page shows of a query's answer. */
export interface CountedAnswer {
  /** In the query's order. */
  readonly bugs: BugList
  /** How many bugs each of the tabs Open and Closed would show: the query without its filters on status, split by it. */
  readonly counts: { readonly open: number; readonly closed: number }
  /** Of all the bugs that it finds. */
  readonly facets: Facets
}

/** The bugs that match, in the query's order. The array may be the source's own. */
export function selectBugs(query: Query, source: QuerySource): readonly BugSummary[] {
  const inOrder = sortedSource(sortOf(query), source)
  const bugs = inOrder?.bugs ?? source.bugs
  const found = query.filters.length === 0 ? bugs : bugs.filter(compileMatcher(query, source))
  return sortFound(found, { query, source, isInOrder: inOrder !== undefined })
}

/** The same with counts. Each bug is asked once for all of it, and of its columns first. */
export function selectAndCount(query: Query, source: QuerySource): CountedAnswer {
  const inOrder = sortedSource(sortOf(query), source)
  const { bugs, columns: getColumns } = inOrder ?? { bugs: source.bugs, columns: source.columns }
  const columns = getColumns?.() ?? readColumns(bugs)
  // Kinds of filters are joined by "and", so they can be asked one after the other, those on status at last.
  const numberTest = compileNumberTest(query, source.textMatches)
  const rest = query.filters.filter(({ kind }) => kind !== 'status' && (kind !== 'term' || !numberTest))
  const matchesRest = rest.length === 0 ? undefined : compileMatcher({ ...query, filters: rest }, source)
  const isWanted = compileStatus(query.filters)
  const counts = { open: 0, closed: 0 }
  const places = columns.room
  let found = 0
  for (let place = 0; place < bugs.length; place++) {
    if (numberTest && !numberTest(columns.textNumbers[place] ?? -1)) continue
    const bug = matchesRest && bugs[place]
    if (matchesRest && (!bug || !matchesRest(bug))) continue
    const status = columns.closed[place] === 1 ? 'closed' : 'open'
    counts[status]++
    if (isWanted[status]) places[found++] = place
  }
  const foundPlaces = places.slice(0, found)
  const isInOrder = inOrder !== undefined && sortOf(query).key !== 'relevance'
  const list = isInOrder
    ? { length: found, slice: (from: number, to: number) => takePlaces(foundPlaces.subarray(from, to), bugs) }
    : sortFound(takePlaces(foundPlaces, bugs), { query, source, isInOrder: inOrder !== undefined })
  return { bugs: list, counts, facets: countFacets(columns, foundPlaces) }
}

function takePlaces(places: Uint32Array, bugs: readonly BugSummary[]): BugSummary[] {
  const taken: BugSummary[] = []
  for (const place of places) {
    const bug = bugs[place]
    if (bug) taken.push(bug)
  }
  return taken
}

/** Which statuses the filters leave: any of those that are wanted, and none that is not. */
function compileStatus(filters: readonly Filter[]): { readonly open: boolean; readonly closed: boolean } {
  const onStatus = filters.filter(({ kind }) => kind === 'status')
  const isAnyWanted = onStatus.some(({ negated }) => !negated)
  const has = (status: string, negated: boolean) =>
    onStatus.some(filter => filter.value === status && filter.negated === negated)
  const isLeft = (status: string) => (!isAnyWanted || has(status, false)) && !has(status, true)
  return { open: isLeft('open'), closed: isLeft('closed') }
}

interface Sorting {
  readonly query: Query
  readonly source: QuerySource
  /** Whether they are in the order already that `sortedSource` has. */
  readonly isInOrder: boolean
}

function sortFound(found: readonly BugSummary[], { query, source, isInOrder }: Sorting): readonly BugSummary[] {
  const sort = sortOf(query)
  if (sort.key !== 'relevance') return isInOrder ? found : found.toSorted(createOrder(sort))
  const score = compileScore(query, source.textMatches)
  if (!isInOrder) return found.toSorted(createOrder(sort, score))
  return score ? sortByScore(found, score) : found
}

/** The bugs in an order that the source has already. */
function sortedSource(
  { key, direction }: Sort,
  source: QuerySource,
): Pick<QuerySource, 'bugs' | 'columns'> | undefined {
  if (direction === 'asc') return undefined
  // What fits equally well is in the order of creation.
  if (key === 'creation' || key === 'relevance') return source
  const { bugsByEdit, columnsByEdit } = source
  return key === 'edit' && bugsByEdit
    ? { bugs: bugsByEdit, ...(columnsByEdit && { columns: columnsByEdit }) }
    : undefined
}
