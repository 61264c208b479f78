/**
 * Records as JSON, for those who hand them from one thread to another or keep them beyond this process. What the reader
 * knows by himself, an entity's tip, is left out. JSON is what JavaScript reads fastest. What is read is checked: it may
 * come from a file or a server that others can write to.
 *
 * **Whoever changes what is in a record, or how it is compiled from the same bytes, raises `recordVersion`**: records of
 * another version are never looked for. `test/cache/record-codec.test.ts` fails where that was forgotten.
 */
import { maxUnixSeconds } from '../bug/fields.ts'
import { type Identity, type IdentityVersion, type Lamport, type Problem, unnumbered } from '../bug/model.ts'
import type { EntityRecord, EntityRef, IndexedBug } from './entity-record.ts'

/** Of the records that this program makes. */
export const recordVersion = 3

/** A record in the form that goes into JSON. */
type EncodedRecord =
  | readonly [kind: 'bug', id: string, problems: readonly Problem[], bug: EncodedBug | null]
  | readonly [kind: 'identity', id: string, problems: readonly Problem[], identity: EncodedIdentity | null]

type Texts = readonly (readonly [string, string])[]

/** Times above 2^53 do not fit into a number of JSON. */
type EncodedLamport = number | string

type EncodedBug = readonly [
  status: IndexedBug['status'],
  title: string,
  labels: readonly string[],
  authorId: string,
  createdAt: number,
  editedAt: number,
  createLamport: EncodedLamport,
  editLamport: EncodedLamport,
  commentCount: number,
  actorIds: readonly string[],
  participantIds: readonly string[],
  metadata: Texts,
  files: readonly string[],
  statusChanges: readonly number[],
]

interface EncodedIdentity extends Omit<Identity, 'id' | 'tip' | 'versions'> {
  readonly versions: readonly EncodedVersion[]
}

interface EncodedVersion extends Omit<IdentityVersion, 'times' | 'metadata'> {
  readonly times: readonly (readonly [string, EncodedLamport])[]
  readonly metadata: Texts
}

/** Writes a record as JSON. */
export function printRecord(record: EntityRecord): string {
  return JSON.stringify(encodeRecord(record))
}

function encodeRecord(record: EntityRecord): EncodedRecord {
  const { id, problems } = record
  return record.kind === 'bug'
    ? ['bug', id, problems, record.bug ? encodeBug(record.bug) : null]
    : ['identity', id, problems, record.identity ? encodeIdentity(record.identity) : null]
}

function encodeBug(bug: IndexedBug): EncodedBug {
  return [
    bug.status,
    bug.title,
    bug.labels,
    bug.authorId,
    bug.createdAt,
    bug.editedAt,
    encodeLamport(bug.createLamport),
    encodeLamport(bug.editLamport),
    bug.commentCount,
    bug.actorIds,
    bug.participantIds,
    [...bug.metadata],
    bug.files,
    bug.statusChanges,
  ]
}

function encodeIdentity({ id: _id, tip: _tip, versions, ...identity }: Identity): EncodedIdentity {
  return {
    ...identity,
    versions: versions.map(version => ({
      ...version,
      times: [...version.times].map(([clock, time]) => [clock, encodeLamport(time)] as const),
      metadata: [...version.metadata],
    })),
  }
}

function encodeLamport(time: Lamport): EncodedLamport {
  return typeof time === 'bigint' ? String(time) : time
}

/**
 * Reads a record.
 * @param ref the entity that it must be of
 * @returns undefined where it is none, or that of another entity
 */
export function parseRecord(json: string, { kind, id, tip }: EntityRef): EntityRecord | undefined {
  try {
    const [hasKind, hasId, problems, content] = asList(JSON.parse(json))
    if (hasKind !== kind || hasId !== id) return undefined
    const common = { id, tip, problems: asList(problems).map(decodeProblem) }
    return kind === 'bug'
      ? { kind, ...common, bug: content === null ? undefined : decodeBug(asList(content), id, tip) }
      : { kind, ...common, identity: content === null ? undefined : decodeIdentity(content, id, tip) }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof WrongShape) return undefined
    throw error
  }
}

