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
import { isViewerError, ViewerError } from '../base/errors.ts'
import { createSingleFlight, waitFor } from '../base/single-flight.ts'
import type { Tracker } from '../bug/model.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import type { SearchSession, TextMatch } from '../search/search-index.ts'
import type { EntityRef, ReadEntity } from './entity-record.ts'
import { explainFailure } from './explain-failure.ts'
import { createFileLooks, type FileLooks } from './file-looks.ts'
import { Freshness, type Look } from './freshness.ts'
import { createFullBugReader, type FullBugReader } from './full-bug-reader.ts'
import { createInterner, type Interner } from './interner.ts'
import { type Loaded, loadTracker, type RepositoryState } from './load-tracker.ts'
import type { OpenTools } from './open-tools.ts'
import { readBlob } from './read-blob.ts'
import { createReadmeFinder, type ReadmeFinder } from './readme-finder.ts'
import type { RegisteredRepository } from './registry.ts'
import { createRepositoryStreams, type RepositoryStreams } from './repository-streams.ts'
import { createRest, type Rest } from './rest.ts'
import { createSignatureChecks, type SignatureChecks } from './signature-checks.ts'

/** Entities that were read, of those that are to be read; both 0 while the refs are being listed. */
export interface Progress {
  readonly done: number
  readonly total: number
}

/** Readers wait so long for a refresh before they get the state that is there. */
const refreshPatienceMs = 1000

/** Between two tries of what could not be read. */
const healRest = { times: 10, shortestMs: 2000, longestMs: 60_000 }

/** How a state is made. */
interface BuildOptions {
  /** Whether everything is read again, beside the state that is there. */
  readonly full?: boolean
  /** Whether entities that could not be read are read again, however many they are. */
  readonly retryUnreadable?: boolean
}

type BuildKind = 'first' | 'refresh' | 'full'

/** How a term is looked up. */
export interface TextOptions {
  /** Whether the answer says how well each bug fits. */
  readonly ranked?: boolean
  readonly signal?: AbortSignal | undefined
}

type OnRead = (read: ReadEntity, index: number) => void

interface EntityRead {
  readonly onRead: OnRead
  readonly signal: AbortSignal
  readonly isAnew: boolean
}

interface WantedText {
  readonly id: string
  readonly tip: string
}

interface TextRead {
  readonly onText: (tip: string, text: Uint8Array) => void
  readonly signal: AbortSignal
}

/** Told of every refresh, whoever asked for it. */
export interface RefreshEvents {
  refreshed(change: { readonly before: RepositoryState; readonly after: RepositoryState }): void
  failed(error: unknown): void
}

export class OpenRepository implements AsyncDisposable {
  readonly repository: RegisteredRepository
  readonly freshness: Freshness
  readonly bugs: FullBugReader
  readonly signatures: SignatureChecks
  readonly readme: ReadmeFinder
  readonly streams: RepositoryStreams
  readonly files: FileLooks
  readonly #tools: OpenTools
  readonly #events: RefreshEvents
  readonly #reader: ObjectReader
  readonly #interner: Interner = createInterner()
  readonly #refreshes = createSingleFlight<'refresh' | 'rebuild', void>()
  readonly #looks = createSingleFlight<'look', void>()
  readonly #texts: SearchSession
  #state: RepositoryState | undefined
  #stateNumber = 0
  #wantedNumber = 0
  #isRetryWanted = false
  readonly #healRest: Rest
  /** What the state's number is going to be when the refresh under way is done. */
  #refreshNumber = 0
  #isRefreshing = false
  #progress: Progress = { done: 0, total: 0 }

  constructor(repository: RegisteredRepository, tools: OpenTools, events: RefreshEvents) {
    this.repository = repository
    this.#events = events
    this.freshness = new Freshness(repository.location, tools.clock)
    this.#tools = tools
    this.#healRest = createRest(tools.clock, healRest)
    this.#reader = tools.git.openReader(repository.location.folder)
    const objects = { reader: this.#reader, folder: repository.location.folder }
    this.signatures = createSignatureChecks(tools.signatures, objects)
    this.bugs = createFullBugReader(tools, objects)
    this.readme = createReadmeFinder(tools.git, objects)
    this.streams = createRepositoryStreams(tools, repository.location)
    this.files = createFileLooks(tools, objects)
    this.#texts = tools.search.open(repository.name, (wanted, onText, signal) =>
      this.#readTexts(wanted, { onText, signal }),
    )
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
    return this.#state ? this.#state.bytes + this.#state.listing.bytes.length : 0
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
    else this.#heal()
  }

  /** An object that was missing or damaged may be there again, and no ref moves then. Nobody waits for it. */
  #heal() {
    if (this.state.unhealthy.length === 0 || !this.#healRest.isOver) return
    // What fails is told to the events.
    this.refresh({ retryUnreadable: true }).catch(() => {})
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
        await this.#build('full', { full: true }, stop)
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
    if (stop.aborted) return
    // That there is nothing is no failure, and a push may end it at once.
    if (!isViewerError(error, 'REPOSITORY_EMPTY')) this.#tools.backoff.failed(this.repository.name, error)
    this.#events.failed(error)
  }

