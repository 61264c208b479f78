/** Comments and events by the beginning of their combined ids (`format.md`, "From operations to a bug's state"). */
import { findByPrefix } from '../bug/find.ts'
import { splitCombinedId } from '../bug/ids.ts'
import type { Bug, BugSummary, TimelineEvent } from '../bug/model.ts'
import type { Lease } from '../cache/lease.ts'
import { readableBug } from './readable-bug.ts'

/** What a combined id means. */
export interface CombinedTarget {
  readonly bug: Bug
  readonly event: TimelineEvent
}

export interface CombinedSearch {
  /** Bugs that are read to find out; more than these are not. */
  readonly maxBugs: number
  readonly signal: AbortSignal
}

/**
 * Everything whose combined id starts so; or the bugs that may have such a thing, where they are too many to be read.
 * @param prefix lower-case hex digits
 */
export async function findByCombinedId(
  lease: Lease,
  prefix: string,
  { maxBugs, signal }: CombinedSearch,
): Promise<{ readonly targets: readonly CombinedTarget[] } | { readonly tooMany: readonly BugSummary[] }> {
  const found = findByPrefix(lease.tracker.bugById, splitCombinedId(prefix).bugPrefix, 1)
  const bugs = !found ? [] : 'one' in found ? [found.one] : found.several
  if (bugs.length > maxBugs) return { tooMany: bugs }
  const read = await Promise.all(bugs.map(bug => readableBug(lease, bug, signal)))
  const targets = read.flatMap(bug =>
    bug ? bug.timeline.filter(({ id }) => id.startsWith(prefix)).map(event => ({ bug, event })) : [],
  )
  return { targets }
}
