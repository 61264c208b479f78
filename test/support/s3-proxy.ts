/**
 * A server between a client and its S3 server, that notes what is asked and misbehaves on demand: it answers by itself,
 * says nothing, breaks off before or after the request got through, or in the middle of an answer. Without a server
 * behind it all answers are its own.
 */
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'

export interface ProxiedRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
}

/** What becomes of a request: the server behind answers unless it is told otherwise. */
export type Meddling =
  | undefined
  /** Nothing is read of it and nothing is said. */
  | 'hang'
  | 'reset'
  /** The server behind does it, and nobody is told. */
  | 'lose the answer'
  | { readonly cutAnswerAfter: number }
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string | AsyncIterable<Uint8Array>
    }
  /** Whatever else. */
  | ((request: IncomingMessage, response: ServerResponse) => void)

export interface S3Proxy extends AsyncDisposable {
  readonly url: string
  /** All requests that began, in order. */
  readonly requests: readonly ProxiedRequest[]
  /** As `PUT /bucket/key?query`, the query's values left out. */
  readonly lines: readonly string[]
  /** Decides on each request from now on. @param number from 1 */
  meddle(decide: (request: ProxiedRequest, number: number) => Meddling): void
}

export async function openS3Proxy(target?: { readonly url: string }): Promise<S3Proxy> {
  const requests: ProxiedRequest[] = []
  let decide: (request: ProxiedRequest, number: number) => Meddling = () => undefined
  let number = 0

  const server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request
    const proxied = { method, path, headers }
    requests.push(proxied)
    const meddling = decide(proxied, ++number)
    request.on('error', () => {})
    response.on('error', () => {})
    if (meddling === 'hang') return
    if (meddling === 'reset') request.socket.resetAndDestroy()
    else if (typeof meddling === 'function') meddling(request, response)
    else if (typeof meddling === 'object' && 'status' in meddling) void answer(request, response, meddling)
    else if (target) forward(target.url, { request, response, meddling })
    else request.resume().once('end', () => response.writeHead(501).end())
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    get lines() {
      return requests.map(({ method, path }) => `${method} ${path.replaceAll(/=[^&]*/g, '')}`)
    },
    meddle(next) {
      decide = next
      number = 0
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers = {}, body = '' }: { status: number; headers?: object; body?: string | AsyncIterable<Uint8Array> },
): Promise<void> {
  request.resume()
  if (!request.complete) await once(request, 'end').catch(() => {})
  response.writeHead(status, { ...headers })
  if (typeof body === 'string') {
    response.end(body)
    return
  }
  // One that is hung up on is no failure of the test.
  await pipeline(body, response).catch(() => {})
}

function forward(
  url: string,
  {
    request,
    response,
    meddling,
  }: {
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly meddling: undefined | 'lose the answer' | { readonly cutAnswerAfter: number }
  },
): void {
  const { method = '', url: path = '', headers } = request
  // The name of the host is signed, and stays.
  const onward = httpRequest(`${url}${path}`, { method, headers, agent: false })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
  response.once('close', () => onward.destroy())
  onward.once('response', answered => {
    answered.on('error', () => response.destroy())
    if (meddling === 'lose the answer') {
      answered.resume().once('end', () => request.socket.resetAndDestroy())
      return
    }
    response.writeHead(answered.statusCode ?? 0, answered.headers)
    if (meddling === undefined) {
      answered.pipe(response)
      return
    }
    let left = meddling.cutAnswerAfter
    response.flushHeaders()
    answered.on('data', (piece: Buffer) => {
      const part = piece.subarray(0, left)
      left -= part.length
      // What goes out before a connection is ended in order arrives.
      if (left > 0) response.write(part)
      else response.write(part, () => request.socket.end())
    })
    if (left === 0) request.socket.end()
  })
}
