/** Which encoding a client gets. Pure. */
import { negotiate } from '@fastify/accept-negotiator'
import { type Encoding, encodings } from './finished-pages.ts'

const offered: readonly Encoding[] = encodings

/** The best encoding that a client takes; null for none. @param header its `Accept-Encoding` */
export function chooseEncoding(header: string | undefined): Encoding | null {
  if (header === undefined) return null
  const chosen = negotiate(header, [...offered])
  return offered.find(encoding => encoding === chosen) ?? null
}
