/**
 * The shapes of the JSON API (`api.md`, "JSON API"), made from the data model. The `.json` form of a page has the same
 * shapes. Times are ISO 8601 UTC; what is not set is null, since JSON has no other way to say so.
 */
import { labelColor } from '../bug/label-color.ts'
import {
  type Bug,
  type BugSummary,
  type Comment,
  humanId,
  type Identity,
  type Lamport,
  type TimelineEvent,
  type Tracker,
  type TrackerOrigin,
} from '../bug/model.ts'
import { createFingerprints } from './key-view.ts'
import { personName } from './person-view.ts'
import { isoTime } from './time.ts'

type Identities = ReadonlyMap<string, Identity>

/** What a list says of a repository. */
export interface RepositoryFacts {
  readonly name: string
  readonly description: string | undefined
  /** Undefined where they are not known. */
  readonly counts: Pick<Tracker, 'openBugs' | 'closedBugs' | 'lastActivity'> | undefined
  /** Where it is copied from; undefined where it is at home here. */
  readonly origin:
    | (Pick<TrackerOrigin, 'href' | 'failure' | 'bytes'> & { readonly fetchedMs: number | undefined })
    | undefined
}

export function repositoryJson({ name, description, counts, origin }: RepositoryFacts) {
  return {
    name,
    description: description ?? null,
    openBugs: counts?.openBugs ?? null,
    closedBugs: counts?.closedBugs ?? null,
    lastActivity: counts?.lastActivity === undefined ? null : (isoTime(counts.lastActivity) ?? null),
    mirror: origin ? mirrorJson(origin) : null,
  }
}

function mirrorJson({ href, fetchedMs, failure, bytes }: NonNullable<RepositoryFacts['origin']>) {
  return {
    url: href,
    fetched: fetchedMs === undefined ? null : (isoTime(fetchedMs / 1000) ?? null),
    failure: failure ? { reason: failure.reason, since: isoSeconds(Math.floor(failure.sinceMs / 1000)) } : null,
    bytes,
  }
}

export function identityRefJson(id: string, identities: Identities) {
  // As it is in the data: what pages do to names for the eye's sake is not for programs.
  const displayName = identities.get(id)?.displayName ?? personName(id, undefined)
  return { id, humanId: humanId(id), displayName }
}

export function bugSummaryJson(bug: BugSummary, identities: Identities) {
  return {
    id: bug.id,
    humanId: humanId(bug.id),
    status: bug.status,
    title: bug.title,
    labels: bug.labels.map(name => ({ name, color: labelColor(name) })),
    author: identityRefJson(bug.authorId, identities),
    createdAt: isoSeconds(bug.createdAt),
    editedAt: isoSeconds(bug.editedAt),
    createLamport: bug.createLamport,
    editLamport: bug.editLamport,
    comments: bug.commentCount,
  }
}

export function bugJson(bug: Bug, identities: Identities) {
  return {
    ...bugSummaryJson(bug, identities),
    comments: bug.comments.map(comment => commentJson(comment, identities)),
    actors: bug.actorIds.map(id => identityRefJson(id, identities)),
    participants: bug.participantIds.map(id => identityRefJson(id, identities)),
    metadata: Object.fromEntries(bug.metadata),
    timeline: bug.timeline.map(event => eventJson(event, identities)),
  }
}

function commentJson(comment: Comment, identities: Identities) {
  return {
    id: comment.id,
    author: identityRefJson(comment.authorId, identities),
    message: comment.message,
    files: comment.files,
    createdAt: isoSeconds(comment.createdAt),
    editedAt: isoSeconds(comment.editedAt),
    edited: comment.edited,
  }
}

function eventJson(event: TimelineEvent, identities: Identities) {
  const { id, type } = event
  const base = { id, type, author: identityRefJson(event.authorId, identities), at: isoSeconds(event.at) }
  switch (event.type) {
    case 'title':
      return { ...base, title: event.title, was: event.was }
    case 'status':
      return { ...base, status: event.status }
    case 'labels':
      return { ...base, added: event.added, removed: event.removed }
    default:
      return {
        ...base,
        message: event.message,
        files: event.files,
        edited: event.edited,
        editedAt: isoSeconds(event.editedAt),
        history: event.history.map(({ message, at }) => ({ message, at: isoSeconds(at) })),
      }
  }
}

export function identityJson(identity: Identity) {
  const fingerprint = createFingerprints()
  return {
    id: identity.id,
    humanId: humanId(identity.id),
    displayName: identity.displayName,
    name: identity.name ?? null,
    login: identity.login ?? null,
    email: identity.email ?? null,
    avatarUrl: identity.avatarUrl ?? null,
    versions: identity.versions.map(version => ({
      at: isoSeconds(version.at),
      name: version.name ?? null,
      login: version.login ?? null,
      email: version.email ?? null,
      avatarUrl: version.avatarUrl ?? null,
      keys: version.keys,
      fingerprints: version.keys.map(fingerprint),
    })),
  }
}

/** Unix seconds, which the decoder keeps within what a date can be, as ISO 8601 without fractions. */
function isoSeconds(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** Writes JSON; logical times above 2^53, which JSON can hold and numbers of JavaScript cannot, keep all their digits. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? rawJson(String(item satisfies Lamport)) : item,
  )
}

/** `JSON.rawJSON`, which TypeScript's library does not know yet. */
function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text)
}
