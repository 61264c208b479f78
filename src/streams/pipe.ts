/**
 * One stream: written once, read by many while it is written.
 *
 *     create ──write──► gathered ──one write──► file ──then──► window: the latest bytes, in memory
 *        ▲                                        │                │
 *        │ waits while more than `aheadBytes`     ▼                ▼
 *        │ lie before the fastest reader       readers that     readers at the front
 *        │                                     are behind       share these bytes
 *        └───────────── their places ◄────────────┴────────────────┘
 *
 * Two sides wait for each other here. The writer waits for `room`: a reader moves on, or the file takes what was
 * gathered. Readers wait for `news`: bytes are published. Whatever ends the stream wakes both.
 *
 * It promises: readers see bytes when these are in the file and not before; who comes late begins at the first byte; the
 * last reader to leave stops a writer that has passed `runOnBytes`, or that nobody else can find; a failure is told to
 * `events` before any reader hears of it; the file is closed when nobody can need it any more, also while a writer that
 * was stopped goes on.
 *
 * Without a file, or from where a file can take no more (a full disk), the window keeps what the slowest reader has not
 * seen, and the writer waits for that one: nobody is sent away, and nobody new can come.
 */
import type { Clock } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import { waitFor } from '../base/single-flight.ts'
import { createBlockPool, type HeldBytes } from './blocks.ts'
import { createByteWindow } from './byte-window.ts'
import { type Condition, createCondition } from './condition.ts'
import { createGathered } from './gathered.ts'
import { closedError, PipeReader } from './pipe-reader.ts'
import { type QuietWatch, watchQuiet } from './quiet-watch.ts'
import { createSharedReads, type SharedReads } from './shared-reads.ts'
import type { CreateStream, StreamLimits, StreamReader } from './stream-cache.ts'
import type { StreamFile } from './stream-files.ts'

/** Told of what happens to a stream, at once. */
export interface PipeEvents {
  /** So many more bytes are in the file. */
  grew(bytes: number): void
  /** It is complete, or it has failed of `error`; readers hear of it afterwards. Called once. */
  ended(error: unknown): void
  /** Its last reader has gone. */
  unread(): void
  /** Its file cannot be made, written or read: nobody new may find it. */
  spoiled(cause: unknown): void
  /** The disk is full. @returns whether there is more room now */
  makeRoom(): Promise<boolean>
}

export interface PipeParts {
  /** Opens the file; undefined keeps the bytes in memory until the readers have them. */
  readonly openFile: (() => Promise<StreamFile>) | undefined
  readonly limits: StreamLimits
  readonly clock: Clock
  readonly events: PipeEvents
}

type Ending = 'complete' | { readonly error: unknown }

/** Bytes of one write to the file, and of the pieces that readers share. */
const pieceBytes = 512 * 1024
/** The latest bytes of a stream that is being written, in memory. */
const windowBytes = 4 * pieceBytes
/** Pieces that wait to be used again. */
const maxFreePieces = 4

export class StreamPipe {
  readonly #parts: PipeParts
  readonly #stop = new AbortController()
  /** Each with its news, so that one who leaves wakes nobody else. */
  readonly #readers = new Map<StreamReader, Condition>()
  readonly #room = createCondition()
  /** It has ended, or fewer need it. */
  readonly #life = createCondition()
  readonly #outcome = Promise.withResolvers<number>()
  readonly #pool = createBlockPool(pieceBytes, maxFreePieces)
  /** Bytes that wait to be written to the file. */
  readonly #gathered = createGathered(this.#pool, pieceBytes)
  #flushing: Promise<void> | undefined
  /** Bytes that the writer has brought. */
  #received = 0
  /** Bytes that readers can see. */
  #written = 0
  /** Those of them that are in the file. */
  #filed = 0
  readonly #window = createByteWindow()
  /** The place of the fastest reader. */
  #front = 0
  #file: StreamFile | undefined
  #reads: SharedReads<StreamReader> | undefined
  /** No more goes into the file. */
  #isInMemory: boolean
  #ending: Ending | undefined
  #isRetired = false
  #quiet: QuietWatch | undefined
  /** Writes that wait for room. */
  #heldBack = 0
  /** Settles when the file is open, or could not be. Never rejects. */
  readonly opened: Promise<void>
  readonly #begun = Promise.withResolvers<void>()
  /** Settles when the writer has returned and the file is closed. Never rejects. */
  readonly gone: Promise<void>

  constructor(create: CreateStream, parts: PipeParts) {
    this.#parts = parts
    this.#isInMemory = parts.openFile === undefined
    this.opened = this.#open()
    // Readers hear of it; there may be none.
    this.#outcome.promise.catch(() => {})
    this.gone = this.#live(this.#make(create))
  }

