/**
 * One line of work on a bug: packs that follow each other, as one clone writes them. A fork is another clone of the
 * same bug; it has a clock of its own until it is merged, so equal and overtaking edit clocks come about as they do in
 * life. Promises sound packs with rising clocks unless the caller gives other ones; broken packs are the business of
 * `TrackerWriter.packCommit`.
 *
 *   bug ──●──●──●────────●── bug.merge(…)      the ref follows `bug`
 *             └──●──●────┘   bug.fork()        the fork moves no ref
 */
import { hash } from 'node:crypto'
import type { Lamport } from '../bug/model.ts'
import type { ImportLog } from './import-log.ts'
import { createLamportClock, type LamportClock } from './lamport-clock.ts'
import {
  type CommentSpec,
  deriveNonce,
  type EncodedOperation,
  encodeOperation,
  encodePack,
  type LabelsSpec,
  type MetadataSpec,
  type OperationSpec,
  type TitleSpec,
} from './operation.ts'
import { packEntries } from './pack-entries.ts'

/** What every line of a tracker shares. */
export interface LineContext {
  readonly log: ImportLog
  readonly seed: string
  /** `name <email>` of commits. */
  readonly committer: string
}

/** Any identity; only its id is written. */
export interface Author {
  readonly id: string
}

/** An operation, or a function that makes it from the ids of the operations before it in the same pack. */
export type PackStep = OperationSpec | ((ids: readonly string[]) => OperationSpec)

interface PackOptions {
  /** Instead of the next time of the line's clock. */
  readonly editClock?: Lamport
}

export interface BugLine {
  /** Id of the bug, 64 hex digits; also the id of its Create operation and so of its first comment's. */
  readonly id: string
  readonly ref: string
  /** Hash of the line's last commit. */
  readonly tip: string
  /** Hashes of the line's commits, the first first; a fork's begin with those of the line it came from. */
  readonly commits: readonly string[]
  /** Each adds one pack with one operation and returns the operation's id. */
  comment(person: Author, spec: CommentSpec): string
  editComment(person: Author, target: string, spec: CommentSpec): string
  title(person: Author, spec: TitleSpec): string
  status(person: Author, status: 'open' | 'closed', at: number): string
  labels(person: Author, spec: LabelsSpec): string
  metadata(person: Author, target: string, spec: MetadataSpec): string
  noop(person: Author, at: number): string
  /** Adds one pack with several operations and returns their ids. */
  pack(person: Author, steps: readonly PackStep[], options?: PackOptions): readonly string[]
  /** Another clone's line, from the same tip. */
  fork(): BugLine
  /** Adds a commit without operations whose parents are this line's tip and the other's. Returns its hash. */
  merge(person: Author, other: BugLine, spec: { readonly at: number } & PackOptions): string
  /** Takes note of a clock that the clone has seen elsewhere, for the edit clocks to come. */
  witness(editClock: Lamport): void
  readonly editClock: Lamport
}

/** How a line begins. */
export interface LineStart {
  readonly ref: string | undefined
  readonly clock: LamportClock
  readonly commits: readonly string[]
  readonly title: string
}

/** A line of the bug `id`, whose Create pack is the last commit of `start.commits`. */
export function createBugLine(context: LineContext, id: string, start: LineStart): BugLine {
  const { log } = context
  const { clock } = start
  const commits = [...start.commits]
  let title = start.title

  const tip = () => commits.at(-1) ?? ''
  function advance(entries: ReturnType<typeof packEntries>, parents: readonly string[], at: number): void {
    commits.push(log.commit({ parents, entries, at, person: context.committer, message: '' }))
    if (start.ref !== undefined) log.ref(start.ref, tip())
  }

  const line: BugLine = {
    id,
    ref: `refs/bugs/${id}`,
    get tip() {
      return tip()
    },
    get commits() {
      return commits
    },
    comment: (person, spec) => single(person, { type: 'comment', ...spec }),
    editComment: (person, target, spec) => single(person, { type: 'edit', target, ...spec }),
    title: (person, spec) => single(person, { type: 'title', ...spec }),
    status: (person, status, at) => single(person, { type: 'status', status, at }),
    labels: (person, spec) => single(person, { type: 'labels', ...spec }),
    metadata: (person, target, spec) => single(person, { type: 'metadata', target, ...spec }),
    noop: (person, at) => single(person, { type: 'noop', at }),
    pack(person, steps, options = {}) {
      const encoded = encodeSteps(steps, { scope: `${context.seed}\0${tip()}\0${person.id}`, title })
      const editClock = options.editClock ?? clock.increment()
      clock.witness(editClock)
      title = encoded.title
      const ops = encodePack(person.id, encoded.operations)
      advance(packEntries(log, { ops, editClock, files: encoded.files }), [tip()], encoded.at)
      return encoded.operations.map(operation => operation.id)
    },
    fork: () => {
      return createBugLine(context, id, { ref: undefined, clock: createLamportClock(clock.time), commits, title })
    },
    merge(person, other, spec) {
      clock.witness(other.editClock)
      const editClock = spec.editClock ?? clock.increment()
      clock.witness(editClock)
      advance(packEntries(log, { ops: encodePack(person.id, undefined), editClock }), [tip(), other.tip], spec.at)
      return tip()
    },
    witness: editClock => clock.witness(editClock),
    get editClock() {
      return clock.time
    },
  }

  function single(person: Author, operation: OperationSpec): string {
    return line.pack(person, [operation])[0] ?? ''
  }
  return line
}

/** The operations of one pack, with what the writer has to know of them. */
export interface EncodedSteps {
  readonly operations: readonly EncodedOperation[]
  /** Every hash in `files`, once. */
  readonly files: readonly string[]
  /** The title afterwards. */
  readonly title: string
  /** Time of the last operation, Unix seconds. */
  readonly at: number
}

/**
 * Encodes the operations of one pack. Nonces come from the scope, the place in the pack and the operation itself, so
 * that a change elsewhere in the tracker changes no id here.
 */
export function encodeSteps(
  steps: readonly PackStep[],
  context: { readonly scope: string; readonly title?: string },
): EncodedSteps {
  const operations: EncodedOperation[] = []
  const files = new Set<string>()
  let title = context.title ?? ''
  let at = 0
  for (const [index, step] of steps.entries()) {
    const spec = typeof step === 'function' ? step(operations.map(operation => operation.id)) : step
    const nonce =
      spec.nonce ?? deriveNonce(context.scope, index, hash('sha256', encodeOperation(spec, { nonce: '' }).json))
    operations.push(encodeOperation(spec, { nonce, was: title }))
    if ('title' in spec) title = spec.title
    if ('files' in spec) for (const file of spec.files ?? []) files.add(file)
    at = spec.at
  }
  return { operations, files: [...files], title, at }
}
