/**
 * What the room offers: streams of any size, each made once for all who want it at the same time and for those who come
 * soon after. Whoever asks gets a reader of his own and reads while the stream is still being made.
 *
 *     findOrCreate(key) ──► is it there? ── no ──► create(sink) ──► file ──► reader, reader, reader …
 *                              │ yes                                 ▲
 *                              └─────────────────────────────────────┘  from its first byte, at its own pace
 *
 * A file that cannot be made, or written any further, is nobody's failure: those who have the stream get it from memory,
 * at the pace of the slowest of them, and who asks then has it made anew.
 *
 * A key names everything that decides what the stream holds, so a stream is never out of date; it goes when nobody has
 * asked for it for a while, or when there is no room.
 */

/** Writes a stream, once. @param signal fires when nobody wants it any more, or it took too long: stop then */
export type CreateStream = (sink: StreamSink, signal: AbortSignal) => Promise<void>

/** Where a stream is written. */
export interface StreamSink {
  /**
   * Resolves when the next piece may come, so that the stream is no further ahead of its readers than the settings
   * allow. The bytes are the writer's again once this was called: they were copied.
   * @throws whatever the stream has failed of, or why it was stopped
   */
  write(bytes: Uint8Array): Promise<void>
}

/** One use of a stream, from its first byte to its last. Close it; reads go one after the other. */
export interface StreamReader extends AsyncDisposable {
  /** The place of the byte that is read next, from 0. */
  readonly position: number
  /**
   * The next bytes, between one and `maxBytes`; waits until there are some. Empty at the end of the stream. They may be
   * shared with other readers: do not change them.
   * @throws what the stream has failed of: a code of the catalogue, or an AbortError after `close`
   */
  read(maxBytes: number): Promise<Buffer>
  /**
   * The same without a copy, for those who are done with the bytes before they ask for more: these are lent, and gone at
   * the next call of anything of this reader.
   */
  lend(maxBytes: number): Promise<Buffer>
  /** The next bytes, which stay the next ones: at least `bytes` of them unless the stream ends before. @throws as `read` */
  peek(bytes: number): Promise<Buffer>
  /** Goes on from a later place, which may be one that is not written yet. @param position not before the present one */
  skipTo(position: number): void
  /**
   * Waits until the stream is complete, which may be long before it is read. Waiting is not reading: a stream is made no
   * further ahead of its readers because of it.
   * @returns its bytes
   * @throws what it has failed of; the signal's reason where that fires
   */
  wait(signal?: AbortSignal): Promise<number>
  /** The reader is done, wherever it stands; a stream without readers is not written on. */
  close(): Promise<void>
}

/** A stream that was found or begun. */
export interface FoundStream {
  readonly reader: StreamReader
  /** True where it was there already, complete or still being written. */
  readonly isFound: boolean
}

export interface StreamCache extends AsyncDisposable {
  /**
   * A reader of the stream of that key; where there is none, `create` writes it. What it throws is what its readers get,
   * and nobody who comes later. It was called when this resolves, so that it can take hold of what its caller holds.
   * @throws SHUTTING_DOWN
   */
  findOrCreate(key: string, create: CreateStream): Promise<FoundStream>
}

/** What decides how far a stream may go. */
export interface StreamLimits {
  /** Bytes that may be written and not yet read by the fastest reader. */
  readonly aheadBytes: number
  /** So many bytes of each stream are written whether anybody reads them or not. */
  readonly runOnBytes: number
  /** A stream that writes nothing for this long though nobody holds it back is given up. */
  readonly quietMs: number
}
