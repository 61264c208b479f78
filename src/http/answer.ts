/**
 * How an answer that depends on a state goes out: ETag first, 304 before anything is rendered, then the finished page
 * in the encoding that the client takes (`api.md`, "Caching"). The ETag is weak, since encodings share it.
 */
import { hash } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { chooseEncoding } from './choose-encoding.ts'
import { matchesEtag } from './entity-tag.ts'
import type { FinishedPage, FinishedPages } from './finished-pages.ts'
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
  /** @param stop fires when nobody waits for it any more */
  render(stop: AbortSignal): Promise<string>
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
} as const

export interface Answerer {
  send(request: FastifyRequest, reply: FastifyReply, answer: StateAnswer): Promise<FastifyReply>
  /** Those that can be given again without their routes. */
  readonly repeated: RepeatedAnswers
}

export interface AnswererParts {
  readonly pages: FinishedPages
  readonly repeated: RepeatedAnswers
  /** Changes whenever the program, its templates or its settings do. */
  readonly buildTag: string
}

/** Makes the sender. */
export function createAnswerer({ pages, repeated, buildTag }: AnswererParts): Answerer {
  return {
    repeated,
    async send(request, reply, answer) {
      const etag = `W/"${answer.state.slice(0, 16)}-${buildTag}-${answer.format}"`
      reply.header('etag', etag).header('cache-control', 'public, max-age=0, must-revalidate')
      reply.header('vary', 'Accept-Encoding')
      const key = [answer.format, answer.state, answer.key].join('\n')
      const unchanged = matchesEtag(request.headers['if-none-match'], etag)
      const page = unchanged
        ? undefined
        : await pages.findOrRender(key, stop => answer.render(stop), readerSignal(reply))
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
      if (!page) return sendUnchanged(request, reply)
      reply.type(contentTypes[answer.format])
      return await sendPage(request, reply, page)
    },
  }
}

/** A name that every system takes, and that cannot leave the header. */
function plainFileName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '')
}

function sendUnchanged(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.method !== 'HEAD') return reply.code(304).send()
  // Fastify would say `content-length: 0` of it, and to a cache that is the length of the page.
  reply.raw.writeHead(304, reply.getHeaders() as OutgoingHttpHeaders).end()
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
