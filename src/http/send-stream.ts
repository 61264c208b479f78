/**
 * Sends a long answer as its reader reads it. Nothing is sent before its first bytes are there, so what goes wrong until
 * then is an answer of its own; afterwards the connection is cut, which is how a client learns that it has not got all.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { StreamReader } from '../streams/stream-cache.ts'

/** Bytes that are sent at once, at most. */
const pieceBytes = 256 * 1024

export interface StreamToSend {
  /** Closed when this is done, however it ends. */
  readonly reader: StreamReader
  /** The place of the first byte that is not sent; undefined is the end of the stream. */
  readonly end?: number
  /** A client that takes nothing for this long is cut off. */
  readonly stallMs: number
  /** Of the answer with the bytes only: what goes wrong before has its own. */
  readonly headers?: Readonly<Record<string, string>>
  /** Likewise. */
  readonly status?: number
  /** What is sent, where that is not just the bytes up to `end`. It closes the reader. */
  body?(): Readable
}

/** Sends it with the status and the headers that the reply has. @throws what the stream has failed of before its first bytes */
export async function sendStream(
  reply: FastifyReply,
  { reader, end, stallMs, headers = {}, status = 200, body }: StreamToSend,
): Promise<FastifyReply> {
  // It may have gone while its request was read, and nobody would hear of that any more.
  if (reply.raw.destroyed) await reader.close()
  // A client that goes while nothing is there yet is waited for by nobody.
  reply.raw.once('close', () => void reader.close())
  try {
    await reader.peek(1)
  } catch (error) {
    await reader.close()
    throw error
  }
  cutOffWhenStalled(reply, stallMs)
  reply.code(status).headers(headers)
  if (body) return reply.send(body())
  void write(reply.hijack(), reader, end)
  return reply
}

/**
 * Writes one piece after the other, and asks for the next when the one before is out of this process's hands: pieces are
 * lent, and their memory is used again. Never rejects.
 */
async function write(reply: FastifyReply, reader: StreamReader, end: number | undefined) {
  const { raw } = reply
  try {
    // The server is closing: nothing more is to come on this connection.
    if (!reply.server.server.listening) raw.shouldKeepAlive = false
    raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders)
    for (;;) {
      const left = end === undefined ? pieceBytes : end - reader.position
      if (left <= 0) break
      const bytes = await reader.lend(Math.min(pieceBytes, left))
      if (bytes.length === 0 && end !== undefined)
        throw new Error(`a stream ended at ${reader.position}, before ${end}`)
      if (bytes.length === 0) break
      await handOver(raw, bytes)
    }
    raw.end()
  } catch (error) {
    if (!isGone(raw)) reply.log.warn({ err: error }, 'a long answer broke off')
    // It is how a client learns that it has not got all.
    raw.destroy()
  } finally {
    await reader.close()
  }
}

/** Whether its client has gone, or was cut off: the answer may be told of that later than those who write to it. */
function isGone({ destroyed, socket }: ServerResponse): boolean {
  return destroyed || socket?.destroyed === true
}

/** Settles when the bytes have left this process. */
async function handOver(raw: ServerResponse, bytes: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  raw.write(bytes, error => (error ? reject(error) : resolve()))
  await promise
}

/**
 * Node tells of a connection on which nothing has moved for a time; nothing moves either while there is nothing to send.
 * An answer whose turn on its connection is yet to come is watched from then on.
 */
export function cutOffWhenStalled({ raw }: FastifyReply, stallMs: number) {
  // Asked from inside this process: there is no connection, and a timer would keep the process alive.
  if (raw.socket && !(raw.socket instanceof Socket)) return
  raw.setTimeout(stallMs, () => {
    const { socket } = raw
    if (socket && (raw.writableLength > 0 || socket.writableLength > 0)) socket.destroy()
  })
}
