/** What becomes of long answers that fail, of readers that leave, and of more work than there is room for: on a port. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { ViewerError } from '../../src/base/errors.ts'
import { createGate } from '../../src/base/gate.ts'
import { noMeasures } from '../../src/base/measures.ts'
import type { Lease } from '../../src/cache/lease.ts'
import { createAnswerer } from '../../src/http/answer.ts'
import { errorAnswer, sendPlainError } from '../../src/http/error-reply.ts'
import { createFinishedPages } from '../../src/http/finished-pages.ts'
import { noKeptPages } from '../../src/http/kept-pages.ts'
import { type Making, sendLongAnswer } from '../../src/http/long-answer.ts'
import { noRateLimit } from '../../src/http/rate-limit.ts'
import { createRepeatedAnswers } from '../../src/http/repeated-answers.ts'
import type { HttpServices } from '../../src/http/services.ts'
import { openStreams } from '../../src/streams/open-streams.ts'

type Make = (making: Making) => Promise<void>

let stack: AsyncDisposableStack
beforeEach(() => {
  stack = new AsyncDisposableStack()
})
afterEach(async () => {
  await stack.disposeAsync()
})

/** A server with one answer at `/<key>` that is made so. */
async function serve(make: Make) {
  const folder = await mkdtemp(join(tmpdir(), 'long-answers-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const log = pino({ enabled: false })
  const tools = { clock: systemClock, log, measures: noMeasures }
  const limits = { maxBytes: 1e9, maxAgeSeconds: 60, aheadBytes: 64 * 1024, runOnBytes: 0 }
  const streams = stack.use(openStreams({ enabled: true, folder, ...limits }, tools))
  const pages = createFinishedPages({ maxBytes: 1024, idleMs: 0 }, { ...tools, kept: noKeptPages })
  const repeated = createRepeatedAnswers({ pages, digestNow: () => undefined })
  const leases = { open: 0 }
  const lease = {
    share() {
      leases.open++
      return { repository: { name: 'tracker' }, [Symbol.dispose]: () => void leases.open-- }
    },
  } as unknown as Lease
  const services = {
    answerer: createAnswerer({ pages, repeated, buildTag: 'x' }),
    streams,
    longWork: createGate(1),
    rateLimit: noRateLimit,
    options: { stallMs: 60_000 },
  } as unknown as HttpServices
  const app = Fastify()
  stack.defer(() => app.close())
  app.setErrorHandler(async (error, _request, reply) => sendPlainError(reply, errorAnswer(error), error, 'text'))
  app.get<{ Params: { key: string } }>('/:key', (request, reply) => {
    const what = { state: 'state', format: 'mbox', fileName: 'x.mbox', isText: true } as const
    return sendLongAnswer(services, { request, reply }, { ...what, key: request.params.key, lease, make })
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { origin: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`, leases, services }
}

async function ask(url: string): Promise<IncomingMessage> {
  const [answer] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage]
  return answer
}

const piece = Buffer.alloc(32 * 1024, 'x')

describe('a long answer', () => {
  test('that fails before its first bytes is an error answer, and the next one is made anew', async () => {
    let made = 0
    const { origin, leases } = await serve(async ({ sink }) => {
      if (made++ === 0) throw new ViewerError('SEARCH_UNAVAILABLE', 'not now')
      await sink.write(piece)
    })
    const failed = await fetch(`${origin}/a`, { headers: { 'accept-encoding': 'gzip' } })
    expect([failed.status, await failed.text()]).toEqual([503, 'not now\n'])
    for (const name of ['etag', 'content-disposition', 'content-encoding']) expect(failed.headers.get(name)).toBeNull()
    expect(failed.headers.get('retry-after')).toBe('5')
    const again = await ask(`${origin}/a`)
    expect(Buffer.concat(await again.toArray()).length).toBe(piece.length)
    expect([made, leases.open]).toEqual([2, 0])
  })

  test('that fails in the middle is cut, so that nobody takes it for whole', async () => {
    const read = Promise.withResolvers<void>()
    const { origin, leases } = await serve(async ({ sink }) => {
      await sink.write(piece)
      await read.promise
      throw new Error('git has died')
    })
    const answer = await ask(`${origin}/a`)
    expect(answer.statusCode).toBe(200)
    await once(answer, 'data')
    read.resolve()
    const [error] = (await once(answer.resume(), 'error')) as [NodeJS.ErrnoException]
    expect([error.code, answer.complete, leases.open]).toEqual(['ECONNRESET', false, 0])
  })

  test('that nobody reads any more is not made any further', async () => {
    const stopped = Promise.withResolvers<unknown>()
    const { origin, leases } = await serve(async ({ sink, signal }) => {
      signal.addEventListener('abort', () => stopped.resolve(signal.reason))
      for (;;) await sink.write(piece)
    })
    const [one, other] = [await ask(`${origin}/a`), await ask(`${origin}/a`)]
    await Promise.all([once(one, 'data'), once(other, 'data')])
    one.destroy()
    await once(other, 'data')
    other.destroy()
    expect(await stopped.promise).toMatchObject({ name: 'AbortError' })
    await new Promise(setImmediate)
    expect(leases.open).toBe(0)
  })

  test('is made once for two readers at the same time', async () => {
    let made = 0
    const begun = Promise.withResolvers<void>()
    const { origin } = await serve(async ({ sink }) => {
      made++
      await sink.write(piece)
      await begun.promise
      await sink.write(piece)
    })
    const [one, other] = [await ask(`${origin}/a`), await ask(`${origin}/a`)]
    begun.resolve()
    for (const answer of [one, other]) expect(Buffer.concat(await answer.toArray()).length).toBe(2 * piece.length)
    expect(made).toBe(1)
  })

  test('of one repository that would be one too many is refused with a time to come back', async () => {
    const held = Promise.withResolvers<void>()
    const { origin, services } = await serve(async ({ sink }) => {
      await held.promise
      await sink.write(piece)
    })
    const answers = Array.from({ length: 49 }, (_, index) => ask(`${origin}/${index}`))
    while (services.longWork.waiting < 48) await new Promise(setImmediate)
    const refused = await fetch(`${origin}/last`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    held.resolve()
    for (const answer of await Promise.all(answers)) {
      expect(Buffer.concat(await answer.toArray()).length).toBe(piece.length)
    }
  })
})
