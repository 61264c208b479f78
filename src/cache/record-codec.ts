/**
 * Records as JSON, for those who hand them from one thread to another. What is the same on both sides, an entity's id
 * and tip, is left out. JSON is what JavaScript reads fastest.
 */
import type { Identity, IdentityVersion, Lamport, Problem } from '../bug/model.ts'
import type { EntityRecord, EntityRef, IndexedBug } from './entity-record.ts'

/** A record in the form that goes into JSON. */
export type EncodedRecord =
  | { readonly kind: 'bug'; readonly problems: readonly Problem[]; readonly bug: EncodedBug | null }
  | { readonly kind: 'identity'; readonly problems: readonly Problem[]; readonly identity: EncodedIdentity | null }

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
]

interface EncodedIdentity extends Omit<Identity, 'id' | 'tip' | 'versions'> {
  readonly versions: readonly EncodedVersion[]
}

interface EncodedVersion extends Omit<IdentityVersion, 'times' | 'metadata'> {
  readonly times: readonly (readonly [string, EncodedLamport])[]
  readonly metadata: Texts
}

/** Makes the form that goes into JSON. */
export function encodeRecord(record: EntityRecord): EncodedRecord {
  const { problems } = record
  if (record.kind === 'identity') {
    return { kind: 'identity', problems, identity: record.identity ? encodeIdentity(record.identity) : null }
  }
  return { kind: 'bug', problems, bug: record.bug ? encodeBug(record.bug) : null }
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
 * Makes a record of what came out of JSON.
 * @param ref the entity that it is of
 */
export function decodeRecord(encoded: EncodedRecord, ref: EntityRef): EntityRecord {
  const { id, tip } = ref
  const { problems } = encoded
  if (encoded.kind === 'identity') {
    const { identity } = encoded
    return { kind: 'identity', id, tip, identity: identity ? decodeIdentity(identity, ref) : undefined, problems }
  }
  return { kind: 'bug', id, tip, bug: encoded.bug ? decodeBug(encoded.bug, ref) : undefined, problems }
}

function decodeBug(encoded: EncodedBug, { id, tip }: EntityRef): IndexedBug {
  const [status, title, labels, authorId, createdAt, editedAt, createLamport, editLamport, ...rest] = encoded
  const [commentCount, actorIds, participantIds, metadata, files] = rest
  return {
    id,
    tip,
    status,
    title,
    labels,
    authorId,
    createdAt,
    editedAt,
    createLamport: decodeLamport(createLamport),
    editLamport: decodeLamport(editLamport),
    commentCount,
    actorIds,
    participantIds,
    metadata: new Map(metadata),
    files,
  }
}

function decodeIdentity(encoded: EncodedIdentity, { id, tip }: EntityRef): Identity {
  const { name, email, login, avatarUrl, displayName } = encoded
  return {
    id,
    tip,
    name,
    email,
    login,
    avatarUrl,
    displayName,
    versions: encoded.versions.map(({ commit, times, at, keys, metadata, ...version }) => ({
      commit,
      times: new Map(times.map(([clock, time]) => [clock, decodeLamport(time)] as const)),
      at,
      name: version.name,
      email: version.email,
      login: version.login,
      avatarUrl: version.avatarUrl,
      keys,
      metadata: new Map(metadata),
    })),
  }
}

function decodeLamport(time: EncodedLamport): Lamport {
  return typeof time === 'string' ? BigInt(time) : time
}
