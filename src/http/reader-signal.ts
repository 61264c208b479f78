/**
 * A signal for a request's work. Fastify's own fires for a POST as soon as its body is read; this one does not. It is
 * made by those who wait for something, so that answers that are there already cost no timer.
 */
import type { FastifyReply } from 'fastify'
import { ViewerError } from '../base/errors.ts'

/**
 * Fires when the client has gone before it had its answer.
 * @param maxMs where given: fires with LOAD_TIMEOUT, too, when the request is so old and has no answer; where Fastify
 *   does not measure requests, so long from now
 */
export function readerSignal(reply: FastifyReply, maxMs?: number): AbortSignal {
  const gone = new AbortController()
  const { raw } = reply
  const timer =
    maxMs === undefined
      ? undefined
      : setTimeout(() => gone.abort(tooLong()), Math.max(0, maxMs - reply.elapsedTime)).unref()
  const onClose = () => {
    clearTimeout(timer)
    if (!raw.writableFinished) gone.abort(new DOMException('the client has gone', 'AbortError'))
  }
  // It may have gone before anybody listened.
  if (raw.destroyed) onClose()
  else raw.once('close', onClose)
  return gone.signal
}

function tooLong(): ViewerError {
  return new ViewerError('LOAD_TIMEOUT', 'the answer took longer than a page may take')
}
