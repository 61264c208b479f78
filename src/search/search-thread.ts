/**
 * The search thread: owns the database, does what messages ask, and fills the trigram index while there is nothing
 * else. It is started with this file as its entry, so it works at import; nothing else may import it.
 *
 *     update ─► texts in the database, in small transactions ─► (in the background) trigram index
 *     match ──► after the updates of its repository that came before it, and between the steps of all else
 *
 * A database that fails is given up and another one takes its place, empty: `lost` says so.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { Log } from '../base/log.ts'
import { counter, type SearchReply, type SearchRequest, type SearchThreadData, type UpdateMessage } from './messages.ts'
import { isDamaged, isOutOfReach, type OpenDatabase, openDatabase, openMemory } from './open-database.ts'
import { TermSearch } from './term-search.ts'
import { TextStore } from './text-store.ts'
import { unavailable } from './unavailable.ts'
import { type Job, WorkQueue } from './work-queue.ts'

class SearchThread {
  readonly #port: MessagePort
  readonly #folder: string
  readonly #counters: BigInt64Array
  readonly #log: Log
  readonly #queue: WorkQueue
  readonly #matches = new Map<number, Job>()
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
    this.#database = openDatabase(folder, this.#log)
    this.#store = new TextStore(this.#database.db)
    this.#search = new TermSearch(this.#database.db)
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

  #send(reply: SearchReply) {
    this.#port.postMessage(reply)
  }

  #take(request: SearchRequest) {
    switch (request.kind) {
      case 'update':
        return this.#addUpdate(request)
      case 'match':
        return this.#addMatch(request)
      case 'cancel':
        return this.#cancel(request.number)
      case 'drop':
        return this.#addWrite(request.repository, () => this.#store.drop(request.repository))
      case 'purge':
        return this.#addWrite(request.repository, () => this.#store.purge(request.repository, request.upTo))
      case 'wait':
        this.#waits.push(request)
        if (!this.#queue.hasJobs) this.#reach('stored')
        return this.#queue.wake()
      case 'close':
        return this.#close()
    }
  }

  #addUpdate(message: UpdateMessage) {
    const bytes = message.buffers.reduce((sum, { byteLength }) => sum + byteLength, 0)
    const taken = () => {
      Atomics.add(this.#counters, counter.taken, BigInt(bytes))
      // Given back now: this thread makes so little garbage that it would be collected late.
      for (const buffer of message.buffers) if (buffer instanceof ArrayBuffer) buffer.transfer(0)
    }
    this.#addWrite(message.repository, () => this.#store.update(message), taken)
  }

  /** @param work starts it; not before its turn, since the database may be another one then */
  #addWrite(lane: string, work: () => Iterator<void>, onEnd?: () => void) {
    let steps: Iterator<void> | undefined
    this.#queue.add({
      lane,
      isAwaited: false,
      step: () => {
        steps ??= work()
        const isDone = steps.next().done === true
        if (isDone) {
          this.#countBytes()
          onEnd?.()
        }
        return isDone
      },
      fail: error => {
        onEnd?.()
        this.#store.distrust(lane)
        this.#log.error({ err: error, repository: lane }, 'the texts of a repository cannot be written for searching')
        this.#checkDatabase(error)
      },
      abandon: () => onEnd?.(),
    })
  }

  #addMatch({ number, repository, term }: Extract<SearchRequest, { kind: 'match' }>) {
    let steps: Iterator<void, string> | undefined
    const refuse = (reason: string) => {
      this.#matches.delete(number)
      this.#send({ kind: 'failed', number, message: reason })
    }
    const job: Job = {
      lane: repository,
      isAwaited: true,
      step: () => {
        steps ??= this.#startMatch(repository, term)
        const { done, value } = steps.next()
        if (done !== true) return false
        this.#matches.delete(number)
        this.#send({ kind: 'found', number, tips: value })
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

  #startMatch(name: string, term: string): Iterator<void, string> {
    const repository = this.#store.find(name)
    if (!repository) throw unavailable()
    return this.#search.match(repository, term)
  }

  #cancel(number: number) {
    const job = this.#matches.get(number)
    if (!job) return
    this.#matches.delete(number)
    this.#queue.remove(job)
  }

  #index(): boolean {
    if (this.#hasIndexFailed) return false
    try {
      const isMore = this.#store.indexSome()
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
    this.#database = isOutOfReach(error) ? openMemory() : openDatabase(this.#folder, this.#log)
    this.#store = new TextStore(this.#database.db)
    this.#search = new TermSearch(this.#database.db)
    this.#hasIndexFailed = false
    this.#queue.clear()
    this.#send({ kind: 'lost' })
  }

  #countBytes() {
    Atomics.store(this.#counters, counter.database, BigInt(this.#store.bytes))
  }

  #reach(until: 'stored' | 'indexed') {
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

function createRemoteLog(send: (message: Extract<SearchReply, { kind: 'log' }>) => void): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (data: object, message: string) =>
    send({ kind: 'log', level, data, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

if (parentPort) new SearchThread(parentPort, workerData as SearchThreadData)
