/**
 * `git http-backend` behind a bare server of Node, as a process of its own: what serves a repository to `git fetch`
 * where nothing else does. It offers the refs that the viewer offers, and answers every request with a process.
 *
 *   node bench/http-backend.ts FOLDER        (http://127.0.0.1:PORT/<repository>.git)
 *
 * How many requests have come it says at `/-/asked`, which is none of them.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'

const root = resolve(process.argv[2] ?? '.')
const program = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend')
const settings: readonly [string, string][] = [
  ['uploadpack.hideRefs', 'HEAD'],
  ['uploadpack.hideRefs', 'refs'],
  ['uploadpack.hideRefs', '!refs/bugs'],
  ['uploadpack.hideRefs', '!refs/identities'],
  ['uploadpack.allowFilter', 'true'],
]

const inherited = {
  PATH: process.env.PATH,
  GIT_PROJECT_ROOT: root,
  GIT_HTTP_EXPORT_ALL: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_COUNT: String(settings.length),
  ...Object.fromEntries(settings.map(([key], index) => [`GIT_CONFIG_KEY_${index}`, key])),
  ...Object.fromEntries(settings.map(([, value], index) => [`GIT_CONFIG_VALUE_${index}`, value])),
}

/** What CGI (RFC 3875) wants to know of a request. */
function cgiVariables(request: IncomingMessage): Record<string, string> {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost')
  const { headers } = request
  return {
    REQUEST_METHOD: request.method ?? 'GET',
    PATH_INFO: decodeURIComponent(pathname),
    QUERY_STRING: search.slice(1),
    CONTENT_TYPE: headers['content-type'] ?? '',
    CONTENT_LENGTH: headers['content-length'] ?? '',
    HTTP_CONTENT_ENCODING: String(headers['content-encoding'] ?? ''),
    GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    REMOTE_ADDR: '127.0.0.1',
  }
}

let asked = 0

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/-/asked') return void response.end(String(asked))
  asked++
  const backend = spawn(program, {
    env: { ...inherited, ...cgiVariables(request) },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  backend.stdin.on('error', () => {})
  request.pipe(backend.stdin)
  let head = Buffer.alloc(0)
  const onHead = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    backend.stdout.off('data', onHead)
    const lines = head.toString('latin1', 0, end).split('\r\n')
    const fields = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    })
    const status = Number.parseInt(fields.find(([name]) => name === 'status')?.[1] ?? '200', 10)
    response.writeHead(status, Object.fromEntries(fields.filter(([name]) => name !== 'status')))
    response.write(head.subarray(end + 4))
    backend.stdout.pipe(response)
  }
  backend.stdout.on('data', onHead)
  backend.on('close', () => {
    if (!response.headersSent) response.writeHead(500).end()
  })
  response.on('close', () => backend.kill())
}

const server = createServer(answer)
server.listen(0, '127.0.0.1', () => {
  console.log(`ready: http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
