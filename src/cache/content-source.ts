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
import { versionEntry } from '../bug/identity.ts'
import { opsEntry, type PackEntry, tellingPrefixes } from '../bug/pack.ts'
import type { CommitRecord } from '../git/history.ts'
import type { GitObject, ObjectReader } from '../git/object-reader.ts'
import { findEntries, parseTree, pickEntries } from '../git/objects.ts'
import type { EntityKind } from './entity-record.ts'

/** A commit's tree and the blob that holds its data. */
export class CommitContent {
  readonly #tree: Buffer
  readonly #hashBytes: number
  /** Undefined where the blob is a large one, which is not read unasked. */
  readonly blob: Buffer | undefined
  readonly blobHash: string
  readonly blobBytes: number

  constructor(tree: Buffer, { hash, size, bytes }: { hash: string; size: number; bytes: Buffer | undefined }) {
    this.#tree = tree
    this.#hashBytes = hash.length / 2
    this.blob = bytes
    this.blobHash = hash
    this.blobBytes = size
  }

  /** Taken apart when it is asked for: of what is read ahead, as little as possible lies around. */
  get entries(): readonly PackEntry[] {
    return parseTree(this.#tree, this.#hashBytes) ?? []
  }
}

export interface ContentSource {
  /** Starts reading a commit that somebody will take. */
  announce(commit: CommitRecord): void
  /** Settles when nothing more can come of what was announced before something is let go. */
  settled(): Promise<void>
  /** What was announced, has come, and can be used for this kind, with its blob; it stays until it is let go. */
  ready(hash: string, kind: EntityKind): CommitContent | undefined
  /** Nobody needs this commit any more. */
  letGo(hash: string): void
  /** @returns the content, or in words why it cannot be had. Rejects where git or the repository is at fault */
  take(commit: CommitRecord, kind: EntityKind): Promise<CommitContent | string>
  /** Reads a large blob. @returns its bytes, or in words why it cannot be had */
  readLarge(content: CommitContent): Promise<Buffer | string>
}

/** A larger blob is read only when it is its entity's turn: many at once would be more than the memory holds. */
const lightBytes = 64 * 1024
/**
 * Bytes of a tree that are kept. git-bug's has some hundred; thousands of commits may have the same large one, which
 * takes no room in a repository and, read for each of them, all the memory there is.
 */
const maxKeptTreeBytes = 1024
/** Bytes of blobs that may lie ready, about: what was asked for before they were that many still comes. */
const maxAheadBytes = 48 * 1024 * 1024
/** Commits that are asked for and have not come. Bounds what may still come when the bytes are full. */
const maxPending = 1024

/** The names of the entries that hold an entity's data. */
const dataEntry = { bug: opsEntry, identity: versionEntry } as const
const dataEntries = [opsEntry, versionEntry]

/** A commit that was announced, or is being read for somebody who waits. */
class Slot {
  readonly tree: string
  /** Which of the entries counts; until the tree has come it may not be known. */
  kind: EntityKind | undefined
  treeBytes: Buffer | undefined
  blobHash = ''
  /** What has come, or in words why it cannot be had. */
  content: CommitContent | string | undefined
  /** git or the repository is at fault. */
  failure: unknown
  isDone = false
  waiters: (() => void)[] | undefined

  constructor(tree: string, kind: EntityKind | undefined) {
    this.tree = tree
    this.kind = kind
  }
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
      if (this.#dropped.delete(next.hash)) continue
      const slot = new Slot(next.tree, undefined)
      this.#slots.set(next.hash, slot)
      this.#pending++
      this.#read(slot, () => this.#arrive(slot))
    }
  }

  #arrive(slot: Slot) {
    this.#pending--
    this.#aheadBytes += bytesOf(slot)
    for (const waiter of slot.waiters ?? []) waiter()
    slot.waiters = undefined
    this.#askNext()
    if (this.#pending === 0) for (const resolve of this.#whenSettled.splice(0)) resolve()
  }

