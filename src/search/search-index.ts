/**
 * Full text over titles and comments. The texts are in a database that a thread of its own looks after (`search-thread.ts`):
 * the main thread keeps none of them. Promises that a match sees every update that came before it and finds every bug
 * with the term, however far the thread's own index has come; and that what fails is logged, and makes `match` say so
 * rather than find too little.
 *
 *     update ──► parts of a megabyte, handed over ──► thread: database
 *            ◄── wanted: texts that it has not         │
 *     match ───► thread ──► a bit for each number      │
 *     60 s after an update ──► what it has replaced goes ┘     until then, whoever looks at the state before finds it
 *
 * What a term finds is in `bug/search-words.ts`.
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
import { noMatch, toTextMatch } from './text-match.ts'
import { unavailable } from './unavailable.ts'
import { cutUpdate, type TextChange, TextPacker } from './update-parts.ts'

/** Where texts come from that the index lacks and was not given. What it does not give is not found. */
export type TextSource = (
  wanted: readonly { readonly id: string; readonly tip: string }[],
  /** `text` as in `BugText`; it is copied. */
  onText: (tip: string, text: Uint8Array) => void,
  signal: AbortSignal,
) => Promise<void>

export interface SearchIndex extends AsyncDisposable {
  /** One for each time that a repository is opened; what it is told replaces what was known of the repository. */
  open(repository: string, source: TextSource): SearchSession
  /** Forgets a repository. */
  drop(repository: string): void
  /** Settles when all texts that were given are in the database; `indexed`: when nothing is left to be done at all. */
  reached(until: 'stored' | 'indexed', signal?: AbortSignal): Promise<void>
  /** Of the database, about. */
  readonly bytes: number
  /** Of texts that wait to be written into it. */
  readonly queuedBytes: number
}

/** Disposed, it stops what it asked for, and answers no more. */
export interface SearchSession extends Disposable {
  /**
   * Texts have changed. The buffers of texts are handed over. The first update of a session is a whole one. Never
   * fails: what goes wrong is logged, and told by `match`.
   */
  update(change: TextChange): void
  /**
   * Which of the numbers given in updates hold the term, neither case nor accents counting; those of texts that were
   * replaced lately may be among them. Sees every update before it.
   * @throws SEARCH_UNAVAILABLE where the texts of the repository are not known, or were lost
   */
  match(term: string, options?: MatchOptions): Promise<TextMatch>
}

export interface MatchOptions {
  /** Whether scores are wanted. */
  readonly ranked?: boolean | undefined
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined
}

export interface TextMatch {
  /** Numbers that hold the term. */
  readonly count: number
  has(number: number): boolean
  /** Only of ranked ones: the better the higher; 0 where it does not match. */
  score(number: number): number
}

export interface SearchOptions {
  /** For the database; it is made where it is missing. Undefined: everything is in memory. */
  readonly folder: string | undefined
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
  /** Repositories that were not opened for so long are forgotten; 30 days where it is not given. */
  readonly forgetAfterMs?: number
  /** All texts are gone; matches fail until repositories are given as a whole again. */
  onLost?(): void
}

const dayMs = 24 * 60 * 60 * 1000
const usualForgetMs = 30 * dayMs
/** Questions that may wait for the thread: one after the other, a few hundred take a few seconds. */
const maxWaiting = 256
/** After this long a source that has failed is asked again. */
const againMs = 3000
/** Answers that are kept of a session: 12 KB each for 100,000 bugs. */
const keptAnswers = 64
/** Longer than any request waits for what it was promised. */
const replacedStayMs = 60_000
/** A thread that has died is started again after this long. */
const restMs = 30_000
/** The thread ends after the step that it is at. */
const closeLimitMs = 5000
/**
 * Texts and their indexes are SQLite's, outside of this heap; what is in it are ids that wait. A thread that goes far
 * beyond its limit at once would take the process with it.
 */
const threadHeapMb = 512

/** Makes the index. Starts nothing yet; the thread starts with the first update. */
export function openSearchIndex(options: SearchOptions): SearchIndex {
  return new ThreadedIndex(options)
}

interface OpenSession {
  readonly number: number
  readonly repository: string
  readonly source: TextSource
  readonly stop: AbortController
  /** Answers since the last update, purge or drop: common words are asked for again and again, each time with others beside them. */
  answers: Map<string, TextMatch>
}

class ThreadedIndex implements SearchIndex {
  readonly #options: SearchOptions
  readonly #waiting = new Map<number, PromiseWithResolvers<TextMatch>>()
  readonly #sessions = new Map<number, OpenSession>()
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

  open(repository: string, source: TextSource): SearchSession {
    const session: OpenSession = {
      number: ++this.#lastNumber,
      repository,
      source,
      stop: new AbortController(),
      answers: new Map(),
    }
    this.#sessions.set(session.number, session)
    return {
      update: change => this.#update(session, change),
      match: (term, options = {}) => this.#match(session, term, options),
      [Symbol.dispose]: () => this.#leave(session),
    }
  }

  #leave(session: OpenSession) {
    if (!this.#sessions.delete(session.number)) return
    session.stop.abort(new DOMException('nobody searches there any more', 'AbortError'))
    this.#post({ kind: 'leave', session: session.number })
  }

