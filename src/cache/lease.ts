/** The use of an open repository by one request: a state that does not change while it is looked at. */
import { ViewerError } from '../base/errors.ts'
import type { Bug, BugSummary, Tracker } from '../bug/model.ts'
import type { TextMatch } from '../search/search-index.ts'
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
  /**
   * An attached file. Only what an operation of a readable bug attaches can be read, whatever else lies in the repository.
   * @throws FILE_UNKNOWN where nothing attaches it, or it is gone, no blob, or larger than the limit
   */
  readFile(hash: string, maxBytes: number): Promise<Buffer>
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
    readFile: async (hash, maxBytes) => {
      const bytes = attachesFile(state, hash) ? await open.readBlob(hash, maxBytes) : undefined
      if (!bytes)
        throw new ViewerError('FILE_UNKNOWN', 'no such file is attached to a bug', { data: { subject: hash } })
      return bytes
    },
    [Symbol.dispose]: () => {
      if (disposed) return
      disposed = true
      entry.release()
    },
  }
}
