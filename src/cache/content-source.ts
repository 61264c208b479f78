/**
 * What the commits of entities carry: the entries of a commit's tree, and the one blob among them that matters. A bulk
 * walk announces commits while it still runs, so that git reads trees and blobs beside it; whoever needs a commit takes
 * what has come of it, or has it read now.
 *
 *     announce ─► queue ─► tree ─► blob ─► ready ─► let go
 *                   ▲                                    │      the queue waits while `maxPending` are on their way
 *                   └────────────────────────────────────┘      or `maxAheadBytes` lie ready
 *
 * It works with callbacks and not with promises: of a large repository it reads objects by the hundred thousand.
 */
import { isViewerError } from '../base/errors.ts'
import type { DecodeLimits } from '../base/limits.ts'
import { versionHash } from '../bug/identity.ts'
import { opsHash, type PackEntry } from '../bug/pack.ts'
import type { CommitRecord } from '../git/history.ts'
import type { GitObject, ObjectReader } from '../git/object-reader.ts'
import { parseTree } from '../git/objects.ts'
import type { EntityKind } from './entity-record.ts'

/** A commit's tree and the blob that holds its data. */
export interface CommitContent {
  readonly entries: readonly PackEntry[]
  /** Undefined where the blob is a large one, which is not read unasked. */
  readonly blob: Buffer | undefined
  readonly blobHash: string
  readonly blobBytes: number
}

export interface ContentSource {
  /** Starts reading a commit that somebody will take. */
  announce(commit: CommitRecord): void
  /** Settles when nothing more can come of what was announced before something is let go. */
  settled(): Promise<void>
  /** What was announced, has come, and can be used for this kind; it stays until it is let go. */
  ready(hash: string, kind: EntityKind): (CommitContent & { readonly blob: Buffer }) | undefined
  /** Nobody needs this commit any more. */
  letGo(hash: string): void
  /** @returns the content, or in words why it cannot be had. Rejects where git or the repository is at fault */
  take(commit: CommitRecord, kind: EntityKind): Promise<CommitContent | string>
  /** Reads a large blob. @returns its bytes, or in words why it cannot be had */
  readLarge(content: CommitContent): Promise<Buffer | string>
}

/** A larger blob is read only when it is its entity's turn: many at once would be more than the memory holds. */
const lightBytes = 64 * 1024
/** Bytes of blobs that may lie ready, about: what was asked for before they were that many still comes. */
const maxAheadBytes = 48 * 1024 * 1024
/** Commits that are asked for and have not come. Bounds what may still come when the bytes are full. */
const maxPending = 1024

/** The name of the entry that holds an entity's data, for people. */
const dataEntry = { bug: 'ops', identity: 'version' } as const
const dataHash = { bug: opsHash, identity: versionHash }

type Outcome = { readonly content: CommitContent | string } | { readonly failure: unknown }

/** A commit that was announced. */
interface Slot {
  outcome: Outcome | undefined
  waiters: ((outcome: Outcome) => void)[] | undefined
}

/** @param maxAnnounced commits that are read ahead of being taken; a history that nobody will take may be endless */
export function createContentSource(reader: ObjectReader, limits: DecodeLimits, maxAnnounced: number): ContentSource {
  return new AnnouncedContents(reader, limits, maxAnnounced)
}

class AnnouncedContents implements ContentSource {
  readonly #reader: ObjectReader
  readonly #limits: DecodeLimits
  readonly #slots = new Map<string, Slot>()
  /** Commits that were announced and not asked for yet, from `#queueHead` on. */
  readonly #queue: CommitRecord[] = []
  #queueHead = 0
  /** Of those, the ones that nobody needs any more. */
  readonly #dropped = new Set<string>()
  #announcementsLeft: number
  #aheadBytes = 0
  #pending = 0
  readonly #whenSettled: (() => void)[] = []

  constructor(reader: ObjectReader, limits: DecodeLimits, maxAnnounced: number) {
    this.#reader = reader
    this.#limits = limits
    this.#announcementsLeft = maxAnnounced
  }

