/** Puts the entities of a repository together into its Tracker: sorted, counted, indexed. Pure. */
import { hash } from 'node:crypto'
import { labelColor } from '../bug/label-color.ts'
import type { LabelCount, Tracker } from '../bug/model.ts'
import { type Bug, type BugSummary, type EntityProblem, humanId, type Identity, type Problem } from '../bug/model.ts'
import { compareBytes } from '../bug/order-bytes.ts'
import { createOrder } from '../query/order.ts'
import { SearchText } from './search-text.ts'

/** The order of a tracker's bugs, which is what a query without `sort:` asks for. */
const trackerOrder = { key: 'creation', direction: 'desc' } as const

/** What is kept of one entity: enough for lists and queries, and why it cannot be read where it cannot. */
export type EntityRecord =
  | {
      readonly kind: 'bug'
      readonly tip: string
      readonly summary: BugSummary | undefined
      readonly text: SearchText | undefined
      /** Hashes of the files that its operations attach. */
      readonly files: readonly string[]
      readonly problems: readonly Problem[]
    }
  | {
      readonly kind: 'identity'
      readonly tip: string
      readonly identity: Identity | undefined
      readonly problems: readonly Problem[]
    }

/** False where reading the same tip again could bring something else. */
export function isHealthy(record: EntityRecord): boolean {
  return record.kind === 'bug' ? record.summary !== undefined : record.identity !== undefined
}

/** Keeps the summary and the searchable text of a bug, and lets its comments go. */
export function toBugRecord(tip: string, bug: Bug | undefined, problems: readonly Problem[]): EntityRecord {
  if (!bug) return { kind: 'bug', tip, summary: undefined, text: undefined, files: [], problems }
  const { comments, timeline: _timeline, packs: _packs, files, ...summary } = bug
  const text = new SearchText([bug.title, ...comments.map(comment => comment.message)])
  return { kind: 'bug', tip, summary, text, files, problems }
}

/** What a tracker is made of beside its entities. */
export interface StateFacts {
  readonly listingDigest: string
  /** Names of refs that git could not read. */
  readonly broken: readonly string[]
  /** When it was read, milliseconds since 1970. */
  readonly readAtMs: number
}

/** @param records by name of the ref, in the order of the listing */
export function assembleTracker(
  records: readonly (readonly [string, EntityRecord])[],
  { listingDigest, broken, readAtMs }: StateFacts,
): Tracker {
  const bugs: BugSummary[] = []
  const identities = new Map<string, Identity>()
  for (const [, record] of records) {
    if (record.kind === 'bug') {
      if (record.summary) bugs.push(record.summary)
    } else if (record.identity) identities.set(record.identity.id, record.identity)
  }
  bugs.sort(createOrder(trackerOrder))
  const problems = [...broken.map(describeBroken), ...collectProblems(records, identities)]
  const openBugs = bugs.reduce((count, bug) => count + (bug.status === 'open' ? 1 : 0), 0)
  return {
    digest: stateDigest(listingDigest, problems),
    bugs,
    bugById: new Map(bugs.map(bug => [bug.id, bug])),
    identities,
    labels: countLabels(bugs),
    problems,
    openBugs,
    closedBugs: bugs.length - openBugs,
    lastActivity: bugs.reduce<number | undefined>(
      (last, bug) => Math.max(last ?? bug.editedAt, bug.editedAt),
      undefined,
    ),
    readAtMs,
  }
}

function countLabels(bugs: readonly BugSummary[]): LabelCount[] {
  const counts = new Map<string, number>()
  for (const bug of bugs) for (const label of bug.labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return [...counts]
    .map(([name, count]) => ({ name, color: labelColor(name), bugs: count }))
    .sort((a, b) => compareBytes(a.name, b.name))
}

function describeBroken(ref: string): EntityProblem {
  return { ref, reason: 'the ref is broken: git finds no object name in it' }
}

/** One line for each entity with something wrong, however much is wrong with it. */
function collectProblems(
  records: readonly (readonly [string, EntityRecord])[],
  identities: ReadonlyMap<string, Identity>,
): EntityProblem[] {
  const problems: EntityProblem[] = []
  for (const [ref, record] of records) {
    const reasons = new Set(
      record.problems.map(({ reason, commit }) => (commit ? `${reason} (commit ${commit})` : reason)),
    )
    if (record.kind === 'bug') {
      for (const id of record.summary?.actorIds ?? []) {
        if (!identities.has(id)) reasons.add(`shown, but its author ${humanId(id)} is not among the identities`)
      }
    }
    if (reasons.size > 0) problems.push({ ref, reason: listReasons([...reasons]) })
  }
  return problems
}

const reasonsShown = 3

function listReasons(reasons: readonly string[]): string {
  const shown = reasons.slice(0, reasonsShown).join('; ')
  return reasons.length > reasonsShown ? `${shown}; and ${reasons.length - reasonsShown} more` : shown
}

/**
 * The digest of a state: that of its listing, and of what could not be read where something could not. An object that
 * arrives later heals an entity without any ref moving, and the page that said so must not be taken for the new one.
 */
function stateDigest(listing: string, problems: readonly EntityProblem[]): string {
  return problems.length === 0 ? listing : hash('sha256', JSON.stringify([listing, problems]), 'hex')
}
