/**
 * Big builds go to worker threads, so that the pages of other repositories do not wait for them; small ones stay in
 * this thread, where starting is free. Both read entities by the same code, `readRefs`.
 *
 *     this thread                                 worker threads (as many as are configured)
 *     refs ─► tasks of some thousand refs ──────► git, decode, compile
 *             records ◄── batches of 64, JSON ◄── encode
 *
 * The threads run at a lower priority than this one, and end when they had nothing to do for a while: what a build
 * leaves behind as garbage goes with them.
 */
import { extname } from 'node:path'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { forEachConcurrently } from '../base/concurrency.ts'
import { ViewerError } from '../base/errors.ts'
import type { DecodeLimits } from '../base/limits.ts'
import { once } from '../base/once.ts'
import type { Git } from '../git/git.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import {
  type BuildFailure,
  type BuildMessage,
  type BuildTask,
  nothing,
  sizesOfOne,
  stopMessage,
  writeRefs,
} from './build-task.ts'
import type { EntityRef, ReadEntity } from './entity-record.ts'
import { readRefs } from './read-refs.ts'
import { parseRecord } from './record-codec.ts'

export interface BuildPoolOptions {
  /** Worker threads at most; 0 does everything in this thread. */
  readonly threads: number
  /** Fewer refs than this are read in this thread. */
  readonly workersFrom: number
}

export interface BuildRequest {
  readonly git: Git
  /** For what is read in this thread. */
  readonly reader: ObjectReader
  readonly folder: string
  readonly limits: DecodeLimits
  /** Whether worker threads pack texts for the store: what is read in this thread is packed by whoever wants it. */
  readonly packsTexts?: boolean
  readonly signal?: AbortSignal | undefined
}

export interface BuildPool extends AsyncDisposable {
  /** Reads entities as `readRefs` does. @throws also BUILD_FAILED where a worker thread came to an end of its own */
  read(
    request: BuildRequest,
    refs: readonly EntityRef[],
    onRead: (read: ReadEntity, index: number) => void,
  ): Promise<void>
  /** Threads that run, and tasks that wait for one. */
  readonly load: { readonly threads: number; readonly waiting: number }
}

/** piscina takes an array; its type is made from another overload of `postMessage`. */
type TransferList = NonNullable<NonNullable<Parameters<Piscina['run']>[1]>['transferList']>

/** Refs of one task: a task of a large repository does not keep those of others waiting for long. */
const taskRefs = 4096
/** A thread that had nothing to do for so long is ended. */
const threadIdleMs = 10_000
/** How much the threads, and the git processes that they start, give way to this one; see nice(1). */
const niceIncrement = 5

/** Makes the pool. Starts nothing yet. */
export function createBuildPool(options: BuildPoolOptions): BuildPool {
  return new WorkerPool(options)
}

