/**
 * Sends a long answer as its reader reads it. Nothing is sent before its first bytes are there, so what goes wrong until
 * then is an answer of its own; afterwards the connection is cut, which is how a client learns that it has not got all.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import { piecesOf } from '../streams/pieces.ts'
import type { StreamReader } from '../streams/stream-cache.ts'

export interface StreamToSend {
  /** Closed when this is done, however it ends. */
  readonly reader: StreamReader
  /** A client that takes nothing for this long is cut off. */
  readonly stallMs: number
  /** Of the answer with the bytes only: what goes wrong before has its own. */
  readonly headers?: Readonly<Record<string, string>>
  /** Likewise. */
  readonly status?: number
  /** What is sent of it; without it all that is left. Each piece has gone before the next one is asked for. */
  readonly pieces?: AsyncIterable<Buffer>
}

/** Sends it with the status and the headers that the reply has. @throws what the stream has failed of before its first bytes */
export async function sendStream(
  reply: FastifyReply,
  { reader, pieces = piecesOf(reader), stallMs, headers = {}, status = 200 }: StreamToSend,
): Promise<FastifyReply> {
  closeBehind(reply, reader)
  try {
    await reader.peek(1)
  } catch (error) {
    await reader.close()
    throw error
  }
  cutOffWhenStalled(reply, stallMs)
  reply.code(status).headers(headers)
  void write(reply.hijack(), reader, pieces)
  return reply
}

/** Closes a reader when the answer has ended or its client has gone: what is not there yet is waited for by nobody then. */
export function closeBehind({ raw }: FastifyReply, reader: StreamReader) {
  // It may have gone while its request was read, and nobody would hear of that any more.
  if (raw.destroyed) void reader.close()
  else raw.once('close', () => void reader.close())
}

/**
 * Writes one piece after the other, and asks for the next when the one before is out of this process's hands: pieces are
 * lent, and their memory is used again. Never rejects.
 */
async function write(reply: FastifyReply, reader: StreamReader, pieces: AsyncIterable<Buffer>) {
  const { raw } = reply
  try {
    // The server is closing: nothing more is to come on this connection.
    if (!reply.server.server.listening) raw.shouldKeepAlive = false
    raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders)
    for await (const bytes of pieces) await handOver(raw, bytes)
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