  /** Bytes in the file so far. */
  get bytes(): number {
    return this.#filed
  }

  get readers(): number {
    return this.#readers.size
  }

  /** True once it is complete or has failed. */
  get hasEnded(): boolean {
    return this.#ending !== undefined
  }

  /** Settles when the writer was called, or never will be. Never rejects. */
  get begun(): Promise<void> {
    return this.#begun.promise
  }

  openReader(): StreamReader {
    const reader: StreamReader = new PipeReader({
      wait: signal => waitFor(this.#outcome.promise, signal),
      take: (at, maxBytes) => this.#take(reader, at, maxBytes),
      moved: position => this.#moved(position),
      left: () => this.#left(reader),
    })
    this.#readers.set(reader, createCondition())
    return reader
  }

  /** Gives the stream up, also where it is complete: its readers get the reason, its writer is stopped. */
  stop(reason: unknown) {
    const error = { error: reason }
    this.#end(error)
    this.#ending = error
    this.#wakeAll()
  }

  /** Nobody can find it any more: it goes with its last reader. */
  retire() {
    this.#isRetired = true
    this.#stopIfUnread()
    this.#life.changed()
  }

  async #open() {
    try {
      this.#file = await this.#parts.openFile?.()
      this.#reads = this.#file && createSharedReads(this.#file, this.#pool, pieceBytes)
    } catch (error) {
      this.#goOnInMemory(error)
    }
  }

  /** Until nobody needs it any more. It knows no writer, which may hold much and has done its work long before. */
  async #live(made: Promise<void>) {
    while (this.#isNeeded()) await this.#life.wait()
    await this.opened
    await this.#flushing
    this.#window.clear()
    await this.#file?.close().catch(() => {})
    this.#pool.clear()
    await made
  }

