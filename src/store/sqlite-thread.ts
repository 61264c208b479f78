/**
 * The store thread: owns the connection to the file and does what messages ask, in steps of some milliseconds. It is
 * started with this file as its entry, so it works at import; nothing else may import it.
 *
 *     get ──► a step of each question in turn ──► values, from what waits to be written or from the file
 *     put ──► waits ──► transactions of about a megabyte ──► eviction, before the next one
 *     nothing else to do ──► times of use, ages, free pages
 *
 * Of four steps three are for questions, where there are any.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { Log } from '../base/log.ts'
import { isBusy } from '../base/sqlite-files.ts'
import { StoreConnection } from './sqlite-connection.ts'
import type { GetMessage, PutMessage, StoreReply, StoreRequest, StoreThreadData } from './sqlite-messages.ts'
import { Question } from './sqlite-question.ts'
import type { NewEntry, StoreTables } from './sqlite-tables.ts'
import { type StoreTier, storeTiers } from './store.ts'

interface WaitingPut {
  readonly message: PutMessage
  readonly entries: readonly NewEntry[]
}

/** Of a transaction. */
const stepEntries = 1000
const stepBytes = 1_000_000
const stepPages = 64
/** Each try waits a tenth of a second for others. */
const maxBusyTries = 50
/** Between two looks for what is too old. */
const sweepMs = 60_000

class StoreThread {
  readonly #port: MessagePort
  readonly #data: StoreThreadData
  readonly #bytes: BigInt64Array
  readonly #connection: StoreConnection
  readonly #questions: Question[] = []
  readonly #puts: WaitingPut[] = []
  /** What is on its way to the file, by tier and key. */
  readonly #waitingEntries = new Map<StoreTier, Map<string, NewEntry>>(storeTiers.map(tier => [tier, new Map()]))
  /** Answered when so many puts were done. */
  readonly #waits: { readonly number: number; readonly puts: number }[] = []
  #takenPuts = 0
  #donePuts = 0
  /** Items that were used, and whose time is to be written. */
  readonly #used = new Set<number>()
  #nowMs: number
  #sweptMs: number | undefined
  readonly #toSweep = new Set<StoreTier>()
  #mayEvict = true
  #mayVacuum = true
  #round = 0
  #busyTries = 0
  #isScheduled = false
  #isClosed = false

  constructor(port: MessagePort, data: StoreThreadData) {
    this.#port = port
    this.#data = data
    this.#bytes = new BigInt64Array(data.bytes)
    this.#nowMs = data.nowMs
    const log = createRemoteLog(message => this.#send(message))
    this.#connection = new StoreConnection({ folder: data.folder, log })
    port.on('message', (request: StoreRequest) => this.#take(request))
    // Opens the file, so that it is open when it is needed. A failure is met, and told, by whoever needs it.
    this.#wake()
  }

  #send(reply: StoreReply, transfer: ArrayBuffer[] = []) {
    this.#port.postMessage(reply, transfer)
  }

  #take(request: StoreRequest) {
    switch (request.kind) {
      case 'get':
        this.#addQuestion(request)
        break
      case 'put':
        this.#addPut(request)
        break
      case 'cancel':
        this.#dropQuestion(request.number)
        break
      case 'wait':
        this.#waits.push({ number: request.number, puts: this.#takenPuts })
        break
      case 'close':
        return this.#close()
    }
    this.#wake()
  }

