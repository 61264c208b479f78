/** A place in a stream that moves forward. What it has given is behind it for ever, except what was only looked at. */
import type { HeldBytes } from './blocks.ts'
import type { StreamReader } from './stream-cache.ts'

/** The side of the stream that a reader sees. */
export interface ReaderSide {
  wait(signal?: AbortSignal): Promise<number>
  /** Bytes from a place on, at least one, undefined at the end; an AbortError once `left` was called. */
  take(at: number, maxBytes: number): Promise<HeldBytes | undefined>
  /** The reader stands at a later place now. */
  moved(position: number): void
  /** The reader has gone. Called once. */
  left(): void
}

/** More than this need not be looked at before it is read; far below what a writer may be ahead. */
const maxPeekBytes = 4096
const noBytes = Buffer.alloc(0)

export class PipeReader implements StreamReader {
  readonly #side: ReaderSide
  #isClosed = false
  #position = 0
  /** Looked at and not read yet; begins at the position. */
  #front: Buffer = noBytes
  /** What the caller of `lend` has. */
  #lent: HeldBytes | undefined

  constructor(side: ReaderSide) {
    this.#side = side
  }

  get position(): number {
    return this.#position
  }

  async read(maxBytes: number): Promise<Buffer> {
    // Copied before anybody has a turn: whoever closes the reader takes away what is lent.
    return await this.#next(maxBytes, bytes => Buffer.from(bytes))
  }

  async lend(maxBytes: number): Promise<Buffer> {
    return await this.#next(maxBytes, bytes => bytes)
  }

  async #next(maxBytes: number, take: (bytes: Buffer) => Buffer): Promise<Buffer> {
    this.#throwIfClosed()
    if (!(maxBytes >= 1)) throw new RangeError(`${maxBytes} bytes cannot be told from the end`)
    this.#giveBack()
    if (this.#front.length > 0) return this.#goBehind(this.#front.subarray(0, maxBytes))
    this.#lent = await this.#side.take(this.#position, maxBytes)
    this.#giveBackIfClosed()
    return this.#lent ? this.#goBehind(take(this.#lent.bytes)) : noBytes
  }

  #goBehind(bytes: Buffer): Buffer {
    this.#front = this.#front.subarray(bytes.length)
    this.#moveTo(this.#position + bytes.length)
    return bytes
  }

  async peek(bytes: number): Promise<Buffer> {
    this.#throwIfClosed()
    if (bytes > maxPeekBytes) throw new RangeError(`${bytes} bytes are more than can be looked at ahead`)
    this.#giveBack()
    while (this.#front.length < bytes) {
      this.#lent = await this.#side.take(this.#position + this.#front.length, bytes - this.#front.length)
      this.#giveBackIfClosed()
      if (!this.#lent) break
      this.#front = Buffer.concat([this.#front, this.#lent.bytes])
      this.#giveBack()
    }
    return this.#front
  }

  /** It may have been closed while it waited; then its place counts no more. */
  #giveBackIfClosed() {
    if (this.#isClosed) this.#giveBack()
    this.#throwIfClosed()
  }

  #giveBack() {
    this.#lent?.block.giveBack()
    this.#lent = undefined
  }

  skipTo(position: number) {
    this.#throwIfClosed()
    this.#giveBack()
    if (!Number.isSafeInteger(position) || position < this.#position) {
      throw new RangeError(`a reader at ${this.#position} cannot go to ${position}`)
    }
    this.#front = this.#front.subarray(position - this.#position)
    this.#moveTo(position)
  }

  #moveTo(position: number) {
    this.#position = position
    this.#side.moved(position)
  }

  wait(signal?: AbortSignal): Promise<number> {
    return this.#side.wait(signal)
  }

  async close() {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#giveBack()
    this.#side.left()
  }

  [Symbol.asyncDispose]() {
    return this.close()
  }

  #throwIfClosed() {
    if (this.#isClosed) throw closedError()
  }
}

/** What a reader says that was closed. */
export function closedError(): DOMException {
  return new DOMException('the reader is closed', 'AbortError')
}
