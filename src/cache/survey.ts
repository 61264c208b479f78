/**
 * Looks into all listed repositories for one request, without opening all of them for it: those that are open first,
 * then others, a few at a time, until the time is up or enough were opened. It says what it has not looked into, and
 * where to go on, so that going on again and again comes past every repository.
 *
 *     listed, by name     a  b  c  d  e  f  g        looked into: c, f (open), a, b, d
 *     open before            .     .                 next: e, and f once more: the order of names is all that a
 *                         ─────────►e  f  g          later request has to know
 *
 * Hidden repositories are not looked into.
 */
import type { Clock } from '../base/clock.ts'
import { forEachConcurrently } from '../base/concurrency.ts'
import { isViewerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { CacheManager } from './cache-manager.ts'
import type { Lease } from './lease.ts'
import type { Overview } from './overview.ts'

export interface SurveyRequest<T> {
  /** The first name to look at, as `next` gave it; undefined begins anew. */
  readonly from?: string | undefined
  /** How long it may take. */
  readonly waitMs: number
  /** Ends it. */
  readonly signal: AbortSignal
  /** Looks into one. @param signal fires when the time is up, too */
  look(lease: Lease, signal: AbortSignal): Promise<T>
}

/** What a survey has found; disposing it gives the repositories back. */
export interface Surveyed<T> extends Disposable {
  /** By name. */
  readonly found: readonly { readonly lease: Lease; readonly result: T }[]
  /** Repositories that are listed. */
  readonly total: number
  /** How many of them were looked at, with the empty ones and `late`. */
  readonly looked: number
  /** Names of those that could not be looked into now: they are being read, or cannot be read. */
  readonly late: readonly string[]
  /** Where to go on; undefined where none is left. */
  readonly next: string | undefined
}

export interface Survey {
  /** @throws the signal's reason */
  run<T>(request: SurveyRequest<T>): Promise<Surveyed<T>>
}

export interface SurveyDeps {
  readonly manager: Pick<CacheManager, 'acquireNow' | 'acquireBriefly' | 'openNames'>
  readonly overview: Pick<Overview, 'listKnown'>
  readonly clock: Clock
  readonly log: Log
}

const lookedAtOnce = 4
/** Repositories that one request opens. */
const maxOpened = 64

/** Makes it over a manager's repositories. */
export function createSurvey({ manager, overview, clock, log }: SurveyDeps): Survey {
  return {
    async run({ from, waitMs, signal, look }) {
      const names = (await overview.listKnown()).map(({ name }) => name)
      const wanted = names.filter(name => from === undefined || name >= from)
      const isOpen = new Set(manager.openNames())
      const order =
        from === undefined
          ? [...wanted.filter(name => isOpen.has(name)), ...wanted.filter(name => !isOpen.has(name))]
          : wanted
      const timeIsUp = new AbortController()
      const timer = clock.startTimer(waitMs, () => timeIsUp.abort())
      const ends = AbortSignal.any([signal, timeIsUp.signal])
      const found: { lease: Lease; result: Awaited<ReturnType<typeof look>> }[] = []
      const late: string[] = []
      const looked = new Set<string>()
      const leases = new DisposableStack()
      let opened = 0
      const lookAt = async (name: string) => {
        // What is open costs little; one is looked at in any case, or going on would come to no end.
        if (timeIsUp.signal.aborted && looked.size > 0) return
        if (!isOpen.has(name) && opened++ >= maxOpened) return
        looked.add(name)
        try {
          const lease = manager.acquireNow(name) ?? (await manager.acquireBriefly(name, ends))
          // The survey has failed in the meantime, and nobody would give this one back.
          if (leases.disposed) return lease[Symbol.dispose]()
          leases.use(lease)
          found.push({ lease, result: await look(lease, ends) })
        } catch (error) {
          signal.throwIfAborted()
          if (isViewerError(error, 'REPOSITORY_EMPTY')) return
          if (!timeIsUp.signal.aborted && !isViewerError(error, 'MIRROR_AWAY'))
            log.warn({ err: error, repository: name }, 'repository was left out of a search')
          late.push(name)
        }
      }
      try {
        await forEachConcurrently(order, lookedAtOnce, lookAt)
      } catch (error) {
        leases.dispose()
        throw error
      } finally {
        timer.cancel()
      }
      return {
        found: found.sort((a, b) => (a.lease.repository.name < b.lease.repository.name ? -1 : 1)),
        total: names.length,
        looked: looked.size,
        late: late.sort(),
        next: wanted.find(name => !looked.has(name)),
        [Symbol.dispose]: () => leases.dispose(),
      }
    },
  }
}
