/**
 * Finished pages beyond this process: what took long to make is put into the store, and looked for there before it is
 * made again, by whichever instance. The key has the state that the page shows and the build of the program that made
 * it, so a page that is found is the one that would be made.
 */
import { hash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { waitFor } from '../base/single-flight.ts'
import type { Store } from '../store/store.ts'

export interface KeptPages {
  /** The body of a page. Never fails, but for the signal. */
  find(key: string, signal?: AbortSignal): Promise<Buffer | undefined>
  /** Keeps a page where that is worth it. @param tookMs how long it was in the making */
  keep(key: string, body: Buffer, tookMs: number): void
}

/** Keeps none. */
export const noKeptPages: KeptPages = { find: async () => undefined, keep() {} }

export interface KeptPagesOptions {
  /** What took less is not kept. */
  readonly fromMs: number
  /** Changes whenever the program, its templates or its settings do. */
  readonly buildTag: string
  readonly clock: Clock
}

/** Most pages are made in less. */
const patienceMs = 50
/** Larger ones are downloads of whole trackers, which would take the room of very many pages. */
const maxKeptBytes = 4 * 1024 * 1024

/** Makes the keeper. */
export function createKeptPages(store: Store, { fromMs, buildTag, clock }: KeptPagesOptions): KeptPages {
  const keyOf = (key: string) => `page/${hash('sha256', `${buildTag}\n${key}`, 'base64url')}`
  return {
    async find(key, signal) {
      const patience = new AbortController()
      const timer = clock.startTimer(patienceMs, () => patience.abort())
      try {
        const ends = signal ? AbortSignal.any([signal, patience.signal]) : patience.signal
        const [body] = await waitFor(store.getMany('result', [keyOf(key)]), ends)
        // A copy: it stays for long, and what it was cut out of may be many times as large.
        return body && Buffer.from(body)
      } catch (error) {
        if (signal?.aborted) throw error
        return undefined
      } finally {
        timer.cancel()
      }
    },
    keep(key, body, tookMs) {
      if (tookMs >= fromMs && body.length <= maxKeptBytes)
        void store.setMany('result', [{ key: keyOf(key), value: body }])
    },
  }
}
