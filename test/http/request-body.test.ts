import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { deflateSync, gzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { ViewerError } from '../../src/base/errors.ts'
import { errorAnswer } from '../../src/http/error-reply.ts'
import { type BodyLimits, closeBehindUnread, readBody } from '../../src/http/request-body.ts'

const usual: BodyLimits = { maxBytes: 10_000, maxMs: 60_000 }

/** A server that answers with the body's length and its first letters, or with the code of what is wrong. */
async function openServer(limits: BodyLimits) {
  const app = Fastify()
  const ended: unknown[] = []
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  closeBehindUnread(app)
  app.post('/', async ({ raw }, reply) => {
    try {
      const body = await readBody(raw, limits)
      return `${body.length} ${body.toString('latin1', 0, 5)}`
    } catch (error) {
      ended.push(error)
      return reply.code(errorAnswer(error).status).send(error instanceof ViewerError ? error.code : String(error))
    }
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return {
    ended,
    async post(body: BodyInit, headers: Record<string, string> = {}) {
      const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'a/b', ...headers } })
      return [answer.status, await answer.text()]
    },
    /** A connection of which a test writes every byte. */
    async raw(head: readonly string[]): Promise<Socket> {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(['POST / HTTP/1.1', 'Host: x', 'Content-Type: a/b', ...head, '', ''].join('\r\n'))
      return socket
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

const letters = Buffer.from('hello'.repeat(1000))

test('a body comes as it is, or compressed with gzip or deflate, in one piece or in many', async () => {
  await using server = await openServer(usual)
  expect(await server.post(letters)).toEqual([200, '5000 hello'])
  expect(await server.post(letters, { 'content-encoding': 'identity' })).toEqual([200, '5000 hello'])
  expect(await server.post(gzipSync(letters), { 'content-encoding': 'gzip' })).toEqual([200, '5000 hello'])
  expect(await server.post(gzipSync(letters), { 'content-encoding': 'X-GZip' })).toEqual([200, '5000 hello'])
  expect(await server.post(deflateSync(letters), { 'content-encoding': 'deflate' })).toEqual([200, '5000 hello'])
  const socket = await server.raw(['Transfer-Encoding: chunked', 'Content-Encoding: gzip', 'Connection: close'])
  for (const byte of gzipSync(letters)) socket.write(`1\r\n${String.fromCharCode(byte)}\r\n`, 'latin1')
  socket.write('0\r\n\r\n')
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [\s\S]*5000 hello$/)
})

test('a client that asks first whether it may send is told so', async () => {
  await using server = await openServer(usual)
  const socket = await server.raw(['Content-Length: 5', 'Expect: 100-continue', 'Connection: close'])
  const [first] = (await once(socket, 'data')) as [Buffer]
  expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  socket.write('hello')
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [\s\S]*5 hello$/)
})

test('a body that is too large by what it says is refused before any of it comes', async () => {
  await using server = await openServer(usual)
  const socket = await server.raw(['Content-Length: 10001'])
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*PAYLOAD_TOO_LARGE$/)
})

test('a body without an end is cut off where it is too large, compressed or not', async () => {
  await using server = await openServer(usual)
  const nothing = gzipSync('')
  for (const [head, piece] of [
    [[], letters],
    // Parts of a gzip body that hold nothing, one after the other.
    [['Content-Encoding: gzip'], nothing],
  ] as const) {
    const socket = await server.raw(['Transfer-Encoding: chunked', ...head])
    const chunk = Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
    const answer = text(socket)
    socket.on('error', () => {})
    for (let sent = 0; sent <= 2 * usual.maxBytes; sent += piece.length) socket.write(chunk)
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*PAYLOAD_TOO_LARGE$/)
  }
})

test('a few bytes that would become gigabytes are not decompressed', async () => {
  await using server = await openServer({ ...usual, maxBytes: 1_000_000 })
  const bomb = gzipSync(Buffer.alloc(200_000_000))
  const before = process.memoryUsage()
  expect(await server.post(bomb, { 'content-encoding': 'gzip' })).toEqual([413, 'PAYLOAD_TOO_LARGE'])
  const after = process.memoryUsage()
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(20_000_000)
})

test('a body that does not come in time is given up, and its connection closed', async () => {
  await using server = await openServer({ ...usual, maxMs: 20 })
  const socket = await server.raw(['Content-Length: 100'])
  socket.write('hello')
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 [\s\S]*connection: close[\s\S]*REQUEST_TIMEOUT$/)
})

test('what is not compressed as it says, or in a way that is not known, is refused', async () => {
  await using server = await openServer(usual)
  const refused = [400, 'PARAMETER_INVALID']
  expect(await server.post(letters, { 'content-encoding': 'gzip' })).toEqual(refused)
  expect(await server.post(gzipSync(letters).subarray(0, 20), { 'content-encoding': 'gzip' })).toEqual(refused)
  expect(await server.post(letters, { 'content-encoding': 'deflate' })).toEqual(refused)
  for (const encoding of ['br', 'gzip, gzip', 'compress', '*'])
    expect([encoding, await server.post(letters, { 'content-encoding': encoding })]).toEqual([encoding, refused])
})

test('a client that goes while it sends ends the reading', async () => {
  await using server = await openServer(usual)
  const socket = await server.raw(['Content-Length: 100'])
  socket.write('hello')
  socket.resetAndDestroy()
  await expect.poll(() => server.ended.length).toBe(1)
})

test('memory is asked for as it is taken, and a body for which there is none is refused', async () => {
  const taken: number[] = []
  const take = (bytes: number) => {
    taken.push(bytes)
    if (taken.reduce((sum, one) => sum + one) > 3000) throw new ViewerError('TOO_BUSY', 'no room')
  }
  await using server = await openServer({ ...usual, take })
  expect(await server.post(letters.subarray(0, 3000))).toEqual([200, '3000 hello'])
  expect(await server.post('x')).toEqual([503, 'TOO_BUSY'])
})