  async #refresh(stop: AbortSignal, retry: boolean) {
    this.#refreshNumber = this.#wantedNumber
    this.#isRefreshing = true
    const before = this.state
    const retryUnreadable = retry || this.#isRetryWanted
    // Cleared now: a wish that comes from here on is for the next one.
    this.#isRetryWanted = false
    try {
      await this.#build('refresh', { retryUnreadable }, stop)
    } catch (error) {
      this.#isRetryWanted ||= retryUnreadable
      this.#tellFailure(error, stop)
      throw error
    } finally {
      this.#isRefreshing = false
    }
    this.#tools.backoff.forget(this.repository.name)
    this.#stateNumber = this.#refreshNumber
    this.#events.refreshed({ before, after: this.state })
  }

  async #build(kind: BuildKind, options: BuildOptions, signal: AbortSignal): Promise<void> {
    const { builds, clock, measures } = this.#tools
    await builds.run(async () => {
      const endTry = this.#healRest.begin()
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
        if (texts) this.#texts.update(texts)
        this.#state = state
        if (state !== before) this.#note(state)
        tell('done')
      } catch (error) {
        tell(signal.aborted ? 'stopped' : 'failed')
        throw error
      } finally {
        endTry()
      }
    }, signal)
  }

  #note(state: RepositoryState) {
    const reused = state.records.length - state.readCount
    this.#tools.measures.count('gitbugviewer_entities_total', { result: 'reused' }, reused)
  }

  async #load(options: BuildOptions, signal: AbortSignal): Promise<Loaded> {
    const { git, clock } = this.#tools
    const { folder } = this.repository.location
    const isAnew = options.full === true
    let noteListed: ((folders: readonly string[]) => void) | undefined
    try {
      this.#progress = { done: 0, total: 0 }
      noteListed = await this.freshness.beginListing({ isRefresh: !isAnew })
      const loaded = await loadTracker({
        git,
        clock,
        folder,
        signal,
        interner: this.#interner,
        readEntities: (refs, onRead) => this.#readEntities(refs, { onRead, signal, isAnew }),
        previous: isAnew ? undefined : this.#state,
        knownNumber: ref => this.#numberOf(ref),
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

  /** Whatever is read again at the same tip has the same texts: numbers would grow with each rebuild. */
  #numberOf({ kind, id, tip }: EntityRef): number | undefined {
    const bug = kind === 'bug' ? this.#state?.assembled.bugById.get(id) : undefined
    return bug?.tip === tip ? bug.textNumber : undefined
  }

  async #readEntities(refs: readonly EntityRef[], { onRead, signal, isAnew }: EntityRead): Promise<void> {
    const read = await this.#tools.stored.read({
      repository: this.repository.name,
      refs,
      signal,
      isAnew,
      onRead,
      readFromGit: (missing, onMissing) => this.#readFromGit(missing, onMissing, signal),
      onOthersProgress: progress => {
        this.#progress = progress
      },
      stepAside: wait => this.#tools.builds.stepAside(wait, signal),
    })
    this.#tools.measures.count('gitbugviewer_entities_total', { result: 'read' }, read)
  }

  async #readFromGit(refs: readonly EntityRef[], onRead: OnRead, signal: AbortSignal): Promise<void> {
    const { git, limits, pool, stored } = this.#tools
    const { folder } = this.repository.location
    await pool.read({ git, reader: this.#reader, folder, limits, packsTexts: stored.keepsTexts, signal }, refs, onRead)
  }

  /** Texts that the search index lacks, for bugs whose records came out of the store. */
  async #readTexts(wanted: readonly WantedText[], { onText, signal }: TextRead): Promise<void> {
    const { stored, builds } = this.#tools
    const tips = wanted.map(({ tip }) => tip)
    const reading = { onText: (text: Uint8Array, index: number) => onText(tips[index] ?? '', text), signal }
    const missing = await stored.readTexts(this.repository.name, tips, reading)
    if (missing.length === 0) return
    const refs = missing.flatMap(index => wanted[index] ?? []).map(({ id, tip }) => ({ kind: 'bug', id, tip }) as const)
    const take: OnRead = ({ text }, index) => text && onText(refs[index]?.tip ?? '', text)
    await builds.run(() => this.#readFromGit(refs, take, signal), signal)
  }

  /** Which bugs hold a term in their title or comments. @param options.signal ends the wait */
  async matchText(term: string, options: TextOptions): Promise<TextMatch> {
    return await this.#texts.match(term, options)
  }

  /** Reads a blob; undefined where it is missing, larger than the limit, damaged or none. */
  async readBlob(hash: string, maxBytes: number): Promise<Buffer | undefined> {
    return await readBlob(this.#reader, hash, maxBytes)
  }

  async [Symbol.asyncDispose]() {
    const reason = new ViewerError('SHUTTING_DOWN', 'the repository was closed')
    this.#texts[Symbol.dispose]()
    await Promise.all([
      this.#refreshes.stopAll(reason),
      this.bugs.stopAll(reason),
      this.#looks.stopAll(reason),
      this.readme.stopAll(reason),
      this.files.stopAll(reason),
      this.#reader[Symbol.asyncDispose](),
    ])
  }
}
