/** Pages that take too long: their visitors are told to come back, and the work stops. */
import { once } from 'node:events'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { noMeasures } from '../../src/base/measures.ts'
import { createAnswerer } from '../../src/http/answer.ts'
import { createFinishedPages } from '../../src/http/finished-pages.ts'
import { noKeptPages } from '../../src/http/kept-pages.ts'
import { readerSignal } from '../../src/http/reader-signal.ts'
import { createRepeatedAnswers } from '../../src/http/repeated-answers.ts'

test('a signal says with which error the time of its request is over', async () => {
  await using app = Fastify()
  // Then requests are measured.
  app.addHook('onResponse', async () => {})
  app.get('/', async (_request, reply) => {
    const signal = readerSignal(reply, 1000)
    await once(signal, 'abort')
    // The second one counts from the request on, as the first does.
    const second = readerSignal(reply, 1010)
    const startMs = performance.now()
    await once(second, 'abort')
    return { codes: [signal.reason.code, second.reason.code], isSoon: performance.now() - startMs < 1000 }
  })
  expect((await app.inject('/')).json()).toEqual({ codes: ['LOAD_TIMEOUT', 'LOAD_TIMEOUT'], isSoon: true })
})

test('an answer that takes too long is given up, and so is the work on it when nobody else waits', async () => {
  await using app = Fastify()
  const pages = createFinishedPages(
    { maxBytes: 1e6, idleMs: 0 },
    { clock: systemClock, measures: noMeasures, kept: noKeptPages },
  )
  const repeated = createRepeatedAnswers({ pages, digestNow: () => undefined })
  const answerer = createAnswerer({ pages, repeated, buildTag: 'x', requestMs: 20 })
  const stopped = Promise.withResolvers<unknown>()
  app.setErrorHandler((error, _request, reply) => reply.code(503).send((error as { code?: string }).code))
  app.get('/', async (request, reply) => {
    const render = (stop: AbortSignal) => {
      stop.addEventListener('abort', () => stopped.resolve(stop.reason))
      return new Promise<string>(() => {})
    }
    return await answerer.send(request, reply, { state: 's', format: 'html', key: 'k', render })
  })
  const { statusCode, body } = await app.inject('/')
  expect([statusCode, body]).toEqual([503, 'LOAD_TIMEOUT'])
  expect(await stopped.promise).toMatchObject({ name: 'AbortError' })
})