  announce(commit: CommitRecord) {
    if (this.#announcementsLeft === 0) return
    this.#announcementsLeft--
    this.#queue.push(commit)
    this.#askNext()
  }

  #askNext() {
    while (this.#pending < maxPending && this.#aheadBytes <= maxAheadBytes) {
      const next = this.#queue[this.#queueHead]
      if (!next) return
      this.#queueHead++
      const { hash, tree } = next
      if (this.#dropped.delete(hash)) continue
      const slot: Slot = { outcome: undefined, waiters: undefined }
      this.#slots.set(hash, slot)
      this.#pending++
      this.#read(tree, undefined, outcome => this.#arrive(slot, outcome))
    }
  }

  #arrive(slot: Slot, outcome: Outcome) {
    slot.outcome = outcome
    this.#pending--
    this.#aheadBytes += bytesOf(outcome)
    for (const waiter of slot.waiters ?? []) waiter(outcome)
    this.#askNext()
    if (this.#pending === 0) for (const resolve of this.#whenSettled.splice(0)) resolve()
  }

  settled(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve()
    return new Promise(resolve => this.#whenSettled.push(resolve))
  }

  ready(hash: string, kind: EntityKind): (CommitContent & { readonly blob: Buffer }) | undefined {
    const outcome = this.#slots.get(hash)?.outcome
    if (!outcome || !('content' in outcome)) return undefined
    const { content } = outcome
    return typeof content === 'object' && isOfKind(content.entries, kind) && isRead(content) ? content : undefined
  }

  letGo(hash: string) {
    const slot = this.#slots.get(hash)
    const isQueued = this.#queueHead < this.#queue.length
    if (slot?.outcome) this.#aheadBytes -= bytesOf(slot.outcome)
    if (slot) this.#slots.delete(hash)
    else if (isQueued) this.#dropped.add(hash)
    if (isQueued) this.#askNext()
  }

  async take(commit: CommitRecord, kind: EntityKind): Promise<CommitContent | string> {
    const slot = this.#slots.get(commit.hash)
    const outcome = slot && (slot.outcome ?? (await wait(slot)))
    this.letGo(commit.hash)
    if (outcome) {
      if ('failure' in outcome) throw outcome.failure
      const { content } = outcome
      // A tree may hold entries of both kinds; which one counts is known only now.
      if (typeof content === 'object' && isOfKind(content.entries, kind)) return content
    }
    const read = await new Promise<Outcome>(resolve => this.#read(commit.tree, kind, resolve))
    if ('failure' in read) throw read.failure
    return read.content
  }

  #read(tree: string, kind: EntityKind | undefined, done: (outcome: Outcome) => void) {
    this.#reader.request(tree, this.#limits.maxTreeBytes, (error, object) => {
      const what = `tree ${tree}`
      if (error !== undefined) return done(damagedOr(error, what))
      const isTree = object?.bytes !== undefined && object.type === 'tree'
      const entries = isTree && object.bytes ? parseTree(object.bytes, tree.length / 2) : undefined
      if (!entries) return done({ content: `${what} ${explain(object, 'tree')}` })
      this.#readData(entries, kind ?? (opsHash(entries) === undefined ? 'identity' : 'bug'), done)
    })
  }

  #readData(entries: readonly PackEntry[], kind: EntityKind, done: (outcome: Outcome) => void) {
    const what = `"${dataEntry[kind]}"`
    const hash = dataHash[kind](entries)
    if (hash === undefined) return done({ content: `there is no ${what}` })
    const { maxOpsBytes } = this.#limits
    this.#reader.request(hash, Math.min(lightBytes, maxOpsBytes), (error, blob) => {
      if (error !== undefined) return done(damagedOr(error, what))
      const isUsable = blob?.type === 'blob' && blob.size <= maxOpsBytes
      done({
        content: isUsable
          ? { entries, blob: blob.bytes, blobHash: hash, blobBytes: blob.size }
          : `${what} ${explain(blob, 'blob')}`,
      })
    })
  }

  async readLarge({ blobHash }: CommitContent): Promise<Buffer | string> {
    try {
      const blob = await this.#reader.read(blobHash, this.#limits.maxOpsBytes)
      return blob?.bytes ?? `its data ${explain(blob, 'blob')}`
    } catch (error) {
      if (isViewerError(error, 'OBJECT_UNREADABLE')) return 'its data is damaged'
      throw error
    }
  }
}

function wait(slot: Slot): Promise<Outcome> {
  return new Promise(resolve => {
    slot.waiters ??= []
    slot.waiters.push(resolve)
  })
}

function damagedOr(error: unknown, what: string): Outcome {
  return isViewerError(error, 'OBJECT_UNREADABLE') ? { content: `${what} is damaged` } : { failure: error }
}

function bytesOf(outcome: Outcome): number {
  return 'content' in outcome && typeof outcome.content === 'object' ? (outcome.content.blob?.length ?? 0) : 0
}

/** True where the blob was small enough to be read at once. */
export function isRead<T extends { readonly blob: Buffer | undefined }>(
  content: T,
): content is T & { readonly blob: Buffer } {
  return content.blob !== undefined
}

/** True where a reader that did not know the kind has picked the entry of this kind. */
function isOfKind(entries: readonly PackEntry[], kind: EntityKind): boolean {
  return (opsHash(entries) === undefined) === (kind === 'identity')
}

/** Why an object cannot be used. */
function explain(object: GitObject | undefined, wanted: string): string {
  if (!object) return 'is missing'
  if (object.type !== wanted) return `is a ${object.type}`
  return object.bytes ? `is no ${wanted} that can be read` : `has ${object.size} bytes, which is over the limit`
}
