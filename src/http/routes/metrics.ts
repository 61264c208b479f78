/**
 * `GET /metrics`: the program's measures for Prometheus, at the root of the server only. Below the base path, where a
 * proxy may show the site to everybody, there is no such address.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { bearerOf, equalTexts } from '../secret.ts'

/** Where the text comes from. */
export interface MetricsSource {
  readonly contentType: string
  readText(): Promise<string>
}

export interface MetricsRoute {
  readonly source: MetricsSource
  /** What readers must send as `Authorization: Bearer …`; undefined lets everybody read. */
  readonly token: string | undefined
}

export async function metricsRoutes(app: FastifyInstance, { source, token }: MetricsRoute) {
  app.get('/metrics', async (request, reply) => {
    if (!isAtRoot(request)) throw new ViewerError('PAGE_UNKNOWN', 'no page has that address')
    reply.header('cache-control', 'no-store')
    if (token !== undefined && !carriesToken(request, token)) {
      reply.header('www-authenticate', 'Bearer')
      throw new ViewerError('UNAUTHORIZED', 'the token is missing or wrong')
    }
    return reply.type(source.contentType).send(await source.readText())
  })
}

function isAtRoot({ originalUrl }: FastifyRequest): boolean {
  return originalUrl.split('?', 1)[0] === '/metrics'
}

function carriesToken({ headers }: FastifyRequest, token: string): boolean {
  const bearer = bearerOf(headers)
  return bearer !== undefined && equalTexts(bearer, token)
}
