/**
 * Puts the entities of a repository together into its Tracker: sorted, counted, indexed. Pure. Where few of them have
 * changed since the state before, the new one is made from that: arrays are copied, but nothing is sorted or counted
 * again, so that one changed bug among a hundred thousand costs a few milliseconds.
 */
import { hash } from 'node:crypto'
import { once } from '../base/once.ts'
import { nextTurn } from '../base/turns.ts'
import { readColumns } from '../bug/columns.ts'
import { IdIndex } from '../bug/id-index.ts'
import { labelColor } from '../bug/label-color.ts'
import { type EntityProblem, humanId, type Identity, type LabelCount, type Tracker } from '../bug/model.ts'
import { findNamesakes } from '../bug/namesakes.ts'
import { compareBytes } from '../bug/order-bytes.ts'
import { createOrder } from '../query/order.ts'
import { type EntityRecord, type IndexedBug, refName } from './entity-record.ts'
import { replaceSorted } from './sorted.ts'

/** What a tracker is made of beside its entities. */
export interface StateFacts {
  readonly listingDigest: string
  /** Names of refs that git could not read. */
  readonly broken: readonly string[]
  /** When it was read, milliseconds since 1970. */
  readonly readAtMs: number
}

/** A tracker, with what makes the next one cheap. */
export interface AssembledTracker {
  readonly tracker: Tracker
  readonly bugs: readonly IndexedBug[]
  readonly bugsByEdit: readonly IndexedBug[]
  readonly bugById: IdIndex<IndexedBug>
  readonly labelCounts: ReadonlyMap<string, number>
  /** One line for each entity with something wrong, by the name of its ref. */
  readonly problems: ReadonlyMap<string, string>
}

/** What has changed since a state: records that are gone or were replaced, and records that came. */
export interface StateChange {
  readonly previous: AssembledTracker
  readonly removed: readonly EntityRecord[]
  readonly added: readonly EntityRecord[]
}

const byCreation = createOrder({ key: 'creation', direction: 'desc' })
const byEdit = createOrder({ key: 'edit', direction: 'desc' })
const byId = createOrder({ key: 'id', direction: 'asc' })

/**
 * From nothing, in steps: between them others have their turn.
 * @param records of every ref, in the order of the listing
 */
export async function assembleTracker(records: readonly EntityRecord[], facts: StateFacts): Promise<AssembledTracker> {
  const bugs = bugsOf(records)
  const identities = new Map<string, Identity>()
  for (const record of records) {
    if (record.kind === 'identity' && record.identity) identities.set(record.id, record.identity)
  }
  await nextTurn()
  const byTime = bugs.toSorted(byCreation)
  await nextTurn()
  const bugsByEdit = bugs.toSorted(byEdit)
  await nextTurn()
  const bugById = new IdIndex(bugs.toSorted(byId))
  await nextTurn()
  const labelCounts = countLabels(new Map(), bugs, 1)
  const problems = describeProblems(records, identities)
  await nextTurn()
  const parts = { bugs: byTime, bugsByEdit, bugById, labelCounts, problems }
  return finish(parts, { facts, identities, previous: undefined, counts: countBugs(bugs) })
}

/** From the state before. @param records of every ref, in the order of the listing */
export function reassembleTracker(
  records: readonly EntityRecord[],
  { previous, removed, added }: StateChange,
  facts: StateFacts,
): AssembledTracker {
  const change = { removed: bugsOf(removed), added: bugsOf(added) }
  const { identities, areSame } = changeIdentities(previous.tracker.identities, removed, added)
  const labelCounts = new Map(previous.labelCounts)
  countLabels(labelCounts, change.removed, -1)
  countLabels(labelCounts, change.added, 1)
  const parts = {
    bugs: replaceSorted(previous.bugs, change, byCreation),
    bugsByEdit: replaceSorted(previous.bugsByEdit, change, byEdit),
    bugById: new IdIndex(replaceSorted(previous.bugById.items, change, byId)),
    labelCounts,
    // Whose author is missing can change with every identity that comes or goes.
    problems: areSame
      ? changeProblems(previous.problems, { removed, added, identities })
      : describeProblems(records, identities),
  }
  const counts = recount(previous.tracker, change, parts.bugs)
  return finish(parts, { facts, identities, previous: previous.tracker, counts })
}

function bugsOf(records: readonly EntityRecord[]): IndexedBug[] {
  const bugs: IndexedBug[] = []
  for (const record of records) if (record.kind === 'bug' && record.bug) bugs.push(record.bug)
  return bugs
}

interface Surroundings {
  readonly facts: StateFacts
  readonly identities: ReadonlyMap<string, Identity>
  readonly previous: Tracker | undefined
  readonly counts: BugCounts
}

type BugCounts = Pick<Tracker, 'openBugs' | 'lastActivity'>

