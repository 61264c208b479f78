/**
 * The command `warm`: opens every repository that is served, a few at a time, so that the store and the search index
 * have what they hold before somebody asks. Promises that both have taken everything in when it settles; what cannot be
 * read is told and left to the server, which meets it too.
 */
import { forEachConcurrently } from '../base/concurrency.ts'
import { isViewerError } from '../base/errors.ts'
import type { SearchIndex } from '../search/search-index.ts'
import { type OpeningTold, openTelling } from './opening.ts'

export interface WarmDeps extends OpeningTold {
  readonly search: Pick<SearchIndex, 'reached'>
  /** Repositories that are read at the same time. */
  readonly atOnce: number
  onWarm(warm: { readonly repository: string; readonly bugs: number; readonly people: number }): void
  onFailure(failure: { readonly repository: string; readonly reason: string }): void
  /** Everything was read; the search index is being finished. */
  onIndexing(): void
}

export interface WarmSummary {
  readonly repositories: number
  /** Those that hold neither bugs nor people. */
  readonly empty: number
  readonly failed: number
  readonly bugs: number
  /** Whether it came to its end. */
  readonly isComplete: boolean
}

/** Warms them. @param signal ends it early, which the summary tells */
export async function warmAll(names: readonly string[], deps: WarmDeps, signal: AbortSignal): Promise<WarmSummary> {
  const total = { empty: 0, failed: 0, bugs: 0 }
  const warm = async (repository: string) => {
    if (signal.aborted) return
    try {
      using lease = await openTelling(repository, deps, signal)
      const { bugs, identities } = lease.tracker
      total.bugs += bugs.length
      deps.onWarm({ repository, bugs: bugs.length, people: identities.size })
    } catch (error) {
      if (signal.aborted) return
      if (isViewerError(error, 'REPOSITORY_EMPTY')) return void total.empty++
      total.failed++
      deps.onFailure({ repository, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  await forEachConcurrently(names, deps.atOnce, warm)
  if (!signal.aborted && names.length > total.empty + total.failed) {
    deps.onIndexing()
    await deps.search.reached('indexed', signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
  return { repositories: names.length, ...total, isComplete: !signal.aborted }
}
