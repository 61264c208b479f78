/**
 * Answers that were given before and are still right. For each address as it came it is remembered what it led to, so
 * that asking again costs two lookups and a comparison, and no routing of our own, no parsing and no handler:
 *
 *     address ──► repository, state, ETag, headers, key of the finished page
 *                     │
 *                     └── has the repository still that state?  no: the usual way, through the route
 *                         yes: 304, or the finished page where it is still kept
 *
 * It promises status, headers and body to be what the route would send, byte for byte, and never says "no" itself:
 * whatever is not sure goes the usual way. It holds no page, so forgetting loses nothing but time.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import { chooseEncoding } from './choose-encoding.ts'
import { matchesEtag } from './entity-tag.ts'
import type { FinishedPages, PageForm } from './finished-pages.ts'

/** What an address led to. */
export interface RememberedAnswer {
  /** The pattern of the route that gave it. */
  readonly route: string
  /** The repository whose state it shows. */
  readonly repository: string
  /** The digest of that repository for which it is right. */
  readonly state: string
  readonly etag: string
  /** Of the finished page. */
  readonly key: string
  /** Headers of the answer that are the same with and without a body. */
  readonly headers: Readonly<OutgoingHttpHeaders>
  /** Media type of the body. */
  readonly type: string
}

export interface RepeatedAnswers {
  /**
   * Whether the page that an address led to is still in memory, whether it is still right or not: at most a look at the
   * repository stands between it and whoever asks for it.
   */
  isKept(url: string): boolean
  /** Remembers what an address led to. @param url as it came, with its query */
  remember(url: string, answer: RememberedAnswer): void
  /**
   * Answers a GET or HEAD request.
   * @returns the pattern of the route that gave the answer first; undefined where the request has to go the usual way,
   * and nothing was written
   */
  answer(url: string, request: IncomingMessage, response: ServerResponse): string | undefined
}

export interface RepeatedAnswersParts {
  readonly pages: FinishedPages
  /** The digest of a repository that is open and known to be fresh; undefined for every other. */
  digestNow(repository: string): string | undefined
}

interface Kept extends RememberedAnswer {
  /** Headers of answers with a body, for each form that was sent. Weak, since it must not hold pages that were dropped. */
  readonly heads: WeakMap<PageForm, OutgoingHttpHeaders>
}

/** Memory for what is remembered; an address with its answer takes about one KiB. */
const maxBytes = 4 * 1024 * 1024

/** Makes the memory. */
export function createRepeatedAnswers({ pages, digestNow }: RepeatedAnswersParts): RepeatedAnswers {
  const known = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ key }, url) => 2 * (url.length + key.length) + 768,
  })
  return {
    remember(url, answer) {
      known.set(url, { ...answer, heads: new WeakMap() })
    },
    isKept(url) {
      const found = known.get(url)
      return found !== undefined && pages.has(found.key)
    },
    answer(url, request, response) {
      const { method, headers } = request
      if (method !== 'GET' && method !== 'HEAD') return undefined
      const found = known.get(url)
      if (found === undefined || digestNow(found.repository) !== found.state) return undefined
      if (matchesEtag(headers['if-none-match'], found.etag)) {
        response.writeHead(304, found.headers)
        response.end()
        return found.route
      }
      const form = pages.findNow(found.key)?.formNow(chooseEncoding(headers['accept-encoding']))
      if (!form) return undefined
      response.writeHead(200, headOf(found, form))
      if (method === 'HEAD') response.end()
      else response.end(form.bytes)
      return found.route
    },
  }
}

function headOf({ heads, headers, type }: Kept, form: PageForm): OutgoingHttpHeaders {
  const known = heads.get(form)
  if (known) return known
  const encoding = form.encoding === null ? {} : { 'content-encoding': form.encoding }
  const head = { ...headers, 'content-type': type, ...encoding, 'content-length': String(form.bytes.length) }
  heads.set(form, head)
  return head
}
