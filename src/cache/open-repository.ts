/**
 * One repository that is open: its state in memory, its object reader, and refreshes that never run beside each other.
 *
 *     look: moved ─┐
 *     hook ────────┼─► wanted: 3     a refresh takes the number that is wanted when it begins and lists the refs after
 *     timer ───────┘   state:  2     that, so a push during a refresh is seen by the next one; readers of a stale state
 *                         ▼          wait until its number has come up, and for a second at most: then they get the
 *     refresh ─► list refs ─► 3      last complete state, and the refresh goes on
 *
 * A failed refresh leaves the old state where it is and is told to those who waited for it.
 */
import type { Clock } from '../base/clock.ts'
import { isViewerError, ViewerError } from '../base/errors.ts'
import type { Gate } from '../base/gate.ts'
import type { DecodeLimits } from '../base/limits.ts'
import type { Measures } from '../base/measures.ts'
import { createSingleFlight, waitFor } from '../base/single-flight.ts'
import type { Bug, BugSummary, Tracker } from '../bug/model.ts'
import type { Git } from '../git/git.ts'
import type { CommitRecord } from '../git/history.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import type { SearchIndex } from '../search/search-index.ts'
import type { Backoff } from './backoff.ts'
import type { BuildPool } from './build-pool.ts'
import { Freshness, type Look } from './freshness.ts'
import type { FullBugs } from './full-bugs.ts'
import { createInterner, type Interner } from './interner.ts'
import { type Loaded, loadTracker, type RepositoryState } from './load-tracker.ts'
import { createEntitySource, readBug } from './read-entity.ts'
import type { RegisteredRepository } from './registry.ts'

/** Entities that were read, of those that are to be read; both 0 while the refs are being listed. */
export interface Progress {
  readonly done: number
  readonly total: number
}

/** What all open repositories share. */
export interface OpenTools {
  readonly git: Git
  readonly clock: Clock
  readonly limits: DecodeLimits
  readonly pool: BuildPool
  readonly fullBugs: FullBugs
  /** Bounds the builds that go on at once. */
  readonly builds: Gate
  /** Keeps a repository that cannot be read from being tried for every request. */
  readonly backoff: Backoff
  /** Has the texts of every state. */
  readonly search: SearchIndex
  readonly measures: Measures
  /** The files of refs are looked at when the last look is older than this. */
  readonly lookAfterMs: number
}

/** Readers wait so long for a refresh before they get the state that is there. */
const refreshPatienceMs = 1000

/** How a state is made. */
interface BuildOptions {
  /** Whether everything is read again, beside the state that is there. */
  readonly full?: boolean
  /** Whether entities that could not be read are read again, however many they are. */
  readonly retryUnreadable?: boolean
}

type BuildKind = 'first' | 'refresh' | 'full'

/** Told of every refresh, whoever asked for it. */
export interface RefreshEvents {
  refreshed(change: { readonly before: RepositoryState; readonly after: RepositoryState }): void
  failed(error: unknown): void
}

export class OpenRepository implements AsyncDisposable {
  readonly repository: RegisteredRepository
  readonly freshness: Freshness
  readonly #tools: OpenTools
  readonly #events: RefreshEvents
  readonly #reader: ObjectReader
  readonly #interner: Interner = createInterner()
  readonly #refreshes = createSingleFlight<'refresh' | 'rebuild', void>()
  readonly #looks = createSingleFlight<'look', void>()
  readonly #bugReads = createSingleFlight<string, Bug>()
  readonly #stop = new AbortController()
  #state: RepositoryState | undefined
  #bytes = 0
  #stateNumber = 0
  #wantedNumber = 0
  #isRetryWanted = false
  /** What the state's number is going to be when the refresh under way is done. */
  #refreshNumber = 0
  #isRefreshing = false
  #progress: Progress = { done: 0, total: 0 }

  constructor(repository: RegisteredRepository, tools: OpenTools, events: RefreshEvents) {
    this.repository = repository
    this.#events = events
    this.freshness = new Freshness(repository.location, tools.clock)
    this.#tools = tools
    this.#reader = tools.git.openReader(repository.location.folder)
  }

  /** Makes the first state. Call it once. @throws REPOSITORY_EMPTY, REPOSITORY_UNREADABLE, and git's own codes */
  async open(signal: AbortSignal): Promise<void> {
    await this.#build('first', {}, signal)
  }

  /** How far the build that runs, or the last one, has come. */
  get progress(): Progress {
    return this.#progress
  }

