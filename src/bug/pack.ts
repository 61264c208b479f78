/** One operation pack: what a commit of a bug carries (`format.md`, "A bug: a graph of operation packs"). */
import type { DecodeLimits } from '../base/limits.ts'
import { once } from '../base/once.ts'
import { asObject, FieldProblem, type JsonObject } from './fields.ts'
import { idOfBytes, isEntityId } from './ids.ts'
import { scanPack } from './json-slices.ts'
import { parseLamport } from './lamport.ts'
import type { Lamport } from './model.ts'
import { type Operation, parseOperation } from './operation.ts'

/** An entry of a commit's tree; what else a tree has is of no interest. */
export interface PackEntry {
  readonly name: string
  readonly hash: string
}

/** A commit as it was read: nothing in it is checked yet. */
export interface RawPack {
  readonly commit: string
  readonly parents: readonly string[]
  readonly entries: readonly PackEntry[]
  /** Bytes of the `ops` blob. */
  readonly ops: Buffer
}

/** A pack that could be read. */
export interface Pack {
  readonly commit: string
  readonly parents: readonly string[]
  readonly authorId: string
  readonly editLamport: Lamport
  /** 0 where the pack has no create clock. */
  readonly createLamport: Lamport
  readonly operations: readonly Operation[]
  /** SHA-256 of the `ops` blob. Costs a hash, and is needed only where clocks are equal. */
  packId(): string
}

const formatVersion = '4'
const versionPrefix = 'version-'
const editClockPrefix = 'edit-clock-'
const createClockPrefix = 'create-clock-'

/** How the names of the entries begin that say something by their names. */
export const tellingPrefixes: readonly string[] = [versionPrefix, editClockPrefix, createClockPrefix]

/** The entry of a pack's tree that holds its operations. */
export const opsEntry = 'ops'

/** What is wrong with a root pack whose first operation is not the one that the bug's id is made of. */
export function checkBugRoot(ops: Buffer, bugId: string, { maxNesting }: DecodeLimits): string | undefined {
  const first = scanPack(ops, maxNesting, 1).elements?.[0]
  if (!first) return undefined
  const id = idOfBytes(ops.subarray(first.start, first.end))
  return id === bugId ? undefined : `the ref is not named by the bug’s id, which is ${id}`
}

/** Decodes a pack. Throws FieldProblem. */
export function parsePack(raw: RawPack, limits: DecodeLimits): Pack {
  const clocks = parseEntries(raw.entries)
  const { ops } = raw
  const scan = scanPack(ops, limits.maxNesting, limits.maxOperations)
  if (scan.problem) throw new FieldProblem(`"ops" is ${scan.problem}`)
  if ((scan.elements?.length ?? 0) > limits.maxOperations) {
    throw new FieldProblem(`more than ${limits.maxOperations} operations`)
  }
  const content = parseJson(ops, '"ops"')
  const authorId = asObject(content.author ?? {}, '"author"').id
  if (typeof authorId !== 'string' || !isEntityId(authorId)) throw new FieldProblem('the author is not named by an id')
  const list = content.ops ?? []
  if (!Array.isArray(list)) throw new FieldProblem('"ops" is no list')
  const elements = scan.elements ?? []
  if (elements.length !== list.length) throw new FieldProblem('"ops" cannot be taken apart')
  const operations = elements.map(({ start, end }, index) =>
    parseOperation(asObject(list[index], 'an operation'), {
      bytes: ops.subarray(start, end),
      authorId,
      commit: raw.commit,
    }),
  )
  return {
    commit: raw.commit,
    parents: raw.parents,
    authorId,
    ...clocks,
    operations,
    packId: once(() => idOfBytes(ops)),
  }
}

/** Parses bytes as a JSON object. Bytes that are no UTF-8 become broken characters, as for the real client. */
export function parseJson(bytes: Buffer, what: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new FieldProblem(`${what} is not valid JSON`)
  }
  return asObject(value, what)
}

function parseEntries(entries: readonly PackEntry[]): { editLamport: Lamport; createLamport: Lamport } {
  const version = entries.find(entry => entry.name.startsWith(versionPrefix))?.name.slice(versionPrefix.length)
  if (version === undefined) throw new FieldProblem('no format version')
  if (version !== formatVersion)
    throw new FieldProblem(`format version ${version.slice(0, 20).toWellFormed()}, not ${formatVersion}`)
  let editLamport: Lamport = 0
  let createLamport: Lamport = 0
  for (const { name } of entries) {
    if (name.startsWith(editClockPrefix)) editLamport = parseClock(name, editClockPrefix)
    else if (name.startsWith(createClockPrefix)) createLamport = parseClock(name, createClockPrefix)
  }
  if (editLamport === 0) throw new FieldProblem('no edit clock')
  return { editLamport, createLamport }
}

function parseClock(name: string, prefix: string): Lamport {
  const time = parseLamport(name.slice(prefix.length))
  if (time === undefined) throw new FieldProblem(`"${name.slice(0, 60).toWellFormed()}" is no logical time`)
  return time
}
