/** The cache manager at work; `cache-manager.ts` says what it promises. */
import type { Clock } from '../base/clock.ts'
import { forEachConcurrently } from '../base/concurrency.ts'
import { type ErrorCode, errorCatalogue, isViewerError, ViewerError } from '../base/errors.ts'
import { createGate, type Gate } from '../base/gate.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import { createSingleFlight, waitFor } from '../base/single-flight.ts'
import type { Mirror } from '../mirrors/mirror.ts'
import type { RepositoryNews } from '../store/bus.ts'
import { type Backoff, createBackoff } from './backoff.ts'
import { type BuildPool, createBuildPool } from './build-pool.ts'
import { addCacheGauges } from './cache-gauges.ts'
import type { CacheManager, Invalidation, OpeningProgress } from './cache-manager.ts'
import type { CacheBounds, CacheDeps, CacheOptions } from './cache-options.ts'
import { chooseOverBudget, Entry } from './entry.ts'
import { createFullBugs } from './full-bugs.ts'
import { createLease, type Lease } from './lease.ts'
import { emptyError, type RepositoryState } from './load-tracker.ts'
import { Memories, type RepositoryCard, toCard } from './memories.ts'
import { OpenRepository } from './open-repository.ts'
import type { OpenTools } from './open-tools.ts'
import { createEntityKeys } from './packed-entity.ts'
import { isAway, type RegisteredRepository, type Registry } from './registry.ts'
import { createSignatureTools } from './signature-checks.ts'
import { createStoredCards } from './stored-cards.ts'
import { createWatchers, type Watcher, type Watchers } from './watchers.ts'

const refreshesAtOnce = 4
/** A first build that its readers have left goes on for this long: the page that told them of it comes back. */
const lingerMs = 10_000
/** A repository that was opened for a moment's use is closed after this long. */
const briefIdleMs = 30_000

export class Manager implements CacheManager {
  readonly registry: Registry
  #bounds: CacheBounds
  readonly #clock: Clock
  readonly #log: Log
  readonly #measures: Measures
  readonly #tools: OpenTools & { lookAfterMs: number }
  readonly #builds: Gate
  readonly #tell: CacheDeps['tell']
  readonly #pool: BuildPool
  readonly #entries = new Map<string, Entry>()
  readonly #memories: Memories
  readonly #opening
  readonly #building = new Map<string, OpenRepository>()
  readonly #obtaining = new Map<string, Mirror>()
  readonly #backoff: Backoff
  /** Pushes that came while the refs may have been listed already. */
  readonly #movedWhileOpening = new Set<string>()
  readonly #watchers: Watchers
  readonly #closing = new Map<Entry, Promise<void>>()
  #closed = false

  constructor(options: CacheOptions, deps: CacheDeps) {
    const { git, registry, clock, log, search, measures, stored } = deps
    this.registry = registry
    this.#bounds = options
    this.#clock = clock
    this.#log = log
    this.#measures = measures
    this.#tell = deps.tell
    this.#builds = createGate(options.maxBuilds)
    this.#memories = new Memories(createStoredCards(deps.store, createEntityKeys(options.limits).version), clock)
    this.#pool = createBuildPool(options.workers)
    this.#opening = createSingleFlight<string, Entry>({ lingerMs, clock })
    this.#backoff = createBackoff(clock)
    this.#tools = {
      git,
      clock,
      search,
      stored,
      measures,
      limits: options.limits,
      lookAfterMs: options.lookAfterMs,
      pool: this.#pool,
      builds: this.#builds,
      backoff: this.#backoff,
      fullBugs: createFullBugs(options.fullBugsMaxBytes, measures),
      signatures: createSignatureTools(),
    }
    this.#watchers = createWatchers({ clock, look: async name => (await this.currentCard(name)).digest })
    addCacheGauges(measures, { entries: this.#entries, builds: this.#builds, pool: this.#pool })
  }

  acquireNow(name: string): Lease | undefined {
    const now = this.#now(name)
    if (!now) return undefined
    now.entry.hold()
    now.entry.noteReader()
    return createLease(now.entry, now.state)
  }

  digestNow(name: string): string | undefined {
    const now = this.#now(name)
    if (!now) return undefined
    now.entry.use()
    now.entry.noteReader()
    return now.entry.shown(now.state.tracker).digest
  }

  #now(name: string): { readonly entry: Entry; readonly state: RepositoryState } | undefined {
    const entry = this.#entries.get(name)
    const state = entry?.open.stateNow
    if (!entry || !state) return undefined
    this.#measures.count('gitbugviewer_lookups_total', { tier: 'repository', result: 'hit' })
    return { entry, state }
  }

