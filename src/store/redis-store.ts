/**
 * Values in Redis. Keys are `<prefix>:v1:<p, i or r>:<key>`, values are as they were put. Permanent ones have no expiry,
 * the others that of their tier; what goes when there is no room is the server's matter (`maxmemory-policy`).
 *
 * Calls may reject: it is for a guard to turn that into values that are not there.
 */
import type { Measures } from '../base/measures.ts'
import type { FallibleStore } from './guard-store.ts'
import { accepted, type RedisCommand, type RedisConnection, type RedisReply } from './redis-connection.ts'
import { countLookups, type StoreEntry, type StoreLimits, type StoreTier } from './store.ts'

export interface RedisStoreOptions {
  readonly prefix: string
  /** Their `maxBytes` do not count here. */
  readonly limits: StoreLimits
  readonly measures: Measures
  /** Bytes of values that may be on their way to the server at once. */
  readonly maxBytesOnTheirWay?: number
}

const tierLetters: Readonly<Record<StoreTier, string>> = { permanent: 'p', intermediate: 'i', result: 'r' }
/** Keys of one command; a server does nothing else meanwhile. */
const sliceKeys = 1000
/** Slices that are asked for before the first is answered. */
const slicesAtOnce = 4
/** Values that are put together, and then waited for. */
const batchBytes = 1024 * 1024
const batchValues = 1000
/** Larger values are left out: they would hold up everything else on the connection. */
const maxValueBytes = 16 * 1024 * 1024
const standardBytesOnTheirWay = 8 * 1024 * 1024

/** The connection stays with whoever made it. */
export function createRedisStore(connection: RedisConnection, options: RedisStoreOptions): FallibleStore {
  return new RedisStore(connection, options)
}

class RedisStore implements FallibleStore {
  readonly #connection: RedisConnection
  readonly #options: RedisStoreOptions
  readonly #budget: ByteBudget
  readonly #puts = new Set<Promise<void>>()
  #disposed = false

  constructor(connection: RedisConnection, options: RedisStoreOptions) {
    this.#connection = connection
    this.#options = options
    this.#budget = createByteBudget(options.maxBytesOnTheirWay ?? standardBytesOnTheirWay)
  }

  async getMany(tier: StoreTier, keys: readonly string[], signal?: AbortSignal) {
    signal?.throwIfAborted()
    if (this.#disposed) return keys.map(() => undefined)
    const values = keys.map((): Buffer | undefined => undefined)
    let next = 0
    const work = async () => {
      while (next < keys.length) {
        const start = next
        next += sliceKeys
        const slice = keys.slice(start, next).map(key => this.#keyOf(tier, key))
        const [reply] = await this.#connection.send([['MGET', ...slice]], signal)
        for (const [n, value] of listOf(accepted(reply)).entries()) {
          if (Buffer.isBuffer(value)) values[start + n] = value
        }
      }
    }
    await Promise.all(Array.from({ length: slicesAtOnce }, work))
    countLookups(this.#options.measures, { backend: 'redis', tier }, values)
    return values
  }

  async setMany(tier: StoreTier, entries: readonly StoreEntry[]): Promise<void> {
    if (this.#disposed) return
    const put = this.#put(tier, entries)
    const settled = put.catch(() => {}).finally(() => this.#puts.delete(settled))
    this.#puts.add(settled)
    await put
  }

  async settled(): Promise<void> {
    await Promise.all(this.#puts)
  }

  async [Symbol.asyncDispose]() {
    this.#disposed = true
    await this.settled()
  }

  /** Settles when the server has all of them. The first batch that fails ends it. */
  async #put(tier: StoreTier, entries: readonly StoreEntry[]): Promise<void> {
    const { seconds } = this.#options.limits[tier]
    const expiry = seconds === undefined ? [] : ['PX', String(Math.max(1, Math.round(seconds * 1000)))]
    const fitting = entries.filter(({ value }) => value.length <= maxValueBytes)
    for (let at = 0; at < fitting.length; ) {
      const commands: RedisCommand[] = []
      let bytes = 0
      for (; at < fitting.length && bytes < batchBytes && commands.length < batchValues; at++) {
        const { key, value } = fitting[at] as StoreEntry
        commands.push([
          'SET',
          this.#keyOf(tier, key),
          Buffer.from(value.buffer, value.byteOffset, value.length),
          ...expiry,
        ])
        bytes += value.length
      }
      await this.#budget.take(bytes)
      try {
        for (const reply of await this.#connection.send(commands)) accepted(reply)
      } finally {
        this.#budget.giveBack(bytes)
      }
    }
  }

  #keyOf(tier: StoreTier, key: string): string {
    return `${this.#options.prefix}:v1:${tierLetters[tier]}:${key}`
  }
}

function listOf(reply: RedisReply): readonly RedisReply[] {
  return Array.isArray(reply) ? reply : []
}

interface ByteBudget {
  /** Settles when that much is free, in the order of asking; what is more than all there is, when nothing is taken. */
  take(bytes: number): Promise<void>
  giveBack(bytes: number): void
}

function createByteBudget(maxBytes: number): ByteBudget {
  const queue: { bytes: number; enter: () => void }[] = []
  let taken = 0
  const admit = () => {
    for (let first = queue[0]; first && (taken === 0 || taken + first.bytes <= maxBytes); first = queue[0]) {
      queue.shift()
      taken += first.bytes
      first.enter()
    }
  }
  return {
    async take(bytes) {
      const { promise, resolve } = Promise.withResolvers<void>()
      queue.push({ bytes, enter: resolve })
      admit()
      await promise
    },
    giveBack(bytes) {
      taken -= bytes
      admit()
    },
  }
}
