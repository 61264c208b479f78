/** What is kept of one entity in memory: enough for lists and queries, and why it cannot be read where it cannot. */
import type { CompiledSummary } from '../bug/compile.ts'
import type { BugSummary, Identity, Problem } from '../bug/model.ts'

/** The refs that hold entities. */
export const entityPrefixes = { bug: 'refs/bugs/', identity: 'refs/identities/' } as const
export type EntityKind = keyof typeof entityPrefixes

/** An entity as its ref names it. */
export interface EntityRef {
  readonly kind: EntityKind
  /** The ref's name after its prefix. */
  readonly id: string
  /** The object that the ref points to. */
  readonly tip: string
}

/** A summary with what only downloads ask for. */
export interface IndexedBug extends BugSummary {
  /** Hashes of the files that its operations attach. */
  readonly files: readonly string[]
}

export interface BugRecord extends EntityRef {
  readonly kind: 'bug'
  /** Undefined where the bug cannot be read. */
  readonly bug: IndexedBug | undefined
  readonly problems: readonly Problem[]
}

export interface IdentityRecord extends EntityRef {
  readonly kind: 'identity'
  /** Undefined where the identity cannot be read. */
  readonly identity: Identity | undefined
  readonly problems: readonly Problem[]
}

export type EntityRecord = BugRecord | IdentityRecord

/** The full name of an entity's ref. */
export function refName({ kind, id }: Pick<EntityRef, 'kind' | 'id'>): string {
  return entityPrefixes[kind] + id
}

/** The entity that a ref holds; undefined for a ref that holds none. */
export function toEntityRef(ref: { readonly name: string; readonly hash: string }): EntityRef | undefined {
  for (const kind of ['bug', 'identity'] as const) {
    const prefix = entityPrefixes[kind]
    if (ref.name.startsWith(prefix)) return { kind, id: ownCopy(ref.name.slice(prefix.length)), tip: ref.hash }
  }
  return undefined
}

/** A string that does not keep the longer one in memory that it was cut from. */
function ownCopy(text: string): string {
  return Buffer.from(text).toString()
}

/** False where reading the same tip again could bring something else. */
export function isHealthy(record: EntityRecord): boolean {
  return record.kind === 'bug' ? record.bug !== undefined : record.identity !== undefined
}

/**
 * True where an object is missing or damaged: it may arrive. What was read and is wrong stays wrong, since a tip's bytes
 * never change; reading it again would give whoever wrote it the server's time for nothing.
 */
export function mayHeal(record: EntityRecord): boolean {
  return !isHealthy(record) && record.problems.some(({ reason }) => /\b(?:missing|damaged)\b/.test(reason))
}

/** Characters of one bug's metadata that lists and queries know; bridges write some hundred. */
const maxMetadataChars = 16_384
/** Files of one bug that can be downloaded. */
const maxFiles = 10_000
/** Changes of one bug's status that pictures know. Even, so that what is left begins with a closing too. */
const maxStatusChanges = 1000

/** The record of a bug that was compiled. It stays in memory, so what a pusher may make as long as he likes is cut. */
export function toBugRecord({ id, tip }: EntityRef, compiled: CompiledSummary): BugRecord {
  const { summary } = compiled
  const problems = [...compiled.problems]
  const files = compiled.files.slice(0, maxFiles)
  if (files.length < compiled.files.length) problems.push({ reason: `only its first ${maxFiles} files are known` })
  const metadata = summary && cutMetadata(summary.metadata)
  if (summary && metadata !== summary.metadata) {
    problems.push({ reason: `its metadata is longer than ${maxMetadataChars} characters and is not known in full` })
  }
  const statusChanges = summary && cutStatusChanges(summary.statusChanges)
  if (statusChanges?.length !== summary?.statusChanges.length) {
    problems.push({ reason: `only the last of its changes of status are known, ${maxStatusChanges} at most` })
  }
  const bug = summary && metadata && statusChanges && { ...summary, metadata, files, statusChanges }
  return { kind: 'bug', id, tip, bug, problems }
}

function cutStatusChanges(times: readonly number[]): readonly number[] {
  if (times.length <= maxStatusChanges) return times
  // An even number goes, so that each that is left says what it said before.
  return times.slice(-maxStatusChanges + (times.length % 2))
}

function cutMetadata(metadata: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  let chars = 0
  const kept = new Map<string, string>()
  for (const [key, value] of metadata) {
    chars += key.length + value.length
    if (chars <= maxMetadataChars) kept.set(key, value)
  }
  return chars <= maxMetadataChars ? metadata : kept
}

/** An entity that was read: what is kept of it, and what only the search index is told. */
export interface ReadEntity {
  readonly record: EntityRecord
  /** Of a bug: title and comments, one line after the other, in UTF-8; undefined where they were not read. */
  readonly text: Uint8Array | undefined
  /** The same as it goes into the store; undefined where it was not packed yet. */
  readonly packed?: PackedEntity | undefined
}

/** See `packRecord` and `packText`. */
export interface PackedEntity {
  readonly record: Uint8Array
  /** Undefined where there is none, or nobody wants it. */
  readonly text: Uint8Array | undefined
}

/** Characters of one bug that can be searched; what a person writes is far below. */
const maxSearchChars = 4_000_000

/** The searchable text of a bug. */
export function toSearchText(texts: readonly string[]): Uint8Array {
  const parts: string[] = []
  let left = maxSearchChars
  for (const text of texts) {
    if (left <= 0) break
    parts.push(text.slice(0, left))
    left -= text.length
  }
  return Buffer.from(parts.join('\n'))
}

/** The record of an entity that cannot be read. */
export function toUnreadable({ kind, id, tip }: EntityRef, problem: Problem): EntityRecord {
  const problems = [problem]
  return kind === 'bug' ? { kind, id, tip, bug: undefined, problems } : { kind, id, tip, identity: undefined, problems }
}
