/**
 * What every answer forbids. The policy is the same for all of them, so it is written once and not computed for each:
 * a page may use what this server sends and nothing else (but pictures, where the operator wants those of others), can
 * run only our script, and can send nothing elsewhere.
 * HSTS and `upgrade-insecure-requests` belong to whoever terminates TLS: on plain HTTP in a private network they would
 * lock people out.
 */
import type { FastifyInstance } from 'fastify'

export interface SecurityOptions {
  /** Whether a page may show pictures from other hosts. */
  readonly showsRemoteImages: boolean
}

function contentSecurityPolicy({ showsRemoteImages }: SecurityOptions): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    showsRemoteImages ? "img-src 'self' https: http:" : "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

const headers: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/** Adds the headers to every answer of the server, errors included. */
export function addSecurityHeaders(app: FastifyInstance, options: SecurityOptions) {
  const all = { 'content-security-policy': contentSecurityPolicy(options), ...headers }
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(all)
    done()
  })
}
