/**
 * From the packs of a bug to its state. Pure, and never throws for data: what cannot be read comes back as problems.
 * A bug is read whole or not at all, since a bug without some of its operations would be a wrong one; what does not
 * change its state (a file that is named by no hash) is a problem of a bug that is shown.
 */
import type { DecodeLimits } from '../base/limits.ts'
import { FieldProblem } from './fields.ts'
import { orderPacks } from './graph.ts'
import { checkEntityName } from './ids.ts'
import { laterLamport } from './lamport.ts'
import { type Bug, type BugSummary, type Problem, unnumbered } from './model.ts'
import type { Operation } from './operation.ts'
import { sortByBytes } from './order-bytes.ts'
import { type Pack, parsePack, type RawPack } from './pack.ts'
import { Snapshot } from './snapshot.ts'

export interface RawBug {
  /** Last part of the ref's name. */
  readonly id: string
  /** The commit that the ref points to. */
  readonly tip: string
  /** Every commit that can be reached from the tip, each once, in any order. */
  readonly packs: readonly RawPack[]
}

export interface CompiledBug {
  /** Undefined where the bug cannot be read. */
  readonly bug: Bug | undefined
  readonly problems: readonly Problem[]
}

/** What lists and searches need of a bug. */
export interface CompiledSummary {
  /** Undefined where the bug cannot be read. */
  readonly summary: BugSummary | undefined
  /** Title and comments, as they are now. */
  readonly texts: readonly string[]
  /** Hashes of every file that any operation attaches. */
  readonly files: readonly string[]
  readonly problems: readonly Problem[]
}

/** Compiles a bug in full. */
export function compileBug(raw: RawBug, limits: DecodeLimits): CompiledBug {
  const { applied, problems } = apply(raw, limits)
  return { bug: applied && toBug(raw, applied), problems }
}

/** Compiles no more of a bug than its summary and its texts; it can be read exactly where the whole bug can. */
export function compileSummary(raw: RawBug, limits: DecodeLimits): CompiledSummary {
  const { applied, problems } = apply(raw, limits)
  if (!applied) return { summary: undefined, texts: [], files: [], problems }
  const { title, discussions, files } = applied.snapshot
  return {
    summary: toSummary(raw, applied),
    texts: [title, ...discussions.map(({ message }) => message)],
    files: [...files],
    problems,
  }
}

/** All operations of a bug, applied. */
interface Applied {
  /** In the order of the data. */
  readonly packs: readonly Pack[]
  readonly first: Operation
  readonly last: Operation
  readonly snapshot: Snapshot
}

function apply(raw: RawBug, limits: DecodeLimits): { applied: Applied | undefined; problems: readonly Problem[] } {
  const nameProblem = checkEntityName(raw.id)
  if (nameProblem) return refused({ reason: nameProblem })
  if (raw.packs.length > limits.maxPacks) return refused({ reason: `more than ${limits.maxPacks} commits` })
  const packs: Pack[] = []
  let operations = 0
  for (const rawPack of raw.packs) {
    try {
      const pack = parsePack(rawPack, limits)
      operations += pack.operations.length
      if (operations > limits.maxOperations) throw new FieldProblem(`more than ${limits.maxOperations} operations`)
      packs.push(pack)
    } catch (error) {
      if (!(error instanceof FieldProblem)) throw error
      return refused({ reason: error.message, commit: rawPack.commit })
    }
  }
  try {
    const ordered = orderPacks(packs)
    return { applied: applyOperations(raw, ordered), problems: remarksOf(ordered) }
  } catch (error) {
    if (!(error instanceof FieldProblem)) throw error
    return refused({ reason: error.message })
  }
}

function refused(problem: Problem) {
  return { applied: undefined, problems: [problem] }
}

function applyOperations(raw: RawBug, packs: readonly Pack[]): Applied {
  const snapshot = new Snapshot(raw.id)
  let first: Operation | undefined
  let last: Operation | undefined
  for (const { operations } of packs) {
    for (const operation of operations) {
      first ??= checkFirst(raw, operation)
      last = operation
      operation.apply(snapshot)
    }
  }
  if (!first || !last) throw new FieldProblem(notCreated)
  return { packs, first, last, snapshot }
}

const notCreated = 'the first operation does not create the bug'

function checkFirst(raw: RawBug, first: Operation): Operation {
  if (!first.isCreate) throw new FieldProblem(notCreated)
  if (first.id !== raw.id) throw new FieldProblem(`the ref is not named by the bug’s id, which is ${first.id}`)
  return first
}

function toSummary(raw: RawBug, { packs, first, last, snapshot }: Applied): BugSummary {
  const created = snapshot.created ?? first
  return {
    id: raw.id,
    tip: raw.tip,
    textNumber: unnumbered,
    status: snapshot.status,
    title: snapshot.title,
    labels: sortByBytes([...snapshot.labels]),
    authorId: created.authorId,
    createdAt: created.at,
    editedAt: last.at,
    createLamport: packs.map(pack => pack.createLamport).reduce(laterLamport),
    editLamport: packs.map(pack => pack.editLamport).reduce(laterLamport),
    commentCount: snapshot.discussions.length,
    actorIds: [...snapshot.actors],
    participantIds: [...snapshot.participants],
    metadata: snapshot.metadataOf(created),
    statusChanges: snapshot.statusChanges,
  }
}

function toBug(raw: RawBug, applied: Applied): Bug {
  const { packs, snapshot } = applied
  return {
    ...toSummary(raw, applied),
    comments: snapshot.discussions.map(discussion => snapshot.toComment(discussion)),
    timeline: snapshot.timeline.map(draft => snapshot.toEvent(draft)),
    files: [...snapshot.files],
    packs: packs.map(({ commit, authorId, editLamport, operations }) => ({
      commit,
      authorId,
      editLamport,
      operations: operations.length,
    })),
  }
}

/** Commits that are named with what is odd about them; of more, only their number is told. */
const maxRemarks = 20

/** What is odd about packs that could be read, one line for each: in time and room, whatever they hold. */
function remarksOf(packs: readonly Pack[]): readonly Problem[] {
  const problems: Problem[] = []
  let unnamed = 0
  for (const { commit, operations } of packs) {
    const reason = operations.find(({ remarks }) => remarks.length > 0)?.remarks[0]
    if (reason === undefined) continue
    if (problems.length < maxRemarks) problems.push({ reason, commit })
    else unnamed++
  }
  if (unnamed > 0) problems.push({ reason: `and something odd in more commits: ${unnamed}` })
  return problems
}
