/**
 * The search thread: owns the database, does what messages ask, and fills the indexes while there is nothing else. It
 * is started with this file as its entry, so it works at import; nothing else may import it.
 *
 *     update ─► texts in the database, in small transactions ─► (in the background) indexes
 *        └────► what is missing is asked for, and waited for by the matches of that session
 *     match ──► after the updates of its repository that came before it, and between the steps of all else
 *
 * A database that fails is given up and another one takes its place, empty: `lost` says so.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { Log } from '../base/log.ts'
import {
  counter,
  type MatchMessage,
  type SearchReply,
  type SearchRequest,
  type SearchThreadData,
  type TextsMessage,
  type UpdateMessage,
} from './messages.ts'
import { isDamaged, isOutOfReach, type OpenDatabase, openDatabase, openMemory } from './open-database.ts'
import { SessionTexts } from './session-texts.ts'
import { TermSearch } from './term-search.ts'
import { TextStore } from './text-store.ts'
import { unavailable } from './unavailable.ts'
import { type Job, WorkQueue } from './work-queue.ts'

interface Write {
  readonly lane: string
  /** Starts it; not before its turn, since the database may be another one then. */
  work(): Iterator<void>
  /** However it ended. */
  onEnd?(): void
  /** It was done. */
  onDone?(): void
}

class SearchThread {
  readonly #port: MessagePort
  readonly #folder: string | undefined
  readonly #counters: BigInt64Array
  readonly #log: Log
  readonly #queue: WorkQueue
  readonly #matches = new Map<number, Job>()
  /** Matches of a session that wait for texts. */
  readonly #held = new Map<SessionTexts, Set<Job>>()
  readonly #sessions = new Map<number, SessionTexts>()
  readonly #waits: { readonly number: number; readonly until: 'stored' | 'indexed' }[] = []
  #database: OpenDatabase
  #store: TextStore
  #search: TermSearch
  #hasIndexFailed = false

  constructor(port: MessagePort, { folder, counters }: SearchThreadData) {
    this.#port = port
    this.#folder = folder
    this.#counters = new BigInt64Array(counters)
    this.#log = createRemoteLog(message => this.#send(message))
    this.#database = this.#openDatabase()
    ;[this.#store, this.#search] = openStore(this.#database)
    this.#queue = new WorkQueue({
      stepBackground: () => this.#index(),
      onDrained: () => this.#reach('stored'),
      onIdle: () => {
        this.#countBytes()
        this.#reach('stored')
        this.#reach('indexed')
      },
    })
    port.on('message', (request: SearchRequest) => this.#take(request))
  }

