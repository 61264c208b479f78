/**
 * The answer to a request that cannot be read as one: Node says why, and Fastify never sees it. It is as short as can
 * be, closes the connection, and repeats nothing of what was sent.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const answers: Readonly<Record<string, readonly [status: string, text: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers of the request are too large.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Content Too Large', 'The request is too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to come.'],
}
const unreadable = ['400 Bad Request', 'The request cannot be read.'] as const

/** Answers, where anybody is there to read it, and hangs up. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket) {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const [status, text] = answers[error.code ?? ''] ?? unreadable
  const body = `${text}\n`
  const head = [
    `HTTP/1.1 ${status}`,
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    'connection: close',
  ]
  // Half of another answer may have gone already: more bytes would be taken for a part of it. Node itself asks so.
  const { _httpMessage: under } = socket as Socket & { readonly _httpMessage?: ServerResponse | null }
  if (socket.writable && under?.headersSent !== true) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}
