/**
 * One HTTP request to a store, and its answer in pieces. It promises to give up a server from which no byte comes and
 * to which none goes for some time, to hold no more of an answer than was asked for, and to say where it broke off. It
 * follows no redirect and asks no proxy. Whom TLS trusts is Node's own affair: the variable NODE_EXTRA_CA_CERTS names a
 * file with further authorities.
 */
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Clock } from '../base/clock.ts'

export interface HttpCall {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /**
   * The next piece of the body; undefined at its end. Nothing is read ahead of it but what the system's buffers hold.
   * @throws SilenceError, the signal's reason, or what the system says of the connection
   */
  read(): Promise<Uint8Array | undefined>
  /** Wants no more of it. A connection with something left in it is hung up. */
  close(): void
}

export interface HttpTransport {
  /** @throws as `HttpAnswer.read` */
  send(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer>
}

/** A server that was given up because nothing moved. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError'
}

/** What is written in one go: after each the time that a silent server has begins anew. */
const sliceBytes = 64 * 1024
/** How long a connection that nobody uses is kept for the next request. */
const keptMs = 5000

/** @param idleMs after which a server is given up, from the look-up of its name on */
export function createHttpTransport({ idleMs }: { readonly idleMs: number }, { clock }: { readonly clock: Clock }) {
  // The time limit of the agents counts for connections that wait in them; no one listens to it elsewhere.
  const agents = {
    http: new HttpAgent({ keepAlive: true, timeout: keptMs }),
    https: new HttpsAgent({ keepAlive: true, timeout: keptMs }),
  }
  const start = ({ method, url, headers, body }: HttpCall, signal: AbortSignal): ClientRequest => {
    const length = method === 'GET' || method === 'HEAD' ? {} : { 'content-length': String(body.byteLength) }
    const options = { method, headers: { ...headers, ...length }, signal }
    return url.protocol === 'https:'
      ? httpsRequest(url, { ...options, agent: agents.https })
      : httpRequest(url, { ...options, agent: agents.http })
  }

  const transport: HttpTransport = {
    async send(call, signal) {
      signal.throwIfAborted()
      const request = start(call, signal)
      const watch = createWatch(clock, idleMs, error => request.destroy(error))
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
      // The listeners stay: a connection that breaks while the last bytes are sent may tell so after the answer.
      request.on('response', resolve).on('error', reject)
      try {
        write(request, call.body, watch.touch)
        return createAnswer(request, await promise, { clock, idleMs, signal })
      } catch (error) {
        request.destroy()
        throw signal.aborted ? signal.reason : error
      } finally {
        watch.stop()
      }
    },
  }
  return transport
}

/**
 * Writes no faster than the connection takes it, and not on once the answer is there: the server wants no more. Between
 * two slices it lets the answer in. A server that refuses a large body hangs up, and whoever only writes hears nothing
 * but that.
 */
function write(request: ClientRequest, body: Uint8Array, progressed: () => void): void {
  let offset = 0
  let isOver = false
  const goOn = () => {
    if (isOver) return
    progressed()
    const slice = body.subarray(offset, offset + sliceBytes)
    offset += slice.byteLength
    if (offset >= body.byteLength) {
      isOver = true
      request.end(slice)
    } else if (request.write(slice)) goOnSoon()
  }
  const goOnSoon = () => void setImmediate(goOn)
  const end = () => {
    isOver = true
  }
  request.on('drain', goOnSoon).once('response', end).once('close', end)
  goOn()
}

function createAnswer(
  request: ClientRequest,
  response: IncomingMessage,
  { clock, idleMs, signal }: { readonly clock: Clock; readonly idleMs: number; readonly signal: AbortSignal },
): HttpAnswer {
  // Whoever reads is told; when nobody does, a connection that breaks is no event.
  response.on('error', () => {})
  const pieces: AsyncIterator<Uint8Array> = response[Symbol.asyncIterator]()
  const hangUpUnlessSent = () => {
    if (!request.writableEnded) request.destroy()
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    async read() {
      signal.throwIfAborted()
      const watch = createWatch(clock, idleMs, error => response.destroy(error))
      try {
        const piece = await pieces.next()
        if (!piece.done) return piece.value
        hangUpUnlessSent()
        return undefined
      } catch (error) {
        throw signal.aborted ? signal.reason : error
      } finally {
        watch.stop()
      }
    },
    close() {
      // One that was read to its end has gone back to its agent, and is left alone by this.
      response.destroy()
      hangUpUnlessSent()
    },
  }
}

/** Calls `giveUp` when it was not touched for some time. */
function createWatch(clock: Clock, idleMs: number, giveUp: (error: SilenceError) => void) {
  const start = () =>
    clock.startTimer(idleMs, () => giveUp(new SilenceError(`no byte came or went for ${idleMs / 1000} seconds`)))
  let timer = start()
  return {
    touch() {
      timer.cancel()
      timer = start()
    },
    stop: () => timer.cancel(),
  }
}
