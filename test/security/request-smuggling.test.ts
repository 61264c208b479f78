/**
 * What two servers in a row could read differently: a proxy in front sees one request, and this server another one
 * behind it. Every byte is written by hand; whatever is ambiguous is refused, and its connection closed.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inventHistory, type ServedViewer, serveRepositories } from '../support/git-client.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'

let built: BuiltRepository
let served: ServedViewer
beforeAll(async () => {
  built = await buildRepository(inventHistory('smuggling').t)
  served = await serveRepositories([built.path])
})
afterAll(async () => {
  await served[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

/** What is hidden behind a request. */
const hidden = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
/** What comes after it in earnest, and ends the connection. */
const last = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

/**
 * Sends bytes over one connection.
 * @param later what is sent once something has been answered
 * @returns the statuses of all answers, in their order
 */
async function statusesOf(bytes: string, later = ''): Promise<number[]> {
  const socket = connect(served.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  const answer = text(socket).catch(() => '')
  socket.once('data', () => socket.write(later))
  socket.write(Buffer.from(bytes, 'latin1'))
  return [...(await answer).matchAll(/^HTTP\/1\.1 (\d+) /gm)].map(([, status]) => Number(status))
}

/** Whether the server has taken what was hidden for a request. */
const sawHidden = () => served.viewer.logged.some(line => String(line.url).includes('/smuggled'))

const post = 'POST /hooks/post-receive?repo=tracker HTTP/1.1\r\nHost: x\r\n'
const get = 'GET /tracker/-/bugs HTTP/1.1\r\nHost: x\r\n'
const chunks = '0\r\n\r\n'

describe('a request that has', () => {
  test.each([
    [
      'a length and chunks',
      `${post}Content-Length: ${chunks.length + hidden.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}${hidden}`,
    ],
    ['chunks and a length', `${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${chunks}${hidden}`],
    ['two lengths', `${post}Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`],
    ['the same length twice', `${post}Content-Length: 0\r\nContent-Length: 0\r\n\r\n${hidden}`],
    ['a list of lengths', `${post}Content-Length: 0, ${hidden.length}\r\n\r\n${hidden}`],
    ['a length with a sign', `${post}Content-Length: +${hidden.length}\r\n\r\n${hidden}`],
    ['a negative length', `${post}Content-Length: -1\r\n\r\n${hidden}`],
    ['a length in hexadecimal', `${post}Content-Length: 0x${hidden.length.toString(16)}\r\n\r\n${hidden}`],
    ['a length with a gap', `${post}Content-Length: 1 0\r\n\r\n${hidden}`],
    ['a length beyond all numbers', `${post}Content-Length: 99999999999999999999999\r\n\r\n${hidden}`],
    ['a space before the colon', `${post}Transfer-Encoding : chunked\r\n\r\n${chunks}${hidden}`],
    ['an unknown coding', `${post}Transfer-Encoding: xchunked\r\n\r\n${chunks}${hidden}`],
    ['chunks that are not the last coding', `${post}Transfer-Encoding: chunked, identity\r\n\r\n${chunks}${hidden}`],
    ['two codings', `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${chunks}${hidden}`],
    ['a coding in quotes', `${post}Transfer-Encoding: "chunked"\r\n\r\n${chunks}${hidden}`],
    ['a control character in its coding', `${post}Transfer-Encoding: \x0bchunked\r\n\r\n${chunks}${hidden}`],
    ['a folded header', `${post}Content-Length: 0\r\n 5\r\n\r\n${hidden}`],
    ['a header folded from the start', `${post.replace('Host', ' Host')}\r\n${hidden}`],
    ['a line that ends in CR', `${post}X: y\rContent-Length: 5\r\n\r\n${hidden}`],
    ['NUL in a header', `${post}X: y\0z\r\n\r\n${hidden}`],
    ['NUL in its address', `GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`],
    ['a line without a colon', `${post}Content-Length\r\n\r\n${hidden}`],
    ['no host', `GET / HTTP/1.1\r\n\r\n${hidden}`],
    ['a chunk without a size', `${post}Transfer-Encoding: chunked\r\n\r\n\r\n${hidden}`],
    ['a chunk with a sign', `${post}Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n${hidden}`],
    ['a chunk beyond all numbers', `${post}Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n${hidden}`],
    ['a chunk longer than it says', `${post}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n${chunks}${hidden}`],
    ['a chunk that ends in LF alone', `${post}Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n${hidden}`],
    [
      'an extension of a chunk with a line end',
      `${post}Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\na\r\n${chunks}${hidden}`,
    ],
    ['a version that is none', `GET / HTTP/1.1x\r\nHost: x\r\n\r\n${hidden}`],
    ['no version', `GET /\r\n\r\n${hidden}`],
    ['the preface of another protocol', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}`],
  ])('%s is refused, and nothing behind it is read', async (_what, bytes) => {
    const statuses = await statusesOf(bytes + last)
    expect(statuses).toEqual([expect.toSatisfy((status: number) => status >= 400 && status < 600)])
    expect(sawHidden()).toBe(false)
  })

  test.each([
    ['what looks like a request as its body', `${get}Content-Length: ${hidden.length}\r\n\r\n${hidden}`],
    ['such a body, and is answered from memory', `${get}Content-Length: ${hidden.length}\r\n\r\n${hidden}`],
    [
      'such a body in chunks',
      `${get}Transfer-Encoding: chunked\r\n\r\n${hidden.length.toString(16)}\r\n${hidden}\r\n${chunks}`,
    ],
    [
      'such a body, and asks for headers only',
      `${get.replace('GET', 'HEAD')}Content-Length: ${hidden.length}\r\n\r\n${hidden}`,
    ],
    [
      'such a body where none is taken',
      `${get.replace('GET', 'DELETE')}Content-Length: ${hidden.length}\r\n\r\n${hidden}`,
    ],
    ['a header that only looks like one that counts', `${get}Transfer_Encoding: chunked\r\nContent_Length: 3\r\n\r\n`],
  ])('%s is one request, and the next one is the next', async (_what, bytes) => {
    const [first, ...others] = await statusesOf(bytes + last)
    expect(first).toBeLessThan(500)
    // A body that nobody reads may end the connection; what it holds is never a request.
    expect([[], [200]]).toContainEqual(others)
    expect(sawHidden()).toBe(false)
  })
})

test('a wish for another protocol is not granted, and the next request is the next', async () => {
  const wish = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n'
  expect(await statusesOf(get + wish, last)).toEqual([200, 200])
})

test('the hidden request would be seen if it were one', async () => {
  expect(await statusesOf(hidden + last)).toEqual([404, 200])
  expect(sawHidden()).toBe(true)
})
