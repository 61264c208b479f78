/**
 * The list of all repositories with what is known of each. A repository that is not open is opened for it, a few at a
 * time, and the caller waits only so long: what is not ready then is told as not known yet and comes with a later
 * call. Repositories without bugs and identities are left out.
 */
import type { Clock } from '../base/clock.ts'
import { forEachConcurrently } from '../base/concurrency.ts'
import { isViewerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import { type RepositoryDetails, readDetails } from '../git/details.ts'
import type { CacheManager } from './cache-manager.ts'
import type { RepositoryCard } from './memories.ts'
import { isAway, type RegisteredRepository } from './registry.ts'

export interface RepositoryOverview {
  readonly name: string
  readonly description: string | undefined
  readonly owner: string | undefined
  readonly section: string | undefined
  /** Undefined where it is not known yet, or cannot be read. */
  readonly card: RepositoryCard | undefined
}

export interface Overview {
  /** Every repository that may be listed, sorted by name. @param waitMs how long to wait for counts */
  list(waitMs: number): Promise<readonly RepositoryOverview[]>
  /** The same with what is known now: opens nothing, and may have repositories that will turn out to be empty. */
  listKnown(): Promise<readonly RepositoryOverview[]>
  /** What a repository says of itself. */
  details(repository: RegisteredRepository): Promise<RepositoryDetails>
}

const opensAtOnce = 2
const readsAtOnce = 16
/** A repository without bugs is looked at again, and a description read again, after this long. */
const rememberMs = 30_000

interface Remembered<T> {
  readonly value: T
  readonly untilMs: number
}

/** Makes the overview of a manager's repositories. */
export function createOverview(
  manager: CacheManager,
  deps: { readonly clock: Clock; readonly log: Log; readonly gitProgram: string; readonly readGitConfig: boolean },
): Overview {
  const detailsOf = new Map<string, Remembered<RepositoryDetails>>()
  const emptyUntilMs = new Map<string, number>()
  const flight = createSingleFlight<'open', void>()
  const isEmpty = (name: string) => (emptyUntilMs.get(name) ?? 0) > deps.clock.monotonicMs()

  const details = async (repository: RegisteredRepository): Promise<RepositoryDetails> => {
    const kept = detailsOf.get(repository.name)
    if (kept && kept.untilMs > deps.clock.monotonicMs()) return kept.value
    const read = deps.readGitConfig ? await readDetails(deps.gitProgram, repository.location) : noDetails
    const value: RepositoryDetails = {
      ...read,
      description: repository.description ?? read.description,
      owner: repository.owner ?? read.owner,
      hidden: repository.hidden || read.hidden,
    }
    detailsOf.set(repository.name, { value, untilMs: deps.clock.monotonicMs() + rememberMs })
    return value
  }

  const look = async (name: string) => {
    try {
      await manager.currentCard(name)
      emptyUntilMs.delete(name)
    } catch (error) {
      if (isViewerError(error, 'REPOSITORY_EMPTY')) emptyUntilMs.set(name, deps.clock.monotonicMs() + rememberMs)
      else if (!isViewerError(error, 'SHUTTING_DOWN') && !isViewerError(error, 'MIRROR_AWAY')) {
        deps.log.warn({ err: error, repository: name }, 'repository cannot be opened')
      }
    }
  }

  const lookAtAll = async () => {
    const here = manager.registry.all().filter(repository => !isAway(repository))
    const names = here.map(repository => repository.name)
    await forEachConcurrently(
      names.filter(name => !isEmpty(name)),
      opensAtOnce,
      look,
    )
  }

  const listKnown = async () => {
    await manager.registry.filled()
    const result: RepositoryOverview[] = []
    await forEachConcurrently(manager.registry.all(), readsAtOnce, async repository => {
      const { name } = repository
      if (isEmpty(name)) return
      const { description, owner, section, hidden } = await details(repository)
      if (!hidden) result.push({ name, description, owner, section, card: manager.card(name) })
    })
    return result.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  return {
    listKnown,
    details,
    async list(waitMs) {
      await manager.registry.filled()
      const { promise: timeIsUp, resolve } = Promise.withResolvers<void>()
      const timer = deps.clock.startTimer(waitMs, resolve)
      await Promise.race([flight.run('open', lookAtAll), timeIsUp])
      timer.cancel()
      return await listKnown()
    },
  }
}

const noDetails: RepositoryDetails = {
  description: undefined,
  owner: undefined,
  section: undefined,
  hidden: false,
  cloneUrl: undefined,
}
