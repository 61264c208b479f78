/**
 * Makes the state of a repository: lists the refs, reads the entities whose tip moved, takes the others over from the
 * state before. What could not be read last time is tried again, since an object may have arrived meanwhile.
 */
import type { Clock } from '../base/clock.ts'
import { forEachConcurrently } from '../base/concurrency.ts'
import { isViewerError, ViewerError } from '../base/errors.ts'
import type { DecodeLimits } from '../base/limits.ts'
import type { Tracker } from '../bug/model.ts'
import type { Git } from '../git/git.ts'
import type { CommitRecord } from '../git/history.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import type { Ref, RefListing } from '../git/refs.ts'
import { assembleTracker, type EntityRecord, isHealthy, toBugRecord } from './assemble.ts'
import { createEntitySource, type EntitySource, readBug, readIdentity } from './read-entity.ts'
import { foldWhenIdle } from './search-text.ts'

/** The refs that hold entities. */
const bugPrefix = 'refs/bugs/'
const identityPrefix = 'refs/identities/'
const prefixes = [bugPrefix, identityPrefix].map(prefix => prefix.slice(0, -1))

/** Entities that are read at the same time; enough to keep the pipe full, few enough to bound memory. */
const entitiesAtOnce = 128
/** Refs that are walked and read together. */
const sliceRefs = 2048
/** Below this many moved tips their commits are read one by one; starting a walk would take longer. */
const bulkWalkFrom = 16

/** A repository's state and what it was made from. Never changed. */
export interface RepositoryState {
  readonly tracker: Tracker
  /** By the name of the ref. */
  readonly records: ReadonlyMap<string, EntityRecord>
  /** Names of refs that git could not read. */
  readonly broken: readonly string[]
}

export interface LoadInput {
  readonly git: Git
  readonly reader: ObjectReader
  readonly folder: string
  readonly limits: DecodeLimits
  readonly clock: Clock
  readonly previous?: RepositoryState | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a repository's state.
 * @returns `previous` itself where nothing has changed
 * @throws REPOSITORY_EMPTY where it has neither bugs nor identities; that costs one listing of refs and no more
 */
export async function loadTracker(input: LoadInput): Promise<RepositoryState> {
  const { git, folder, previous, signal } = input
  const listing = await git.listRefs(folder, { prefixes, signal })
  if (!previous && listing.refs.length > 0) input.reader.warmUp()
  if (listing.refs.length === 0) {
    throw new ViewerError('REPOSITORY_EMPTY', 'the repository has no bugs and no identities')
  }
  const records = new Map<string, EntityRecord>()
  const moved: Ref[] = []
  for (const ref of listing.refs) {
    const record = previous?.records.get(ref.name)
    if (record && record.tip === ref.hash && isHealthy(record)) records.set(ref.name, record)
    else moved.push(ref)
  }
  const { broken } = listing
  const isSame = previous?.records.size === listing.refs.length && previous.broken.join() === broken.join()
  if (previous && isSame && moved.length === 0) return previous
  const read = await readMoved(input, moved)
  for (const [ref, record] of read) records.set(ref, record)
  foldWhenIdle([...read.values()].flatMap(record => (record.kind === 'bug' && record.text ? [record.text] : [])))
  const tracker = assembleTracker(inListingOrder(listing, records), {
    listingDigest: listing.digest,
    broken,
    readAtMs: input.clock.nowMs(),
  })
  return { tracker, records, broken }
}

async function readMoved(input: LoadInput, moved: readonly Ref[]): Promise<Map<string, EntityRecord>> {
  const records = new Map<string, EntityRecord>()
  // Slice by slice, so that the bytes of a large repository are never in memory all at once.
  for (let start = 0; start < moved.length; start += sliceRefs) {
    await readSlice(input, moved.slice(start, start + sliceRefs), records)
  }
  return records
}

async function readSlice(input: LoadInput, refs: readonly Ref[], records: Map<string, EntityRecord>): Promise<void> {
  const source = createEntitySource(input.reader, input.limits, refs.length)
  if (refs.length >= bulkWalkFrom) await walk(input, refs, source)
  await forEachConcurrently(refs, entitiesAtOnce, async ref => {
    input.signal?.throwIfAborted()
    records.set(ref.name, await readRecord(source, ref))
  })
}

async function walk(input: LoadInput, refs: readonly Ref[], source: EntitySource): Promise<void> {
  const tips = refs.map(ref => ref.hash)
  const onCommit = (commit: CommitRecord) => {
    source.commits.add(commit)
    source.contents.announce(commit)
  }
  try {
    await input.git.walkHistory(input.folder, { tips, signal: input.signal, onCommit })
  } catch (error) {
    // One missing commit ends the walk of all. What it has not brought is read entity by entity, and then the one at
    // fault is known.
    if (!isViewerError(error, 'GIT_FAILED') && !isViewerError(error, 'GIT_PROTOCOL')) throw error
  }
}

async function readRecord(source: EntitySource, ref: Ref): Promise<EntityRecord> {
  const tip = ref.hash
  if (ref.name.startsWith(bugPrefix)) {
    const { bug, problems } = await readBug(source, { ref: ref.name, id: ref.name.slice(bugPrefix.length), tip })
    return toBugRecord(tip, bug, problems)
  }
  const id = ref.name.slice(identityPrefix.length)
  const { identity, problems } = await readIdentity(source, { ref: ref.name, id, tip })
  return { kind: 'identity', tip, identity, problems }
}

function inListingOrder(listing: RefListing, records: ReadonlyMap<string, EntityRecord>): [string, EntityRecord][] {
  return listing.refs.flatMap(ref => {
    const record = records.get(ref.name)
    return record ? [[ref.name, record] as [string, EntityRecord]] : []
  })
}

/** Title and comments of a bug, folded for searching; undefined where the state has no such bug. */
export function foldedText(state: RepositoryState, bugId: string): Buffer | undefined {
  const record = state.records.get(bugPrefix + bugId)
  return record?.kind === 'bug' ? record.text?.get() : undefined
}

/** True where a bug of the state attaches a file of that hash. Costs a look at every bug, for the few who ask. */
export function attachesFile(state: RepositoryState, hash: string): boolean {
  for (const record of state.records.values()) if (record.kind === 'bug' && record.files.includes(hash)) return true
  return false
}
