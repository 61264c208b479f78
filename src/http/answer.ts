/**
 * How an answer that depends on a state goes out: ETag first, 304 before anything is rendered, then the finished page
 * in the encoding that the client takes (`api.md`, "Caching"). The ETag is weak, since encodings share it.
 */
import { hash } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { plainFileName } from '../base/file-name.ts'
import { chooseEncoding } from './choose-encoding.ts'
import { matchesEtag } from './entity-tag.ts'
import type { FinishedPage, FinishedPages } from './finished-pages.ts'
import { noRateLimit, type RateLimit } from './rate-limit.ts'
import { readerSignal } from './reader-signal.ts'
import type { RepeatedAnswers } from './repeated-answers.ts'

/** An answer that is the same as long as its state is. */
export interface StateAnswer {
  /** What it shows: the digest of the refs, for example. */
  readonly state: string
  /**
   * The repository whose digest `state` is, where nothing of a request but its address decides what is sent. Such an
   * answer is given again without its route being asked, for as long as the repository has that digest.
   */
  readonly repository?: string
  /** `html`, `json`, `csv` …: what makes two answers about one state differ. */
  readonly format: keyof typeof contentTypes
  /** What makes it another answer than others about the same state: the address with the parameters that count. */
  readonly key: string
  /** Under which browsers save it; without one they show it. */
  readonly fileName?: string
  /** True where the address names what can never change: then it is not asked for again (RFC 8246). */
  readonly isImmutable?: boolean
  /** True where finding out the state is most of the work: the rate limit counts it whatever comes of it. */
  readonly isCounted?: boolean
  /**
   * @param stop fires when nobody waits for it any more
   * @throws UnfinishedAnswer
   */
  render(stop: AbortSignal): Promise<string>
}

/** Thrown by `render`: what could be made in time. It is sent to those who wait, and kept by nobody. */
export class UnfinishedAnswer extends Error {
  readonly body: string

  constructor(body: string) {
    super('the answer could not be finished in time')
    this.body = body
  }
}

export const contentTypes = {
  html: 'text/html; charset=utf-8',
  json: 'application/json; charset=utf-8',
  atom: 'application/atom+xml; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  txt: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  // RFC 4155 gives it no charset: each message says its own.
  mbox: 'application/mbox',
  svg: 'image/svg+xml; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
  opensearch: 'application/opensearchdescription+xml; charset=utf-8',
  // Neither has a registered name; these are what others use.
  ndjson: 'application/x-ndjson',
  bundle: 'application/x-git-bundle',
} as const

/** What is known of an answer before it is made. */
export type AnswerHead = Pick<StateAnswer, 'state' | 'format' | 'isImmutable' | 'isCounted'>

export interface Answerer {
  /** Sets the headers that an answer has whether its client has it already (then it takes no turn) or has to be sent it. */
  begin(request: FastifyRequest, reply: FastifyReply, head: AnswerHead): { etag: string; isUnchanged: boolean }
  send(request: FastifyRequest, reply: FastifyReply, answer: StateAnswer): Promise<FastifyReply>
  /** Those that can be given again without their routes. */
  readonly repeated: RepeatedAnswers
}

export interface AnswererParts {
  readonly pages: FinishedPages
  readonly repeated: RepeatedAnswers
  /** Changes whenever the program, its templates or its settings do. */
  readonly buildTag: string
  /** How long a cache in front may answer without asking (`server.sharedCacheSeconds`); 0 makes it ask each time. */
  readonly sharedCacheSeconds?: number
  /** How long a page may take; without it as long as it likes. */
  readonly requestMs?: number | undefined
  /** Told of answers that had not to be made. */
  readonly rateLimit?: Pick<RateLimit, 'giveBack'>
}

/** Formats that search engines may list: the others say what a page says, once more. */
const listedFormats: ReadonlySet<string> = new Set(['html', 'svg', 'xml', 'opensearch'])

const forEver = 'public, max-age=31536000, immutable'

