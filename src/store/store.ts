/**
 * What is kept of repositories beyond the life of a process, and shared between processes and machines: values under
 * keys, in three tiers. Promises that a value is what was put under that key or is not there; whoever asks must be able
 * to make it anew. Nothing here fails its caller: what goes wrong is logged, counted, and looks like a value that is not
 * there.
 *
 *     permanent      made from what cannot change: never out of date, goes only when there is no room
 *     intermediate   made from a state of a repository; parts that answers are made of
 *     result         made from a state of a repository; answers as they go out
 *
 * A key says everything that its value depends on, with a version of whatever made it; so an upgrade finds nothing old.
 */

import type { LabelsOf, Measures } from '../base/measures.ts'

export const storeTiers = ['permanent', 'intermediate', 'result'] as const
export type StoreTier = (typeof storeTiers)[number]
/** Where values are, as the measures name it. */
export type StoreBackend = LabelsOf<'gitbugviewer_store_lookups_total'>['backend']

/** Bounds of one tier. */
export interface TierLimits {
  /** Seconds that a value is kept after it was put; undefined: for ever. */
  readonly seconds: number | undefined
  /** Bytes of keys and values, about; over it, what was not used for longest goes first. Redis has its own bound. */
  readonly maxBytes: number
}

export type StoreLimits = Readonly<Record<StoreTier, TierLimits>>

export interface StoreEntry {
  /** Up to 512 printable ASCII characters without spaces. */
  readonly key: string
  readonly value: Uint8Array
}

/** Once it is disposed, nothing is there, nothing is kept, and nothing fails. */
export interface Store extends AsyncDisposable {
  /**
   * Values by their keys, in the order of the keys; undefined where there is none, or none that can be had now. The bytes
   * are the caller's to read and not to change: several may share a buffer.
   * @param signal ends the wait, and rejects with its reason; nothing else does
   */
  getMany(tier: StoreTier, keys: readonly string[], signal?: AbortSignal): Promise<readonly (Uint8Array | undefined)[]>
  /**
   * Puts values, over those that are there. The bytes must not be changed before it settles. Never rejects.
   * @returns settles when as much can be put again without piling up in memory (back pressure); the values may be on
   * their way still, and a `getMany` of this store that comes later finds them
   */
  setMany(tier: StoreTier, entries: readonly StoreEntry[]): Promise<void>
  /** Settles when what was put before is where it outlives this process, or was given up. */
  settled(): Promise<void>
}

/** What a value takes beside its key and itself, about. */
const overheadBytes = 64

/** What an entry counts against the bound of its tier. */
export function entryBytes(key: string, valueBytes: number): number {
  return key.length + valueBytes + overheadBytes
}

/** Counts what was found and what was not. */
export function countLookups(
  measures: Measures,
  labels: { readonly backend: StoreBackend; readonly tier: StoreTier },
  values: readonly (Uint8Array | undefined)[],
): void {
  let hits = 0
  for (const value of values) if (value) hits++
  const misses = values.length - hits
  if (hits > 0) measures.count('gitbugviewer_store_lookups_total', { ...labels, result: 'hit' }, hits)
  if (misses > 0) measures.count('gitbugviewer_store_lookups_total', { ...labels, result: 'miss' }, misses)
}

/** Keeps nothing: for when there is no store. */
export function createOffStore(): Store {
  return {
    getMany: async (_tier, keys, signal) => {
      signal?.throwIfAborted()
      return keys.map(() => undefined)
    },
    setMany: async () => {},
    settled: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}
