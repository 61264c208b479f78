/**
 * The data model: what the rest of the product knows of bugs and people. Plain, immutable data without methods, so
 * that it can be stored, sent to a worker and compared.
 *
 * People appear by id only. A compiled bug depends on nothing but its own tip, and so it can be kept for ever; names
 * are looked up when something is shown.
 *
 * All times are Unix seconds as the writer's clock had them (they lie, see `format.md`); lamport times are the order.
 */

import type { BugColumns } from './columns.ts'
import type { IdIndex } from './id-index.ts'

/** A logical time: unsigned 64-bit. A number where that is exact, a bigint above 2^53 - 1; `<` and `>` take both. */
export type Lamport = number | bigint

export type Status = 'open' | 'closed'

/** One text that a comment had. */
export interface CommentVersion {
  /** The operation that wrote it, 64 hex digits: the same id always stands for the same text. */
  readonly operationId: string
  readonly authorId: string
  readonly message: string
  readonly at: number
}

/** A comment as it is now. The first one of a bug is its description. */
export interface Comment {
  /** Combined id, 64 hex digits. */
  readonly id: string
  readonly authorId: string
  readonly message: string
  /** Hashes of attached blobs. */
  readonly files: readonly string[]
  readonly createdAt: number
  readonly editedAt: number
  readonly edited: boolean
}

interface EventBase {
  /** Combined id, 64 hex digits. */
  readonly id: string
  readonly authorId: string
  readonly at: number
  /** Commit of the pack that carries the operation: 40 or 64 hex digits. */
  readonly commit: string
}

/** An event that shows a comment; `message` and `files` are the latest, `history` has every text, the first first. */
export interface CommentEvent extends EventBase {
  readonly type: 'create' | 'comment'
  readonly message: string
  readonly files: readonly string[]
  readonly editedAt: number
  readonly edited: boolean
  /** Never empty; the last one is `message`. */
  readonly history: readonly CommentVersion[]
  /** Where it was on the page that it was imported from, such as `issuecomment-34` (`readPlace`). */
  readonly importedPlace: string | undefined
}

export interface TitleEvent extends EventBase {
  readonly type: 'title'
  readonly title: string
  readonly was: string
}

export interface StatusEvent extends EventBase {
  readonly type: 'status'
  readonly status: Status
}

