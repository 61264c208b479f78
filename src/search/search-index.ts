/**
 * Full text over titles and comments. The texts are in a database that a thread of its own looks after (`search-thread.ts`):
 * the main thread keeps none of them. Promises that a match sees every update that came before it and finds every bug
 * with the term, however far the thread's own index has come; and that what fails is logged, and makes `match` say so
 * rather than find too little.
 *
 *     update ──► parts of a megabyte, handed over ──► thread: database
 *     match ───► thread ──► tips                         │
 *     60 s after an update ──► what it has replaced goes ┘     until then, whoever looks at the state before finds it
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock, Timer } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import { waitFor } from '../base/single-flight.ts'
import { foldText } from '../bug/search-text.ts'
import { counter, counterBytes, type SearchReply, type SearchRequest, type SearchThreadData } from './messages.ts'
import { unavailable } from './unavailable.ts'
import { cutUpdate, type TextChange } from './update-parts.ts'

export interface SearchIndex extends AsyncDisposable {
  /**
   * The texts of a repository have changed. The buffers of texts are handed over. The first update of a repository is a
   * whole one. Never fails: what goes wrong is logged, and told by `match`.
   */
  update(repository: string, change: TextChange): void
  /**
   * Tips of the bugs that hold the term, neither case nor accents counting; those of bugs that were replaced lately may
   * be among them. Sees every update that came before.
   * @param signal ends the wait
   * @throws SEARCH_UNAVAILABLE where the texts of the repository are not known, or were lost
   */
  match(repository: string, term: string, signal?: AbortSignal): Promise<ReadonlySet<string>>
  /** Forgets a repository. */
  drop(repository: string): void
  /** Settles when all texts are in the database; `indexed`: when nothing is left to be done at all. */
  reached(until: 'stored' | 'indexed', signal?: AbortSignal): Promise<void>
  /** Of the database, about. */
  readonly bytes: number
  /** Of texts that wait to be written into it. */
  readonly queuedBytes: number
}

export interface SearchOptions {
  /** For the database; it is made where it is missing. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
  /** All texts are gone; matches fail until repositories are given as a whole again. */
  onLost?(): void
}

/** Questions that may wait for the thread: one after the other, a few hundred take a few seconds. */
const maxWaiting = 256
/** Longer than any request waits for what it was promised. */
const replacedStayMs = 60_000
/** A thread that has died is started again after this long. */
const restMs = 30_000
/** The thread ends after the step that it is at. */
const closeLimitMs = 5000
/** Texts and their index are SQLite's, outside of this heap. */
const threadHeapMb = 128

/** Makes the index. Starts nothing yet; the thread starts with the first update. */
export function openSearchIndex(options: SearchOptions): SearchIndex {
  return new ThreadedIndex(options)
}

class ThreadedIndex implements SearchIndex {
  readonly #options: SearchOptions
  readonly #waiting = new Map<number, PromiseWithResolvers<string>>()
  readonly #timers = new Set<Timer>()
  #thread: Worker | undefined
  #counters = new BigInt64Array(new SharedArrayBuffer(counterBytes))
  #sentBytes = 0
  #lastNumber = 0
  /** The thread has died; it is not started again at once, since it may die of the same. */
  #isResting = false
  #isClosed = false

  constructor(options: SearchOptions) {
    this.#options = options
    options.measures.gauge('gitbugviewer_search_bytes', () => this.bytes)
    options.measures.gauge('gitbugviewer_search_queue_bytes', () => this.queuedBytes)
  }

  get bytes(): number {
    return this.#count(counter.database)
  }

  get queuedBytes(): number {
    return this.#thread ? this.#sentBytes - this.#count(counter.taken) : 0
  }

