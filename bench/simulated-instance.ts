/**
 * One instance in virtual time, with the rules of `src/cache/cache-manager.ts`: a repository is opened on its first
 * request, once for all who wait; closed when it was idle, or when memory is needed, and never in use; made new when its
 * refs have moved. Who waits for an opening longer than a second is told to come back. Pages are made by one thread.
 */
import type { Request } from './access.ts'
import { createProcessor, type Processor } from './simulated-processor.ts'
import { createReader, type Reading, type ReadingCosts, type ReadingDeps, type Source } from './simulated-reading.ts'
import { createSimulatedStore, type SimulatedStore } from './simulated-store.ts'
import type { AnswerKind } from './simulated-tally.ts'

export interface InstanceCosts extends ReadingCosts {
  /** Of the thread that makes pages: one that is in memory, and one that has to be made. */
  readonly keptPageMs: number
  readonly renderedPageMs: number
  /** Processor: listing the refs of an open repository by the timer. */
  readonly listMs: number
  /** Memory. */
  readonly openBytes: number
  readonly openBugBytes: number
}

export interface InstanceOptions {
  readonly processors: number
  /** `cache.maxBytes`; 0 is no bound. */
  readonly maxBytes: number
  readonly idleMs: number
  readonly maxBuilds: number
  /** Of the local store; 0 is none. */
  readonly localMaxBytes: number
  /** Between two runs of the timed rebuild; 0 is none. */
  readonly rebuildMs: number
  readonly costs: InstanceCosts
}

/** What instances share. */
export interface Surroundings extends Pick<ReadingDeps, 'time' | 'redis' | 'keys' | 'tally' | 'bugsOf' | 'versionOf'> {
  /** Sends a request to an instance, once more where it was sent to one before. */
  route(request: Request): void
  /** Tells the others that a repository has moved. */
  tell(from: number, repository: number, version: number): void
  /** Looks at an instance when it has made room. */
  observe(instance: SimulatedInstance, latest: OpenEntry): void
}

export interface OpenEntry {
  readonly repository: number
  readonly bytes: number
  version: number
  usedMs: number
  users: number
  refresh: Reading | undefined
  waiting: Visit[]
}

interface Opening {
  readonly reading: Reading
  readonly visits: Set<Visit>
  cancelLinger: () => void
}

/** A request while it is here. */
interface Visit {
  readonly request: Request
  isOver: boolean
}

const patienceMs = 1000
const comeBackMs = 2000
const lingerMs = 10_000
/** Nobody looks at a progress page for longer. */
const giveUpMs = 900_000

export class SimulatedInstance {
  readonly number: number
  isUp = true
  mostBytes = 0
  bytes = 0
  /** In the order of use. */
  readonly entries = new Map<number, OpenEntry>()
  readonly #options: InstanceOptions
  readonly #around: Surroundings
  readonly #openings = new Map<number, Opening>()
  readonly #visits = new Set<Visit>()
  readonly #local: SimulatedStore
  readonly #processor: Processor
  readonly #read: ReturnType<typeof createReader>
  #pagesMs = 0
  #pagesFreeMs = 0
  #hasIdleTimer = false
  /** Grows with each start. */
  #life = 0

