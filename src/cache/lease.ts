/** The use of an open repository by one request: a state that does not change while it is looked at. */
import { isViewerError, ViewerError } from '../base/errors.ts'
import type { Bug, BugSummary, Tracker } from '../bug/model.ts'
import type { ReadmeFile } from '../git/readme.ts'
import type { Out, UploadPackRequest } from '../git/send-objects.ts'
import type { TextMatch } from '../search/search-index.ts'
import type { SignatureReport } from '../signatures/pack-signatures.ts'
import type { Entry } from './entry.ts'
import type { LookedAtFiles, LookOptions } from './file-looks.ts'
import type { RepositoryState } from './load-tracker.ts'
import type { TextOptions } from './open-repository.ts'
import type { RegisteredRepository } from './registry.ts'
import type { FetchableRefs } from './repository-streams.ts'

/** The use of an open repository; dispose it when done, and keep nothing of it afterwards but the data. */
export interface Lease extends Disposable {
  readonly repository: RegisteredRepository
  readonly tracker: Tracker
  /** Which bugs hold a term in their title or comments. @param options.signal ends the wait */
  matchText(term: string, options: TextOptions): Promise<TextMatch>
  /** A bug in full. @throws BUG_UNREADABLE */
  readBug(bug: BugSummary, signal?: AbortSignal): Promise<Bug>
  /** The same for those who read all bugs one after the other: what others have read stays in memory. */
  readPassingBug(bug: BugSummary, signal: AbortSignal): Promise<Bug>
  /** What is to be said of the signatures of a bug's packs, by the keys that people have in this state. */
  checkSignatures(bug: Pick<Bug, 'packs'>, signal?: AbortSignal): Promise<SignatureReport>
  /** What the files are that a bug lists, see `file-looks.ts`. */
  lookAtFiles(hashes: readonly string[], options: LookOptions): Promise<LookedAtFiles>
  /** True where an operation of a readable bug attaches a file of that hash: only those can be read. */
  attaches(hash: string): boolean
  /**
   * An attached file: a line with its size in bytes, and then the bytes.
   * @throws FILE_UNKNOWN where nothing attaches it, or it is gone, damaged or no blob
   */
  sendFile(hash: string, out: Out): Promise<void>
  /** The refs that can be fetched. */
  fetchable(): FetchableRefs
  /**
   * A pack of all that these tips reach, which are some of what can be fetched.
   * @throws OBJECT_UNREADABLE where something that they reach is missing or damaged; `fetchable` leaves it out from then on
   */
  sendPack(tips: readonly string[], out: Out): Promise<void>
  /** What git answers to a fetch. The request was checked: it wants only what `areFetchable`. @throws as `sendPack` */
  sendUploadPack(request: UploadPackRequest, out: Out): Promise<void>
  /** Whether what can be fetched reaches all these objects. Reads many where one of them is no tip. */
  areFetchable(hashes: readonly string[], signal: AbortSignal): Promise<boolean>
  /** Another use of the same state, for work that goes on after this one. Only while this one lasts. */
  share(): Lease
  /** The README of the code that lies beside the bugs; undefined where there is none. */
  findReadme(signal?: AbortSignal): Promise<Readme | undefined>
}

/** A README, of which the text is read when it is wanted. */
export interface Readme extends ReadmeFile {
  /** Undefined where it is larger than the limit, or gone. */
  read(maxBytes: number): Promise<Buffer | undefined>
}

/** Makes a lease of an entry that is held; disposing it releases the entry, once. */
export function createLease(entry: Entry, state: RepositoryState): Lease {
  const { open } = entry
  let disposed = false
  return {
    repository: open.repository,
    tracker: entry.shown(state.tracker),
    matchText: (term, options) => open.matchText(term, options),
    readBug: (bug, signal) => open.bugs.read(bug, { signal }),
    readPassingBug: (bug, signal) => open.bugs.read(bug, { signal, isPassing: true }),
    checkSignatures: ({ packs }, signal) =>
      open.signatures.check({ packs, identities: state.tracker.identities, signal }),
    lookAtFiles: (hashes, options) => open.files.look(hashes, options),
    attaches: hash => open.streams.attaches(state, hash),
    sendFile: async (hash, out) => {
      if (!open.streams.attaches(state, hash)) throw fileUnknown(hash)
      try {
        await open.streams.sendBlob(hash, out)
      } catch (error) {
        throw isViewerError(error, 'OBJECT_UNREADABLE') ? fileUnknown(hash, error) : error
      }
    },
    fetchable: () => open.streams.fetchable(state),
    sendPack: (tips, out) => open.streams.sendPack(state, tips, out),
    sendUploadPack: (request, out) => open.streams.sendUploadPack(state, request, out),
    areFetchable: (hashes, signal) => open.streams.areFetchable(state, hashes, signal),
    share: () => {
      // The repository may be closed already: nobody waits for those who have gone.
      if (disposed) throw new Error('a lease that was given back cannot be shared')
      entry.hold()
      return createLease(entry, state)
    },
    findReadme: async signal => {
      const found = await open.readme.find(signal)
      return found && { ...found, read: maxBytes => open.readBlob(found.hash, maxBytes) }
    },
    [Symbol.dispose]: () => {
      if (disposed) return
      disposed = true
      entry.release()
    },
  }
}

function fileUnknown(hash: string, cause?: unknown): ViewerError {
  return new ViewerError('FILE_UNKNOWN', 'no such file is attached to a bug', { data: { subject: hash }, cause })
}