  /** Never rejects. */
  async #make(create: CreateStream) {
    this.#watchQuiet()
    try {
      await this.opened
      if (this.#ending) return
      const made = create({ write: bytes => this.#receive(bytes) }, this.#stop.signal)
      this.#begun.resolve()
      await made
      while (this.#flushing) await this.#flushing
      this.#end('complete')
    } catch (error) {
      this.#end({ error: told(error) })
    }
  }

  /** Whether it is being made, or somebody reads what is complete or may come to do so. */
  #isNeeded(): boolean {
    if (!this.#ending) return true
    if (this.#ending !== 'complete') return false
    return this.#readers.size > 0 || !(this.#isRetired || this.#isInMemory)
  }

  #receive(bytes: Uint8Array): Promise<void> {
    const received = this.#write(bytes)
    // A writer that does not wait for it must not end the process when the stream has failed.
    received.catch(() => {})
    return received
  }

  async #write(bytes: Uint8Array) {
    if (this.#ending === 'complete') throw new Error('the stream is complete')
    this.#throwIfFailed()
    this.#quiet?.heard()
    this.#gathered.add(bytes)
    this.#received += bytes.length
    // One that goes on takes it along.
    if (this.#gathered.bytes > 0) this.#flushing ??= this.#flush()
    this.#heldBack++
    while (this.#mustWait()) await this.#room.wait()
    this.#heldBack--
    this.#quiet?.heard()
    this.#throwIfFailed()
  }

  #throwIfFailed() {
    if (this.#ending && this.#ending !== 'complete') throw this.#ending.error
  }

  #mustWait(): boolean {
    if (this.#ending) return false
    if (this.#isFileBusy()) return true
    const { runOnBytes, aheadBytes } = this.#parts.limits
    if (this.#isInMemory) return this.#received - this.#slowest() > aheadBytes
    return this.#received >= runOnBytes && this.#received - this.#front > aheadBytes
  }

  #isFileBusy(): boolean {
    return this.#gathered.bytes >= pieceBytes
  }

  /** The place of the slowest reader. */
  #slowest(): number {
    let slowest = Number.POSITIVE_INFINITY
    for (const { position } of this.#readers.keys()) slowest = Math.min(slowest, position)
    return slowest
  }

  /**
   * Writes what was gathered, in as few pieces as it has become while the one before was written. There is something:
   * else it would be at its end before it is known to go on. Never rejects.
   */
  async #flush() {
    for (let piece = this.#gathered.take(); piece; piece = this.#gathered.take()) {
      await this.#store(piece.bytes)
      if (this.#ending) piece.block.giveBack()
      else this.#publish(piece)
    }
    // At once with the last look: what comes from here on begins a new one.
    this.#flushing = undefined
  }

  /** Never rejects: what the file does not take stays in memory. */
  async #store(piece: Buffer) {
    if (this.#isInMemory) return
    const write = async () => await this.#file?.write(piece, this.#written)
    try {
      await write().catch(async (error: unknown) => {
        const isFull = error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code))
        if (!isFull || !(await this.#parts.events.makeRoom())) throw error
        await write()
      })
    } catch (error) {
      this.#goOnInMemory(error)
    }
  }

  #goOnInMemory(cause: unknown) {
    this.#isInMemory = true
    if (!this.#ending) this.#parts.events.spoiled(cause)
  }

  #publish(piece: HeldBytes) {
    const { length } = piece.bytes
    this.#quiet?.heard()
    this.#window.push(this.#written, piece)
    this.#written += length
    this.#trimWindow()
    if (!this.#isInMemory) {
      this.#filed = this.#written
      this.#parts.events.grew(length)
    }
    // It went on for those who come later, and has gone far enough.
    this.#stopIfUnread()
    this.#wakeAll()
  }

  #trimWindow() {
    this.#window.forgetBefore(this.#isInMemory ? this.#slowest() : this.#written - windowBytes)
  }

  /** The bytes from a place on; waits for them. */
  async #take(reader: StreamReader, at: number, maxBytes: number): Promise<HeldBytes | undefined> {
    // A reader that is ahead of the writer pulls it on.
    while (at >= this.#written && !this.#ending) await this.#newsOf(reader).wait()
    this.#newsOf(reader)
    this.#throwIfFailed()
    if (at >= this.#written) return undefined
    const latest = this.#window.find(at, maxBytes)
    if (latest) return latest
    const { bytes, block } = await this.#readFile(reader, at)
    return { bytes: bytes.subarray(0, maxBytes), block }
  }

  /** @throws AbortError where the reader has left */
  #newsOf(reader: StreamReader): Condition {
    const news = this.#readers.get(reader)
    if (!news) throw closedError()
    return news
  }

  async #readFile(reader: StreamReader, at: number): Promise<HeldBytes> {
    try {
      if (!this.#reads) throw new Error('there is no file')
      return await this.#reads.read(reader, at, this.#filed)
    } catch (cause) {
      // The file is closed under those who have left, and under all when the stream is given up.
      this.#newsOf(reader)
      this.#throwIfFailed()
      this.#parts.events.spoiled(cause)
      throw new ViewerError('STREAM_FAILED', 'the file of a stream cannot be read', { cause })
    }
  }

  #moved(position: number) {
    if (this.#isInMemory) this.#trimWindow()
    else if (position <= this.#front) return
    this.#front = Math.max(this.#front, position)
    this.#room.changed()
  }

  #left(reader: StreamReader) {
    const news = this.#readers.get(reader)
    this.#readers.delete(reader)
    this.#reads?.forget(reader)
    news?.changed()
    // The next one is the fastest now.
    this.#front = 0
    for (const { position } of this.#readers.keys()) this.#front = Math.max(this.#front, position)
    this.#room.changed()
    if (this.#readers.size > 0) return
    this.#pool.clear()
    this.#stopIfUnread()
    this.#parts.events.unread()
    this.#life.changed()
  }

  #stopIfUnread() {
    if (this.#readers.size > 0) return
    const mayComeLater = !this.#isRetired && !this.#isInMemory
    if (mayComeLater && this.#received < this.#parts.limits.runOnBytes) return
    this.#end({ error: new DOMException('nobody reads the stream any more', 'AbortError') })
  }

  #end(ending: Ending) {
    if (this.#ending) return
    this.#ending = ending
    this.#begun.resolve()
    this.#quiet?.stop()
    this.#gathered.clear()
    if (ending !== 'complete' || !this.#isInMemory) this.#window.clear()
    if (ending === 'complete') {
      this.#parts.events.ended(undefined)
      this.#outcome.resolve(this.#written)
    } else {
      this.#parts.events.ended(ending.error)
      this.#outcome.reject(ending.error)
      this.#stop.abort(ending.error)
    }
    this.#wakeAll()
  }

  #watchQuiet() {
    const { clock, limits } = this.#parts
    const onQuiet = () =>
      this.stop(new ViewerError('STREAM_TIMEOUT', `a stream wrote nothing for ${limits.quietMs / 1000} s`))
    const isHeldBack = () => this.#heldBack > 0 && !this.#isFileBusy()
    this.#quiet = watchQuiet(clock, limits.quietMs, { isHeldBack, onQuiet })
  }

  #wakeAll() {
    this.#room.changed()
    this.#life.changed()
    for (const news of this.#readers.values()) news.changed()
  }
}

/** What readers are told of a throw: errors of the catalogue as they are, all else as one of them. */
function told(error: unknown): ViewerError {
  if (error instanceof ViewerError) return error
  return new ViewerError('STREAM_FAILED', 'a stream could not be made', { cause: error })
}
