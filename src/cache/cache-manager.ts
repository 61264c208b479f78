/**
 * The cache manager: opens a repository on its first request, once for all who wait; keeps it in memory; refreshes it
 * when a hook or the clock says so; closes it when it was idle. A failure is told to the one who asked and leaves
 * nothing behind; it never touches another repository.
 *
 *     acquire ──► open? ── yes ──► lease ──► (last lease gone) ──► idle timer ──► close
 *                   │no               ▲
 *                   └──► opening ─────┘      one opening however many wait
 */
import type { Clock, Timer } from '../base/clock.ts'
import { forEachConcurrently } from '../base/concurrency.ts'
import { isViewerError, ViewerError } from '../base/errors.ts'
import type { DecodeLimits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import type { Bug, BugSummary, Tracker } from '../bug/model.ts'
import type { Git } from '../git/git.ts'
import { attachesFile, foldedText, type RepositoryState } from './load-tracker.ts'
import { createFullBugs, OpenRepository, type OpenTools } from './open-repository.ts'
import type { RegisteredRepository, Registry } from './registry.ts'

export interface CacheOptions {
  /** An open repository is closed when nobody has used it for this long; 0 keeps it open. */
  readonly idleMs: number
  /** Bytes of full bugs that are kept, over all repositories. */
  readonly fullBugsMaxBytes: number
  readonly limits: DecodeLimits
}

/** The use of an open repository; dispose it when done, and keep nothing of it afterwards but the data. */
export interface Lease extends Disposable {
  readonly repository: RegisteredRepository
  readonly tracker: Tracker
  /** Title and comments of a bug, folded for searching. */
  foldedText(bug: BugSummary): Buffer | undefined
  /** A bug in full. @throws BUG_UNREADABLE */
  readBug(bug: BugSummary, signal?: AbortSignal): Promise<Bug>
  /**
   * An attached file. Only what an operation of a readable bug attaches can be read, whatever else lies in the repository.
   * @throws FILE_UNKNOWN where nothing attaches it, or it is gone, no blob, or larger than the limit
   */
  readFile(hash: string, maxBytes: number): Promise<Buffer>
}

/** What is known of a repository without opening it again. */
export interface RepositoryCard {
  readonly digest: string
  readonly openBugs: number
  readonly closedBugs: number
  readonly lastActivity: number | undefined
}

export interface CacheManager extends AsyncDisposable {
  readonly registry: Registry
  /** Uses a repository that is open and up to date; undefined where it has to be waited for. The usual, cheap way. */
  acquireNow(name: string): Lease | undefined
  /**
   * Uses a repository.
   * @param signal ends this caller's waiting
   * @throws REPOSITORY_UNKNOWN, REPOSITORY_EMPTY, REPOSITORY_UNREADABLE
   */
  acquire(name: string, signal?: AbortSignal): Promise<Lease>
  /** What was last seen of a repository; undefined where it was never opened. */
  card(name: string): RepositoryCard | undefined
  /** The refs of a repository have moved. The next reader gets a state at least as new as this call. */
  invalidate(name: string): Promise<void>
  /** Refreshes every open repository. Failures are logged. */
  refreshAll(signal?: AbortSignal): Promise<void>
  /** Names of the repositories that are open. */
  openNames(): readonly string[]
}

interface Entry {
  readonly open: OpenRepository
  leases: number
  idle: Timer | undefined
}

const refreshesAtOnce = 2

/** Makes a manager over the repositories of a registry. */
export function createCacheManager(
  options: CacheOptions,
  deps: { readonly git: Git; readonly registry: Registry; readonly clock: Clock; readonly log: Log },
): CacheManager {
  return new Manager(options, deps)
}

class Manager implements CacheManager {
  readonly registry: Registry
  readonly #options: CacheOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #tools: OpenTools
  readonly #entries = new Map<string, Entry>()
  readonly #cards = new Map<string, RepositoryCard>()
  readonly #opening = createSingleFlight<string, Entry>()
  /** Pushes that came while the refs may have been listed already. */
  readonly #movedWhileOpening = new Set<string>()
  readonly #closing = new Set<Promise<void>>()
  #closed = false

  constructor(
    options: CacheOptions,
    deps: { readonly git: Git; readonly registry: Registry; readonly clock: Clock; readonly log: Log },
  ) {
    this.registry = deps.registry
    this.#options = options
    this.#clock = deps.clock
    this.#log = deps.log
    const fullBugs = createFullBugs(options.fullBugsMaxBytes)
    this.#tools = { git: deps.git, clock: deps.clock, limits: options.limits, fullBugs }
  }

  acquireNow(name: string): Lease | undefined {
    const entry = this.#entries.get(name)
    const state = entry?.open.stateNow
    if (!entry || !state) return undefined
    entry.leases++
    entry.idle?.cancel()
    return this.#lease(entry, state)
  }

  async acquire(name: string, signal?: AbortSignal): Promise<Lease> {
    const entry = this.#entries.get(name) ?? (await this.#open(name, signal))
    entry.leases++
    entry.idle?.cancel()
    try {
      return this.#lease(entry, await entry.open.current(signal))
    } catch (error) {
      this.#release(entry)
      // A repository that has lost its last bug is no longer one that is served.
      if (isViewerError(error, 'REPOSITORY_EMPTY')) this.#close(name, entry)
      throw error
    }
  }

  async #open(name: string, signal?: AbortSignal): Promise<Entry> {
    if (this.#closed) throw new ViewerError('SHUTTING_DOWN', 'the server is shutting down')
    const repository = await this.registry.find(name)
    if (!repository) throw new ViewerError('REPOSITORY_UNKNOWN', 'no repository of that name is served here')
    const work = async (stop: AbortSignal): Promise<Entry> => {
      const startedMs = this.#clock.monotonicMs()
      this.#movedWhileOpening.delete(name)
      const open = await OpenRepository.open(repository, this.#tools, stop)
      if (this.#movedWhileOpening.delete(name)) open.markStale()
      if (stop.aborted || this.#closed) {
        await open[Symbol.asyncDispose]()
        throw new ViewerError('SHUTTING_DOWN', 'the opening was stopped')
      }
      const entry: Entry = { open, leases: 0, idle: undefined }
      this.#entries.set(name, entry)
      this.#startIdle(name, entry)
      this.#note(name, open.tracker)
      const tookMs = Math.round(this.#clock.monotonicMs() - startedMs)
      this.#log.info({ repository: name, bugs: open.tracker.bugs.length, tookMs }, 'repository opened')
      return entry
    }
    return await this.#opening.run(name, work, signal)
  }

  #lease(entry: Entry, state: RepositoryState): Lease {
    let disposed = false
    return {
      repository: entry.open.repository,
      tracker: state.tracker,
      foldedText: bug => foldedText(state, bug.id),
      readBug: (bug, signal) => entry.open.readBug(bug, signal),
      readFile: async (hash, maxBytes) => {
        const bytes = attachesFile(state, hash) ? await entry.open.readBlob(hash, maxBytes) : undefined
        if (!bytes)
          throw new ViewerError('FILE_UNKNOWN', 'no such file is attached to a bug', { data: { subject: hash } })
        return bytes
      },
      [Symbol.dispose]: () => {
        if (disposed) return
        disposed = true
        this.#release(entry)
      },
    }
  }

  #release(entry: Entry) {
    entry.leases--
    if (entry.leases === 0) this.#startIdle(entry.open.repository.name, entry)
  }

  #startIdle(name: string, entry: Entry) {
    entry.idle?.cancel()
    if (this.#options.idleMs === 0 || this.#entries.get(name) !== entry) return
    entry.idle = this.#clock.startTimer(this.#options.idleMs, () => {
      if (entry.leases > 0 || this.#entries.get(name) !== entry) return
      this.#log.info({ repository: name }, 'repository closed after idle time')
      this.#close(name, entry)
    })
  }

  #close(name: string, entry: Entry) {
    if (this.#entries.get(name) === entry) this.#entries.delete(name)
    entry.idle?.cancel()
    const closing = entry.open[Symbol.asyncDispose]().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  card(name: string): RepositoryCard | undefined {
    return this.#cards.get(name)
  }

  #note(name: string, tracker: Tracker) {
    const { digest, openBugs, closedBugs, lastActivity } = tracker
    this.#cards.set(name, { digest, openBugs, closedBugs, lastActivity })
  }

  async invalidate(name: string): Promise<void> {
    const entry = this.#entries.get(name)
    if (entry) {
      entry.open.markStale()
      await this.#refresh(name, entry, () => entry.open.current())
    } else if (this.#opening.has(name)) this.#movedWhileOpening.add(name)
  }

  /** Runs a refresh; its failure is logged, and met again by the next reader who needs it. */
  async #refresh(name: string, entry: Entry, refresh: () => Promise<unknown>): Promise<void> {
    const before = entry.open.tracker.digest
    try {
      await refresh()
      const { tracker } = entry.open
      this.#note(name, tracker)
      if (tracker.digest !== before)
        this.#log.info({ repository: name, bugs: tracker.bugs.length }, 'repository refreshed')
    } catch (error) {
      if (isViewerError(error, 'REPOSITORY_EMPTY')) this.#close(name, entry)
      else this.#log.error({ err: error, repository: name }, 'repository cannot be refreshed')
    }
  }

  async refreshAll(signal?: AbortSignal): Promise<void> {
    await this.registry.rescan()
    const entries = [...this.#entries]
    await forEachConcurrently(entries, refreshesAtOnce, async ([name, entry]) => {
      signal?.throwIfAborted()
      if (this.#entries.get(name) === entry) await this.#refresh(name, entry, () => entry.open.refresh(signal))
    })
  }

  openNames(): readonly string[] {
    return [...this.#entries.keys()]
  }

  async [Symbol.asyncDispose]() {
    this.#closed = true
    await this.#opening.stopAll(new ViewerError('SHUTTING_DOWN', 'the server is shutting down'))
    for (const [name, entry] of this.#entries) this.#close(name, entry)
    await Promise.allSettled(this.#closing)
  }
}
