/**
 * The store in SQLite: one file in a folder, for all processes of the machine that share the folder. A thread of its own
 * reads and writes it (`sqlite-thread.ts`), so that a slow disk holds up nobody. Promises what a store promises, whatever
 * becomes of the file, the disk and the thread.
 *
 *     getMany ─► a question ────────► thread ─► values in one buffer
 *     setMany ─► parts, a copy each ► thread ─► file      no more than some megabytes on their way
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import { createMutex } from '../base/mutex.ts'
import { waitFor } from '../base/single-flight.ts'
import { type FallibleStore, guardStore } from './guard-store.ts'
import { noValue, type StoreReply, type StoreRequest, type StoreThreadData } from './sqlite-messages.ts'
import { cutEntries } from './sqlite-parts.ts'
import { countLookups, type Store, type StoreEntry, type StoreLimits, type StoreTier, storeTiers } from './store.ts'

export interface SqliteStoreOptions {
  /** For the file; it is made where it is missing. */
  readonly folder: string
  readonly limits: StoreLimits
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
}

/** Longer than a disk that works takes for thousands of values. */
const readTimeoutMs = 10_000
/** A slow disk takes its time for what is on its way already. */
const writeTimeoutMs = 30_000
/** On their way to the thread. */
const maxWaitingBytes = 8_000_000
/** Keys of one question. */
const maxKeys = 10_000
/** The thread ends after it has written what is on its way. */
const closeLimitMs = 5000
/** Values are outside of this heap. */
const threadHeapMb = 64

/** Opens the store. The thread is started at once, so that it is ready when it is needed. */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const { clock, log, measures } = options
  return guardStore(new ThreadStore(options), {
    backend: 'sqlite',
    clock,
    log,
    measures,
    timeoutMs: readTimeoutMs,
    writeTimeoutMs,
    // What fails here is no network that has its moments.
    maxFailures: 1,
  })
}

/** Somebody who waits for an answer. */
interface Waiter {
  readonly values: (Uint8Array | undefined)[]
  readonly answer: PromiseWithResolvers<(Uint8Array | undefined)[]>
}

class ThreadStore implements FallibleStore {
  readonly #options: SqliteStoreOptions
  readonly #bytes = new BigInt64Array(new SharedArrayBuffer(8 * storeTiers.length))
  readonly #waiters = new Map<number, Waiter>()
  readonly #putting = createMutex()
  #thread: Worker | undefined
  #lastNumber = 0
  #waitingBytes = 0
  /** Settles when something that was on its way has come to its end. */
  #progress = Promise.withResolvers<void>()
  /** What was put last could not be written: until something is written, whoever puts waits to see. */
  #isDoubtful = false
  #isClosed = false

