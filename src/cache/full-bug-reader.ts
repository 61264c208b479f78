/** Reads whole bugs of one repository from git, each once for all who ask, and keeps them in the cache of full bugs. */
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

export interface FullBugReader {
  /** Reads a bug in full. @throws BUG_UNREADABLE where its objects are gone since the summary was made */
  read(summary: ReadableBug, signal?: AbortSignal): Promise<Bug>
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
    fullBugs.set(keyOf(tip), bug)
    return bug
  }
  return {
    async read(summary, signal) {
      const kept = fullBugs.get(keyOf(summary.tip))
      measures.count('gitbugviewer_lookups_total', { tier: 'full_bug', result: kept ? 'hit' : 'miss' })
      return kept ?? (await flight.run(summary.tip, stop => read(summary, stop), signal))
    },
    stopAll: reason => flight.stopAll(reason),
  }
}
