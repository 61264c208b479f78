/**
 * Whether a form was sent by a page of this site, and by nobody else's in a visitor's name. Browsers say so in
 * `Sec-Fetch-Site` (Fetch Metadata) where the connection is safe, and else in `Origin`; a program sends neither, and
 * acts in nobody's name.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpOptions } from './services.ts'

/** True where nothing says that another site has sent it. */
export function isOwnForm(request: FastifyRequest, { publicOrigin }: Pick<HttpOptions, 'publicOrigin'>): boolean {
  const { 'sec-fetch-site': site, origin } = request.headers
  // `none`: the visitor has sent it again, by the browser's own means.
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  if (origin === undefined) return true
  // Only the host: a proxy may speak HTTPS for us. What is no address, as `null`, has none.
  const host = URL.parse(origin)?.host
  return host !== undefined && (host === request.host || host === hostOf(publicOrigin))
}

function hostOf(origin: string | undefined): string | undefined {
  return origin === undefined ? undefined : URL.parse(origin)?.host
}

/** Pages with such a form let browsers say where it came from, to this site alone: `no-referrer` makes it `null`. */
export function allowOrigin(reply: FastifyReply) {
  reply.header('referrer-policy', 'same-origin')
}
