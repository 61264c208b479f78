/**
 * Reads the body of a request that a route takes as it comes: into memory, decompressed, within bounds of size and time
 * that hold whatever is sent. A body that is refused is not read on, and its connection is closed behind the answer.
 */
import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
import { createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { ViewerError } from '../base/errors.ts'

export interface BodyLimits {
  /** As it comes, and decompressed. */
  readonly maxBytes: number
  /** For all of it. */
  readonly maxMs: number
  /** Told of memory that is taken for it, and given back when it is done. @throws where there is no more */
  take?(bytes: number): void
}

type Decoder = Gunzip | Inflate

/**
 * Reads all of it.
 * @throws PAYLOAD_TOO_LARGE as soon as that is known; REQUEST_TIMEOUT; PARAMETER_INVALID for an encoding that is not
 *   known, or a body that does not keep to its own; the stream's error where the client goes
 */
export async function readBody(raw: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const decoder = createDecoder(raw.headers['content-encoding'])
  if (Number(raw.headers['content-length'] ?? 0) > limits.maxBytes) throw tooLarge(limits)
  const late = Promise.withResolvers<never>()
  const body = new BodyReader(limits, decoder)
  const timer = setTimeout(
    () => late.reject(new ViewerError('REQUEST_TIMEOUT', 'the request took too long to come')),
    limits.maxMs,
  )
  const reading = body.read(raw)
  try {
    return await Promise.race([reading, late.promise])
  } finally {
    clearTimeout(timer)
    body.stop()
    // Where time is over, it ends with the connection, and nobody listens any more.
    reading.catch(() => {})
  }
}

/**
 * Closes connections behind answers to requests that were not read to their end: whatever else is sent on them is
 * nobody's.
 */
export function closeBehindUnread(app: FastifyInstance) {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (!request.raw.complete) reply.header('connection', 'close')
    done(null, payload)
  })
}

class BodyReader {
  readonly #limits: BodyLimits
  readonly #decoder: Decoder | undefined
  readonly #pieces: Buffer[] = []
  /** Settles when the decoder is done; rejects where it fails or is stopped, and then its writes never end. */
  readonly #decoded: Promise<void>
  #bytes = 0
  #failure: { readonly error: unknown } | undefined

  constructor(limits: BodyLimits, decoder: Decoder | undefined) {
    this.#limits = limits
    this.#decoder = decoder
    decoder?.on('data', (piece: Buffer) => this.#keep(piece))
    this.#decoded = decoder ? finished(decoder) : Promise.resolve()
    // Whoever writes to it hears of it too; there may be nobody.
    this.#decoded.catch(() => {})
  }

  async read(raw: IncomingMessage): Promise<Buffer> {
    let received = 0
    // Not destroyed where it is left: that would take the connection away under the answer.
    for await (const chunk of raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      received += chunk.length
      // Compressed, endless bytes may mean nothing at all.
      if (received > this.#limits.maxBytes) throw tooLarge(this.#limits)
      if (this.#decoder) await this.#decode(Promise.race([write(this.#decoder, chunk), this.#decoded]))
      else this.#keep(chunk)
      if (this.#failure) throw this.#failure.error
    }
    this.#decoder?.end()
    await this.#decode(this.#decoded)
    if (this.#failure) throw this.#failure.error
    return Buffer.concat(this.#pieces, this.#bytes)
  }

  /** Takes nothing more. */
  stop() {
    this.#failure ??= { error: new DOMException('the body is not read any more', 'AbortError') }
    this.#pieces.length = 0
    this.#decoder?.destroy()
  }

  #keep(piece: Buffer) {
    if (this.#failure) return
    try {
      if (this.#bytes + piece.length > this.#limits.maxBytes) throw tooLarge(this.#limits)
      this.#limits.take?.(piece.length)
      this.#bytes += piece.length
      this.#pieces.push(piece)
    } catch (error) {
      this.#failure = { error }
      // What a few compressed bytes still hold is not looked at.
      this.#decoder?.destroy()
    }
  }

  async #decode(step: Promise<void>) {
    try {
      await step
    } catch (cause) {
      this.#failure ??= {
        error: new ViewerError('PARAMETER_INVALID', 'the body is not compressed as its headers say', { cause }),
      }
    }
  }
}

function createDecoder(encoding: string | undefined): Decoder | undefined {
  switch ((encoding ?? 'identity').trim().toLowerCase()) {
    case 'identity':
      return undefined
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    default:
      throw new ViewerError('PARAMETER_INVALID', 'the body may be compressed with gzip or deflate only')
  }
}

function write(decoder: Decoder, chunk: Buffer): Promise<void> {
  return new Promise(resolve => decoder.write(chunk, () => resolve()))
}

function tooLarge({ maxBytes }: BodyLimits): ViewerError {
  return new ViewerError('PAYLOAD_TOO_LARGE', `the request is larger than ${maxBytes} bytes`)
}
