/**
 * Secrets in requests: what was sent, and whether it is the right one. Comparisons take the same time whatever is sent,
 * and what is compared are digests, so that not even the secret's length shows.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** The text after `Authorization: Bearer`; undefined where the request carries none. */
export function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(.*)$/i.exec(headers.authorization ?? '')?.[1]
}

/** True where both are the same text. */
export function equalTexts(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
}
