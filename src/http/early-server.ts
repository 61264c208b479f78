/**
 * The server under Fastify: what was answered before and is still right goes out before Fastify hears of the request;
 * everything else, and everything once the server is closing, is Fastify's.
 *
 *     socket ──► repeated answer? ── yes ──► 304 or the finished page
 *                      │no
 *                      └──► Fastify: hooks, routing, handlers
 */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { RepeatedAnswers } from './repeated-answers.ts'
import type { NoteRequest } from './request-durations.ts'

export interface EarlyServerParts {
  readonly repeated: RepeatedAnswers
  /** Told of each answer that Fastify does not see; undefined measures nothing. */
  readonly note: NoteRequest | undefined
  isClosing(): boolean
}

/** A connection that is kept alive may rest for this long, as Fastify itself would have it. */
const keepAliveMs = 72_000

/** Makes what Fastify calls for its server. */
export function createEarlyServer({ repeated, note, isClosing }: EarlyServerParts) {
  return (handler: RequestListener): Server => {
    const server = createServer((request, response) => {
      const startMs = performance.now()
      const route = isClosing() ? undefined : repeated.answer(request.url ?? '/', request, response)
      if (route === undefined) return handler(request, response)
      note?.({ route, method: request.method ?? 'GET', status: response.statusCode }, performance.now() - startMs)
    })
    server.keepAliveTimeout = keepAliveMs
    return server
  }
}