  #count(place: number): number {
    return Number(Atomics.load(this.#counters, place))
  }

  update(repository: string, change: TextChange): void {
    if (this.#isClosed || this.#isResting) return
    const number = ++this.#lastNumber
    const thread = this.#start()
    for (const { message, transfer, bytes } of cutUpdate({ repository, number }, change)) {
      this.#sentBytes += bytes
      thread.postMessage(message, transfer)
    }
    this.#startTimer(replacedStayMs, () => this.#post({ kind: 'purge', repository, upTo: number }))
  }

  async match(repository: string, term: string, signal?: AbortSignal): Promise<ReadonlySet<string>> {
    // Nothing was ever given to a thread that does not run.
    if (!this.#thread) throw unavailable()
    if (this.#waiting.size >= maxWaiting) throw new ViewerError('LOAD_TIMEOUT', 'too many searches wait already')
    const folded = foldText(term.toWellFormed())
    const tips = await this.#ask(number => ({ kind: 'match', number, repository, term: folded }), signal)
    return new Set(tips === '' ? [] : tips.split('\n'))
  }

  drop(repository: string): void {
    this.#post({ kind: 'drop', repository })
  }

  async reached(until: 'stored' | 'indexed', signal?: AbortSignal): Promise<void> {
    if (this.#thread) await this.#ask(number => ({ kind: 'wait', number, until }), signal)
  }

  async #ask(request: (number: number) => SearchRequest, signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted()
    const number = ++this.#lastNumber
    const answer = Promise.withResolvers<string>()
    this.#waiting.set(number, answer)
    this.#post(request(number))
    // The thread keeps the process alive while somebody waits for it.
    this.#thread?.ref()
    try {
      return await waitFor(answer.promise, signal)
    } finally {
      // It is there still where nobody has answered.
      if (this.#waiting.delete(number)) this.#post({ kind: 'cancel', number })
      if (this.#waiting.size === 0) this.#thread?.unref()
    }
  }

  #post(request: SearchRequest) {
    this.#thread?.postMessage(request)
  }

  #start(): Worker {
    if (this.#thread) return this.#thread
    const file = new URL(`./search-thread${extname(import.meta.filename)}`, import.meta.url)
    this.#counters = new BigInt64Array(new SharedArrayBuffer(counterBytes))
    this.#sentBytes = 0
    const workerData: SearchThreadData = { folder: this.#options.folder, counters: this.#counters.buffer }
    const thread = new Worker(file, {
      workerData,
      name: 'search',
      resourceLimits: { maxOldGenerationSizeMb: threadHeapMb, maxYoungGenerationSizeMb: 4 },
    })
    thread.unref()
    thread.on('message', (reply: SearchReply) => this.#take(reply))
    thread.on('error', error => this.#options.log.error({ err: error }, 'the search thread has failed'))
    thread.once('exit', () => this.#afterExit(thread))
    this.#thread = thread
    return thread
  }

  #take(reply: SearchReply) {
    if (reply.kind === 'log') return this.#options.log[reply.level](reply.data, reply.message)
    if (reply.kind === 'lost') return this.#options.onLost?.()
    const waiting = this.#waiting.get(reply.number)
    this.#waiting.delete(reply.number)
    if (reply.kind === 'failed') waiting?.reject(unavailable(reply.message))
    else waiting?.resolve(reply.kind === 'found' ? reply.tips : '')
  }

  #afterExit(thread: Worker) {
    if (this.#thread === thread) this.#thread = undefined
    this.#rejectAll(unavailable())
    if (this.#isClosed) return
    this.#isResting = true
    this.#startTimer(restMs, () => {
      this.#isResting = false
      this.#options.onLost?.()
    })
  }

  #startTimer(delayMs: number, run: () => void) {
    const timer = this.#options.clock.startTimer(delayMs, () => {
      this.#timers.delete(timer)
      run()
    })
    this.#timers.add(timer)
  }

  #rejectAll(error: Error) {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(error)
  }

  async [Symbol.asyncDispose]() {
    this.#isClosed = true
    for (const timer of this.#timers) timer.cancel()
    const thread = this.#thread
    this.#rejectAll(new ViewerError('SHUTTING_DOWN', 'the server is shutting down'))
    if (!thread) return
    const ended = new Promise(resolve => thread.once('exit', resolve))
    const limit = this.#options.clock.startTimer(closeLimitMs, () => void thread.terminate())
    thread.postMessage({ kind: 'close' } satisfies SearchRequest)
    // Somebody waits for it now.
    thread.ref()
    await ended
    limit.cancel()
  }
}
