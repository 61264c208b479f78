/**
 * Packs for tests of the bug room, made by hand: what a test says is what the bytes are. Sound unless it says
 * otherwise; no git is involved.
 */
import { hash } from 'node:crypto'
import { type DecodeLimits, defaultDecodeLimits } from '../../src/base/limits.ts'
import { type CompiledBug, compileBug } from '../../src/bug/compile.ts'
import type { Bug, Lamport } from '../../src/bug/model.ts'
import type { PackEntry, RawPack } from '../../src/bug/pack.ts'

/** 64 hex digits that stand for a name. */
export function idOf(name: string): string {
  return hash('sha256', name)
}

/** 40 hex digits that stand for a number. */
export function commitOf(number: number): string {
  return number.toString(16).padStart(40, '0')
}

export const ada = idOf('ada')
export const bob = idOf('bob')

/** The bytes of an operation, and the id that they give it. */
export interface Written {
  readonly json: string
  readonly id: string
}

/** An operation as it is stored. A string is taken as the bytes themselves. */
export function write(operation: object | string): Written {
  const json = typeof operation === 'string' ? operation : JSON.stringify(operation)
  return { json, id: hash('sha256', json) }
}

export function create(fields: object = {}): Written {
  return write({
    type: 1,
    timestamp: 1000,
    nonce: 'bm9uY2U=',
    title: 'A bug',
    message: 'It is broken.',
    files: null,
    ...fields,
  })
}

/** A comment; equal texts are equal operations, unless the fields tell them apart. */
export function comment(message: string, fields: object = {}): Written {
  return write({ type: 3, timestamp: 2000, nonce: 'bm9uY2U=', message, files: null, ...fields })
}

export interface PackParts {
  /** Number of the commit; see `commitOf`. */
  readonly commit: number
  readonly parents?: readonly number[]
  readonly author?: string
  /** `null` as merges have it. */
  readonly ops?: readonly Written[] | null
  /** The whole `ops` blob, instead of author and operations. */
  readonly blob?: string | Buffer
  readonly edit?: Lamport | string
  readonly create?: Lamport | string
  readonly version?: string
  /** Instead of version and clocks. */
  readonly entries?: readonly string[]
}

export function opsBlob(author: string, ops: readonly Written[] | null): string {
  const list = ops === null ? 'null' : `[${ops.map(({ json }) => json).join(',')}]`
  return `{"author":{"id":"${author}"},"ops":${list}}`
}

/** A commit as git would give it. The edit clock is the commit's number where nothing is said. */
export function rawPack(parts: PackParts): RawPack {
  const { commit, parents = [], author = ada, ops = [], edit = commit, version = '4' } = parts
  const createTime = parts.create ?? (parents.length === 0 ? 1 : undefined)
  const names = parts.entries ?? [
    `version-${version}`,
    ...(createTime === undefined ? [] : [`create-clock-${createTime}`]),
    `edit-clock-${edit}`,
    'ops',
  ]
  return {
    commit: commitOf(commit),
    parents: parents.map(commitOf),
    entries: names.map((name): PackEntry => ({ name, hash: commitOf(0) })),
    ops: Buffer.from(parts.blob ?? opsBlob(author, ops)),
  }
}

export interface CompileParts {
  /** Id in the ref's name; that of the first pack's first operation where it is not given. */
  readonly id?: string
  readonly limits?: Partial<DecodeLimits>
}

/** Compiles a bug from its packs, the root first. */
export function compile(packs: readonly PackParts[], parts: CompileParts = {}): CompiledBug {
  const id = parts.id ?? packs[0]?.ops?.[0]?.id ?? idOf('nothing')
  const tip = commitOf(packs.at(-1)?.commit ?? 0)
  return compileBug({ id, tip, packs: packs.map(rawPack) }, { ...defaultDecodeLimits, ...parts.limits })
}

/** A bug that must be readable without any remark. */
export function soundBug(packs: readonly PackParts[], parts: CompileParts = {}): Bug {
  const { bug, problems } = compile(packs, parts)
  if (!bug || problems.length > 0) throw new Error(`not sound: ${JSON.stringify(problems)}`)
  return bug
}

/** The one reason for which a bug cannot be read. */
export function refusal(packs: readonly PackParts[], parts: CompileParts = {}): string {
  const { bug, problems } = compile(packs, parts)
  if (bug || problems.length !== 1) throw new Error(`not refused once: ${JSON.stringify(problems)}`)
  return problems[0]!.reason
}

/** A bug of one pack with these operations after its Create. */
export function bugWith(operations: readonly Written[], first: Written = create()): Bug {
  return soundBug([{ commit: 1, ops: [first, ...operations] }])
}
