/**
 * Finished answers in memory. An answer is computed once for a state of a repository, however many ask for it at the
 * same time, and compressed once for each encoding; it is found by the state's ETag and its address, so that it can
 * never be a stale one. Bounded in bytes, and in the time that nobody asks for it. What took long to make is kept
 * beyond this process too (`kept-pages.ts`).
 */
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import type { Clock, Timer } from '../base/clock.ts'
import type { Measures } from '../base/measures.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import type { KeptPages } from './kept-pages.ts'

/** Encodings that are offered, the best first. */
export const encodings = ['br', 'gzip'] as const
export type Encoding = (typeof encodings)[number]

export interface FinishedPage {
  readonly body: Buffer
  /** The body in an encoding; undefined where it is too small to gain from it. */
  encoded(encoding: Encoding): Promise<Buffer> | undefined
  /**
   * The page as it goes out to a client that takes `encoding`, or takes none (null); undefined while that is not
   * compressed yet. The same object each time.
   */
  formNow(encoding: Encoding | null): PageForm | undefined
}

/** What goes out of a page. */
export interface PageForm {
  /** Null for the page as it is. */
  readonly encoding: Encoding | null
  readonly bytes: Buffer
}

/** Disposing them gives their memory back; who asks afterwards gets an answer that is not kept. */
export interface FinishedPages extends Disposable {
  /**
   * The answer under a key, or the one that `render` makes. A failure is told to those who wait and not kept.
   * @param render gets a signal that fires when nobody waits any more
   * @param signal ends this caller's waiting
   */
  findOrRender(key: string, render: (stop: AbortSignal) => Promise<string>, signal?: AbortSignal): Promise<FinishedPage>
  /** The answer under a key, where it is there. That it is not there counts as no miss: `findOrRender` comes next. */
  findNow(key: string): FinishedPage | undefined
  /** Whether it is there; counts as nothing. */
  has(key: string): boolean
  readonly bytes: number
}

const hit = { tier: 'page', result: 'hit' } as const
const miss = { tier: 'page', result: 'miss' } as const
/** Smaller ones fit into one packet as they are. */
const minEncodedBytes = 1024
const compress = { br: promisify(brotliCompress), gzip: promisify(gzip) }

export interface FinishedPagesOptions {
  /** Of bodies and their compressed forms, about. */
  readonly maxBytes: number
  /** What nobody asked for during this time goes; 0 keeps it. */
  readonly idleMs: number
}

export interface FinishedPagesDeps {
  readonly clock: Clock
  readonly measures: Measures
  readonly kept: KeptPages
}

/** Makes the store. */
export function createFinishedPages(
  { maxBytes, idleMs }: FinishedPagesOptions,
  { clock, measures, kept }: FinishedPagesDeps,
): FinishedPages {
  // A compressed text is at most about a third; counted in advance, since it comes later.
  const pages = new LRUCache<string, FinishedPage>({
    maxSize: maxBytes,
    ttl: idleMs,
    updateAgeOnGet: true,
    // A time of 0 would be none to the library.
    perf: { now: () => clock.monotonicMs() + 1 },
    ttlResolution: 0,
    sizeCalculation: (page, key) => Math.ceil(page.body.length * 1.5) + 2 * key.length + 256,
    dispose: (_page, _key, why) => {
      if (why === 'evict') measures.count('gitbugviewer_evictions_total', { tier: 'page', reason: 'size' })
      if (why === 'expire') measures.count('gitbugviewer_evictions_total', { tier: 'page', reason: 'idle' })
    },
  })
  measures.gauge('gitbugviewer_cache_bytes', () => [{ labels: { tier: 'page' }, value: pages.calculatedSize }])
  let purge: Timer | undefined
  let isOver = false
  // What has become too old is not found; its memory is given back when somebody looks for it.
  const startPurge = () => {
    if (idleMs === 0 || purge || isOver) return
    purge = clock.startTimer(idleMs, () => {
      purge = undefined
      pages.purgeStale()
      if (pages.size > 0) startPurge()
    })
  }
  const flight = createSingleFlight<string, FinishedPage>()
  const make = async (key: string, render: (stop: AbortSignal) => Promise<string>, stop: AbortSignal) => {
    const startedMs = clock.monotonicMs()
    const body = Buffer.from(await render(stop))
    kept.keep(key, body, clock.monotonicMs() - startedMs)
    return body
  }
  return {
    get bytes() {
      return pages.calculatedSize
    },
    has: key => pages.has(key),
    findNow(key) {
      const found = pages.get(key)
      if (found) measures.count('gitbugviewer_lookups_total', hit)
      return found
    },
    async findOrRender(key, render, signal) {
      const found = pages.get(key)
      measures.count('gitbugviewer_lookups_total', found ? hit : miss)
      if (found) return found
      return await flight.run(
        key,
        async stop => {
          const page = finishPage((await kept.find(key, stop)) ?? (await make(key, render, stop)))
          if (!isOver) pages.set(key, page)
          startPurge()
          return page
        },
        signal,
      )
    },
    [Symbol.dispose]() {
      isOver = true
      purge?.cancel()
      pages.clear()
    },
  }
}

/** Makes an answer that is kept elsewhere, such as a static file. */
export function finishPage(body: Buffer): FinishedPage {
  const encoded = new Map<Encoding, Promise<Buffer>>()
  const forms = new Map<Encoding, PageForm>()
  const asIs: PageForm = { encoding: null, bytes: body }
  const small = body.length < minEncodedBytes
  return {
    body,
    encoded(encoding) {
      if (small) return undefined
      let result = encoded.get(encoding)
      if (!result) {
        result = encode(body, encoding)
        encoded.set(encoding, result)
        // A failure is told to those who wait.
        result.then(
          bytes => forms.set(encoding, { encoding, bytes }),
          () => {},
        )
      }
      return result
    },
    formNow: encoding => (encoding === null || small ? asIs : forms.get(encoding)),
  }
}

function encode(body: Buffer, encoding: Encoding): Promise<Buffer> {
  return encoding === 'br'
    ? compress.br(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
    : compress.gzip(body, { level: 6 })
}
