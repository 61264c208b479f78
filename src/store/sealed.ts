/**
 * Values with a checksum over tier, key and value, for back ends that cannot tell what was damaged, or what they were
 * given back by mistake. Promises that a value is what was put under that very key, and is not there where it is
 * anything else.
 *
 *     4 bytes: CRC-32, big-endian   the value
 */
import { crc32 } from 'node:zlib'
import type { Measures } from '../base/measures.ts'
import { nextTurn } from '../base/turns.ts'
import type { Store, StoreBackend, StoreEntry, StoreTier } from './store.ts'

export interface SealOptions {
  readonly measures: Measures
  readonly backend: StoreBackend
}

const sealBytes = 4
/** What is worked through in one go, some milliseconds at most; then others have their turn. */
const turnBytes = 4_000_000

export function sealValues(store: Store, { measures, backend }: SealOptions): Store {
  return {
    async getMany(tier, keys, signal) {
      const found = await store.getMany(tier, keys, signal)
      const values: (Uint8Array | undefined)[] = []
      let bytes = 0
      let damaged = 0
      for (const [n, sealed] of found.entries()) {
        const value = sealed && openSealed(tier, keys[n] ?? '', sealed)
        values.push(value)
        if (sealed && !value) damaged++
        bytes += sealed?.length ?? 0
        if (bytes < turnBytes) continue
        bytes = 0
        await nextTurn()
        signal?.throwIfAborted()
      }
      if (damaged > 0) measures.count('gitbugviewer_store_damaged_total', { backend }, damaged)
      return values
    },
    async setMany(tier, entries) {
      // In parts, so that the copies of many large values are not in memory all at once.
      for (let at = 0; at < entries.length; ) {
        const end = findPartEnd(entries, at)
        await store.setMany(tier, sealPart(tier, entries.slice(at, end)))
        at = end
        if (at < entries.length) await nextTurn()
      }
    },
    settled: () => store.settled(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

function findPartEnd(entries: readonly StoreEntry[], start: number): number {
  let bytes = 0
  let end = start
  while (end < entries.length && bytes < turnBytes) bytes += entries[end++]?.value.length ?? 0
  return end
}

function sealPart(tier: StoreTier, entries: readonly StoreEntry[]): StoreEntry[] {
  const total = entries.reduce((sum, { value }) => sum + sealBytes + value.length, 0)
  const bytes = Buffer.allocUnsafeSlow(total)
  let at = 0
  return entries.map(({ key, value }) => {
    const start = at
    bytes.writeUInt32BE(seal(tier, key, value), at)
    bytes.set(value, at + sealBytes)
    at += sealBytes + value.length
    return { key, value: bytes.subarray(start, at) }
  })
}

/** The value; undefined where the checksum is another one. */
function openSealed(tier: StoreTier, key: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < sealBytes) return undefined
  const found = new DataView(sealed.buffer, sealed.byteOffset, sealBytes).getUint32(0)
  const value = sealed.subarray(sealBytes)
  return seal(tier, key, value) === found ? value : undefined
}

function seal(tier: StoreTier, key: string, value: Uint8Array): number {
  return crc32(value, crc32(`${tier} ${key}`))
}
