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
import type { BuildPool } from './build-pool.ts'
import { Freshness, type Look } from './freshness.ts'
import type { FullBugs } from './full-bugs.ts'
import { createInterner, type Interner } from './interner.ts'
import { loadTracker, type RepositoryState } from './load-tracker.ts'
import { createEntitySource, readBug } from './read-entity.ts'
import type { RegisteredRepository } from './registry.ts'
import { stateBytes } from './state-bytes.ts'

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
  readonly measures: Measures
  /** The files of refs are looked at when the last look is older than this. */
  readonly lookAfterMs: number
}

/** Readers wait so long for a refresh before they get the state that is there. */
const refreshPatienceMs = 1000

/** How a state is made anew. */
export interface RefreshOptions {
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
  readonly #refreshes = createSingleFlight<'refresh', void>()
  readonly #looks = createSingleFlight<'look', void>()
  readonly #bugReads = createSingleFlight<string, Bug>()
  readonly #stop = new AbortController()
  #state: RepositoryState | undefined
  #bytes = 0
  #stateNumber = 0
  #wantedNumber = 0
  #isRetryWanted = false
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
  markStale({ retryUnreadable = false }: Pick<RefreshOptions, 'retryUnreadable'> = {}) {
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
    const result: Look = await this.freshness.look()
    this.#tools.measures.count('gitbugviewer_fingerprint_checks_total', { result })
    if (result !== 'same') this.markStale()
  }

  /** Refreshes until the state is the one that is wanted now; joins a refresh that is under way. */
  async refreshWanted(): Promise<void> {
    while (this.isStale) await this.refresh()
  }

  /** Makes the state anew though nothing says that it is stale: readers keep the old one until the new one is complete. */
  async refresh(options: RefreshOptions = {}): Promise<void> {
    await this.#refreshes.run('refresh', stop => this.#refresh(stop, options))
  }

  async #refresh(stop: AbortSignal, { full = false, retryUnreadable = this.#isRetryWanted }: RefreshOptions) {
    const number = this.#wantedNumber
    const before = this.state
    const signal = AbortSignal.any([stop, this.#stop.signal])
    try {
      await this.#build(full ? 'full' : 'refresh', { full, retryUnreadable }, signal)
      if (retryUnreadable) this.#isRetryWanted = false
    } catch (error) {
      if (!stop.aborted) this.#events.failed(error)
      throw error
    }
    this.#stateNumber = number
    this.#events.refreshed({ before, after: this.state })
  }

  async #build(kind: BuildKind, options: RefreshOptions, signal: AbortSignal): Promise<void> {
    const { builds, clock, measures } = this.#tools
    await builds.run(async () => {
      const startedMs = clock.monotonicMs()
      const tell = (result: 'done' | 'failed' | 'stopped') => {
        const seconds = (clock.monotonicMs() - startedMs) / 1000
        measures.observe('gitbugviewer_build_duration_seconds', seconds, { kind, result })
      }
      try {
        const before = this.#state
        const state = await this.#load(options, signal)
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
    this.#bytes = stateBytes(state)
    measures.count('gitbugviewer_entities_total', { result: 'read' }, state.readCount)
    measures.count('gitbugviewer_entities_total', { result: 'reused' }, state.records.length - state.readCount)
  }

  async #load(options: RefreshOptions, signal: AbortSignal): Promise<RepositoryState> {
    const { git, clock, limits, pool } = this.#tools
    const { folder } = this.repository.location
    const request = { git, reader: this.#reader, folder, limits, signal }
    try {
      this.#progress = { done: 0, total: 0 }
      const noteListed = await this.freshness.beginListing()
      const state = await loadTracker({
        git,
        clock,
        folder,
        signal,
        interner: this.#interner,
        readEntities: (refs, onRecord) => pool.read(request, refs, onRecord),
        previous: options.full ? undefined : this.#state,
        retryUnreadable: options.retryUnreadable ?? false,
        onProgress: (done, total) => {
          this.#progress = { done, total }
        },
      })
      noteListed(state.folders)
      return state
    } catch (error) {
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
