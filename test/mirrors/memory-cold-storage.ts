/** The plainest cold storage there can be, in memory: what the contract asks of every one. */

import { ViewerError } from '../../src/base/errors.ts'
import { waitFor } from '../../src/base/single-flight.ts'
import type { ColdStorage } from '../../src/mirrors/cold-storage.ts'

export function createMemoryColdStorage(): ColdStorage {
  const kept = new Map<string, Buffer>()
  const check = (key: string, signal: AbortSignal) => {
    signal.throwIfAborted()
    if (!/^[\w.-]{1,255}$/.test(key) || /^\.+$/.test(key)) throw new ViewerError('COLD_STORAGE_FAILED', 'not a key')
  }
  return {
    isOn: true,
    async put(key, content, signal) {
      check(key, signal)
      const source = content[Symbol.asyncIterator]()
      const pieces: Uint8Array[] = []
      try {
        for (;;) {
          const next = await waitFor(source.next(), signal)
          if (next.done) break
          pieces.push(Uint8Array.from(next.value))
        }
      } catch (error) {
        void source.return?.()
        throw error
      }
      kept.set(key, Buffer.concat(pieces))
    },
    async get(key, signal) {
      check(key, signal)
      const bytes = kept.get(key)
      if (!bytes) return undefined
      const content = (async function* () {
        for (let offset = 0; offset < bytes.length; offset += 65_536) {
          signal.throwIfAborted()
          yield bytes.subarray(offset, offset + 65_536)
        }
      })()
      return { bytes: bytes.length, content }
    },
    async delete(key, signal) {
      check(key, signal)
      kept.delete(key)
    },
  }
}
