/** `git http-backend` behind a small HTTP server, with and without TLS, whose answers a test can spoil. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { createChildren, type GitServer, listen, openServedFolder, type ServedRepositories } from './git-server.ts'

const run = promisify(execFile)

export interface GitRequest {
  /** The list of what is there; the refs; objects; anything else. */
  readonly kind: 'capabilities' | 'refs' | 'fetch' | 'other'
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: http.IncomingHttpHeaders
  /** Not compressed. */
  readonly body: string
}

/** What becomes of a request; nothing said, it is answered as it should be. */
export interface HttpBehaviour {
  /** Answers that instead, with an empty body or that one. */
  readonly status?: number
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** A full address, or a path. */
  readonly redirectTo?: string
  /** Ends the connection after so many bytes of the answer's body. */
  readonly cutAfterBytes?: number
  /** Sends so many bytes, and the others when `until` settles; without `until` never. */
  readonly holdAfterBytes?: number
  readonly until?: Promise<unknown>
}

export interface HttpGitServerOptions {
  /** Who does not say so gets 401. */
  readonly auth?: { readonly user: string; readonly password: string }
  /** Speaks TLS, with a certificate for these names and for 127.0.0.1, of an authority of its own. */
  readonly tls?: { readonly names: readonly string[] }
}

export interface HttpGitServer extends GitServer {
  /** Without a slash at its end. */
  readonly origin: string
  readonly requests: readonly GitRequest[]
  /** May be set at any time. */
  behave: (request: GitRequest) => HttpBehaviour
  /** Settles when so many requests have come, counted from the start. */
  askedFor(requests: number): Promise<void>
  /** The authority's certificate; undefined without TLS. */
  readonly caFile: string | undefined
}

