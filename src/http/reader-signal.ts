/** A signal for a request's work. Fastify's own fires for a POST as soon as its body is read; this one does not. */
import type { FastifyReply } from 'fastify'

/** Fires when the client has gone before it had its answer. */
export function readerSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  const { raw } = reply
  const onClose = () => {
    if (!raw.writableFinished) gone.abort(new DOMException('the client has gone', 'AbortError'))
  }
  // It may have gone before anybody listened.
  if (raw.destroyed) onClose()
  else raw.once('close', onClose)
  return gone.signal
}
