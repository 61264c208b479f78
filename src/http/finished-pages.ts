/**
 * Finished answers in memory. An answer is computed once for a state of a repository, however many ask for it at the
 * same time, and compressed once for each encoding; it is found by the state's ETag and its address, so that it can
 * never be a stale one. Bounded in bytes.
 */
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import { createSingleFlight } from '../base/single-flight.ts'

/** Encodings that are offered, the best first. */
export const encodings = ['br', 'gzip'] as const
export type Encoding = (typeof encodings)[number]

export interface FinishedPage {
  readonly body: Buffer
  /** The body in an encoding; undefined where it is too small to gain from it. */
  encoded(encoding: Encoding): Promise<Buffer> | undefined
}

export interface FinishedPages {
  /** The answer under a key, or the one that `render` makes. A failure is told to those who wait and not kept. */
  findOrRender(key: string, render: () => Promise<string>): Promise<FinishedPage>
  readonly bytes: number
}

/** Smaller ones fit into one packet as they are. */
const minEncodedBytes = 1024
const compress = { br: promisify(brotliCompress), gzip: promisify(gzip) }

/** Makes the store. @param maxBytes of bodies and their compressed forms, about */
export function createFinishedPages(maxBytes: number): FinishedPages {
  // A compressed text is at most about a third; counted in advance, since it comes later.
  const pages = new LRUCache<string, FinishedPage>({
    maxSize: maxBytes,
    sizeCalculation: (page, key) => Math.ceil(page.body.length * 1.5) + 2 * key.length + 256,
  })
  const flight = createSingleFlight<string, FinishedPage>()
  return {
    get bytes() {
      return pages.calculatedSize
    },
    async findOrRender(key, render) {
      const found = pages.get(key)
      if (found) return found
      return await flight.run(key, async () => {
        const page = finishPage(Buffer.from(await render()))
        pages.set(key, page)
        return page
      })
    },
  }
}

/** Makes an answer that is kept elsewhere, such as a static file. */
export function finishPage(body: Buffer): FinishedPage {
  const encoded = new Map<Encoding, Promise<Buffer>>()
  return {
    body,
    encoded(encoding) {
      if (body.length < minEncodedBytes) return undefined
      let result = encoded.get(encoding)
      if (!result) {
        result =
          encoding === 'br'
            ? compress.br(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
            : compress.gzip(body, { level: 6 })
        encoded.set(encoding, result)
      }
      return result
    },
  }
}