/** `git http-backend`. */
export async function openHttpGitServer(
  repositories: ServedRepositories,
  options: HttpGitServerOptions = {},
): Promise<HttpGitServer> {
  const folder = await openServedFolder(repositories)
  const children = createChildren()
  const requests: GitRequest[] = []
  const waiting = new Set<{ requests: number; done: () => void }>()
  const scheme = options.tls ? 'https' : 'http'
  const expected =
    options.auth && `Basic ${Buffer.from(`${options.auth.user}:${options.auth.password}`).toString('base64')}`

  async function answer(incoming: http.IncomingMessage, reply: http.ServerResponse) {
    const body = await buffer(incoming)
    const { method = '', url = '', headers } = incoming
    const plain = plainBody(body, headers)
    const request: GitRequest = { kind: kindOf(method, url, plain), method, url, headers, body: plain }
    requests.push(request)
    for (const waiter of waiting) if (requests.length >= waiter.requests) waiter.done()
    const behaviour = server.behave(request)
    if (behaviour.redirectTo !== undefined) {
      return void reply.writeHead(301, { location: behaviour.redirectTo }).end()
    }
    if (expected !== undefined && headers.authorization !== expected) {
      return void reply.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('no')
    }
    if (behaviour.status !== undefined) {
      return void reply.writeHead(behaviour.status, { ...behaviour.headers }).end(behaviour.body)
    }
    const [path = '', query = ''] = url.split('?')
    const child = children.start('git', ['http-backend'], {
      GIT_PROJECT_ROOT: folder.root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(path),
      QUERY_STRING: query,
      REQUEST_METHOD: method,
      CONTENT_TYPE: headers['content-type'] ?? '',
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    })
    reply.on('close', () => child.kill('SIGKILL'))
    child.stdin.end(body)
    await sendAnswer(child.stdout, reply, behaviour)
  }

  const listener = (incoming: http.IncomingMessage, reply: http.ServerResponse) => {
    // Clients that leave are no failure, and a failure of this server is an answer that breaks off.
    answer(incoming, reply).catch(() => reply.destroy())
  }
  const tls = options.tls ? await makeCertificates(folder.home, options.tls.names) : undefined
  const httpServer = tls ? https.createServer(tls, listener) : http.createServer(listener)
  const sockets = new Set<Duplex>()
  httpServer.on('connection', (socket: Duplex) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const port = await listen(httpServer)
  const server: HttpGitServer = {
    port,
    origin: `${scheme}://127.0.0.1:${port}`,
    requests,
    behave: () => ({}),
    url: (path, host = '127.0.0.1') => `${scheme}://${host}:${port}/${path}`,
    serve: folder.serve,
    remove: folder.remove,
    get asked() {
      return requests.length
    },
    async askedFor(count) {
      if (requests.length >= count) return
      await new Promise<void>(done => waiting.add({ requests: count, done }))
    },
    caFile: tls?.caFile,
    async [Symbol.asyncDispose]() {
      httpServer.close()
      for (const socket of sockets) socket.destroy()
      await children.end()
      await folder[Symbol.asyncDispose]()
    },
  }
  return server
}

function plainBody(body: Buffer, headers: http.IncomingHttpHeaders): string {
  return (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('latin1')
}

function kindOf(method: string, url: string, body: string): GitRequest['kind'] {
  if (method === 'GET' && url.includes('/info/refs?service=git-upload-pack')) return 'capabilities'
  if (method !== 'POST') return 'other'
  return body.includes('command=ls-refs') ? 'refs' : 'fetch'
}

/** Takes what a CGI program prints apart, and spoils it where that is wanted. */
async function sendAnswer(output: AsyncIterable<Buffer>, reply: http.ServerResponse, behaviour: HttpBehaviour) {
  const { cutAfterBytes, holdAfterBytes, until = new Promise<never>(() => {}) } = behaviour
  const stopAt = cutAfterBytes ?? holdAfterBytes ?? Number.POSITIVE_INFINITY
  let head = Buffer.alloc(0)
  let isHeadSent = false
  let sent = 0
  const closed = new Promise<void>(done => void reply.once('close', done))
  const write = async (bytes: Buffer) => {
    sent += bytes.length
    if (bytes.length === 0 || reply.write(bytes)) return
    await Promise.race([new Promise<void>(done => void reply.once('drain', done)), closed])
  }
  const writeSpoilt = async (bytes: Buffer) => {
    const allowed = Math.max(0, stopAt - sent)
    if (bytes.length <= allowed) return await write(bytes)
    await write(bytes.subarray(0, allowed))
    if (cutAfterBytes !== undefined) {
      // What was written goes out before the connection does.
      await new Promise<void>(done => void reply.write('', () => done()))
      return void reply.destroy()
    }
    await Promise.race([until, closed])
    await write(bytes.subarray(allowed))
  }
  for await (const chunk of output) {
    if (reply.destroyed) return
    if (isHeadSent) {
      await writeSpoilt(chunk)
      continue
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) continue
    isHeadSent = true
    const lines = head.toString('latin1', 0, end).split('\r\n')
    const fields = lines.map(line => /^([^:]+): *(.*)$/.exec(line)).flatMap(match => (match ? [match.slice(1, 3)] : []))
    const status = fields.find(([name]) => name === 'Status')?.[1]
    reply.writeHead(
      Number.parseInt(status ?? '200', 10),
      fields.filter(([name]) => name !== 'Status').flat() as string[],
    )
    await writeSpoilt(head.subarray(end + 4))
  }
  reply.end()
}

/** An authority, and a certificate of its for a server. */
async function makeCertificates(home: string, names: readonly string[]) {
  const file = (name: string) => join(home, name)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const make = (name: string, ...more: readonly string[]) => {
    const files = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)]
    return run('openssl', ['req', '-x509', ...key, '-days', '2', '-subj', `/CN=${name}`, ...files, ...more])
  }
  await make('authority')
  const alternatives = ['IP:127.0.0.1', ...names.map(name => `DNS:${name}`)].join(',')
  const extensions = ['-addext', `subjectAltName=${alternatives}`, '-addext', 'basicConstraints=critical,CA:FALSE']
  await make('server', ...extensions, '-CA', file('authority.pem'), '-CAkey', file('authority.key'))
  return {
    caFile: file('authority.pem'),
    cert: await readFile(file('server.pem')),
    key: await readFile(file('server.key')),
  }
}