/** Makes the sender. */
export function createAnswerer(parts: AnswererParts): Answerer {
  const { pages, repeated, buildTag, sharedCacheSeconds = 0, rateLimit = noRateLimit } = parts
  const cacheControl = cacheControlOf(sharedCacheSeconds)
  const begin: Answerer['begin'] = (request, reply, { state, format, isImmutable, isCounted }) => {
    const etag = `W/"${state.slice(0, 16)}-${buildTag}-${format}"`
    reply.header('etag', etag).header('cache-control', isImmutable === true ? forEver : cacheControl)
    reply.header('vary', 'Accept-Encoding')
    if (!listedFormats.has(format)) reply.header('x-robots-tag', 'noindex')
    // There are no cookies, and nothing here depends on who asks: scripts of other sites may read it.
    if (format === 'json' || format === 'ndjson') reply.header('access-control-allow-origin', '*')
    const isUnchanged = matchesEtag(request.headers['if-none-match'], etag)
    if (isUnchanged && isCounted !== true) rateLimit.giveBack(request)
    return { etag, isUnchanged }
  }
  return {
    repeated,
    begin,
    async send(request, reply, answer) {
      const { etag, isUnchanged: unchanged } = begin(request, reply, answer)
      const key = [answer.format, answer.state, answer.key].join('\n')
      const found = unchanged ? undefined : pages.findNow(key)
      if (found && answer.isCounted !== true) rateLimit.giveBack(request)
      const page = unchanged
        ? undefined
        : (found ??
          (await pages
            .findOrRender(key, stop => answer.render(stop), readerSignal(reply, parts.requestMs))
            .catch(unfinishedBody)))
      if (typeof page === 'string') return sendUnfinished(reply, { ...answer, body: page })
      const { repository, state, fileName } = answer
      // Not before the page is there: an error answer is no file.
      if (fileName !== undefined)
        reply.header('content-disposition', `attachment; filename="${plainFileName(fileName)}"`)
      if (repository !== undefined) {
        const headers = reply.getHeaders() as OutgoingHttpHeaders
        repeated.remember(request.originalUrl, {
          route: request.routeOptions.url ?? '',
          repository,
          state,
          etag,
          key,
          headers,
          type: contentTypes[answer.format],
        })
      }
      if (!page) return sendHead(request, reply, 304)
      reply.type(contentTypes[answer.format])
      return await sendPage(request, reply, page)
    },
  }
}

/** `stale-while-revalidate` (RFC 5861) has no effect beside `must-revalidate`, which forbids anything stale. */
function cacheControlOf(sharedSeconds: number): string {
  return sharedSeconds === 0
    ? 'public, max-age=0, must-revalidate'
    : `public, max-age=0, s-maxage=${sharedSeconds}, stale-while-revalidate=${10 * sharedSeconds}`
}

function sendUnfinished(
  reply: FastifyReply,
  { format, body }: Pick<StateAnswer, 'format'> & { readonly body: string },
) {
  return reply.removeHeader('etag').header('cache-control', 'no-store').type(contentTypes[format]).send(body)
}

function unfinishedBody(error: unknown): string {
  if (error instanceof UnfinishedAnswer) return error.body
  throw error
}

/** Ends an answer without a body: one that is unchanged, or one of a HEAD request. */
export function sendHead(request: FastifyRequest, reply: FastifyReply, status: 200 | 304): FastifyReply {
  if (request.method !== 'HEAD') return reply.code(status).send()
  // Fastify would say `content-length: 0` of it, and to a cache that is the length of the page.
  reply.raw.writeHead(status, reply.getHeaders() as OutgoingHttpHeaders).end()
  return reply
}

/** Sends a finished page in the best encoding that the client takes. */
export async function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  page: FinishedPage,
): Promise<FastifyReply> {
  const encoding = chooseEncoding(request.headers['accept-encoding'])
  const encoded = encoding === null ? undefined : page.encoded(encoding)
  reply.header('vary', 'Accept-Encoding')
  if (encoding === null || encoded === undefined) return reply.send(page.body)
  return reply.header('content-encoding', encoding).send(await encoded)
}

/** A short name for everything that is given. */
export function shortDigest(parts: readonly string[]): string {
  return hash('sha256', parts.join('\0'), 'hex').slice(0, 16)
}
