/** What is kept of one entity in memory: enough for lists and queries, and why it cannot be read where it cannot. */
import type { CompiledSummary } from '../bug/compile.ts'
import type { BugSummary, Identity, Problem } from '../bug/model.ts'
import { SearchText } from './search-text.ts'

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

/** A summary with what only searches and downloads ask for. */
export interface IndexedBug extends BugSummary {
  readonly text: SearchText
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

/** The record of a bug that was compiled. */
export function toBugRecord({ id, tip }: EntityRef, compiled: CompiledSummary): BugRecord {
  const { summary, texts, files, problems } = compiled
  const bug = summary && { ...summary, text: new SearchText(texts), files }
  return { kind: 'bug', id, tip, bug, problems }
}

/** The record of an entity that cannot be read. */
export function toUnreadable({ kind, id, tip }: EntityRef, problem: Problem): EntityRecord {
  const problems = [problem]
  return kind === 'bug' ? { kind, id, tip, bug: undefined, problems } : { kind, id, tip, identity: undefined, problems }
}
