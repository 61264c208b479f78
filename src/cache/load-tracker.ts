/**
 * Makes the state of a repository: lists the refs, reads the entities whose tip moved, takes the others over from the
 * state before. What could not be read last time may be tried again, since an object may have arrived meanwhile.
 */
import { dirname } from 'node:path/posix'
import type { Clock } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import { mapInTurns } from '../base/turns.ts'
import type { Tracker } from '../bug/model.ts'
import type { Git } from '../git/git.ts'
import { diffListings, eachRef, type ListingEdit, type Ref, type RefListing } from '../git/refs.ts'
import type { TextChange } from '../search/update-parts.ts'
import { type AssembledTracker, assembleTracker, reassembleTracker } from './assemble.ts'
import {
  type EntityRecord,
  type EntityRef,
  entityPrefixes,
  isHealthy,
  mayHeal,
  type ReadEntity,
  refName,
  toEntityRef,
} from './entity-record.ts'
import type { Interner } from './interner.ts'
import { recordsBytes } from './record-bytes.ts'

const prefixes = Object.values(entityPrefixes).map(prefix => prefix.slice(0, -1))

/** Reads entities, in this thread or in others, from the store or from git: each with its place, in no promised order. */
export type ReadEntities = (
  refs: readonly EntityRef[],
  onRead: (read: ReadEntity, index: number) => void,
) => Promise<void>

/** A repository's state and what it was made from. Never changed. */
export interface RepositoryState {
  readonly tracker: Tracker
  readonly assembled: AssembledTracker
  readonly listing: RefListing
  /** One for each line of the listing. */
  readonly records: readonly EntityRecord[]
  /** Places of the records that cannot be read and whose objects may still arrive. */
  readonly unhealthy: readonly number[]
  /** Folders of refs whose names have more parts than usual, below the repository's own. */
  readonly folders: readonly string[]
  /** About what the records take in memory. */
  readonly bytes: number
  /** Entities that were read to make this state; the others were taken over. */
  readonly readCount: number
}

/** A state, and what has changed of the texts; undefined where nothing has changed at all. */
export interface Loaded {
  readonly state: RepositoryState
  readonly texts: TextChange | undefined
}

export interface LoadInput {
  readonly git: Pick<Git, 'listRefs'>
  readonly folder: string
  readonly clock: Clock
  readonly readEntities: ReadEntities
  /** Shares what many records have in common; kept for as long as the repository is open. */
  readonly interner: Interner
  readonly previous?: RepositoryState | undefined
  /** The number of a bug that readers have at this tip; without it every bug that is read gets a new one. */
  knownNumber?(bug: EntityRef): number | undefined
  /** Whether entities that could not be read are read again, however many they are. */
  readonly retryUnreadable?: boolean
  readonly signal?: AbortSignal | undefined
  onProgress?(done: number, total: number): void
}

/** There is nothing to show of a repository. */
export function emptyError(): ViewerError {
  return new ViewerError('REPOSITORY_EMPTY', 'the repository has no bugs and no identities')
}

/** Refs that are taken apart before others have their turn. */
const refsPerTurn = 1024
/** Such refs are mistakes; so many folders of them are watched. */
const maxFolders = 16
/** Up to so many entities that cannot be read are tried again whenever something has moved. */
const fewUnreadable = 64

/**
 * Reads a repository's state.
 * @returns the state `previous` itself where nothing has changed
 * @throws REPOSITORY_EMPTY where it has neither bugs nor identities; that costs one listing of refs and no more
 */
export async function loadTracker(input: LoadInput): Promise<Loaded> {
  const { previous, signal } = input
  const listing = await input.git.listRefs(input.folder, { prefixes, signal })
  if (listing.bytes.length === 0) {
    throw emptyError()
  }
  return previous ? await update(input, previous, listing) : await build(input, listing)
}

async function build(input: LoadInput, listing: RefListing): Promise<Loaded> {
  const refs = await mapInTurns(eachRef(listing.bytes), refsPerTurn, toKnownRef)
  const { records, put } = await read(input, refs)
  const assembled = await assembleTracker(records, factsOf(input, listing))
  const state = toState(assembled, { listing, records, readCount: refs.length, bytes: recordsBytes(records) })
  return { state, texts: { isWhole: true, put, removed: [] } }
}