  /** About what it holds in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** The state as it is; only after `open`. */
  get state(): RepositoryState {
    if (!this.#state) throw new ViewerError('SHUTTING_DOWN', 'the repository is not open')
    return this.#state
  }

  get tracker(): Tracker {
    return this.state.tracker
  }

  /** True while a refresh is under way that has yet to begin, or will be followed by another. */
  get isStale(): boolean {
    return this.#stateNumber < this.#wantedNumber
  }

  /** The refs may have moved: whoever reads from now on waits for a state that was listed from now on. */
  markStale({ retryUnreadable = false }: { readonly retryUnreadable?: boolean } = {}) {
    this.#wantedNumber++
    this.#isRetryWanted ||= retryUnreadable
  }

  /** The state; undefined where it is stale, or was not looked at lately. */
  get stateNow(): RepositoryState | undefined {
    return this.isStale || !this.freshness.wasLookedAt(this.#tools.lookAfterMs) ? undefined : this.#state
  }

  /** The state; looks at the files of refs first where that was not done lately, and waits for a refresh it needs. */
  async current(signal?: AbortSignal): Promise<RepositoryState> {
    if (!this.freshness.wasLookedAt(this.#tools.lookAfterMs)) {
      await this.#looks.run('look', () => this.#look(), signal)
    }
    if (!this.isStale) return this.state
    const paused = this.#tools.backoff.check(this.repository.name)
    if (paused) throw paused.error
    const patience = new AbortController()
    const timer = this.#tools.clock.startTimer(refreshPatienceMs, () => patience.abort())
    const refreshing = this.refreshWanted()
    // Whoever has lost patience does not hear of a failure; the events do.
    refreshing.catch(() => {})
    try {
      await waitFor(refreshing, signal ? AbortSignal.any([signal, patience.signal]) : patience.signal)
    } catch (error) {
      if (!patience.signal.aborted || signal?.aborted) throw error
    } finally {
      timer.cancel()
    }
    return this.state
  }

  async #look(): Promise<void> {
    const found: Look = await this.freshness.look()
    const result = found === 'listing' ? 'moved' : found
    this.#tools.measures.count('gitbugviewer_fingerprint_checks_total', { result })
    // The refresh under way sees what has moved: it is waited for, and no other one is needed.
    if (found === 'listing' && this.#isRefreshing) {
      if (!this.isStale) this.#refreshNumber = ++this.#wantedNumber
    } else if (found !== 'same') this.markStale()
  }

  /** Refreshes until the state is the one that is wanted now; joins a refresh that is under way. */
  async refreshWanted(): Promise<void> {
    while (this.isStale) await this.refresh()
  }

  /** Makes the state anew though nothing says that it is stale: readers keep the old one until the new one is complete. */
  async refresh({ retryUnreadable = false }: { readonly retryUnreadable?: boolean } = {}): Promise<void> {
    await this.#refreshes.run('refresh', stop => this.#refresh(stop, retryUnreadable))
  }

  /**
   * Reads everything again, beside the state that is there and beside its refreshes. What has moved in the meantime is
   * read once more when it is done, so a push does not wait for it.
   */
  async rebuild(): Promise<void> {
    await this.#refreshes.run('rebuild', async stop => {
      const before = this.state
      try {
        await this.#build('full', { full: true }, AbortSignal.any([stop, this.#stop.signal]))
      } catch (error) {
        this.#tellFailure(error, stop)
        throw error
      }
      this.#events.refreshed({ before, after: this.state })
      this.markStale()
    })
    await this.refreshWanted()
  }

  #tellFailure(error: unknown, stop: AbortSignal) {
    if (stop.aborted || this.#stop.signal.aborted) return
    // That there is nothing is no failure, and a push may end it at once.
    if (!isViewerError(error, 'REPOSITORY_EMPTY')) this.#tools.backoff.failed(this.repository.name, error)
    this.#events.failed(error)
  }