  #openDatabase(): OpenDatabase {
    return this.#folder === undefined ? openMemory() : openDatabase(this.#folder, { log: this.#log })
  }

  #send(reply: SearchReply, transfer: ArrayBuffer[] = []) {
    this.#port.postMessage(reply, transfer)
  }

  #take(request: SearchRequest) {
    switch (request.kind) {
      case 'update':
        return this.#addUpdate(request)
      case 'texts':
        return this.#addTexts(request)
      case 'given':
        return this.#addGiven(request.session, request.failure)
      case 'match':
        return this.#addMatch(request)
      case 'cancel':
        return this.#cancel(request.number)
      case 'leave':
        return this.#leave(request.session)
      case 'again':
        return this.#askAgain(request.session)
      case 'drop':
        return this.#addDrop(request.repository)
      case 'purge':
        return this.#addPurge(request)
      case 'sweep':
        return this.#sweep(request.nowMs, request.beforeMs)
      case 'wait':
        this.#waits.push(request)
        if (!this.#queue.hasJobs) this.#reach('stored')
        return this.#queue.wake()
      case 'close':
        return this.#close()
    }
  }

  #addUpdate(message: UpdateMessage) {
    const { session: number, repository: lane } = message
    const session = this.#sessions.get(number) ?? new SessionTexts(number, lane)
    this.#sessions.set(number, session)
    const bytes = message.buffers.reduce((sum, { byteLength }) => sum + byteLength, 0)
    this.#addWrite({
      lane,
      work: () => this.#store.update(message, session),
      onEnd: () => {
        Atomics.add(this.#counters, counter.taken, BigInt(bytes))
        // Given back now: this thread makes so little garbage that it would be collected late.
        for (const buffer of message.buffers) if (buffer instanceof ArrayBuffer) buffer.transfer(0)
      },
      onDone: () => {
        if (!message.isLast) return
        // What failed before is asked for again.
        session.failure = undefined
        this.#goOn(session)
      },
    })
  }

  #addTexts(message: TextsMessage) {
    const session = this.#sessions.get(message.session)
    const onEnd = () => void Atomics.add(this.#counters, counter.taken, BigInt(message.bytes.length))
    if (!session) return onEnd()
    this.#addWrite({ lane: session.repository, work: () => this.#store.give(message, session), onEnd })
  }

  #addGiven(number: number, failure: string | undefined) {
    const session = this.#sessions.get(number)
    if (!session) return
    const end = () => {
      const lacking = session.endPortion(failure)
      const data = { repository: session.repository, texts: lacking }
      if (lacking > 0) this.#log.warn(data, 'some texts of a repository are not there: they cannot be found')
      this.#goOn(session)
    }
    this.#addWrite({ lane: session.repository, work: () => noSteps(), onEnd: end })
  }

  /** Asks for texts that are missing; lets matches go on where there are none. */
  #goOn(session: SessionTexts) {
    if (this.#sessions.get(session.number) !== session) return
    if (session.isAsking) return
    const portion = session.nextPortion()
    if (portion.length > 0) {
      const ids = portion.map(({ id }) => id).join('\n')
      const tips = portion.map(({ tip }) => tip).join('\n')
      this.#send({ kind: 'wanted', session: session.number, ids, tips })
      return
    }
    this.#release(session)
  }

  #askAgain(number: number) {
    const session = this.#sessions.get(number)
    if (session?.failure === undefined) return
    session.failure = undefined
    this.#goOn(session)
  }

  #release(session: SessionTexts) {
    const held = this.#held.get(session)
    this.#held.delete(session)
    for (const job of held ?? []) this.#queue.add(job)
    this.#queue.wake()
  }

  #leave(number: number) {
    const session = this.#sessions.get(number)
    if (!session) return
    this.#sessions.delete(number)
    const held = this.#held.get(session)
    this.#held.delete(session)
    for (const job of held ?? []) job.abandon()
    this.#queue.wake()
  }

  #addDrop(lane: string) {
    this.#addWrite({ lane, work: () => this.#drop(lane) })
  }

  *#drop(name: string): Generator<void> {
    for (const session of this.#sessionsOf(name)) session.reset()
    yield* this.#store.drop(name)
    for (const session of this.#sessionsOf(name)) this.#release(session)
  }

  #sessionsOf(name: string): SessionTexts[] {
    return [...this.#sessions.values()].filter(({ repository }) => repository === name)
  }

  #addPurge({ session: number, repository: lane, upTo }: Extract<SearchRequest, { kind: 'purge' }>) {
    this.#addWrite({ lane, work: () => this.#store.purge(lane, upTo, this.#sessions.get(number)) })
  }

  #sweep(nowMs: number, beforeMs: number) {
    this.#addWrite({ lane: '', work: () => this.#startSweep(nowMs, beforeMs) })
  }

  *#startSweep(nowMs: number, beforeMs: number): Generator<void> {
    const isOpen = (name: string) => this.#sessionsOf(name).length > 0
    for (const repository of this.#store.listUnused(nowMs, beforeMs, isOpen)) {
      this.#addWrite({ lane: repository, work: () => this.#forget(repository) })
      yield
    }
  }

  /** Unless somebody has opened it meanwhile. */
  *#forget(repository: string): Generator<void> {
    if (this.#sessionsOf(repository).length > 0) return
    this.#log.info({ repository }, 'the texts of a repository were not searched for long and are forgotten')
    yield* this.#drop(repository)
  }

  #addWrite({ lane, work, onEnd, onDone }: Write) {
    let steps: Iterator<void> | undefined
    this.#queue.add({
      lane,
      isAwaited: false,
      step: () => {
        steps ??= work()
        if (steps.next().done !== true) return false
        this.#countBytes()
        onEnd?.()
        onDone?.()
        return true
      },
      fail: error => {
        for (const session of this.#sessionsOf(lane)) session.reset()
        onEnd?.()
        this.#log.error({ err: error, repository: lane }, 'the texts of a repository cannot be written for searching')
        for (const session of this.#sessionsOf(lane)) this.#release(session)
        this.#checkDatabase(error)
      },
      abandon: () => onEnd?.(),
    })
  }

  #addMatch(message: MatchMessage) {
    const { number } = message
    const refuse = (reason: string) => {
      this.#matches.delete(number)
      this.#send({ kind: 'failed', number, message: reason })
    }
    const session = this.#sessions.get(message.session)
    if (!session) return refuse('the texts are not known')
    let steps: ReturnType<TermSearch['match']> | undefined
    const job: Job = {
      lane: session.repository,
      isAwaited: true,
      step: () => {
        if (!steps && this.#hold(session, job)) return true
        steps ??= this.#startMatch(session, message)
        const { done, value } = steps.next()
        if (done !== true) return false
        this.#matches.delete(number)
        const transfer = value.scores ? [value.bits.buffer, value.scores.buffer] : [value.bits.buffer]
        this.#send({ kind: 'found', number, ...value }, transfer)
        return true
      },
      fail: error => {
        refuse(error instanceof Error ? error.message : String(error))
        this.#checkDatabase(error)
      },
      abandon: () => refuse('the texts are gone'),
    }
    this.#matches.set(number, job)
    this.#queue.add(job)
  }

  /** @returns whether the match has to wait for texts */
  #hold(session: SessionTexts, job: Job): boolean {
    const isThere = this.#sessions.get(session.number) === session
    if (!isThere || session.isComplete || session.failure !== undefined || !session.isWhole) return false
    const held = this.#held.get(session) ?? new Set()
    this.#held.set(session, held.add(job))
    return true
  }

  #startMatch(session: SessionTexts, { term, ranked }: MatchMessage): ReturnType<TermSearch['match']> {
    const repository = this.#store.find(session.repository)
    const isThere = this.#sessions.get(session.number) === session
    if (!repository || !isThere || !session.isWhole) throw unavailable()
    if (session.failure !== undefined) throw new Error(`texts cannot be read: ${session.failure}`)
    return this.#search.match({ repository, session, term, ranked })
  }

  #cancel(number: number) {
    const job = this.#matches.get(number)
    if (!job) return
    this.#matches.delete(number)
    this.#queue.remove(job)
    for (const held of this.#held.values()) held.delete(job)
  }

  #index(): boolean {
    if (this.#hasIndexFailed) return false
    try {
      const isMore = this.#store.workSome()
      if (isMore) this.#countBytes()
      return isMore
    } catch (error) {
      // What is not in the index is looked through, so nothing is lost by going on without.
      this.#hasIndexFailed = true
      this.#log.error({ err: error }, 'texts cannot be indexed for searching: searches are slower from now on')
      this.#checkDatabase(error)
      return false
    }
  }

  #checkDatabase(error: unknown) {
    if (!isDamaged(error) && !isOutOfReach(error)) return
    const what = isDamaged(error) ? 'the texts for searching are damaged' : 'the texts for searching are out of reach'
    this.#log.error({ err: error }, what)
    this.#replaceDatabase(error)
  }

  /** Everything that was known is lost; those who wait are told. */
  #replaceDatabase(error: unknown) {
    if (isDamaged(error)) this.#database.giveUp()
    try {
      this.#database[Symbol.dispose]()
    } catch (closing) {
      this.#log.warn({ err: closing }, 'the database of texts cannot be closed')
    }
    // Where the disk is full, or gone, the next file would fare no better.
    this.#database = isOutOfReach(error) ? openMemory() : this.#openDatabase()
    ;[this.#store, this.#search] = openStore(this.#database)
    this.#hasIndexFailed = false
    for (const session of this.#sessions.values()) session.reset()
    const held = [...this.#held.values()]
    this.#held.clear()
    this.#queue.clear()
    for (const jobs of held) for (const job of jobs) job.abandon()
    this.#send({ kind: 'lost' })
  }

  #countBytes() {
    Atomics.store(this.#counters, counter.database, BigInt(this.#store.bytes))
  }

  #reach(until: 'stored' | 'indexed') {
    // The source will give more.
    if ([...this.#sessions.values()].some(({ isAsking }) => isAsking)) return
    for (let at = this.#waits.length - 1; at >= 0; at--) {
      const wait = this.#waits[at]
      if (wait?.until !== until) continue
      this.#waits.splice(at, 1)
      this.#send({ kind: 'reached', number: wait.number })
    }
  }

  #close() {
    this.#queue.stop()
    this.#port.close()
    this.#database[Symbol.dispose]()
  }
}

function openStore({ db }: OpenDatabase): [TextStore, TermSearch] {
  const store = new TextStore(db)
  return [store, new TermSearch(db, store.indexer.vocabulary)]
}

function* noSteps(): Generator<void> {}

function createRemoteLog(send: (message: Extract<SearchReply, { kind: 'log' }>) => void): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (data: object, message: string) =>
    send({ kind: 'log', level, data, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

if (parentPort) new SearchThread(parentPort, workerData as SearchThreadData)