  constructor(number: number, options: InstanceOptions, around: Surroundings) {
    this.number = number
    this.#options = options
    this.#around = around
    this.#local = createSimulatedStore(options.localMaxBytes)
    this.#processor = createProcessor(around.time, options.processors)
    this.#read = createReader({
      ...around,
      ...options,
      instance: number,
      processor: this.#processor,
      local: this.#local,
    })
    this.#rebuildLater()
  }

  get load(): number {
    return this.#visits.size
  }

  /** Of the processors, until now. */
  get usedMs(): number {
    return this.#processor.usedMs + this.#pagesMs
  }

  get storedBytes(): number {
    return this.#local.mostBytes
  }

  ask(request: Request) {
    const visit: Visit = { request, isOver: false }
    this.#visits.add(visit)
    const entry = this.entries.get(request.repository)
    if (!entry) return this.#joinOpening(visit)
    this.#use(entry)
    if (entry.version >= this.#around.versionOf(request.repository)) return this.#serve(visit, 'open', entry)
    entry.users++
    entry.waiting.push(visit)
    this.#refresh(entry)
    // Then the state that is there must do.
    this.#after(patienceMs, () => {
      const place = entry.waiting.indexOf(visit)
      if (place < 0) return
      entry.waiting.splice(place, 1)
      entry.users--
      this.#serve(visit, 'open', entry)
    })
  }

  /** Another instance has seen that state. */
  heard(repository: number, version: number) {
    const entry = this.entries.get(repository)
    if (entry && entry.version < version) this.#refresh(entry)
  }

  /** @returns requests that were under way */
  stop({ isKilled, losesStore }: { readonly isKilled: boolean; readonly losesStore: boolean }): readonly Request[] {
    this.isUp = false
    this.#life++
    for (const { reading } of this.#openings.values()) reading.stop(isKilled)
    for (const { refresh } of this.entries.values()) refresh?.stop(isKilled)
    this.#processor.stop()
    this.#openings.clear()
    this.entries.clear()
    this.bytes = 0
    this.#pagesFreeMs = 0
    this.#hasIdleTimer = false
    if (losesStore) this.#local.clear()
    const requests = [...this.#visits].map(visit => {
      visit.isOver = true
      return visit.request
    })
    this.#visits.clear()
    return requests
  }

  start() {
    this.isUp = true
    this.#rebuildLater()
  }

  #after(delayMs: number, run: () => void): () => void {
    const life = this.#life
    return this.#around.time.after(delayMs, () => {
      if (life === this.#life) run()
    })
  }

  #use(entry: OpenEntry) {
    entry.usedMs = this.#around.time.nowMs
    this.entries.delete(entry.repository)
    this.entries.set(entry.repository, entry)
  }

  #serve(visit: Visit, kind: AnswerKind, entry: OpenEntry) {
    const { costs } = this.#options
    const { nowMs } = this.#around.time
    const ms = visit.request.isRendered ? costs.renderedPageMs : costs.keptPageMs
    this.#pagesFreeMs = Math.max(nowMs, this.#pagesFreeMs) + ms
    this.#pagesMs += ms
    entry.users++
    this.#after(this.#pagesFreeMs - nowMs, () => {
      entry.users--
      this.#answer(visit, kind)
    })
  }

  #answer(visit: Visit, kind: AnswerKind) {
    this.#end(visit)
    this.#around.tally.answer(kind, visit.request.atMs)
  }

  #end(visit: Visit) {
    visit.isOver = true
    this.#visits.delete(visit)
  }

  #joinOpening(visit: Visit) {
    const { repository } = visit.request
    const opening = this.#openings.get(repository) ?? this.#startOpening(repository)
    opening.cancelLinger()
    opening.visits.add(visit)
    this.#after(patienceMs, () => {
      if (visit.isOver || !opening.visits.delete(visit)) return
      this.#showProgress(visit)
      if (opening.visits.size > 0) return
      opening.cancelLinger = this.#after(lingerMs, () => {
        opening.reading.stop(false)
        this.#openings.delete(repository)
      })
    })
  }

  #showProgress(visit: Visit) {
    const { request } = visit
    const { tally, time } = this.#around
    tally.numbers.progressPages++
    if (request.isCrawler || time.nowMs - request.atMs > giveUpMs) return this.#answer(visit, 'left')
    this.#end(visit)
    time.after(comeBackMs, () => this.#around.route(request))
  }

  #startOpening(repository: number): Opening {
    const opening: Opening = {
      visits: new Set(),
      cancelLinger: () => {},
      reading: this.#read({
        repository,
        have: -1,
        done: (version, source) => this.#opened(opening, { repository, version, source }),
      }),
    }
    this.#openings.set(repository, opening)
    return opening
  }

  #opened(opening: Opening, read: { repository: number; version: number; source: Source }) {
    const { repository, version, source } = read
    const { costs } = this.#options
    opening.cancelLinger()
    this.#openings.delete(repository)
    const bytes = costs.openBytes + costs.openBugBytes * this.#around.bugsOf(repository)
    const usedMs = this.#around.time.nowMs
    const entry: OpenEntry = { repository, version, bytes, usedMs, users: 0, refresh: undefined, waiting: [] }
    this.entries.set(repository, entry)
    this.bytes += bytes
    this.#keepBudget(entry)
    this.#closeIdleLater()
    const visits = [...opening.visits]
    // None of them is told of the progress any more.
    opening.visits.clear()
    for (const visit of visits) this.#serve(visit, source, entry)
  }

  #refresh(entry: OpenEntry) {
    const { repository } = entry
    entry.refresh ??= this.#read({
      repository,
      have: entry.version,
      done: version => {
        entry.refresh = undefined
        this.#around.tally.numbers.refreshes++
        const hasMoved = version > entry.version
        entry.version = version
        if (hasMoved) this.#around.tell(this.number, repository, version)
        for (const visit of entry.waiting.splice(0)) {
          entry.users--
          this.#serve(visit, 'open', entry)
        }
      },
    })
  }

  #keepBudget(latest: OpenEntry) {
    const { maxBytes } = this.#options
    if (maxBytes > 0) {
      for (const entry of this.entries.values()) {
        if (this.bytes <= maxBytes) break
        if (entry === latest || entry.users > 0) continue
        this.#close(entry)
        this.#around.tally.numbers.closedForMemory++
      }
    }
    this.mostBytes = Math.max(this.mostBytes, this.bytes)
    this.#around.observe(this, latest)
  }

  #close(entry: OpenEntry) {
    entry.refresh?.stop(false)
    this.entries.delete(entry.repository)
    this.bytes -= entry.bytes
  }

  /** One timer for all: the first of the table is the one that was not used for longest. */
  #closeIdleLater() {
    const [first] = this.entries.values()
    const { idleMs } = this.#options
    if (!first || this.#hasIdleTimer || idleMs === 0) return
    this.#hasIdleTimer = true
    this.#after(Math.max(1, first.usedMs + idleMs - this.#around.time.nowMs), () => {
      this.#hasIdleTimer = false
      for (const entry of this.entries.values()) {
        if (entry.usedMs + idleMs > this.#around.time.nowMs) break
        if (entry.users > 0) continue
        this.#close(entry)
        this.#around.tally.numbers.closedIdle++
      }
      this.#closeIdleLater()
    })
  }

  #rebuildLater() {
    const { rebuildMs, costs, processors } = this.#options
    if (rebuildMs === 0) return
    this.#after(rebuildMs, () => {
      const ms = this.entries.size * costs.listMs
      this.#processor.run({ ms, threads: processors }, () => {
        for (const entry of this.entries.values())
          this.heard(entry.repository, this.#around.versionOf(entry.repository))
      })
      this.#rebuildLater()
    })
  }
}