  async #refresh(stop: AbortSignal, retry: boolean) {
    this.#refreshNumber = this.#wantedNumber
    this.#isRefreshing = true
    const before = this.state
    const retryUnreadable = retry || this.#isRetryWanted
    try {
      await this.#build('refresh', { retryUnreadable }, AbortSignal.any([stop, this.#stop.signal]))
    } catch (error) {
      this.#tellFailure(error, stop)
      throw error
    } finally {
      this.#isRefreshing = false
    }
    if (retryUnreadable) this.#isRetryWanted = false
    this.#tools.backoff.forget(this.repository.name)
    this.#stateNumber = this.#refreshNumber
    this.#events.refreshed({ before, after: this.state })
  }

  async #build(kind: BuildKind, options: BuildOptions, signal: AbortSignal): Promise<void> {
    const { builds, clock, measures } = this.#tools
    await builds.run(async () => {
      const startedMs = clock.monotonicMs()
      const tell = (result: 'done' | 'failed' | 'stopped') => {
        const seconds = (clock.monotonicMs() - startedMs) / 1000
        measures.observe('gitbugviewer_build_duration_seconds', seconds, { kind, result })
      }
      try {
        const before = this.#state
        const { state, texts } = await this.#load(options, signal)
        // What was closed meanwhile must not put its texts over those of its successor.
        signal.throwIfAborted()
        // The texts first: whoever has the state may ask for them.
        if (texts) this.#tools.search.update(this.repository.name, texts)
        this.#state = state
        if (state !== before) this.#note(state)
        tell('done')
      } catch (error) {
        tell(signal.aborted ? 'stopped' : 'failed')
        throw error
      }
    }, signal)
  }

  #note(state: RepositoryState) {
    const { measures } = this.#tools
    this.#bytes = state.bytes + state.listing.bytes.length
    measures.count('gitbugviewer_entities_total', { result: 'read' }, state.readCount)
    measures.count('gitbugviewer_entities_total', { result: 'reused' }, state.records.length - state.readCount)
  }

  async #load(options: BuildOptions, signal: AbortSignal): Promise<Loaded> {
    const { git, clock, limits, pool } = this.#tools
    const { folder } = this.repository.location
    const request = { git, reader: this.#reader, folder, limits, signal }
    let noteListed: ((folders: readonly string[]) => void) | undefined
    try {
      this.#progress = { done: 0, total: 0 }
      noteListed = await this.freshness.beginListing({ isRefresh: options.full !== true })
      const loaded = await loadTracker({
        git,
        clock,
        folder,
        signal,
        interner: this.#interner,
        readEntities: (refs, onRead) => pool.read(request, refs, onRead),
        previous: options.full ? undefined : this.#state,
        retryUnreadable: options.retryUnreadable ?? false,
        onProgress: (done, total) => {
          this.#progress = { done, total }
        },
      })
      noteListed(loaded.state.folders)
      return loaded
    } catch (error) {
      // That there is nothing is known as well as anything else that was listed.
      if (isViewerError(error, 'REPOSITORY_EMPTY')) noteListed?.([])
      throw explainFailure(error, this.repository)
    }
  }

  /** Reads a bug in full. @throws BUG_UNREADABLE where its objects are gone since the state was made */
  async readBug(summary: BugSummary, signal?: AbortSignal): Promise<Bug> {
    const { fullBugs, measures } = this.#tools
    const kept = fullBugs.get(summary.tip)
    measures.count('gitbugviewer_lookups_total', { tier: 'full_bug', result: kept ? 'hit' : 'miss' })
    if (kept) return kept
    const read = async () => {
      const source = createEntitySource(this.#reader, this.#tools.limits, {
        walk: (tip, onCommit) => this.#walk(tip, onCommit),
      })
      const { bug, problems } = await readBug(source, { kind: 'bug', id: summary.id, tip: summary.tip })
      if (!bug) throw new ViewerError('BUG_UNREADABLE', problems[0]?.reason ?? 'the bug cannot be read')
      fullBugs.set(summary.tip, bug)
      return bug
    }
    return await this.#bugReads.run(summary.tip, read, signal)
  }

  async #walk(tip: string, onCommit: (commit: CommitRecord) => void): Promise<void> {
    const { git, limits } = this.#tools
    const { folder } = this.repository.location
    await git.walkHistory(folder, { tips: [tip], maxCommits: limits.maxPacks + 1, signal: this.#stop.signal, onCommit })
  }

  /** Tips of the bugs whose title or comments hold a term. @param signal ends the wait */
  async matchText(term: string, signal?: AbortSignal): Promise<ReadonlySet<string>> {
    return await this.#tools.search.match(this.repository.name, term, signal)
  }

  /** Reads a blob; undefined where it is missing, larger than the limit, damaged or none. */
  async readBlob(hash: string, maxBytes: number): Promise<Buffer | undefined> {
    try {
      const object = await this.#reader.read(hash, maxBytes)
      return object?.type === 'blob' ? object.bytes : undefined
    } catch (error) {
      if (isViewerError(error, 'OBJECT_UNREADABLE')) return undefined
      throw error
    }
  }

  async [Symbol.asyncDispose]() {
    const reason = new ViewerError('SHUTTING_DOWN', 'the repository was closed')
    this.#stop.abort(reason)
    await Promise.all([this.#refreshes.stopAll(reason), this.#reader[Symbol.asyncDispose]()])
    await Promise.all([this.#bugReads.stopAll(reason), this.#looks.stopAll(reason)])
  }
}

/** Says of which repository git's failure speaks; what callers decide by stays. */
function explainFailure(error: unknown, repository: RegisteredRepository): unknown {
  if (!(error instanceof ViewerError)) return error
  const failures = [
    'GIT_FAILED',
    'GIT_MISSING',
    'GIT_UNSAFE_OWNER',
    'GIT_TIMEOUT',
    'GIT_PROTOCOL',
    'GIT_OUTPUT_TOO_LARGE',
    'BUILD_FAILED',
  ]
  if (!failures.includes(error.code)) return error
  const remedy =
    error.code === 'GIT_UNSAFE_OWNER'
      ? `; allow it with: git config --global --add safe.directory '${repository.location.folder}'`
      : ''
  const data = { repository: repository.name, folder: repository.location.folder, gitCode: error.code }
  return new ViewerError('REPOSITORY_UNREADABLE', `${error.message}${remedy}`, { cause: error, data })
}
