/**
 * What is logged of requests that fail. A failure that many of them meet, since it is shared or remembered for a while,
 * is told once; of the others there is a line at level debug.
 */
import type { FastifyRequest } from 'fastify'

export interface FailureLog {
  /** The server or a repository is at fault. */
  failed(request: FastifyRequest, error: unknown): void
  /** The visitor gets what the visitor has asked for. */
  refused(request: FastifyRequest, error: unknown): void
}

export function createFailureLog(): FailureLog {
  const told = new WeakSet<object>()
  return {
    failed({ log, originalUrl: url }, error) {
      const isObject = typeof error === 'object' && error !== null
      if (isObject && told.has(error)) return log.debug({ err: error, url }, 'a request failed of the same')
      if (isObject) told.add(error)
      log.error({ err: error, url }, 'a request failed')
    },
    refused({ log, originalUrl: url }, error) {
      log.debug({ err: error, url }, 'a request was refused')
    },
  }
}