export interface LabelsEvent extends EventBase {
  readonly type: 'labels'
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

export type TimelineEvent = CommentEvent | TitleEvent | StatusEvent | LabelsEvent

/** The number of what was not loaded into a tracker. */
export const unnumbered = -1

/** What lists, counts and queries need of a bug; kept in memory for every bug of an open repository. */
export interface BugSummary {
  /** 64 hex digits. */
  readonly id: string
  /** Hash of the commit that the bug's ref points to. */
  readonly tip: string
  /** Under which its texts are searched; given when it is loaded, `unnumbered` until then. */
  readonly textNumber: number
  readonly status: Status
  readonly title: string
  /** A set, sorted by bytes. */
  readonly labels: readonly string[]
  readonly authorId: string
  readonly createdAt: number
  readonly editedAt: number
  readonly createLamport: Lamport
  readonly editLamport: Lamport
  /** Number of comments, the description among them. */
  readonly commentCount: number
  /** Authors of every operation that had an effect, in order of first appearance. */
  readonly actorIds: readonly string[]
  /** Authors of the description and of comments, in order of first appearance. */
  readonly participantIds: readonly string[]
  /** Metadata of the Create operation. */
  readonly metadata: ReadonlyMap<string, string>
  /**
   * Times of the changes of status, in the order of the data: closed, opened again, closed again, and so on. What set
   * the status that the bug had already is none.
   */
  readonly statusChanges: readonly number[]
}

/** A bug in full, as it is at its tip. */
export interface Bug extends BugSummary {
  readonly comments: readonly Comment[]
  readonly timeline: readonly TimelineEvent[]
  /** Hashes of every file that any operation attaches, also where a later edit has taken it off again. */
  readonly files: readonly string[]
  /** The packs in the order of the data, for provenance and for checking signatures. */
  readonly packs: readonly PackSummary[]
}

/** Where operations came from. */
export interface PackSummary {
  readonly commit: string
  readonly authorId: string
  readonly editLamport: Lamport
  readonly operations: number
}

/** One version of an identity. */
export interface IdentityVersion {
  readonly commit: string
  /** Lamport times by clock name (`bugs-edit` …) at which this version came into force; empty where it carries none. */
  readonly times: ReadonlyMap<string, Lamport>
  readonly at: number
  readonly name: string | undefined
  readonly email: string | undefined
  readonly login: string | undefined
  readonly avatarUrl: string | undefined
  /** ASCII-armoured OpenPGP public keys. */
  readonly keys: readonly string[]
  readonly metadata: ReadonlyMap<string, string>
}

/** A person. Name and so on are those of the last version. */
export interface Identity {
  /** 64 hex digits. */
  readonly id: string
  readonly tip: string
  readonly name: string | undefined
  readonly email: string | undefined
  readonly login: string | undefined
  readonly avatarUrl: string | undefined
  /** What to call the person: name, else login, and `name (login)` where both are set. */
  readonly displayName: string
  /** The first first. */
  readonly versions: readonly IdentityVersion[]
}

/** Something that is wrong with an entity. `commit` where it is known which one. */
export interface Problem {
  readonly reason: string
  readonly commit?: string
}

/** Number of digits of a human id (`format.md`, "Refs"). */
const humanIdDigits = 7

/** The short form of an id that people type and read. */
export function humanId(id: string): string {
  return id.slice(0, humanIdDigits)
}

/** A label with its colour (`#rrggbb`) and the number of bugs that carry it now. */
export interface LabelCount {
  readonly name: string
  readonly color: string
  readonly bugs: number
}

/** An entity that could not be read, or not in full. */
export interface EntityProblem {
  readonly ref: string
  readonly reason: string
}

/**
 * Everything that one repository holds, at one state of its refs. Never changed: a refresh makes a new one. Whoever
 * holds it can go on reading while the next one is made.
 */
export interface Tracker {
  /** SHA-256 over the listing of bug and identity refs, 64 hex digits: equal digests mean equal trackers. */
  readonly digest: string
  /** Newest first (creation lamport, then creation time, then id). */
  readonly bugs: readonly BugSummary[]
  /** The same bugs, the one edited last first (edit lamport, then edit time, then id). */
  readonly bugsByEdit: readonly BugSummary[]
  /** Columns of `bugs` and of `bugsByEdit`, made when they are first wanted. */
  readonly columns: () => BugColumns
  readonly columnsByEdit: () => BugColumns
  readonly bugById: IdIndex<BugSummary>
  readonly identities: ReadonlyMap<string, Identity>
  /** Ids of people whose names are not enough to tell them apart; made when they are first wanted. */
  readonly namesakes: () => ReadonlySet<string>
  /** Every label that any bug carries now, sorted by bytes. */
  readonly labels: readonly LabelCount[]
  readonly problems: readonly EntityProblem[]
  readonly openBugs: number
  readonly closedBugs: number
  /** Unix seconds of the latest edit of any bug; undefined without bugs. */
  readonly lastActivity: number | undefined
  /** When this state was read, milliseconds since 1970. */
  readonly readAtMs: number
  /** Where the repository is copied from; undefined for one of this machine. */
  readonly origin?: TrackerOrigin
}

/** Where a repository is copied from, and how that goes. */
export interface TrackerOrigin {
  /** Its address, with nothing secret in it. */
  readonly href: string
  /** When it was last seen over there as it is here, milliseconds since 1970. */
  readonly fetchedMs: number
  /** Why it could not be fetched since; undefined where it could. */
  readonly failure: { readonly reason: OriginFailure; readonly sinceMs: number } | undefined
  /** What it takes on disk here. */
  readonly bytes: number
  /** The digest of the refs alone: that of the tracker changes with all of this, since pages show it. */
  readonly refsDigest: string
}

/**
 * Why a remote cannot be fetched: there is no repository (any more); it wants a password or forbids it; nobody answers
 * there; it takes too long; its address leads where none may lead; what it sends is damaged; it is too large; there is
 * no room here; anything else.
 */
export type OriginFailure =
  | 'gone'
  | 'refused'
  | 'unreachable'
  | 'slow'
  | 'forbidden'
  | 'damaged'
  | 'large'
  | 'room'
  | 'failed'
