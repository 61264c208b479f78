/** The use of an open repository by one request: a state that does not change while it is looked at. */
import { ViewerError } from '../base/errors.ts'
import type { Bug, BugSummary, Tracker } from '../bug/model.ts'
import type { ReadmeFile } from '../git/readme.ts'
import type { TextMatch } from '../search/search-index.ts'
import type { SignatureReport } from '../signatures/pack-signatures.ts'
import type { Entry } from './entry.ts'
import { attachesFile, type RepositoryState } from './load-tracker.ts'
import type { TextOptions } from './open-repository.ts'
import type { RegisteredRepository } from './registry.ts'

/** The use of an open repository; dispose it when done, and keep nothing of it afterwards but the data. */
export interface Lease extends Disposable {
  readonly repository: RegisteredRepository
  readonly tracker: Tracker
  /** Which bugs hold a term in their title or comments. @param options.signal ends the wait */
  matchText(term: string, options: TextOptions): Promise<TextMatch>
  /** A bug in full. @throws BUG_UNREADABLE */
  readBug(bug: BugSummary, signal?: AbortSignal): Promise<Bug>
  /** What is to be said of the signatures of a bug's packs, by the keys that people have in this state. */
  checkSignatures(bug: Pick<Bug, 'packs'>, signal?: AbortSignal): Promise<SignatureReport>
  /**
   * An attached file. Only what an operation of a readable bug attaches can be read, whatever else lies in the repository.
   * @throws FILE_UNKNOWN where nothing attaches it, or it is gone, no blob, or larger than the limit
   */
  readFile(hash: string, maxBytes: number): Promise<Buffer>
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
    tracker: state.tracker,
    matchText: (term, options) => open.matchText(term, options),
    readBug: (bug, signal) => open.readBug(bug, signal),
    checkSignatures: ({ packs }, signal) =>
      open.signatures.check({ packs, identities: state.tracker.identities, signal }),
    readFile: async (hash, maxBytes) => {
      const bytes = attachesFile(state, hash) ? await open.readBlob(hash, maxBytes) : undefined
      if (!bytes)
        throw new ViewerError('FILE_UNKNOWN', 'no such file is attached to a bug', { data: { subject: hash } })
      return bytes
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