  constructor(options: SqliteStoreOptions) {
    this.#options = options
    options.measures.gauge('gitbugviewer_store_bytes', () =>
      storeTiers.map((tier, n) => ({
        labels: { backend: 'sqlite' as const, tier },
        value: Number(Atomics.load(this.#bytes, n)),
      })),
    )
    this.#start()
  }

  async getMany(tier: StoreTier, keys: readonly string[], signal?: AbortSignal) {
    const parts: Promise<(Uint8Array | undefined)[]>[] = []
    for (let at = 0; at < keys.length; at += maxKeys) {
      const some = keys.slice(at, at + maxKeys).join('\n')
      const nowMs = this.#options.clock.nowMs()
      parts.push(this.#ask(number => ({ kind: 'get', number, nowMs, tier, keys: some }), signal))
    }
    const values = (await Promise.all(parts)).flat()
    countLookups(this.#options.measures, { backend: 'sqlite', tier }, values)
    return values
  }

  async setMany(tier: StoreTier, entries: readonly StoreEntry[]): Promise<void> {
    // One caller after the other, so that what is put later is written later.
    await this.#putting.run(() => this.#put(tier, entries))
  }

  async #put(tier: StoreTier, entries: readonly StoreEntry[]): Promise<void> {
    const isDoubtful = this.#isDoubtful
    const parts: Promise<void>[] = []
    const put = { isOver: false, failure: undefined as unknown }
    for (const part of cutEntries(entries)) {
      await this.#haveRoom()
      if (this.#isClosed || put.failure !== undefined) break
      const bytes = part.values.byteLength + part.keys.length
      this.#waitingBytes += bytes
      const request = (number: number): StoreRequest => ({
        kind: 'put',
        number,
        nowMs: this.#options.clock.nowMs(),
        tier,
        ...part,
      })
      parts.push(this.#follow(this.#ask(request, undefined, [part.values]), { bytes, put }))
    }
    if (isDoubtful) await Promise.all(parts)
    else await this.#haveRoom()
    put.isOver = true
    if (put.failure !== undefined) throw put.failure
  }

  /** Looks after a part on its way; never rejects. */
  async #follow(
    written: Promise<unknown>,
    { bytes, put }: { bytes: number; put: { isOver: boolean; failure: unknown } },
  ) {
    try {
      await written
      this.#isDoubtful = false
    } catch (error) {
      this.#isDoubtful = true
      put.failure ??= error
      // Nobody is there any more to be told.
      const { measures } = this.#options
      if (put.isOver) measures.count('gitbugviewer_store_errors_total', { backend: 'sqlite', operation: 'write' })
    }
    this.#waitingBytes -= bytes
    this.#progress.resolve()
    this.#progress = Promise.withResolvers()
  }

  async #haveRoom() {
    while (this.#waitingBytes > maxWaitingBytes) await this.#progress.promise
  }

  async settled(): Promise<void> {
    // What was put before is on its way then.
    await this.#putting.run(async () => {})
    // A thread that has died has nothing to be waited for.
    if (this.#thread) await this.#ask(number => ({ kind: 'wait', number }))
  }

  async #ask(
    request: (number: number) => StoreRequest,
    signal?: AbortSignal,
    transfer: ArrayBuffer[] = [],
  ): Promise<(Uint8Array | undefined)[]> {
    signal?.throwIfAborted()
    const thread = this.#start()
    const number = ++this.#lastNumber
    const answer = Promise.withResolvers<(Uint8Array | undefined)[]>()
    this.#waiters.set(number, { values: [], answer })
    thread.postMessage(request(number), transfer)
    // The thread keeps the process alive while somebody waits for it.
    thread.ref()
    try {
      return await waitFor(answer.promise, signal)
    } finally {
      // It is there still where nobody has answered.
      if (this.#waiters.delete(number)) this.#thread?.postMessage({ kind: 'cancel', number } satisfies StoreRequest)
      if (this.#waiters.size === 0) this.#thread?.unref()
    }
  }

  #start(): Worker {
    if (this.#thread) return this.#thread
    if (this.#isClosed) throw new Error('the store is closed')
    const { folder, limits, clock, log } = this.#options
    const workerData: StoreThreadData = { folder, limits, nowMs: clock.nowMs(), bytes: this.#bytes.buffer }
    const thread = new Worker(new URL(`./sqlite-thread${extname(import.meta.filename)}`, import.meta.url), {
      workerData,
      name: 'store',
      resourceLimits: { maxOldGenerationSizeMb: threadHeapMb, maxYoungGenerationSizeMb: 8 },
    })
    thread.unref()
    let cause: unknown
    thread.on('message', (reply: StoreReply) => this.#take(reply))
    thread.on('error', error => {
      cause = error
      log.error({ err: error }, 'the store thread has failed; it is started again when it is needed')
    })
    thread.once('exit', () => this.#afterExit(thread, cause))
    this.#thread = thread
    return thread
  }

  #take(reply: StoreReply) {
    const { log, measures } = this.#options
    if (reply.kind === 'log') return log[reply.level](reply.data, reply.message)
    if (reply.kind === 'evicted') {
      const { tier, reason, count } = reply
      return measures.count('gitbugviewer_store_evictions_total', { backend: 'sqlite', tier, reason }, count)
    }
    const waiter = this.#waiters.get(reply.number)
    if (!waiter) return
    if (reply.kind === 'got') {
      addValues(waiter.values, reply)
      if (!reply.isLast) return
    }
    this.#waiters.delete(reply.number)
    if (reply.kind === 'failed') waiter.answer.reject(new Error(reply.message))
    else waiter.answer.resolve(waiter.values)
  }

  #afterExit(thread: Worker, cause: unknown) {
    if (this.#thread === thread) this.#thread = undefined
    const waiters = [...this.#waiters.values()]
    this.#waiters.clear()
    for (const { answer } of waiters) answer.reject(new Error('the store thread has ended', { cause }))
  }

  async [Symbol.asyncDispose]() {
    this.#isClosed = true
    const thread = this.#thread
    if (!thread) return
    const ended = new Promise(resolve => thread.once('exit', resolve))
    const limit = this.#options.clock.startTimer(closeLimitMs, () => void thread.terminate())
    thread.postMessage({ kind: 'close' } satisfies StoreRequest)
    // Somebody waits for it now.
    thread.ref()
    await ended
    limit.cancel()
    this.#bytes.fill(0n)
  }
}

/** Cuts an answer into its values, which share its buffer. */
function addValues(
  values: (Uint8Array | undefined)[],
  { lengths, values: buffer }: Extract<StoreReply, { kind: 'got' }>,
) {
  let at = 0
  for (const length of lengths) {
    if (length === noValue) values.push(undefined)
    else {
      values.push(new Uint8Array(buffer, at, length))
      at += length
    }
  }
}