/** What was read is not what was written; thrown inside this file only. */
class WrongShape extends Error {}

function decodeProblem(encoded: unknown): Problem {
  const { reason, commit } = asObject(encoded)
  return { reason: asText(reason), ...(commit === undefined ? {} : { commit: asText(commit) }) }
}

function decodeBug(encoded: readonly unknown[], id: string, tip: string): IndexedBug {
  const [status, title, labels, authorId, createdAt, editedAt, createLamport, editLamport, ...rest] = encoded
  const [commentCount, actorIds, participantIds, metadata, files, statusChanges] = rest
  if (status !== 'open' && status !== 'closed') throw new WrongShape('no status')
  return {
    id,
    tip,
    textNumber: unnumbered,
    status,
    title: asText(title),
    labels: asTexts(labels),
    authorId: asText(authorId),
    createdAt: asTime(createdAt),
    editedAt: asTime(editedAt),
    createLamport: decodeLamport(createLamport),
    editLamport: decodeLamport(editLamport),
    commentCount: asCount(commentCount),
    actorIds: asTexts(actorIds),
    participantIds: asTexts(participantIds),
    metadata: decodeMetadata(metadata),
    files: asTexts(files),
    statusChanges: asTimes(statusChanges),
  }
}

function decodeIdentity(encoded: unknown, id: string, tip: string): Identity {
  const { versions, ...person } = asObject(encoded)
  return {
    id,
    tip,
    ...decodePerson(person),
    displayName: asText(person.displayName),
    versions: asList(versions).map(decodeVersion),
  }
}

function decodeVersion(encoded: unknown): IdentityVersion {
  const { commit, times, at, keys, metadata, ...person } = asObject(encoded)
  return {
    commit: asText(commit),
    times: new Map(
      asList(times).map(pair => {
        const [clock, time] = asList(pair)
        return [asText(clock), decodeLamport(time)]
      }),
    ),
    at: asTime(at),
    ...decodePerson(person),
    keys: asTexts(keys),
    metadata: decodeMetadata(metadata),
  }
}

function decodePerson({ name, email, login, avatarUrl }: Record<string, unknown>) {
  return {
    name: asOptionalText(name),
    email: asOptionalText(email),
    login: asOptionalText(login),
    avatarUrl: asOptionalText(avatarUrl),
  }
}

function decodeMetadata(encoded: unknown): Map<string, string> {
  const metadata = new Map<string, string>()
  for (const pair of asList(encoded)) {
    const [key, value] = asList(pair)
    metadata.set(asText(key), asText(value))
  }
  return metadata
}

function decodeLamport(time: unknown): Lamport {
  if (typeof time === 'string' && /^[0-9]{16,20}$/.test(time)) return BigInt(time)
  return asCount(time)
}

function asText(value: unknown): string {
  if (typeof value !== 'string') throw new WrongShape('no text')
  return value
}

function asOptionalText(value: unknown): string | undefined {
  return value === undefined ? undefined : asText(value)
}

/** A whole number. JSON can hold others, up to infinity, and dates and sums made from those would throw. */
function asNumber(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new WrongShape('no whole number')
  return value as number
}

/** A time that a date can show. */
function asTime(value: unknown): number {
  const time = asNumber(value)
  if (Math.abs(time) > maxUnixSeconds) throw new WrongShape('no time')
  return time
}

function asCount(value: unknown): number {
  const count = asNumber(value)
  if (count < 0) throw new WrongShape('less than none')
  return count
}

function asTexts(value: unknown): string[] {
  const list = asList(value)
  for (const item of list) asText(item)
  return list as string[]
}

function asTimes(value: unknown): number[] {
  const list = asList(value)
  for (const item of list) asTime(item)
  return list as number[]
}

function asList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new WrongShape('no list')
  return value
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new WrongShape('no object')
  return value as Record<string, unknown>
}
