/**
 * How an answer that depends on a state goes out: ETag first, 304 before anything is rendered, then the finished page
 * in the encoding that the client takes (`api.md`, "Caching"). The ETag is weak, since encodings share it.
 */
import { hash } from 'node:crypto'
import { negotiate } from '@fastify/accept-negotiator'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { encodings, type FinishedPage, type FinishedPages } from './finished-pages.ts'

/** An answer that is the same as long as its state is. */
export interface StateAnswer {
  /** What it shows: the digest of the refs, for example. */
  readonly state: string
  /** `html`, `json`, `atom`: what makes two answers about one state differ. */
  readonly format: keyof typeof contentTypes
  /** What makes it another answer than others about the same state: the address with the parameters that count. */
  readonly key: string
  readonly headers?: Readonly<Record<string, string>>
  render(): Promise<string>
}

export const contentTypes = {
  html: 'text/html; charset=utf-8',
  json: 'application/json; charset=utf-8',
  atom: 'application/atom+xml; charset=utf-8',
} as const

export interface Answerer {
  send(request: FastifyRequest, reply: FastifyReply, answer: StateAnswer): Promise<FastifyReply>
}

/**
 * Makes the sender.
 * @param buildTag changes whenever the program, its templates or its settings do
 */
export function createAnswerer(pages: FinishedPages, buildTag: string): Answerer {
  return {
    async send(request, reply, answer) {
      const etag = `W/"${answer.state.slice(0, 16)}-${buildTag}-${answer.format}"`
      reply.header('etag', etag).header('cache-control', 'public, max-age=0, must-revalidate')
      if (answer.headers) reply.headers(answer.headers)
      if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send()
      const key = [answer.format, answer.state, answer.key].join('\n')
      const page = await pages.findOrRender(key, () => answer.render())
      reply.type(contentTypes[answer.format])
      return await sendPage(request, reply, page)
    },
  }
}

/** Sends a finished page in the best encoding that the client takes. */
export async function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  page: FinishedPage,
): Promise<FastifyReply> {
  const accepted = request.headers['accept-encoding']
  const encoding = accepted === undefined ? null : negotiate(accepted, [...encodings])
  const encoded = encoding === null ? undefined : page.encoded(encoding)
  reply.header('vary', 'Accept-Encoding')
  if (encoding === null || encoded === undefined) return reply.send(page.body)
  return reply.header('content-encoding', encoding).send(await encoded)
}

/** RFC 9110, 13.1.2: a list of tags, compared weakly, or `*`. */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  const wanted = etag.replace(/^W\//, '')
  return header.split(',').some(tag => tag.trim().replace(/^W\//, '') === wanted)
}

/** A short name for everything that is given. */
export function shortDigest(parts: readonly string[]): string {
  return hash('sha256', parts.join('\0'), 'hex').slice(0, 16)
}