  async acquire(name: string, signal?: AbortSignal): Promise<Lease> {
    const lease = await this.#acquire(name, signal).catch(async (error: unknown) => {
      // What is wrong with a copy may be over with the next fetch: it is damaged, or holds nothing any more.
      const repository = await this.registry.find(name)
      repository?.mirror?.used()
      throw error
    })
    this.#entries.get(name)?.noteReader()
    return lease
  }

  async #acquire(name: string, signal?: AbortSignal): Promise<Lease> {
    const open = this.#entries.get(name)
    this.#measures.count('gitbugviewer_lookups_total', { tier: 'repository', result: open ? 'hit' : 'miss' })
    const entry = open ?? (await this.#open(name, signal))
    entry.hold()
    try {
      return createLease(entry, await entry.open.current(signal))
    } catch (error) {
      entry.release()
      throw error
    }
  }

  async #open(name: string, signal?: AbortSignal): Promise<Entry> {
    const repository = await this.registry.find(name)
    // Looked at after the wait: what begins once all was stopped would be left running.
    if (this.#closed) throw new ViewerError('SHUTTING_DOWN', 'the server is shutting down')
    if (!repository) throw unknownError()
    const paused = this.#backoff.check(name)
    if (paused) throw paused.error
    return await this.#opening.run(name, stop => this.#build(repository, stop), signal)
  }

  async #build(repository: RegisteredRepository, stop: AbortSignal): Promise<Entry> {
    const { name, mirror } = repository
    if (mirror) await this.#obtain(name, mirror, stop)
    if (await this.#memories.isStillEmpty(repository)) throw emptyError()
    const startedMs = this.#clock.monotonicMs()
    this.#movedWhileOpening.delete(name)
    const open: OpenRepository = new OpenRepository(repository, this.#tools, {
      refreshed: ({ before, after }) => this.#afterRefresh(entry, before, after),
      failed: error => this.#afterFailure(entry, error),
    })
    const earlier = this.#memories.freshness(repository)
    if (earlier) open.freshness.takeOver(earlier)
    const entry = new Entry(open, this.#clock, () => this.#close(entry, 'idle'))
    this.#building.set(name, open)
    try {
      await open.open(stop)
      if (stop.aborted || this.#closed) throw new ViewerError('SHUTTING_DOWN', 'the opening was stopped')
    } catch (error) {
      await open[Symbol.asyncDispose]()
      if (isViewerError(error, 'REPOSITORY_EMPTY')) this.#memories.set(open, undefined)
      else if (!stop.aborted) this.#countFailure(name, error)
      throw error
    } finally {
      // One that was left by all may end after the next one has begun.
      if (this.#building.get(name) === open) this.#building.delete(name)
    }
    // Another choice of repositories may have come meanwhile.
    const wanted = this.registry.all().find(one => one.name === name)
    if (wanted?.location.folder !== repository.location.folder) {
      await open[Symbol.asyncDispose]()
      if (wanted) return await this.#build(wanted, stop)
      throw unknownError()
    }
    if (this.#movedWhileOpening.delete(name)) open.markStale()
    this.#backoff.forget(name)
    this.#entries.set(name, entry)
    entry.startIdle(this.#bounds.idleMs)
    this.#memories.set(open, open.tracker)
    this.#watchers.seen(name, open.tracker.digest)
    const tookMs = Math.round(this.#clock.monotonicMs() - startedMs)
    this.#log.info({ repository: name, bugs: open.tracker.bugs.length, tookMs }, 'repository opened')
    this.#keepBudget(entry)
    return entry
  }

  /** Brings a mirror here. What goes wrong is known there, and not tried again too soon. */
  async #obtain(name: string, mirror: Mirror, stop: AbortSignal) {
    this.#obtaining.set(name, mirror)
    try {
      await mirror.obtain(stop)
    } finally {
      this.#obtaining.delete(name)
    }
  }

  #countFailure(name: string, error: unknown) {
    this.#backoff.failed(name, error)
    this.#countError(error)
  }

  #countError(error: unknown) {
    const code = error instanceof ViewerError && error.code in errorCatalogue ? (error.code as ErrorCode) : 'INTERNAL'
    this.#measures.count('gitbugviewer_errors_total', { code, place: 'refresh' })
  }

  progress(name: string): OpeningProgress | undefined {
    const clone = this.#obtaining.get(name)?.progress()
    return clone ? { done: 0, total: 0, clone } : this.#building.get(name)?.progress
  }

  card(name: string): RepositoryCard | undefined {
    return this.#memories.card(name)
  }

  async currentCard(name: string, signal?: AbortSignal): Promise<RepositoryCard> {
    const entry = this.#entries.get(name)
    // Looking at the counts of a repository that is open is no use of it: it may close as if nobody had.
    if (entry) return toCard((await entry.open.current(signal)).tracker)
    const repository = await this.#findHere(name)
    const known = repository && (await this.#memories.currentCard(repository))
    if (known) return known
    using lease = await this.acquireBriefly(name, signal)
    return toCard(lease.tracker)
  }

  async acquireBriefly(name: string, signal?: AbortSignal): Promise<Lease> {
    if (!this.#entries.has(name)) await this.#findHere(name)
    const lease = await this.#acquire(name, signal)
    this.#entries.get(name)?.startBriefIdle(briefIdleMs)
    return lease
  }

  /** No mirror is brought here for a passing look. @throws MIRROR_AWAY */
  async #findHere(name: string): Promise<RegisteredRepository | undefined> {
    const repository = await this.registry.find(name)
    if (repository && isAway(repository)) throw new ViewerError('MIRROR_AWAY', 'the repository is not on disk now')
    return repository
  }

  invalidate(name: string): Invalidation {
    this.#tell({ repository: name, digest: undefined })
    return this.#invalidate(name)
  }

  heard({ repository: name, digest }: RepositoryNews) {
    const entry = this.#entries.get(name)
    const isKnown = entry && !entry.open.isStale && entry.open.state.listing.digest === digest
    if (!isKnown) void this.#invalidate(name)
  }

  #invalidate(name: string): Invalidation {
    this.#backoff.forget(name)
    const entry = this.#entries.get(name)
    if (!entry) return { isMerged: this.#noteMoved(name), done: Promise.resolve() }
    const isMerged = entry.open.isStale
    entry.open.markStale({ retryUnreadable: true })
    // What fails is told to the events.
    return { isMerged, done: entry.open.refreshWanted().catch(() => {}) }
  }

  drop(name: string) {
    this.#tell({ repository: name, digest: undefined })
    this.#backoff.forget(name)
    this.#memories.forget(name)
    this.#tools.search.drop(name)
    const entry = this.#entries.get(name)
    if (entry) this.#close(entry, 'hook')
    this.#noteMoved(name)
  }

  watch(name: string, watcher: Watcher): Disposable {
    return this.#watchers.watch(name, watcher)
  }

  /** @returns whether it is being opened */
  #noteMoved(name: string): boolean {
    this.#watchers.hint(name)
    if (!this.#opening.has(name)) return false
    this.#movedWhileOpening.add(name)
    return true
  }

  #afterRefresh(entry: Entry, before: RepositoryState, after: RepositoryState) {
    const { open } = entry
    this.#memories.set(open, after.tracker)
    if (after.tracker.digest === before.tracker.digest) return
    this.#watchers.seen(open.repository.name, after.tracker.digest)
    this.#tell({ repository: open.repository.name, digest: after.listing.digest })
    const { name: repository } = open.repository
    const counts = { bugs: after.tracker.bugs.length, read: after.readCount, problems: after.tracker.problems.length }
    this.#log.info({ repository, before: before.tracker.bugs.length, ...counts }, 'repository refreshed')
    this.#keepBudget(entry)
  }

  #afterFailure(entry: Entry, error: unknown) {
    const { name } = entry.open.repository
    // A repository that has lost its last bug is no longer one that is served.
    if (isViewerError(error, 'REPOSITORY_EMPTY')) {
      this.#memories.set(entry.open, undefined)
      this.#close(entry, undefined)
    } else {
      this.#countError(error)
      this.#log.error({ err: error, repository: name }, 'repository cannot be refreshed')
    }
  }

  async refreshAll({ full = false, signal }: { full?: boolean; signal?: AbortSignal } = {}): Promise<void> {
    await this.registry.rescan()
    this.#closeWithdrawn()
    await forEachConcurrently([...this.#entries.values()], refreshesAtOnce, async entry => {
      signal?.throwIfAborted()
      if (!this.#isOpen(entry)) return
      // What fails is told to the events. Whoever stops this ends the waiting; the work ends with its repository.
      const work = full ? entry.open.rebuild() : entry.open.refresh({ retryUnreadable: true })
      await waitFor(
        work.catch(() => {}),
        signal,
      )
    })
  }

  reconfigure(bounds: CacheBounds) {
    this.#bounds = bounds
    this.#tools.lookAfterMs = bounds.lookAfterMs
    for (const entry of this.#entries.values()) entry.startIdle(bounds.idleMs)
    this.#closeWithdrawn()
  }

  /** What is served no more, or has lost its name to another one. */
  #closeWithdrawn() {
    const folders = new Map(this.registry.all().map(({ name, location }) => [name, location.folder]))
    for (const entry of this.#entries.values()) {
      const { name, location } = entry.open.repository
      if (folders.get(name) === location.folder) continue
      this.#memories.forget(name)
      this.#close(entry, undefined)
    }
  }

  async release(name: string): Promise<boolean> {
    const entry = this.#entries.get(name)
    const closing = () => [...this.#closing].filter(([{ open }]) => open.repository.name === name)
    // One that closes may have readers yet, and they may be slow.
    const isInUse = entry?.isInUse === true || closing().some(([{ isInUse }]) => isInUse)
    if (isInUse || this.#opening.has(name)) return false
    if (entry) this.#close(entry, undefined)
    await Promise.all(closing().map(([, closed]) => closed))
    return !this.#entries.has(name) && !this.#opening.has(name)
  }

  #isOpen(entry: Entry): boolean {
    return this.#entries.get(entry.open.repository.name) === entry
  }

  /** Closes what was not used for longest until the rest fits; never what was opened just now. */
  #keepBudget(latest: Entry) {
    const others = [...this.#entries.values()].filter(entry => entry !== latest)
    const tooMany = chooseOverBudget(others, this.#bounds.maxBytes - latest.open.bytes)
    if (this.#bounds.maxBytes > 0) for (const entry of tooMany) this.#close(entry, 'memory')
  }

  #close(entry: Entry, reason: 'idle' | 'memory' | 'hook' | undefined) {
    if (!this.#isOpen(entry)) return
    const { name } = entry.open.repository
    this.#entries.delete(name)
    if (reason) {
      this.#measures.count('gitbugviewer_evictions_total', { tier: 'repository', reason })
      this.#log.info({ repository: name, reason }, 'repository closed')
    }
    const closing = entry.close().finally(() => this.#closing.delete(entry))
    this.#closing.set(entry, closing)
  }

  openNames(): readonly string[] {
    return [...this.#entries.keys()]
  }

  async [Symbol.asyncDispose]() {
    this.#closed = true
    this.#watchers[Symbol.dispose]()
    await this.#opening.stopAll(new ViewerError('SHUTTING_DOWN', 'the server is shutting down'))
    for (const entry of this.#entries.values()) this.#close(entry, undefined)
    for (const entry of this.#closing.keys()) entry.closeNow()
    await Promise.allSettled(this.#closing.values())
    await this.#pool[Symbol.asyncDispose]()
  }
}

function unknownError(): ViewerError {
  return new ViewerError('REPOSITORY_UNKNOWN', 'no repository of that name is served here')
}