class WorkerPool implements BuildPool {
  readonly #options: BuildPoolOptions
  readonly #tasks = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  #started: Piscina | undefined
  readonly #pool = once(async (): Promise<Piscina> => {
    // Loaded when it is needed: small repositories never do.
    const { Piscina } = await import('piscina')
    this.#started = new Piscina<BuildTask<MessagePort>, void>({
      filename: new URL(`./build-worker${extname(import.meta.filename)}`, import.meta.url).href,
      minThreads: 0,
      maxThreads: this.#options.threads,
      idleTimeout: threadIdleMs,
      niceIncrement,
      recordTiming: false,
    })
    return this.#started
  })

  constructor(options: BuildPoolOptions) {
    this.#options = options
  }

  get load() {
    return { threads: this.#started?.threads.length ?? 0, waiting: this.#started?.queueSize ?? 0 }
  }

  async read(
    request: BuildRequest,
    refs: readonly EntityRef[],
    onRead: (read: ReadEntity, index: number) => void,
  ): Promise<void> {
    const { threads, workersFrom } = this.#options
    if (threads === 0 || refs.length < workersFrom) return await readRefs(request, refs, onRead)
    const pool = await this.#pool()
    const stop = new AbortController()
    const signal = AbortSignal.any([this.#stop.signal, stop.signal, ...(request.signal ? [request.signal] : [])])
    const size = Math.min(taskRefs, Math.ceil(refs.length / threads))
    const starts = Array.from({ length: Math.ceil(refs.length / size) }, (_, part) => part * size)
    const tasks: Promise<void>[] = []
    try {
      // As many as there are threads and no more: tasks go in the order in which they came, and those of another
      // repository are not to stand behind all of a large one.
      await forEachConcurrently(starts, threads, async start => {
        const part = refs.slice(start, start + size)
        const run = runTask(pool, { request, signal }, part, (read, index) => onRead(read, start + index))
        tasks.push(this.#track(run))
        await run
      })
    } finally {
      // The first failure ends the others; nobody may hear of a record after this has settled.
      stop.abort(new ViewerError('SHUTTING_DOWN', 'the build has failed'))
      await Promise.allSettled(tasks)
    }
  }

  #track(task: Promise<void>): Promise<void> {
    const tracked = task.finally(() => this.#tasks.delete(tracked))
    this.#tasks.add(tracked)
    return tracked
  }

  async [Symbol.asyncDispose]() {
    this.#stop.abort(new ViewerError('SHUTTING_DOWN', 'the server is shutting down'))
    await Promise.allSettled(this.#tasks)
    await this.#started?.destroy()
  }
}

/** Has a worker read a part of the refs. Settles when nothing more can come of it. */
async function runTask(
  pool: Piscina,
  { request, signal }: { readonly request: BuildRequest; readonly signal: AbortSignal },
  refs: readonly EntityRef[],
  onRead: (read: ReadEntity, index: number) => void,
): Promise<void> {
  signal.throwIfAborted()
  const { port1: port, port2 } = new MessageChannel()
  const { promise: ended, resolve, reject } = Promise.withResolvers<BuildFailure | undefined>()
  const processes = new Map<number, () => void>()
  port.on('message', (message: BuildMessage) => {
    try {
      if (message.kind === 'end') resolve(message.failure)
      else if (message.kind === 'records') takeRecords(message, refs, onRead)
      else if (message.command !== undefined)
        processes.set(message.number, request.git.tally.started([message.command]))
      else {
        processes.get(message.number)?.()
        processes.delete(message.number)
      }
    } catch (error) {
      reject(error)
    }
  })
  const stop = () => port.postMessage(stopMessage)
  signal.addEventListener('abort', stop, { once: true })
  let run: Promise<void> | undefined
  try {
    const { git, folder, limits, packsTexts = false } = request
    const task: BuildTask<MessagePort> = {
      git: git.plan,
      folder,
      limits,
      refs: writeRefs(refs),
      packsTexts,
      port: port2,
    }
    run = pool.run(task, { transferList: [port2] as unknown as TransferList, name: 'runBuildTask' })
    run.catch(cause => reject(new ViewerError('BUILD_FAILED', 'a worker thread has ended unexpectedly', { cause })))
    const failure = await ended
    signal.throwIfAborted()
    if (failure) throw toError(failure)
    await run
  } finally {
    signal.removeEventListener('abort', stop)
    // Whatever has gone wrong on this side: the thread ends its git processes before anybody ends the thread.
    stop()
    await run?.catch(() => {})
    port.close()
    for (const tellEnd of processes.values()) tellEnd()
  }
}

function takeRecords(
  { sizes, records, texts, packedTexts }: Extract<BuildMessage, { kind: 'records' }>,
  refs: readonly EntityRef[],
  onRead: (read: ReadEntity, index: number) => void,
) {
  const takeRecord = taker(records)
  const takeText = taker(texts)
  const takePacked = taker(packedTexts)
  for (let at = 0; at < sizes.length; at += sizesOfOne) {
    const [index = 0, recordBytes, textBytes, packedBytes] = sizes.subarray(at, at + sizesOfOne)
    const bytes = takeRecord(recordBytes)
    const text = takeText(textBytes)
    const packedText = takePacked(packedBytes)
    const ref = refs[index]
    const record = ref && bytes && parseRecord(textDecoder.decode(bytes), ref)
    if (!record) throw new ViewerError('BUILD_FAILED', 'a worker thread sent what was not asked for')
    onRead({ record, text, packed: { record: bytes, text: packedText } }, index)
  }
}

const textDecoder = new TextDecoder()

/** Cuts bytes into pieces, one after the other. */
function taker(bytes: Uint8Array): (size?: number) => Uint8Array | undefined {
  let at = 0
  return (size = nothing) => {
    if (size === nothing) return undefined
    at += size
    return bytes.subarray(at - size, at)
  }
}

function toError({ code, message, data }: BuildFailure): Error {
  return code === undefined ? new ViewerError('BUILD_FAILED', message) : new ViewerError(code, message, { data })
}
