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
import type { Bug, Problem } from './model.ts'
import { sortByBytes } from './order-bytes.ts'
import { type Pack, parsePack, type RawPack } from './pack.ts'
import { Snapshot, toComment, toEvent } from './snapshot.ts'

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

/** Compiles a bug. */
export function compileBug(raw: RawBug, limits: DecodeLimits): CompiledBug {
  const nameProblem = checkEntityName(raw.id)
  if (nameProblem) return { bug: undefined, problems: [{ reason: nameProblem }] }
  if (raw.packs.length > limits.maxPacks) {
    return { bug: undefined, problems: [{ reason: `more than ${limits.maxPacks} commits` }] }
  }
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
      return { bug: undefined, problems: [{ reason: error.message, commit: rawPack.commit }] }
    }
  }
  try {
    const ordered = orderPacks(packs)
    return { bug: applyOperations(raw, ordered), problems: remarksOf(ordered) }
  } catch (error) {
    if (!(error instanceof FieldProblem)) throw error
    return { bug: undefined, problems: [{ reason: error.message }] }
  }
}

function applyOperations(raw: RawBug, packs: readonly Pack[]): Bug {
  const all = packs.flatMap(pack => pack.operations)
  const first = all[0]
  if (!first?.isCreate) throw new FieldProblem('the first operation does not create the bug')
  if (first.id !== raw.id) throw new FieldProblem(`the ref is not named by the bug’s id, which is ${first.id}`)
  const snapshot = new Snapshot(raw.id)
  for (const operation of all) operation.apply(snapshot)
  const created = snapshot.created ?? first
  const timeline = snapshot.timeline.map(item => ('context' in item ? toEvent(item) : item))
  const comments = snapshot.timeline.filter(item => 'context' in item).map(toComment)
  return {
    id: raw.id,
    tip: raw.tip,
    status: snapshot.status,
    title: snapshot.title,
    labels: sortByBytes([...snapshot.labels]),
    authorId: created.authorId,
    createdAt: created.at,
    editedAt: all.at(-1)?.at ?? created.at,
    createLamport: packs.map(pack => pack.createLamport).reduce(laterLamport),
    editLamport: packs.map(pack => pack.editLamport).reduce(laterLamport),
    commentCount: comments.length,
    actorIds: [...snapshot.actors],
    participantIds: [...snapshot.participants],
    metadata: snapshot.metadataOf(created),
    comments,
    timeline,
    files: [...snapshot.files],
    packs: packs.map(({ commit, authorId, editLamport, operations }) => ({
      commit,
      authorId,
      editLamport,
      operations: operations.length,
    })),
  }
}

function remarksOf(packs: readonly Pack[]): Problem[] {
  return packs.flatMap(pack =>
    pack.operations.flatMap(operation => operation.remarks.map(reason => ({ reason, commit: pack.commit }))),
  )
}
