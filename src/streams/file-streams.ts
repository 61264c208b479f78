/**
 * The cache: an index of streams that are in files, bounded by bytes and by the time that nobody asked for them. Streams
 * that are read are never cut off: what has to leave the index can be found no more, and its file goes with its last
 * reader. A stream whose file cannot be made or written goes on in memory for those who have it already.
 */
import type { Clock, Timer } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import { farewell } from './farewell.ts'
import { StreamPipe } from './pipe.ts'
import type { CreateStream, FoundStream, StreamCache, StreamLimits } from './stream-cache.ts'
import type { StreamFiles } from './stream-files.ts'

export interface FileStreamsOptions extends StreamLimits {
  /** Bytes of all streams in the index. */
  readonly maxBytes: number
  /** A stream that nobody has asked for during this time goes. */
  readonly maxAgeMs: number
}

export interface FileStreamsTools {
  readonly files: StreamFiles
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
}

export interface FileStreams extends StreamCache {
  /** Removes files that belong to no stream of this cache. Happens by itself at the start and from time to time. */
  sweep(): Promise<void>
}

/** A stream in the index. */
interface Entry {
  readonly key: string
  readonly name: string
  readonly pipe: StreamPipe
  /** When it was asked for or read last. */
  usedMs: number
  /** Settles when its name is removed, once it has left the index. */
  removed: Promise<void>
  /** Settles when nothing of it is left. */
  readonly gone: Promise<void>
}

/** Files open at the same time. */
const maxEntries = 1024
const sweepEveryMs = 10 * 60_000

/** Opens the cache, and removes what an earlier one has left. */
export function openFileStreams(options: FileStreamsOptions, tools: FileStreamsTools): FileStreams {
  return new StreamIndex(options, tools)
}

class StreamIndex implements FileStreams {
  readonly #options: FileStreamsOptions
  readonly #tools: FileStreamsTools
  /** The one that was used last comes last. */
  readonly #entries = new Map<string, Entry>()
  /** Also those that left the index and are still read. */
  readonly #live = new Set<Entry>()
  #bytes = 0
  /** A file could not be used, and since then no answer was kept whole in one. */
  #areFilesSpoiled = false
  #isClosed = false
  #roomMaking: Promise<boolean> | undefined
  #aging: Timer | undefined
  #sweeping: Timer | undefined
  #sweep: Promise<void>

  constructor(options: FileStreamsOptions, tools: FileStreamsTools) {
    this.#options = options
    this.#tools = tools
    this.#measure()
    this.#sweep = this.sweep()
    this.#armSweep()
  }

  async findOrCreate(key: string, create: CreateStream): Promise<FoundStream> {
    if (this.#isClosed) throw new ViewerError('SHUTTING_DOWN', 'the server is shutting down')
    const found = this.#entries.get(key)
    const entry = found ?? this.#start(key, create)
    this.#touch(entry)
    this.#tools.measures.count('gitbugviewer_stream_lookups_total', { result: found ? 'hit' : 'miss' })
    const reader = entry.pipe.openReader()
    await entry.pipe.begun
    return { reader, isFound: found !== undefined }
  }

  #start(key: string, create: CreateStream): Entry {
    const { files, clock } = this.#tools
    const name = files.newName()
    const pipe = new StreamPipe(create, {
      openFile: async () => await files.create(name),
      limits: this.#options,
      clock,
      events: {
        grew: bytes => this.#grew(entry, bytes),
        ended: error => this.#ended(entry, error),
        unread: () => this.#unread(entry),
        spoiled: cause => this.#spoiled(entry, cause),
        makeRoom: () => this.#makeRoom(),
      },
    })
    const gone = pipe.gone.then(async () => {
      await entry.removed
      this.#live.delete(entry)
    })
    const entry: Entry = { key, name, pipe, usedMs: clock.monotonicMs(), removed: Promise.resolve(), gone }
    this.#entries.set(key, entry)
    this.#live.add(entry)
    while (this.#entries.size > maxEntries) this.#evictOne(entry)
    return entry
  }

  #touch(entry: Entry) {
    entry.usedMs = this.#tools.clock.monotonicMs()
    if (!this.#isIndexed(entry)) return
    this.#entries.delete(entry.key)
    this.#entries.set(entry.key, entry)
    this.#armAging()
  }

  #isIndexed(entry: Entry): boolean {
    return this.#entries.get(entry.key) === entry
  }

