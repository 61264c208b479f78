/**
 * The store in memory: one least-recently-used list for each tier, bounded in bytes, with the ages of the tier. It ends
 * with the process.
 */
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/clock.ts'
import type { Measures } from '../base/measures.ts'
import { nextTurn } from '../base/turns.ts'
import {
  countLookups,
  entryBytes,
  type Store,
  type StoreLimits,
  type StoreTier,
  storeTiers,
  type TierLimits,
} from './store.ts'

/** Put in one go; then others have their turn. */
const turnEntries = 1000

export interface MemoryStoreOptions {
  readonly limits: StoreLimits
  readonly clock: Clock
  readonly measures: Measures
}

interface Kept {
  readonly value: Uint8Array
  /** By the clock that only grows. */
  readonly putMs: number
}

export function createMemoryStore({ limits, clock, measures }: MemoryStoreOptions): Store {
  const tiers = new Map<StoreTier, MemoryTier>(
    storeTiers.map(tier => [tier, new MemoryTier(limits[tier], { tier, clock, measures })]),
  )
  measures.gauge('gitbugviewer_store_bytes', () =>
    storeTiers.map(tier => ({ labels: { backend: 'memory' as const, tier }, value: tiers.get(tier)?.bytes ?? 0 })),
  )
  return {
    async getMany(tier, keys, signal) {
      signal?.throwIfAborted()
      const kept = tiers.get(tier)
      const values = keys.map(key => kept?.find(key))
      countLookups(measures, { backend: 'memory', tier }, values)
      return values
    },
    async setMany(tier, entries) {
      const kept = tiers.get(tier)
      for (const [n, { key, value }] of entries.entries()) {
        if (n > 0 && n % turnEntries === 0) await nextTurn()
        kept?.put(key, value)
      }
    },
    settled: async () => {},
    async [Symbol.asyncDispose]() {
      tiers.clear()
    },
  }
}

interface TierSurroundings {
  readonly tier: StoreTier
  readonly clock: Clock
  readonly measures: Measures
}

class MemoryTier {
  /** Undefined where the tier may hold nothing. */
  readonly #kept: LRUCache<string, Kept> | undefined
  readonly #limits: TierLimits
  readonly #surroundings: TierSurroundings

  constructor(limits: TierLimits, surroundings: TierSurroundings) {
    this.#limits = limits
    this.#surroundings = surroundings
    const maxSize = Math.floor(limits.maxBytes)
    if (maxSize < 1) return
    this.#kept = new LRUCache({
      maxSize,
      sizeCalculation: ({ value }, key) => entryBytes(key, value.length),
      dispose: (_kept, _key, why) => {
        if (why === 'evict') this.#countEviction('size')
      },
    })
  }

  get bytes(): number {
    return this.#kept?.calculatedSize ?? 0
  }

  find(key: string): Uint8Array | undefined {
    const found = this.#kept?.get(key)
    if (!found) return undefined
    const { seconds } = this.#limits
    if (seconds === undefined || this.#surroundings.clock.monotonicMs() - found.putMs < seconds * 1000)
      return found.value
    this.#kept?.delete(key)
    this.#countEviction('age')
    return undefined
  }

  put(key: string, value: Uint8Array): void {
    // A copy of its own: the caller's bytes may change later, or be a small part of a large buffer.
    const kept = { value: new Uint8Array(value), putMs: this.#surroundings.clock.monotonicMs() }
    this.#kept?.set(key, kept)
  }

  #countEviction(reason: 'size' | 'age') {
    const { measures, tier } = this.#surroundings
    measures.count('gitbugviewer_store_evictions_total', { backend: 'memory', tier, reason })
  }
}