  settled(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve()
    return new Promise(resolve => this.#whenSettled.push(resolve))
  }

  ready(hash: string, kind: EntityKind): CommitContent | undefined {
    const slot = this.#slots.get(hash)
    if (slot?.kind !== kind || typeof slot.content !== 'object') return undefined
    return slot.content.blob === undefined ? undefined : slot.content
  }

  letGo(hash: string) {
    const slot = this.#slots.get(hash)
    const isQueued = this.#queueHead < this.#queue.length
    if (slot) {
      if (slot.isDone) this.#aheadBytes -= bytesOf(slot)
      this.#slots.delete(hash)
    } else if (isQueued) this.#dropped.add(hash)
    if (isQueued) this.#askNext()
  }

  async take(commit: CommitRecord, kind: EntityKind): Promise<CommitContent | string> {
    const announced = this.#slots.get(commit.hash)
    if (announced && !announced.isDone) await arrival(announced)
    this.letGo(commit.hash)
    // A tree may hold entries of both kinds; which one counts is known only now.
    if (announced?.failure !== undefined) throw announced.failure
    if (announced?.kind === kind && typeof announced.content === 'object') return announced.content
    const slot = new Slot(commit.tree, kind)
    await new Promise<void>(resolve => this.#read(slot, resolve))
    if (slot.failure !== undefined) throw slot.failure
    return slot.content ?? 'it was not read'
  }

  /** Reads the tree of a slot and then its blob. `done` is called once; it must not throw. */
  #read(slot: Slot, done: () => void) {
    this.#reader.request(slot.tree, this.#limits.maxTreeBytes, (error, object) => {
      if (error !== undefined) return finish(slot, reasonOf(error, `tree ${slot.tree}`), done)
      const isTree = object?.bytes !== undefined && object.type === 'tree'
      const found = isTree && object.bytes ? findEntries(object.bytes, slot.tree.length / 2, dataEntries) : undefined
      if (!found) return finish(slot, { content: `tree ${slot.tree} ${explain(object, 'tree')}` }, done)
      const [ops, version] = found
      slot.kind ??= ops === undefined ? 'identity' : 'bug'
      slot.treeBytes = object?.bytes && keptOf(object.bytes, slot.tree.length / 2)
      if (!slot.treeBytes) return finish(slot, { content: `tree ${slot.tree} has too many clocks` }, done)
      const hash = slot.kind === 'bug' ? ops : version
      if (hash === undefined) return finish(slot, { content: `there is no "${dataEntry[slot.kind]}"` }, done)
      slot.blobHash = hash
      this.#readBlob(slot, done)
    })
  }

  #readBlob(slot: Slot, done: () => void) {
    const { maxOpsBytes } = this.#limits
    this.#reader.request(slot.blobHash, Math.min(lightBytes, maxOpsBytes), (error, blob) => {
      const { blobHash: hash, treeBytes } = slot
      const what = `"${dataEntry[slot.kind ?? 'bug']}"`
      if (error !== undefined) return finish(slot, reasonOf(error, what), done)
      if (blob?.type !== 'blob' || blob.size > maxOpsBytes || !treeBytes) {
        return finish(slot, { content: `${what} ${explain(blob, 'blob')}` }, done)
      }
      finish(slot, { content: new CommitContent(treeBytes, { hash, size: blob.size, bytes: blob.bytes }) }, done)
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

/** What is kept of a tree; undefined where even that is too much. */
function keptOf(tree: Buffer, hashBytes: number): Buffer | undefined {
  if (tree.length <= maxKeptTreeBytes) return tree
  const kept = pickEntries(tree, hashBytes, tellingPrefixes)
  return kept && kept.length <= maxKeptTreeBytes ? kept : undefined
}

type Outcome = { readonly content: CommitContent | string } | { readonly failure: unknown }

function finish(slot: Slot, outcome: Outcome, done: () => void) {
  if ('failure' in outcome) slot.failure = outcome.failure
  else slot.content = outcome.content
  slot.treeBytes = undefined
  slot.isDone = true
  done()
}

function arrival(slot: Slot): Promise<void> {
  return new Promise(resolve => {
    slot.waiters ??= []
    slot.waiters.push(resolve)
  })
}

function reasonOf(error: unknown, what: string): Outcome {
  return isViewerError(error, 'OBJECT_UNREADABLE') ? { content: `${what} is damaged` } : { failure: error }
}

function bytesOf({ content }: Slot): number {
  return typeof content === 'object' ? (content.blob?.length ?? 0) : 0
}

/** Why an object cannot be used. */
function explain(object: GitObject | undefined, wanted: string): string {
  if (!object) return 'is missing'
  if (object.type !== wanted) return `is a ${object.type}`
  return object.bytes ? `is no ${wanted} that can be read` : `has ${object.size} bytes, which is over the limit`
}
