/**
 * Reads whole bugs of one repository from git, each once for all who ask, and keeps them in the cache of full bugs; but
 * for those who only pass through all of them, since what others read would have to go.
 */
import { ViewerError } from '../base/errors.ts'
import type { DecodeLimits } from '../base/limits.ts'
import type { Measures } from '../base/measures.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import type { Bug, BugSummary } from '../bug/model.ts'
import type { Git } from '../git/git.ts'
import type { CommitRecord } from '../git/history.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import type { FullBugs } from './full-bugs.ts'
import { createEntitySource, readBug, roundsBeforeWalk } from './read-entity.ts'

export interface FullBugTools {
  readonly git: Pick<Git, 'walkHistory'>
  readonly limits: DecodeLimits
  readonly fullBugs: FullBugs
  readonly measures: Measures
}

/** What is known of a bug that is to be read. */
type ReadableBug = Pick<BugSummary, 'id' | 'tip' | 'commentCount'>

export interface BugReadOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined
  /** Whether nothing says that the bug will be asked for again soon: it is taken from the cache, and not put there. */
  readonly isPassing?: boolean
}

export interface FullBugReader {
  /** Reads a bug in full. @throws BUG_UNREADABLE where its objects are gone since the summary was made */
  read(summary: ReadableBug, options?: BugReadOptions): Promise<Bug>
  /** Stops what is being read, and waits until it has ended. */
  stopAll(reason: unknown): Promise<void>
}

/** Makes the reader of a repository. */
export function createFullBugReader(
  { git, limits, fullBugs, measures }: FullBugTools,
  { reader, folder }: { readonly reader: ObjectReader; readonly folder: string },
): FullBugReader {
  const flight = createSingleFlight<string, Bug>()
  // A tip of another repository may stand for other bytes there, since git does not check them.
  const keyOf = (tip: string) => `${folder}\0${tip}`
  const read = async ({ id, tip, commentCount }: ReadableBug, signal: AbortSignal): Promise<Bug> => {
    const walk = async (from: string, onCommit: (commit: CommitRecord) => void) => {
      await git.walkHistory(folder, { tips: [from], maxCommits: limits.maxPacks + 1, signal, onCommit })
    }
    // Most comments are a commit of their own.
    const isLong = commentCount > roundsBeforeWalk
    const { bug, problems } = await readBug(createEntitySource(reader, limits, { walk, isLong }), {
      kind: 'bug',
      id,
      tip,
    })
    if (!bug) throw new ViewerError('BUG_UNREADABLE', problems[0]?.reason ?? 'the bug cannot be read')
    return bug
  }
  return {
    async read(summary, { signal, isPassing = false } = {}) {
      const key = keyOf(summary.tip)
      const kept = isPassing ? fullBugs.peek(key) : fullBugs.get(key)
      measures.count('gitbugviewer_lookups_total', { tier: 'full_bug', result: kept ? 'hit' : 'miss' })
      if (kept) return kept
      const bug = await flight.run(summary.tip, stop => read(summary, stop), signal)
      // Several may have waited for it, and the cache counts what is put there.
      if (!isPassing && !fullBugs.has(key)) fullBugs.set(key, bug)
      return bug
    },
    stopAll: reason => flight.stopAll(reason),
  }
}
