/**
 * The bytes of operations and packs as git-bug writes them (`format.md`, "A bug: a graph of operation packs"): key
 * order, escapes and all. Promises that the id it returns is the SHA-256 of exactly the bytes that stand in the pack.
 * Refuses nothing: titles with line feeds and `files` that are not hashes are what tests of bad data are made of.
 */
import { hash } from 'node:crypto'

interface OperationBase {
  /** Unix seconds. */
  readonly at: number
  readonly metadata?: Readonly<Record<string, string>>
  /** Base64; derived from the seed and the operation where it is not given. */
  readonly nonce?: string
}

export interface CreateSpec extends OperationBase {
  readonly title: string
  readonly message: string
  /** Hashes of blobs. */
  readonly files?: readonly string[]
}

export interface CommentSpec extends OperationBase {
  readonly message: string
  readonly files?: readonly string[]
}

export interface TitleSpec extends OperationBase {
  readonly title: string
  /** The title before; the line of work knows it. */
  readonly was?: string
}

export interface LabelsSpec extends OperationBase {
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
}

export interface MetadataSpec extends OperationBase {
  readonly set: Readonly<Record<string, string>>
}

/** All eight kinds. `target` is the id of an earlier operation of the same bug. */
export type OperationSpec =
  | ({ readonly type: 'create' } & CreateSpec)
  | ({ readonly type: 'title' } & TitleSpec)
  | ({ readonly type: 'comment' } & CommentSpec)
  | ({ readonly type: 'status'; readonly status: 'open' | 'closed' } & OperationBase)
  | ({ readonly type: 'labels' } & LabelsSpec)
  | ({ readonly type: 'edit'; readonly target: string } & CommentSpec)
  | ({ readonly type: 'noop' } & OperationBase)
  | ({ readonly type: 'metadata'; readonly target: string } & MetadataSpec)

/** An operation as it stands in a pack. */
export interface EncodedOperation {
  /** 64 hex digits. */
  readonly id: string
  readonly json: string
}

const typeNumbers = { create: 1, title: 2, comment: 3, status: 4, labels: 5, edit: 6, noop: 7, metadata: 8 } as const

/** Writes one operation. `was` fills in the title before where a title operation does not say it. */
export function encodeOperation(spec: OperationSpec, context: { nonce: string; was?: string }): EncodedOperation {
  const head = `"type":${typeNumbers[spec.type]},"timestamp":${spec.at},"nonce":${encodeJson(context.nonce)}`
  const metadata = spec.metadata === undefined ? '' : `,"metadata":${encodeStringMap(spec.metadata)}`
  const json = `{${head}${metadata}${encodeFields(spec, context.was ?? '')}}`
  return { id: hash('sha256', json), json }
}

/** Writes the `ops` blob; `undefined` operations are those of a merge commit. */
export function encodePack(authorId: string, operations: readonly EncodedOperation[] | undefined): string {
  const list = operations === undefined ? 'null' : `[${operations.map(operation => operation.json).join(',')}]`
  return `{"author":{"id":${encodeJson(authorId)}},"ops":${list}}`
}

/** Base64 of the first 20 bytes of SHA-256 over the parts: as long as the client's own nonces, and repeatable. */
export function deriveNonce(...parts: readonly (string | number)[]): string {
  return hash('sha256', parts.join('\0'), 'buffer').subarray(0, 20).toString('base64')
}

/** JSON as the client's encoder writes it: it also escapes what would be markup inside HTML. */
export function encodeJson(value: unknown): string {
  const text = JSON.stringify(value)
  return text.replace(/[<>&\u2028\u2029]/g, character => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** An object of strings, keys sorted by bytes as the client sorts them. */
export function encodeStringMap(map: Readonly<Record<string, string>>): string {
  const entries = Object.entries(map).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return `{${entries.map(([key, value]) => `${encodeJson(key)}:${encodeJson(value)}`).join(',')}}`
}

function encodeFields(spec: OperationSpec, was: string): string {
  const files = 'files' in spec && spec.files !== undefined && spec.files.length > 0 ? encodeJson(spec.files) : 'null'
  switch (spec.type) {
    case 'create':
      return `,"title":${encodeJson(spec.title)},"message":${encodeJson(spec.message)},"files":${files}`
    case 'title':
      return `,"title":${encodeJson(spec.title)},"was":${encodeJson(spec.was ?? was)}`
    case 'comment':
      return `,"message":${encodeJson(spec.message)},"files":${files}`
    case 'status':
      return `,"status":${spec.status === 'open' ? 1 : 2}`
    case 'labels':
      return `,"added":${encodeJson(spec.added ?? [])},"removed":${encodeJson(spec.removed ?? [])}`
    case 'edit':
      return `,"target":${encodeJson(spec.target)},"message":${encodeJson(spec.message)},"files":${files}`
    case 'noop':
      return ''
    case 'metadata':
      return `,"target":${encodeJson(spec.target)},"new_metadata":${encodeStringMap(spec.set)}`
  }
}