  #addQuestion(message: GetMessage) {
    this.#nowMs = message.nowMs
    this.#questions.push(
      new Question(message, {
        seconds: this.#data.limits[message.tier].seconds,
        waiting: this.#waitingEntries.get(message.tier) ?? new Map(),
        onUsed: place => void this.#used.add(place),
        send: (reply, transfer) => this.#send(reply, transfer),
      }),
    )
  }

  #dropQuestion(number: number) {
    const at = this.#questions.findIndex(question => question.number === number)
    if (at >= 0) this.#questions.splice(at, 1)
  }

  #addPut(message: PutMessage) {
    this.#nowMs = message.nowMs
    const waiting = this.#waitingEntries.get(message.tier)
    let at = 0
    const entries = message.keys.split('\n').map((key, n) => {
      const value = new Uint8Array(message.values, at, message.lengths[n])
      at += value.length
      const entry = { key, value, putMs: message.nowMs, usedMs: message.nowMs }
      waiting?.set(key, entry)
      return entry
    })
    this.#takenPuts++
    this.#puts.push({ message, entries })
  }

  #wake() {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      if (!this.#isClosed) this.#turn()
    })
  }

  #turn() {
    const isForOthers = this.#round++ % 4 === 3 && this.#puts.length > 0
    if (this.#questions.length > 0 && !isForOthers) this.#stepQuestion()
    else if (!this.#stepWriting() && !this.#stepUpkeep()) return
    this.#wake()
  }

  #stepQuestion() {
    const question = this.#questions.shift()
    if (!question) return
    try {
      const isDone = this.#connection.use(tables => question.step(tables, this.#nowMs))
      this.#busyTries = 0
      if (!isDone) this.#questions.push(question)
    } catch (error) {
      if (isBusy(error) && this.#mayTryAgain()) this.#questions.push(question)
      else this.#sendFailure(question.number, error)
    }
  }

  #mayTryAgain(): boolean {
    if (this.#busyTries++ < maxBusyTries) return true
    this.#busyTries = 0
    return false
  }

  #sendFailure(number: number, error: unknown) {
    this.#send({ kind: 'failed', number, message: error instanceof Error ? error.message : String(error) })
  }

  /** @returns whether there was something to do */
  #stepWriting(): boolean {
    if (this.#mayEvict) {
      this.#tryUpkeep(() => this.#evict())
      return true
    }
    this.#answerWaits()
    if (this.#puts.length === 0) return false
    this.#stepPut()
    return true
  }

  #answerWaits() {
    while (this.#waits[0] && this.#waits[0].puts <= this.#donePuts) {
      const wait = this.#waits.shift()
      if (wait) this.#send({ kind: 'done', number: wait.number })
    }
  }

  #stepPut() {
    const puts = this.#choosePuts()
    try {
      this.#connection.use(tables => {
        tables.write(() => this.#write(tables, puts))
        this.#countBytes(tables)
      })
      this.#mayEvict = true
      this.#endPuts(puts)
      for (const { message } of puts) this.#send({ kind: 'done', number: message.number })
    } catch (error) {
      if (isBusy(error) && this.#mayTryAgain()) return
      this.#endPuts(puts)
      for (const { message } of puts) this.#sendFailure(message.number, error)
    }
  }

  #choosePuts(): readonly WaitingPut[] {
    let [entries, bytes, count] = [0, 0, 0]
    for (const put of this.#puts) {
      entries += put.entries.length
      bytes += put.message.values.byteLength
      if (count > 0 && (entries > stepEntries || bytes > stepBytes)) break
      count++
    }
    return this.#puts.slice(0, count)
  }

  #write(tables: StoreTables, puts: readonly WaitingPut[]) {
    for (const { message, entries } of puts) {
      const limits = this.#data.limits[message.tier]
      for (const entry of entries) tables.put(message.tier, entry, limits)
    }
  }

  #endPuts(puts: readonly WaitingPut[]) {
    this.#busyTries = 0
    this.#puts.splice(0, puts.length)
    this.#donePuts += puts.length
    for (const { message, entries } of puts) {
      const waiting = this.#waitingEntries.get(message.tier)
      for (const entry of entries) if (waiting?.get(entry.key) === entry) waiting.delete(entry.key)
    }
  }

  /** What nobody waits for: where it fails, it is left until there is a reason again. */
  #tryUpkeep(work: () => void) {
    try {
      work()
    } catch {
      this.#used.clear()
      this.#toSweep.clear()
      this.#mayEvict = false
      this.#mayVacuum = false
    }
  }

  /** @returns whether there was something to do */
  #stepUpkeep(): boolean {
    const sinceMs = this.#sweptMs === undefined ? undefined : this.#nowMs - this.#sweptMs
    if (sinceMs === undefined || sinceMs >= sweepMs || sinceMs < 0) {
      this.#sweptMs = this.#nowMs
      for (const tier of storeTiers) this.#toSweep.add(tier)
    }
    const [tier] = this.#toSweep
    if (this.#used.size > 0) this.#tryUpkeep(() => this.#touch())
    else if (tier) this.#tryUpkeep(() => this.#sweep(tier))
    else if (this.#mayVacuum) this.#tryUpkeep(() => this.#vacuum())
    else return false
    return true
  }

  #touch() {
    const places = [...this.#used.values().take(stepEntries)]
    for (const place of places) this.#used.delete(place)
    this.#connection.use(tables => tables.write(() => tables.touch(places, this.#nowMs)))
  }

  #evict() {
    // The order of use is to be right by then.
    if (this.#used.size > 0) return this.#touch()
    this.#mayEvict = this.#connection.use(tables => {
      const isOver = storeTiers.filter(tier => tables.bytes(tier) > this.#data.limits[tier].maxBytes)
      for (const tier of isOver) {
        const count = tables.write(() => tables.evict(tier, this.#data.limits[tier], stepEntries))
        this.#tellEvicted(tier, 'size', count)
      }
      this.#countBytes(tables)
      return isOver.length > 0
    })
  }

  #sweep(tier: StoreTier) {
    const { seconds } = this.#data.limits[tier]
    const options = { nowMs: this.#nowMs, seconds, maxCount: stepEntries }
    this.#connection.use(tables => {
      const { deleted, isMore } = tables.write(() => tables.expire(tier, options))
      this.#tellEvicted(tier, 'age', deleted)
      this.#countBytes(tables)
      if (!isMore) this.#toSweep.delete(tier)
    })
  }

  #vacuum() {
    this.#mayVacuum = this.#connection.use(tables => tables.vacuum(stepPages))
  }

  #tellEvicted(tier: StoreTier, reason: 'size' | 'age', count: number) {
    if (count === 0) return
    this.#mayVacuum = true
    this.#send({ kind: 'evicted', tier, reason, count })
  }

  #countBytes(tables: StoreTables) {
    for (const [n, tier] of storeTiers.entries()) Atomics.store(this.#bytes, n, BigInt(tables.bytes(tier)))
  }

  /** Writes what was put, and the times of use; nobody waits for answers any more. */
  #close() {
    this.#isClosed = true
    this.#port.close()
    while (this.#puts.length > 0) this.#stepPut()
    this.#tryUpkeep(() => {
      while (this.#used.size > 0) this.#touch()
    })
    this.#connection.close()
  }
}

function createRemoteLog(send: (message: Extract<StoreReply, { kind: 'log' }>) => void): Log {
  const at = (level: keyof Log) => (data: object, message: string) => send({ kind: 'log', level, data, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

if (parentPort) new StoreThread(parentPort, workerData as StoreThreadData)