function finish(
  parts: Omit<AssembledTracker, 'tracker'>,
  { facts, identities, previous, counts }: Surroundings,
): AssembledTracker {
  const { bugs, bugsByEdit, bugById, labelCounts } = parts
  const problems = [...facts.broken.map(describeBroken), ...sortProblems(parts.problems)]
  const tracker: Tracker = {
    digest: stateDigest(facts.listingDigest, problems),
    bugs,
    bugsByEdit,
    columns: once(() => readColumns(bugs)),
    columnsByEdit: once(() => readColumns(bugsByEdit)),
    bugById,
    identities,
    namesakes: once(() => findNamesakes(identities)),
    labels: listLabels(labelCounts, previous?.labels ?? []),
    problems,
    ...counts,
    closedBugs: bugs.length - counts.openBugs,
    readAtMs: facts.readAtMs,
  }
  return { tracker, ...parts }
}

function countBugs(bugs: readonly IndexedBug[]): BugCounts {
  let openBugs = 0
  let lastActivity: number | undefined
  for (const { status, editedAt } of bugs) {
    if (status === 'open') openBugs++
    if (lastActivity === undefined || editedAt > lastActivity) lastActivity = editedAt
  }
  return { openBugs, lastActivity }
}

/** The counts of the state before, with what has changed. @param bugs of the new state */
function recount(
  before: Tracker,
  { removed, added }: { readonly removed: readonly IndexedBug[]; readonly added: readonly IndexedBug[] },
  bugs: readonly IndexedBug[],
): BugCounts {
  // Without the latest one, the second latest has to be looked for.
  if (removed.some(bug => bug.editedAt === before.lastActivity)) return countBugs(bugs)
  const [gone, came] = [countBugs(removed), countBugs(added)]
  const latest = [before.lastActivity, came.lastActivity].filter(time => time !== undefined)
  return {
    openBugs: before.openBugs - gone.openBugs + came.openBugs,
    lastActivity: latest.length === 0 ? undefined : Math.max(...latest),
  }
}

function changeIdentities(
  before: ReadonlyMap<string, Identity>,
  removed: readonly EntityRecord[],
  added: readonly EntityRecord[],
): { identities: ReadonlyMap<string, Identity>; areSame: boolean } {
  const isIdentity = (record: EntityRecord) => record.kind === 'identity' && record.identity !== undefined
  if (!removed.some(isIdentity) && !added.some(isIdentity)) return { identities: before, areSame: true }
  const identities = new Map(before)
  for (const record of removed) if (record.kind === 'identity') identities.delete(record.id)
  for (const record of added) {
    if (record.kind === 'identity' && record.identity) identities.set(record.id, record.identity)
  }
  return { identities: new Map([...identities].sort(([a], [b]) => (a < b ? -1 : 1))), areSame: false }
}

/** Adds the labels of bugs to counts, or takes them away. */
function countLabels(counts: Map<string, number>, bugs: readonly IndexedBug[], step: 1 | -1): Map<string, number> {
  for (const bug of bugs) {
    for (const label of bug.labels) {
      const count = (counts.get(label) ?? 0) + step
      if (count > 0) counts.set(label, count)
      else counts.delete(label)
    }
  }
  return counts
}

function listLabels(counts: ReadonlyMap<string, number>, before: readonly LabelCount[]): LabelCount[] {
  const colors = new Map(before.map(({ name, color }) => [name, color]))
  return [...counts]
    .map(([name, bugs]) => ({ name, color: colors.get(name) ?? labelColor(name), bugs }))
    .sort((a, b) => compareBytes(a.name, b.name))
}

function describeBroken(ref: string): EntityProblem {
  return { ref, reason: 'the ref is broken: git finds no object name in it' }
}

/** One line for each entity with something wrong, however much is wrong with it. */
function describeProblems(
  records: readonly EntityRecord[],
  identities: ReadonlyMap<string, Identity>,
): Map<string, string> {
  const problems = new Map<string, string>()
  for (const record of records) {
    const reason = describeRecord(record, identities)
    if (reason !== undefined) problems.set(refName(record), reason)
  }
  return problems
}

function changeProblems(
  before: ReadonlyMap<string, string>,
  { removed, added, identities }: Omit<StateChange, 'previous'> & Pick<Surroundings, 'identities'>,
): Map<string, string> {
  const problems = new Map(before)
  for (const record of removed) problems.delete(refName(record))
  for (const [ref, reason] of describeProblems(added, identities)) problems.set(ref, reason)
  return problems
}

function describeRecord(record: EntityRecord, identities: ReadonlyMap<string, Identity>): string | undefined {
  const missing =
    record.kind === 'bug' && record.bug ? record.bug.actorIds.filter(id => !identities.has(id)) : noMissing
  if (record.problems.length === 0 && missing.length === 0) return undefined
  const reasons = new Set(
    record.problems.map(({ reason, commit }) => (commit ? `${reason} (commit ${commit})` : reason)),
  )
  for (const id of missing) reasons.add(`shown, but its author ${humanId(id)} is not among the identities`)
  return listReasons([...reasons])
}

const noMissing: readonly string[] = []

/** In the order of the listing, which is that of the refs' names. */
function sortProblems(problems: ReadonlyMap<string, string>): EntityProblem[] {
  return [...problems].map(([ref, reason]) => ({ ref, reason })).sort((a, b) => compareBytes(a.ref, b.ref))
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
