/** Long answers on connections of clients that take nothing, or go away. */
import { connect, type Socket } from 'node:net'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { sendStream } from '../../src/http/send-stream.ts'
import { createUncachedStreams } from '../../src/streams/uncached-streams.ts'

/** Sends something endless to a client that takes nothing, behind an answer that is sent when that has begun. */
async function whileSending(stallMs: number, act: (socket: Socket) => void): Promise<readonly string[]> {
  await using streams = createUncachedStreams({ aheadBytes: 65_536, runOnBytes: 0, quietMs: 60_000 }, systemClock)
  const begun = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<unknown>()
  const logged: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: line => void logged.push(line) } } })
  app.get('/page', async () => {
    await begun.promise
    return 'a page'
  })
  app.get('/stream', async (_request, reply) => {
    const { reader } = await streams.findOrCreate('endless', async (sink, signal) => {
      signal.addEventListener('abort', stopped.resolve, { once: true })
      for (;;) await sink.write(Buffer.alloc(65_536))
    })
    const sent = await sendStream(reply, { reader, stallMs })
    begun.resolve()
    return sent
  })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect(Number(new URL(origin).port), '127.0.0.1').pause()
  socket.write('GET /page HTTP/1.1\r\nHost: x\r\n\r\nGET /stream HTTP/1.1\r\nHost: x\r\n\r\n')
  await begun.promise
  act(socket)
  await stopped.promise
  await app.close()
  socket.destroy()
  return logged
}

test('a client that takes nothing is cut off, also where the answer has waited for another one', async () => {
  expect(await whileSending(100, () => {})).toEqual([])
})

test('a client that goes is nothing to tell of', async () => {
  const read = (socket: Socket) => void socket.once('data', () => socket.destroy()).resume()
  expect(await whileSending(60_000, read)).toEqual([])
})
