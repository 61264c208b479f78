/**
 * Bytes that are no HTTP, or nearly: half requests, wrong lengths, two lengths, rubbish behind a request. Whatever comes,
 * the connection is answered with 4xx or closed, and the next visitor is served.
 */
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runs } from './runs.ts'
import { type FuzzSite, openFuzzSite } from './site.ts'

let site: FuzzSite
beforeAll(async () => {
  site = await openFuzzSite(['tool'])
})
afterAll(() => site[Symbol.asyncDispose]())

/** Sends bytes in pieces, ends, and gives what came back when the server has closed its side. */
async function exchange(pieces: readonly Buffer[]): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const answer: Buffer[] = []
  const socket = connect({ port: site.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('data', (bytes: Buffer) => answer.push(bytes))
  // A reset is an answer as well: the server did not want the rest.
  socket.on('error', () => {})
  socket.on('close', () => resolve(Buffer.concat(answer)))
  socket.on('end', () => socket.destroy())
  for (const piece of pieces) socket.write(piece)
  socket.end()
  return await promise
}

/** The statuses of the answers on a connection; throws where something is on it that is no answer. */
function statusesOf(bytes: Buffer): number[] {
  const text = bytes.toString('latin1')
  const statuses: number[] = []
  let at = 0
  while (at < text.length) {
    const end = text.indexOf('\r\n\r\n', at)
    const [, status, head = ''] =
      /^HTTP\/1\.1 (\d{3}) [^\r\n]*((?:\r\n[!-9;-~]+: ?[^\r\n]*)*)$/.exec(text.slice(at, end)) ?? []
    if (status === undefined) throw new Error(`no answer at ${at}: ${JSON.stringify(text.slice(at, at + 200))}`)
    statuses.push(Number(status))
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
    at = end + 4
    if (length !== undefined) at += Number(length)
    else if (/\r\ntransfer-encoding: chunked/i.test(head)) at = text.indexOf('\r\n0\r\n\r\n', at - 2) + 7
    // Without a length, a body ends with the connection.
    else if (Number(status) !== 100 && Number(status) !== 304) at = text.length
  }
  return statuses
}

const paths = [
  '/',
  '/-/help/query',
  '/tool/-/bugs',
  '/tool/-/bugs.json',
  '/tool.git/info/refs?service=git-upload-pack',
  '/hooks/post-receive',
  '/tool.git/git-upload-pack',
  '*',
  'http://x/',
  '//x',
  '/\xff\xfe',
  '/%',
  'x',
  '',
]
const line = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'get', 'CONNECT', 'PRI', 'G', ''),
    path: fc.constantFrom(...paths),
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.', ''),
  })
  .map(({ method, path, version }) => `${method} ${path} ${version}`)
const header = fc.oneof(
  fc.constantFrom(
    'Host: x',
    'Connection: close',
    'Connection: keep-alive',
    'Connection: upgrade',
    'Upgrade: websocket',
    'Expect: 100-continue',
    'Expect: x',
  ),
  fc.constantFrom(
    'Content-Length: 5',
    'Content-Length: 0',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Content-Length: 5, 5',
    'Content-Length: 0x5',
    'Content-Length : 5',
    'Content-Length: 3',
  ),
  fc.constantFrom(
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding:\tchunked',
    'transfer-encoding: gzip, chunked',
    'Transfer-Encoding : chunked',
  ),
  fc.constantFrom(
    'Content-Type: application/json',
    'Content-Type: application/x-git-upload-pack-request',
    'Content-Encoding: gzip',
    ' folded: x',
    ':',
    'no colon',
    'X: \0',
    'X: \x01',
    'X: \xff',
    `X: ${'y'.repeat(20_000)}`,
    'Cookie: a',
  ),
)
const body = fc.constantFrom(
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n',
  'zz\r\nhello',
  '0\r\n\r\n',
  '0\r\nX: y\r\n\r\n',
  'ffffffffffffffff\r\n',
  '\r\n\r\n',
  '\0\0\0',
  '\x16\x03\x01\x02\x00\x01',
  'SSH-2.0-x\r\n',
)
const lineEnd = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r')
const request = fc
  .record({ first: line, headers: fc.array(header, { maxLength: 4 }), end: lineEnd, body })
  .map(({ first, headers, end, body: rest }) => [first, ...headers, '', ''].join(end) + rest)
const bytes = fc.oneof(
  fc
    .array(fc.oneof(request, fc.constant('GET /-/help/query HTTP/1.1\r\nHost: x\r\n\r\n')), {
      minLength: 1,
      maxLength: 3,
    })
    .map(all => Buffer.from(all.join(''), 'latin1')),
  fc.uint8Array({ maxLength: 300 }).map(all => Buffer.from(all)),
)
/** Where the bytes are cut off, and where they are cut in pieces. */
const sent = fc
  .tuple(bytes, fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })), fc.nat(400))
  .map(([all, share, place]) => {
    const part = all.subarray(0, Math.ceil(all.length * share))
    return [part.subarray(0, place), part.subarray(place)].filter(one => one.length > 0)
  })

test('any bytes are answered or the connection is closed, and the next request on another is served', async () => {
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(sent, async pieces => {
      for (const status of statusesOf(await exchange(pieces))) {
        expect([String(Buffer.concat(pieces)), status]).toEqual([
          expect.any(String),
          expect.toSatisfy(one => one < 500 || one === 505 || one === 501),
        ])
        seen.add(status)
      }
      expect((await site.get('/healthz')).status).toBe(200)
    }),
    { numRuns: runs(300) },
  )
  for (const status of [200, 400]) expect(seen).toContain(status)
  expect(site.viewer.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
})

test.each([
  ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
  ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
  ['chunks and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 5'],
  ['an unknown encoding', 'Transfer-Encoding: chunked, identity'],
  ['a space before the colon', 'Content-Length : 5'],
  ['a length with a sign', 'Content-Length: +5'],
  ['a folded length', 'Content-Length:\r\n 5'],
])('a request with %s is refused, and what stands behind it is nobody’s request', async (_what, headers) => {
  const hidden = 'GET /tool/-/bugs.json HTTP/1.1\r\nHost: x\r\n\r\n'
  const answer = await exchange([
    Buffer.from(`POST /hooks/post-receive HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n0\r\n\r\n${hidden}`),
  ])
  expect(statusesOf(answer)).toEqual([400])
})
