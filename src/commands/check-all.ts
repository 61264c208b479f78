/**
 * The command `check`: every repository that is served, one after the other, so that what one of them needs is all that
 * is in memory. A repository that cannot be read is a problem like others, and the next one is read.
 */
import { isViewerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { CacheManager } from '../cache/cache-manager.ts'
import type { RegisteredRepository } from '../cache/registry.ts'
import type { CheckProblem, CheckSummary } from './check-report.ts'
import { type CheckedRepository, type CheckTools, checkRepository } from './check-repository.ts'
import { type OpeningTold, openTelling } from './opening.ts'

export interface CheckDeps extends OpeningTold {
  readonly manager: Pick<CacheManager, 'acquireBriefly' | 'progress'>
  readonly log: Log
  /** As `CheckTools`, of a repository. */
  readTypes(
    repository: RegisteredRepository,
    ...asked: Parameters<CheckTools['readTypes']>
  ): ReturnType<CheckTools['readTypes']>
  /** Told as soon as a repository was read. */
  onProblem(problem: CheckProblem): void
}

/** Checks them. @param signal ends it early, which the summary tells */
export async function checkAll(
  repositories: readonly RegisteredRepository[],
  deps: CheckDeps,
  signal: AbortSignal,
): Promise<CheckSummary> {
  const total = { bugs: 0, people: 0, files: 0, problems: 0, empty: 0 }
  const summary = (isComplete: boolean) => ({ repositories: repositories.length, ...total, isComplete })
  for (const repository of repositories) {
    const { name } = repository
    const tell = (problem: Omit<CheckProblem, 'repository'>) => {
      total.problems++
      deps.onProblem({ repository: name, ...problem })
    }
    try {
      const checked = await checkOne(repository, deps, signal)
      total.bugs += checked.bugs
      total.people += checked.people
      total.files += checked.files
      for (const problem of checked.problems) tell(problem)
    } catch (error) {
      if (signal.aborted) return summary(false)
      if (isViewerError(error, 'REPOSITORY_EMPTY')) {
        total.empty++
        continue
      }
      if (!isViewerError(error)) deps.log.error({ err: error, repository: name }, 'repository cannot be checked')
      tell({ ref: undefined, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return summary(true)
}

async function checkOne(
  repository: RegisteredRepository,
  deps: CheckDeps,
  signal: AbortSignal,
): Promise<CheckedRepository> {
  using lease = await openTelling(repository.name, deps, signal)
  return await checkRepository(lease, {
    readTypes: (hashes, stop) => deps.readTypes(repository, hashes, stop),
    signal,
    onProgress: (done, known) => deps.onStep({ repository: repository.name, done, known }),
  })
}
