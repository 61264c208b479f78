/** What all operations have in common, and the table of those that the format knows (`format.md`). */
import { FieldProblem, type JsonObject, textMapField, timeField } from './fields.ts'
import { idOfBytes, isFileHash } from './ids.ts'
import { addComment } from './operations/add-comment.ts'
import { create } from './operations/create.ts'
import { editComment } from './operations/edit-comment.ts'
import { labelChange } from './operations/label-change.ts'
import { noOp } from './operations/no-op.ts'
import { setMetadata } from './operations/set-metadata.ts'
import { setStatus } from './operations/set-status.ts'
import { setTitle } from './operations/set-title.ts'
import type { Snapshot } from './snapshot.ts'

/** Where an operation stands and who wrote it. */
export interface OperationContext {
  /** SHA-256 of the operation's own bytes, 64 hex digits. Hashed when it is asked for: a summary needs few of them. */
  readonly id: string
  readonly authorId: string
  /** Unix seconds by the author's clock. */
  readonly at: number
  readonly metadata: ReadonlyMap<string, string>
  readonly commit: string
}

/** Changes the state of a bug the way the operation asks. */
export type ApplyOperation = (snapshot: Snapshot) => void

/** One kind of operation: takes its own fields apart, once, and says what it does. Throws FieldProblem. */
export type OperationKind = (fields: JsonObject, context: OperationContext) => ApplyOperation

/** An operation of a pack, decoded. */
export interface Operation extends OperationContext {
  readonly isCreate: boolean
  /** What is wrong with it though it can be read. */
  readonly remarks: readonly string[]
  readonly apply: ApplyOperation
}

const createType = 1
const kinds: ReadonlyMap<unknown, OperationKind> = new Map<unknown, OperationKind>([
  [createType, create],
  [2, setTitle],
  [3, addComment],
  [4, setStatus],
  [5, labelChange],
  [6, editComment],
  [7, noOp],
  [8, setMetadata],
])

/** Where an element of a pack's `ops` was found. */
export interface OperationPlace {
  /** The operation's own bytes, as they are stored. */
  readonly bytes: Buffer
  readonly authorId: string
  readonly commit: string
}

/** Decodes one element of a pack's `ops`. Throws FieldProblem. */
export function parseOperation(fields: JsonObject, place: OperationPlace): Operation {
  return new ParsedOperation(fields, place)
}

class ParsedOperation implements Operation {
  readonly authorId: string
  readonly commit: string
  readonly at: number
  readonly metadata: ReadonlyMap<string, string>
  readonly isCreate: boolean
  readonly remarks: readonly string[]
  readonly apply: ApplyOperation
  readonly #bytes: Buffer
  #id: string | undefined

  constructor(fields: JsonObject, place: OperationPlace) {
    const kind = kinds.get(fields.type)
    if (!kind) throw new FieldProblem(`unknown operation type ${describeType(fields.type)}`)
    this.authorId = place.authorId
    this.commit = place.commit
    this.at = timeField(fields, 'timestamp')
    this.metadata = textMapField(fields, 'metadata')
    this.isCreate = fields.type === createType
    this.remarks = remarksOf(fields)
    this.#bytes = place.bytes
    this.apply = kind(fields, this)
  }

  get id(): string {
    this.#id ??= idOfBytes(this.#bytes)
    return this.#id
  }
}

const noRemarks: readonly string[] = []

function remarksOf(fields: JsonObject): readonly string[] {
  const files = fields.files
  if (files === undefined || files === null) return noRemarks
  if (Array.isArray(files) && files.every(file => typeof file === 'string' && isFileHash(file))) return noRemarks
  return ['an attached file is named by something that is no hash']
}

function describeType(type: unknown): string {
  return typeof type === 'number' || typeof type === 'string'
    ? JSON.stringify(type).slice(0, 40).toWellFormed()
    : `(${typeof type})`
}
