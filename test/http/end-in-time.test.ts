/** The end of a server while clients still have to get something. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { endInTime } from '../../src/http/end-in-time.ts'
import { createManualClock } from '../support/manual-clock.ts'

/** A server, and a client that has the beginning of an answer and would keep its connection. */
async function openServer() {
  const clock = createManualClock()
  const app = Fastify({ forceCloseConnections: 'idle' })
  endInTime(app, { answersMs: 1000, clock })
  const body = new Readable({ read() {} })
  app.get('/', (_request, reply) => reply.send(body))
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  body.push('a beginning')
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'readable')
  return { app, clock, body, socket, isStopping: () => !app.server.listening }
}

test('an answer that is complete in time is got whole, and its connection is not kept', async () => {
  const { app, clock, body, socket, isStopping } = await openServer()
  const closed = app.close()
  await expect.poll(isStopping).toBe(true)
  clock.advance(999)
  body.push(' and an end')
  body.push(null)
  const answer = (await socket.setEncoding('utf8').toArray()).join('')
  expect(answer).toMatch(/^HTTP\/1\.1 200 .*\r\na beginning\r\n.*\r\n and an end\r\n0\r\n\r\n$/s)
  await closed
  expect(clock.timers).toBe(0)
})

test('one that is not is cut off, and the end waits no longer', async () => {
  const { app, clock, body, socket, isStopping } = await openServer()
  const closed = app.close()
  await expect.poll(isStopping).toBe(true)
  clock.advance(1000)
  await closed
  const answer = (await socket.setEncoding('utf8').toArray()).join('')
  expect(answer).toMatch(/\r\na beginning\r\n$/)
  await expect.poll(() => body.destroyed).toBe(true)
})

test('a server that never listened ends too', async () => {
  const clock = createManualClock()
  const app = Fastify()
  endInTime(app, { answersMs: 1000, clock })
  await app.ready()
  await app.close()
  expect(clock.timers).toBe(0)
})
