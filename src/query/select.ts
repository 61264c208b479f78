/**
 * A query's answer from a tracker: the bugs it finds, in its order. Promises never to change the tracker, to sort only
 * where the tracker's own order is not the one asked for, and not to copy where everything is asked for.
 */
import type { BugSummary } from '../bug/model.ts'
import { type Query, type Sort, sortOf } from './ast.ts'
import { withStatus } from './edit.ts'
import { compileMatcher, type MatchContext } from './matcher.ts'
import { createOrder } from './order.ts'

/** What of a `Tracker` a query needs, and which bugs hold its terms. */
export interface QuerySource extends MatchContext {
  /** In the order `creation-desc` of `createOrder`. */
  readonly bugs: readonly BugSummary[]
  /** The same, in the order `edit-desc`: what most lists show need not be sorted then. */
  readonly bugsByEdit?: readonly BugSummary[]
}

/** The bugs that match, in the query's order. The array may be the source's own. */
export function selectBugs(query: Query, source: QuerySource): readonly BugSummary[] {
  const sort = sortOf(query)
  const sorted = sort.direction === 'desc' ? sortedSource(sort.key, source) : undefined
  const bugs = sorted ?? source.bugs
  const found = query.filters.length === 0 ? bugs : bugs.filter(compileMatcher(query, source))
  return sorted ? found : found.toSorted(createOrder(sort))
}

function sortedSource(key: Sort['key'], source: QuerySource): readonly BugSummary[] | undefined {
  if (key === 'creation') return source.bugs
  return key === 'edit' ? source.bugsByEdit : undefined
}

/** How many bugs each of the tabs Open and Closed would show: the query without its filters on status, split by it. */
export function countByStatus(query: Query, source: QuerySource): { open: number; closed: number } {
  const match = compileMatcher(withStatus(query, undefined), source)
  const counts = { open: 0, closed: 0 }
  for (const bug of source.bugs) {
    if (match(bug)) counts[bug.status]++
  }
  return counts
}
