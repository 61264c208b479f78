import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import Fastify, { type FastifyReply } from 'fastify'
import { expect, test } from 'vitest'
import { readerSignal } from '../../src/http/reader-signal.ts'
import { sendStream } from '../../src/http/send-stream.ts'
import { createUncachedStreams } from '../../src/streams/uncached-streams.ts'
import { createManualClock } from '../support/manual-clock.ts'

/** A reply whose client has gone before anybody listened for that. */
async function replyToNobody() {
  const app = Fastify()
  const { promise, resolve } = Promise.withResolvers<{ readonly reply: FastifyReply }>()
  app.get('/', async (_request, reply) => {
    await once(reply.raw, 'close')
    // In an object, since a reply can be awaited itself.
    resolve({ reply: reply.hijack() })
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  app.server.once('request', () => socket.destroy())
  return { ...(await promise), [Symbol.asyncDispose]: () => app.close() }
}

test('work for a client that has gone already is not wanted', async () => {
  await using nobody = await replyToNobody()
  expect(readerSignal(nobody.reply).aborted).toBe(true)
})

test('a long answer for a client that has gone already is not waited for', async () => {
  await using nobody = await replyToNobody()
  await using streams = createUncachedStreams({ aheadBytes: 1024, runOnBytes: 0, quietMs: 60_000 }, createManualClock())
  const { promise: stopped, resolve } = Promise.withResolvers<void>()
  const { reader } = await streams.findOrCreate('key', async (_sink, signal) => {
    signal.addEventListener('abort', () => resolve())
    await stopped
  })
  await expect(sendStream(nobody.reply, { reader, stallMs: 60_000 })).rejects.toThrow(
    expect.objectContaining({ name: 'AbortError' }),
  )
  await stopped
})