  #update(open: OpenSession, change: TextChange) {
    const { number: session, repository } = open
    if (this.#isClosed || this.#isResting || !this.#sessions.has(session)) return
    // One that is about to be left must not put its texts over those of its successor.
    if (this.#sessions.values().some(other => other.repository === repository && other.number > session)) return
    open.answers = new Map()
    const number = ++this.#lastNumber
    const thread = this.#start()
    const nowMs = this.#options.clock.nowMs()
    for (const { message, transfer, bytes } of cutUpdate({ session, repository, number, nowMs }, change)) {
      this.#sentBytes += bytes
      thread.postMessage(message, transfer)
    }
    this.#startTimer(replacedStayMs, () => {
      // Looked up: the timer must not keep a session, and with it its repository, for longer than they are there.
      const left = this.#sessions.get(session)
      if (left) left.answers = new Map()
      this.#post({ kind: 'purge', session, repository, upTo: number })
    })
  }

  async #match({ number: session, answers }: OpenSession, term: string, options: MatchOptions): Promise<TextMatch> {
    // Nothing was ever given to a thread that does not run.
    if (!this.#thread || !this.#sessions.has(session)) throw unavailable()
    if (this.#waiting.size >= maxWaiting) throw new ViewerError('LOAD_TIMEOUT', 'too many searches wait already')
    const { ranked = false, signal } = options
    const folded = foldText(term.toWellFormed())
    const known = ranked ? undefined : answers.get(folded)
    if (known) return known
    const match = await this.#ask(number => ({ kind: 'match', number, session, term: folded, ranked }), signal)
    // Scores are many times as large, and asked for less often.
    if (!ranked) {
      const [oldest] = answers.keys()
      if (answers.size >= keptAnswers && oldest !== undefined) answers.delete(oldest)
      answers.set(folded, match)
    }
    return match
  }

  drop(repository: string): void {
    for (const session of this.#sessions.values()) {
      if (session.repository === repository) session.answers = new Map()
    }
    this.#post({ kind: 'drop', repository })
  }

  async reached(until: 'stored' | 'indexed', signal?: AbortSignal): Promise<void> {
    if (this.#thread) await this.#ask(number => ({ kind: 'wait', number, until }), signal)
  }

  async #ask(request: (number: number) => SearchRequest, signal?: AbortSignal): Promise<TextMatch> {
    signal?.throwIfAborted()
    const number = ++this.#lastNumber
    const answer = Promise.withResolvers<TextMatch>()
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
    thread.once('exit', status => this.#afterExit(thread, status))
    this.#thread = thread
    this.#sweep(thread)
    return thread
  }

  /** At the start of a thread, and once a day for as long as it lives. */
  #sweep(thread: Worker) {
    if (this.#thread !== thread) return
    const nowMs = this.#options.clock.nowMs()
    this.#post({ kind: 'sweep', nowMs, beforeMs: nowMs - (this.#options.forgetAfterMs ?? usualForgetMs) })
    this.#startTimer(dayMs, () => this.#sweep(thread))
  }

  #take(reply: SearchReply) {
    switch (reply.kind) {
      case 'log':
        return this.#options.log[reply.level](reply.data, reply.message)
      case 'lost':
        for (const session of this.#sessions.values()) session.answers = new Map()
        return this.#options.onLost?.()
      case 'wanted':
        return void this.#give(reply.session, toWanted(reply))
      case 'failed':
        return this.#takeWaiting(reply.number)?.reject(unavailable(reply.message))
      case 'found':
        return this.#takeWaiting(reply.number)?.resolve(toTextMatch(reply))
      case 'reached':
        return this.#takeWaiting(reply.number)?.resolve(noMatch)
    }
  }

  #takeWaiting(number: number) {
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    return waiting
  }

  /** Gets texts that the thread lacks. It asks for some, and for the next ones when these were given. */
  async #give(session: number, wanted: { id: string; tip: string }[]): Promise<void> {
    const open = this.#sessions.get(session)
    const thread = this.#thread
    if (!open || !thread) return
    const { signal } = open.stop
    const isOver = () => signal.aborted || this.#thread !== thread
    const packer = new TextPacker(texts => {
      if (isOver()) return
      this.#sentBytes += texts.bytes.length
      thread.postMessage({ kind: 'texts', session, ...texts }, [texts.bytes.buffer, texts.lengths.buffer])
    })
    let failure: string | undefined
    try {
      await open.source(wanted, (tip, text) => packer.add(tip, text), signal)
    } catch (error) {
      if (isOver()) return
      failure = error instanceof Error ? error.message : String(error)
      const data = { err: error, repository: open.repository }
      this.#options.log.error(data, 'texts of a repository cannot be read for searching')
    }
    if (isOver()) return
    packer.flush()
    thread.postMessage({ kind: 'given', session, failure } satisfies SearchRequest)
    if (failure !== undefined) this.#startTimer(againMs, () => this.#post({ kind: 'again', session }))
  }

  #afterExit(thread: Worker, status: number) {
    if (this.#thread === thread) this.#thread = undefined
    this.#rejectAll(unavailable())
    if (this.#isClosed) return
    this.#options.log.error({ status }, 'the search thread has ended: there is no search until it is started again')
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
    const reason = new ViewerError('SHUTTING_DOWN', 'the server is shutting down')
    for (const { stop } of this.#sessions.values()) stop.abort(reason)
    this.#rejectAll(reason)
    const thread = this.#thread
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

function toWanted({ ids, tips }: { readonly ids: string; readonly tips: string }): { id: string; tip: string }[] {
  const tipList = tips.split('\n')
  return ids.split('\n').map((id, at) => ({ id, tip: tipList[at] ?? '' }))
}
