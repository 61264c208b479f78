/**
 * The way of git to a remote that speaks http or https: git asks this process, and this process asks the remote.
 *
 *     git fetch ──► 127.0.0.1, with a token ──► the address that was looked at, and no other ──► remote
 *                   two requests, nothing else   TLS for the remote's name; who asks
 *
 * So no name is looked up again, and no redirect is followed but to the same host; git knows no credentials, for it to
 * print or to send elsewhere; and the older protocol, in which git takes files as they are and checks nothing, does not
 * get through. What goes wrong is told as it was seen.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { type AddressInfo, isIP } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { SecureContext } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import type { GitSettings } from './environment.ts'
import type { SeenFailure } from './remote-failure.ts'

export interface RelayTarget {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number | undefined
  /** As in the address, percent-encoded. */
  readonly path: string
  /** Where to connect to. */
  readonly address: string
  readonly credentials?: { readonly user: string; readonly password: string } | undefined
  /** Whom to believe; undefined as Node does. */
  readonly secureContext: SecureContext | undefined
}

export interface HttpRelay extends AsyncDisposable {
  /** What to give to git. */
  readonly url: string
  /** The token, for git's environment: addresses can be seen by everybody on the machine. */
  readonly settings: GitSettings
  /** What has gone wrong first. */
  failure(): SeenFailure | undefined
}

const listRequest = '/info/refs?service=git-upload-pack'
const packRequest = '/git-upload-pack'
const requestHeaders = ['accept', 'accept-encoding', 'content-type', 'content-encoding', 'git-protocol', 'user-agent']
const replyHeaders = ['content-type', 'content-length', 'content-encoding']
const maxRedirects = 3
/** Whoever does not even take a connection within this time is not there. */
const connectLimitMs = 20_000

