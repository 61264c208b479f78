/**
 * A query's answer from a tracker: the bugs it finds, in its order. Promises never to change the tracker, to sort only
 * where the tracker's own order is not the one asked for, and not to copy where everything is asked for.
 */
import type { BugSummary } from '../bug/model.ts'
import { type Query, sortOf } from './ast.ts'
import { withStatus } from './edit.ts'
import { compileMatcher, type MatchContext } from './matcher.ts'
import { createOrder } from './order.ts'

/** What of a `Tracker` a query needs, and the texts. */
export interface QuerySource extends MatchContext {
  /** In the order `creation-desc` of `createOrder`. */
  readonly bugs: readonly BugSummary[]
}

/** The bugs that match, in the query's order. The array may be the source's own. */
export function selectBugs(query: Query, source: QuerySource): readonly BugSummary[] {
  const found = query.filters.length === 0 ? source.bugs : source.bugs.filter(compileMatcher(query, source))
  const sort = sortOf(query)
  if (sort.key === 'creation' && sort.direction === 'desc') return found
  return found.toSorted(createOrder(sort))
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
