/** A signal for a request's work. Fastify's own fires for a POST as soon as its body is read; this one does not. */
import type { FastifyReply } from 'fastify'

/** Fires when the client has gone before it had its answer. */
export function readerSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  const { raw } = reply
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort(new DOMException('the client has gone', 'AbortError'))
  })
  return gone.signal
}