  #grew(entry: Entry, bytes: number) {
    if (!this.#isIndexed(entry)) return
    this.#bytes += bytes
    if (entry.pipe.bytes > this.#options.maxBytes) this.#evict(entry, 'size')
    while (this.#bytes > this.#options.maxBytes) this.#evictOne(entry)
  }

  #ended(entry: Entry, error: unknown) {
    if (error === undefined) {
      if (this.#areFilesSpoiled && this.#isIndexed(entry)) {
        this.#areFilesSpoiled = false
        this.#tools.log.info({}, 'files of long answers can be used again')
      }
      return
    }
    this.#remove(entry)
    // Nobody's failure: all have left, or the server ends.
    const isFailure = !(error instanceof DOMException) && !this.#isClosed
    if (isFailure) this.#tools.measures.count('gitbugviewer_stream_failures_total', {})
  }

  #spoiled(entry: Entry, cause: unknown) {
    if (!this.#isIndexed(entry)) return
    this.#remove(entry)
    this.#tools.measures.count('gitbugviewer_stream_failures_total', {})
    // A disk that is full spoils one after the other.
    if (this.#areFilesSpoiled) return
    this.#areFilesSpoiled = true
    this.#tools.log.warn(
      { err: cause },
      'the file of a long answer cannot be used; nobody new gets that answer from it',
    )
  }

  #unread(entry: Entry) {
    if (this.#isIndexed(entry)) this.#touch(entry)
  }

  /** Gives up the stream that was not used for longest, one that nobody reads if there is one; never that of `kept`. */
  #evictOne(kept: Entry) {
    const others = [...this.#entries.values()].filter(entry => entry !== kept)
    const chosen = others.find(({ pipe }) => pipe.readers === 0) ?? others[0]
    this.#evict(chosen ?? kept, 'size')
  }

  #evict(entry: Entry, reason: 'size' | 'age') {
    this.#tools.measures.count('gitbugviewer_stream_evictions_total', { reason })
    this.#remove(entry)
  }

  /** Takes it out of the index. Its readers go on. */
  #remove(entry: Entry) {
    if (!this.#isIndexed(entry)) return
    this.#entries.delete(entry.key)
    this.#bytes -= entry.pipe.bytes
    entry.pipe.retire()
    entry.removed = this.#removeFile(entry)
  }

  /** Never rejects. */
  async #removeFile({ pipe, name }: Entry) {
    // Before it is opened there is nothing to remove.
    await pipe.opened
    try {
      await this.#tools.files.remove(name)
    } catch (error) {
      this.#tools.log.warn({ err: error }, 'the file of a long answer cannot be removed')
    }
  }

  /** Whoever finds the disk full while others do gets the room that is being made. */
  #makeRoom(): Promise<boolean> {
    this.#roomMaking ??= this.#giveUpResting().finally(() => {
      this.#roomMaking = undefined
    })
    return this.#roomMaking
  }

  async #giveUpResting(): Promise<boolean> {
    const resting = [...this.#entries.values()].filter(({ pipe }) => pipe.hasEnded && pipe.readers === 0)
    for (const entry of resting) this.#evict(entry, 'size')
    await Promise.all(resting.map(({ gone }) => gone))
    return resting.length > 0
  }

  /** One timer, for the stream that was not used for longest. */
  #armAging() {
    if (this.#aging || this.#isClosed) return
    const { clock } = this.#tools
    const [oldest] = this.#entries.values()
    if (!oldest) return
    const leftMs = oldest.usedMs + this.#options.maxAgeMs - clock.monotonicMs()
    this.#aging = clock.startTimer(Math.max(leftMs, 0), () => {
      this.#aging = undefined
      this.#evictOld()
      this.#armAging()
    })
  }

  #evictOld() {
    const nowMs = this.#tools.clock.monotonicMs()
    // One that is touched comes once more, at the end, and is young then.
    for (const entry of this.#entries.values()) {
      if (entry.usedMs + this.#options.maxAgeMs > nowMs) break
      if (entry.pipe.readers > 0 || !entry.pipe.hasEnded) this.#touch(entry)
      else this.#evict(entry, 'age')
    }
  }

  async sweep(): Promise<void> {
    const { files, log } = this.#tools
    const failed = (error: unknown) => log.warn({ err: error }, 'files of earlier long answers cannot be removed')
    try {
      for (const name of await files.list()) {
        if (this.#isClosed) return
        // Looked at now and not before the listing: a file may be younger than that.
        if (![...this.#live].some(entry => entry.name === name)) await files.remove(name).catch(failed)
      }
    } catch (error) {
      failed(error)
    }
  }

  #armSweep() {
    this.#sweeping = this.#tools.clock.startTimer(sweepEveryMs, () => {
      this.#sweep = this.#sweep.then(() => this.sweep())
      this.#armSweep()
    })
  }

  #measure() {
    const { measures } = this.#tools
    const sum = (of: (pipe: StreamPipe) => number) => [...this.#live].reduce((total, { pipe }) => total + of(pipe), 0)
    measures.gauge('gitbugviewer_stream_entries', () => this.#entries.size)
    measures.gauge('gitbugviewer_stream_bytes', () => sum(pipe => pipe.bytes))
    measures.gauge('gitbugviewer_stream_readers', () => sum(pipe => pipe.readers))
  }

  async [Symbol.asyncDispose]() {
    this.#isClosed = true
    this.#aging?.cancel()
    this.#sweeping?.cancel()
    await this.#sweep
    const reason = new ViewerError('SHUTTING_DOWN', 'the server is shutting down')
    const live = [...this.#live]
    for (const entry of live) {
      this.#remove(entry)
      entry.pipe.stop(reason)
    }
    await farewell(
      this.#tools.clock,
      live.map(({ gone }) => gone),
    )
  }
}