/** Begins to listen. Dispose it when git has ended. */
export async function openHttpRelay(target: RelayTarget, clock: Clock): Promise<HttpRelay> {
  const token = randomBytes(24).toString('hex')
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) }
  let place: Place = target
  let failure: SeenFailure | undefined
  const fail = (reply: http.ServerResponse, seen: SeenFailure) => {
    failure ??= seen
    if (reply.headersSent) reply.destroy()
    else reply.writeHead(502).end()
  }

  /** Sends a request on. @returns the head of the answer */
  async function ask(incoming: http.IncomingMessage, suffix: string): Promise<http.IncomingMessage> {
    const { host, scheme, port, path } = place
    const name = isIP(host) === 6 ? `[${host}]` : host
    const headers: http.OutgoingHttpHeaders = { host: port === undefined ? name : `${name}:${port}` }
    for (const header of [...requestHeaders, 'content-length']) {
      const value = incoming.headers[header]
      if (value !== undefined) headers[header] = value
    }
    if (target.credentials) headers.authorization = basic(target.credentials)
    const options: https.RequestOptions = {
      host: target.address,
      port: port ?? (scheme === 'https' ? 443 : 80),
      method: incoming.method,
      path: `${path}${suffix}`,
      headers,
      agent: agents[scheme],
      ...(scheme === 'https' ? { servername: isIP(host) ? '' : host, secureContext: target.secureContext } : {}),
    }
    const request = scheme === 'https' ? https.request(options) : http.request(options)
    limitConnecting(request, clock)
    incoming.pipe(request)
    // git has gone, and with it the reason to ask.
    incoming.on('close', () => incoming.complete || request.destroy())
    // What breaks off or turns to nonsense after the head of an answer is an error of the request, too; its body ends
    // with it, and that is noticed. An error that nobody listens to would end the program.
    request.on('error', () => {})
    const closed = new AbortController()
    // An answer that changes the protocol is none, and leaves nothing but a closed connection.
    request.on('close', () => closed.abort(new Error('the remote closed the connection')))
    const [answer] = (await once(request, 'response', { signal: closed.signal })) as [http.IncomingMessage]
    return answer
  }

  async function relay(incoming: http.IncomingMessage, reply: http.ServerResponse) {
    const suffix = (incoming.url ?? '').slice('/r'.length)
    const isList = incoming.method === 'GET' && suffix === listRequest
    const isPack = incoming.method === 'POST' && suffix === packRequest
    if (!isToken(incoming.headers['x-relay-token'], token) || !(isList || isPack))
      return void reply.writeHead(404).end()
    let answer = await ask(incoming, suffix)
    for (let redirects = 0; isList && isRedirect(answer); redirects++) {
      // Its body is not wanted, however long it may be.
      answer.destroy()
      const next = redirects < maxRedirects ? readRedirect(place, answer.headers.location) : undefined
      if (!next) return fail(reply, forbidden(answer.headers.location))
      place = { ...place, ...next }
      answer = await ask(incoming, suffix)
    }
    const seen = judge(answer, isList ? 'advertisement' : 'result')
    if (seen) {
      answer.destroy()
      return fail(reply, seen)
    }
    const headers = replyHeaders.flatMap(name => (answer.headers[name] ? [[name, answer.headers[name]]] : []))
    reply.writeHead(200, Object.fromEntries(headers) as http.OutgoingHttpHeaders)
    reply.on('close', () => answer.destroy())
    answer.on('error', () => {
      if (!reply.destroyed) fail(reply, { reason: 'failed', message: 'the connection to the remote broke off' })
    })
    await pipeline(answer, reply)
  }

  const server = http.createServer({ requestTimeout: 0 }, (incoming, reply) => {
    relay(incoming, reply).catch((error: unknown) => {
      if (!reply.destroyed) fail(reply, explainRequest(error))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/r`,
    settings: [['http.extraHeader', `x-relay-token: ${token}`]],
    failure: () => failure,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      agents.http.destroy()
      agents.https.destroy()
      await closed
    },
  }
}

type Place = Pick<RelayTarget, 'scheme' | 'host' | 'port' | 'path'>

function basic({ user, password }: { readonly user: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

function isToken(given: string | string[] | undefined, token: string): boolean {
  if (typeof given !== 'string') return false
  const [bytes, right] = [Buffer.from(given), Buffer.from(token)]
  // A letter may be two bytes: as many letters need not be as many bytes, which the comparison insists on.
  return bytes.length === right.length && timingSafeEqual(bytes, right)
}

function limitConnecting(request: http.ClientRequest, clock: Clock) {
  request.on('socket', socket => {
    if (!socket.connecting) return
    const timer = clock.startTimer(connectLimitMs, () => {
      request.destroy(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' }))
    })
    socket.once('connect', timer.cancel).once('close', timer.cancel)
  })
}

function isRedirect({ statusCode = 0 }: http.IncomingMessage): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode)
}

/** Where a redirect leads; undefined where git must not follow: elsewhere than to the same host, or to less than TLS. */
export function readRedirect(from: Place, location: string | undefined): Place | undefined {
  const name = isIP(from.host) === 6 ? `[${from.host}]` : from.host
  const origin = `${from.scheme}://${name}${from.port === undefined ? '' : `:${from.port}`}`
  const base = `${origin}${from.path}${listRequest}`
  const url = location !== undefined && URL.canParse(location, base) ? new URL(location, base) : undefined
  if (!url || url.hostname !== new URL(base).hostname || url.username !== '' || url.password !== '') return undefined
  const scheme = url.protocol === 'https:' ? 'https' : url.protocol === 'http:' ? 'http' : undefined
  const port = url.port === '' ? undefined : Number(url.port)
  const isUpgrade = from.scheme === 'http' && from.port === undefined && scheme === 'https' && port === undefined
  if (scheme === undefined || !((scheme === from.scheme && port === from.port) || isUpgrade)) return undefined
  if (!`${url.pathname}${url.search}`.endsWith(listRequest)) return undefined
  return { scheme, host: from.host, port, path: url.pathname.slice(0, -'/info/refs'.length) }
}

function forbidden(location: string | undefined): SeenFailure {
  const url = location !== undefined && URL.canParse(location) ? new URL(location) : undefined
  const where = url ? `: ${url.origin}${url.pathname.replace(/\/info\/refs$/, '')}`.slice(0, 300) : ''
  return { reason: 'forbidden', message: `the remote leads to another address${where}` }
}

/** What is wrong with an answer; undefined where it is one of git's protocol. */
function judge(answer: http.IncomingMessage, kind: string): SeenFailure | undefined {
  const status = answer.statusCode ?? 0
  if (isRedirect(answer)) return forbidden(answer.headers.location)
  if (status === 404 || status === 410) {
    return { reason: 'gone', message: 'there is no repository at the address of the remote' }
  }
  if (status === 401 || status === 403 || status === 407 || status === 451) {
    return { reason: 'refused', message: `the remote does not let this server in (status ${status})` }
  }
  if (status !== 200) return { reason: 'failed', message: `the remote answers with status ${status}` }
  // A web page, or the older protocol.
  if (answer.headers['content-type']?.split(';')[0]?.trim() !== `application/x-git-upload-pack-${kind}`) {
    return {
      reason: 'gone',
      message: 'what is at the address of the remote is no repository, or does not speak the smart protocol',
    }
  }
  return undefined
}

const nobodyCodes = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EHOSTDOWN', 'EADDRNOTAVAIL'])

function explainRequest(error: unknown): SeenFailure {
  const { code = '' } = error as NodeJS.ErrnoException
  if (nobodyCodes.has(code)) return { reason: 'unreachable', message: 'nobody answers at the address of the remote' }
  if (/CERT|VERIFY|SELF_SIGNED|ISSUER/.test(code)) {
    return { reason: 'refused', message: `the certificate of the remote is not to be trusted (${code})` }
  }
  return { reason: 'failed', message: `the connection to the remote failed${code === '' ? '' : ` (${code})`}` }
}
