/**
 * What leaves an open repository in large pieces, and what of it may leave: the bugs and identities of a state with all
 * that their commits reach, files that operations attach, and nothing else of what lies in the repository.
 */
import { hash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { isViewerError, ViewerError } from '../base/errors.ts'
import type { Git } from '../git/git.ts'
import type { Ref } from '../git/refs.ts'
import type { RepositoryLocation } from '../git/repository.ts'
import type { Out, UploadPackRequest } from '../git/send-objects.ts'
import { type EntityRecord, mayHeal, refName } from './entity-record.ts'
import type { RepositoryState } from './load-tracker.ts'
import { createUnpackableTips } from './unpackable-tips.ts'

/** The refs of a state that can be fetched, sorted by the bytes of their names. */
export interface FetchableRefs {
  /** Equal digests, equal refs. */
  readonly digest: string
  /** Made anew each time: of a large repository they take more memory than they are worth. */
  readonly refs: readonly Ref[]
  /** What they point to. */
  readonly tips: ReadonlySet<string>
  readonly objectFormat: 'sha1' | 'sha256'
}

export interface RepositoryStreams {
  /**
   * The refs of a state, but for those that cannot be packed as far as is known: one of them would spoil the fetch of all
   * others. An answer that has failed of one is the last one to have it.
   */
  fetchable(state: RepositoryState): FetchableRefs
  /** True where an operation of a readable bug attaches a file of that hash. */
  attaches(state: RepositoryState, hash: string): boolean
  /** A line with the size of a blob, and the blob. @throws OBJECT_UNREADABLE */
  sendBlob(hash: string, out: Out): Promise<void>
  /** A pack of all that the tips reach, which are some of the state's. @throws OBJECT_UNREADABLE names what spoils it */
  sendPack(state: RepositoryState, tips: readonly string[], out: Out): Promise<void>
  /** @throws the same */
  sendUploadPack(state: RepositoryState, request: UploadPackRequest, out: Out): Promise<void>
  /** Whether what can be fetched of a state reaches all these objects. @throws the same */
  areFetchable(state: RepositoryState, hashes: readonly string[], signal: AbortSignal): Promise<boolean>
}

/** Names of refs that an error tells. */
const maxNamed = 8

export function createRepositoryStreams(
  { git, clock }: { readonly git: Git; readonly clock: Clock },
  { folder, commonDir }: RepositoryLocation,
): RepositoryStreams {
  const unpackable = createUnpackableTips(clock, (tips, maxWorkMs, signal) =>
    git.arePackable({ folder, tips, maxWorkMs }, signal),
  )
  const listed = new WeakMap<
    RepositoryState,
    { readonly without: ReadonlySet<string>; readonly fetchable: FetchableRefs }
  >()

  const fetchable = (state: RepositoryState) => {
    const without = unpackable.known
    const found = listed.get(state)
    if (found?.without === without) return found.fetchable
    const made = listFetchable(state, without)
    listed.set(state, { without, fetchable: made })
    return made
  }

  const attached = new WeakMap<RepositoryState, ReadonlySet<string>>()
  const attaches = (state: RepositoryState, file: string) => {
    const files = attached.get(state) ?? new Set(state.assembled.bugs.flatMap(bug => bug.files))
    attached.set(state, files)
    return files.has(file)
  }

  /** Work of git's with all that a state reaches: where it fails, it is found out which tips are to blame. */
  const findingCulprits = async <T>(
    state: RepositoryState,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> => {
    // What cannot be told now stays left out.
    await unpackable.lookAgain(signal).catch(() => {})
    try {
      return await work()
    } catch (error) {
      if (!isViewerError(error, 'GIT_FAILED')) throw error
      const before = unpackable.known
      const { digest, tips } = fetchable(state)
      // However far it comes: what it fails of says less than what was to be sent has failed of.
      await unpackable.search({ content: digest, tips: [...tips] }, signal).catch(() => {})
      throw unpackable.known === before ? error : unpackableError(state, unpackable.known, error)
    }
  }

  return {
    fetchable,
    attaches,
    sendBlob: (blob, out) => git.sendBlob({ folder, hash: blob }, out),
    sendPack: (state, tips, out) => findingCulprits(state, out.signal, () => git.sendPack({ folder, tips }, out)),
    sendUploadPack: (state, request, out) =>
      findingCulprits(state, out.signal, () => git.sendUploadPack({ gitDir: commonDir, request }, out)),
    async areFetchable(state, hashes, signal) {
      const { tips } = fetchable(state)
      const others = hashes.filter(other => !tips.has(other))
      if (others.length === 0) return true
      return await findingCulprits(state, signal, () =>
        git.areReachable({ folder, tips: [...fetchable(state).tips], hashes: others }, signal),
      )
    },
  }
}

function listFetchable({ records, tracker }: RepositoryState, without: ReadonlySet<string>): FetchableRefs {
  const tips = new Set<string>()
  const leftOut = new Set<string>()
  for (const record of records) {
    if (mayHeal(record)) continue
    if (without.has(record.tip)) leftOut.add(record.tip)
    else tips.add(record.tip)
  }
  // That of the state tells of what it could not read; not of what was found out since.
  const digest = leftOut.size === 0 ? tracker.digest : hash('sha256', [tracker.digest, ...leftOut].join(' '), 'hex')
  const [first = ''] = tips
  return {
    digest,
    tips,
    objectFormat: first.length === 64 ? 'sha256' : 'sha1',
    get refs() {
      return records.filter(record => tips.has(record.tip) && !mayHeal(record)).map(toRef)
    },
  }
}

function toRef(record: EntityRecord): Ref {
  return { name: refName(record), hash: record.tip }
}

function unpackableError({ records }: RepositoryState, known: ReadonlySet<string>, cause: unknown): ViewerError {
  const names = records.filter(({ tip }) => known.has(tip)).map(refName)
  const more = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : ''
  const message = `something that these reach is missing or damaged: ${names.slice(0, maxNamed).join(', ')}${more}`
  return new ViewerError('OBJECT_UNREADABLE', message, { cause })
}