async function update(input: LoadInput, previous: RepositoryState, listing: RefListing): Promise<Loaded> {
  const isSame = previous.listing.digest === listing.digest
  const edits = isSame ? [] : diffListings(previous.listing.bytes, listing.bytes)
  const retried = previous.unhealthy.length <= fewUnreadable || input.retryUnreadable === true ? previous.unhealthy : []
  const plan = planUpdate(previous.records, edits, new Set(retried))
  const isBrokenSame = previous.listing.broken.join() === listing.broken.join()
  if (edits.length === 0 && isBrokenSame && plan.toRead.length === 0) return { state: previous, texts: undefined }
  const { records: added, put } = await read(
    input,
    plan.toRead.map(({ ref }) => ref),
  )
  plan.toRead.forEach(({ place }, index) => {
    const record = added[index]
    if (record) plan.records[place] = record
  })
  const change = { previous: previous.assembled, removed: plan.removed, added }
  const assembled = reassembleTracker(plan.records, change, factsOf(input, listing))
  const bytes = previous.bytes - recordsBytes(plan.removed) + recordsBytes(added)
  const state = toState(assembled, { listing, records: plan.records, readCount: added.length, bytes })
  const wereBugs = plan.removed.flatMap(record => (record.kind === 'bug' && record.bug ? [record.id] : []))
  const removed = wereBugs.filter(id => !assembled.bugById.has(id))
  return { state, texts: { isWhole: false, put, removed } }
}

interface UpdatePlan {
  /** Of the new listing; those that are to be read are still to be put in. */
  readonly records: EntityRecord[]
  readonly toRead: { readonly place: number; readonly ref: EntityRef }[]
  /** Gone, or about to be replaced. */
  readonly removed: EntityRecord[]
}

function planUpdate(
  before: readonly EntityRecord[],
  edits: readonly ListingEdit[],
  retried: ReadonlySet<number>,
): UpdatePlan {
  const plan: UpdatePlan = { records: [], toRead: [], removed: [] }
  const { records, toRead, removed } = plan
  const keep = (from: number, to: number) => {
    for (let place = from; place < to; place++) {
      const record = before[place]
      if (record === undefined) continue
      if (retried.has(place)) {
        toRead.push({ place: records.length, ref: { kind: record.kind, id: record.id, tip: record.tip } })
        removed.push(record)
      }
      records.push(record)
    }
  }
  let next = 0
  for (const edit of edits) {
    keep(next, edit.at)
    next = edit.at + edit.removed
    for (let place = edit.at; place < next; place++) {
      const record = before[place]
      if (record) removed.push(record)
    }
    for (const ref of edit.added) {
      const entity = toKnownRef(ref)
      toRead.push({ place: records.length, ref: entity })
      // Holds the place until it was read.
      records.push({ ...entity, kind: 'bug', bug: undefined, problems: [] })
    }
  }
  keep(next, before.length)
  return plan
}

/** git lists nothing that does not start with one of the prefixes. */
function toKnownRef(ref: Ref): EntityRef {
  const entity = toEntityRef(ref)
  if (!entity) throw new ViewerError('GIT_PROTOCOL', 'git for-each-ref listed a ref that was not asked for')
  return entity
}

/** @returns one record for each ref, and the texts of bugs */
async function read(
  input: LoadInput,
  refs: readonly EntityRef[],
): Promise<{ records: EntityRecord[]; put: TextChange['put'] }> {
  const records = Array.from<EntityRecord>({ length: refs.length })
  const put: TextChange['put'][number][] = []
  if (refs.length === 0) return { records, put }
  let done = 0
  input.onProgress?.(0, refs.length)
  await input.readEntities(refs, ({ record, text }, index) => {
    const shared = input.interner.record(record, input.knownNumber?.(record))
    records[index] = shared
    if (shared.kind === 'bug' && shared.bug) {
      const { id, tip, textNumber: number } = shared.bug
      put.push({ number, id, tip, text })
    }
    input.onProgress?.(++done, refs.length)
  })
  return { records, put }
}

function factsOf({ clock }: LoadInput, listing: RefListing) {
  return { listingDigest: listing.digest, broken: listing.broken, readAtMs: clock.nowMs() }
}

function toState(
  assembled: AssembledTracker,
  parts: Pick<RepositoryState, 'listing' | 'records' | 'readCount' | 'bytes'>,
): RepositoryState {
  const unhealthy: number[] = []
  const folders = new Set<string>()
  parts.records.forEach((record, place) => {
    if (isHealthy(record)) return
    if (mayHeal(record)) unhealthy.push(place)
    // Only a ref that is no entity has a name of more parts.
    for (let folder = dirname(record.id); folder !== '.' && folders.size < maxFolders; folder = dirname(folder)) {
      folders.add(refName({ kind: record.kind, id: folder }))
    }
  })
  return { tracker: assembled.tracker, assembled, unhealthy, folders: [...folders], ...parts }
}
