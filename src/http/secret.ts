/**
 * Who may call the hook: whoever sends the secret, or a signature made with it. Comparisons take the same time whatever
 * is sent, and what is compared are digests, so that not even the secret's length shows.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** True where the request carries `Authorization: Bearer <secret>` or `X-Hub-Signature-256: sha256=<HMAC of the body>`. */
export function carriesSecret(headers: IncomingHttpHeaders, body: Buffer, secret: string): boolean {
  const bearer = /^Bearer +(.*)$/i.exec(headers.authorization ?? '')?.[1]
  if (bearer !== undefined && equalTexts(bearer, secret)) return true
  const signature = headers['x-hub-signature-256']
  if (typeof signature !== 'string') return false
  return equalTexts(signature.toLowerCase(), `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
}

function equalTexts(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
}
