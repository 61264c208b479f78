/** Server-sent events of newer states: what a page hears, who gets no place, and that nothing hangs on them. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Watcher } from '../../src/cache/watchers.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { eventRoutes } from '../../src/http/routes/events.ts'
import { startProgram } from '../support/process.ts'
import { applyTo, type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const start = 1_700_000_000

function smokingTracker(seed: string) {
  const t = createTrackerWriter({ seed })
  const ada = t.identity({ name: 'Ada', at: start })
  t.bug(ada, { title: 'It smokes', message: '', at: start })
  return { t, ada }
}

/** A stream of events, read as far as somebody asks. */
async function listen(url: string, headers: Record<string, string> = {}) {
  const leave = new AbortController()
  const answer = await fetch(url, { headers, signal: leave.signal })
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    answer,
    leave: () => leave.abort(),
    /** Everything up to the first place where it holds that, or up to the end. */
    async until(fits: (text: string) => boolean): Promise<string> {
      while (!fits(text)) {
        const { value, done } = await reader.read()
        if (done) break
        text += value
      }
      return text
    },
  }
}

const isTold = (text: string) => /^event: newer\nid: [0-9a-f]{64}\ndata: [0-9a-f]{64}\n\n/m.test(text)
const stateOf = async (origin: string) => {
  const page = await (await fetch(`${origin}/tracker/-/bugs`)).text()
  return /data-events="([^"]*)"/.exec(page)?.[1]
}

describe('an open page', () => {
  const { t, ada } = smokingTracker('events')
  let built: BuiltRepository
  let viewer: Viewer
  let origin: string
  /** One for each answer, which settles when it is over. */
  const closings: Promise<unknown>[] = []

  beforeAll(async () => {
    built = await buildRepository(t)
    viewer = await openViewer({ paths: [built.path], yaml: 'live: { maxListeners: 8 }' })
    viewer.app.server.on('request', (_request, reply) => closings.push(once(reply, 'close')))
    await viewer.app.listen({ port: 0, host: '127.0.0.1' })
    origin = `http://127.0.0.1:${(viewer.app.server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    await viewer[Symbol.asyncDispose]()
    await built[Symbol.asyncDispose]()
  })

  test('names the stream of its own state, and hears nothing before a push', async () => {
    const path = await stateOf(origin)
    expect(path).toMatch(/^\/tracker\/-\/events\?state=[0-9a-f]{16}$/)
    const stream = await listen(origin + path)
    expect(stream.answer.status).toBe(200)
    expect(Object.fromEntries(stream.answer.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    expect(stream.answer.headers.get('content-encoding')).toBeNull()
    expect(await stream.until(text => text !== '')).toBe('retry: 5000\n\n')
    t.bug(ada, { title: 'It whistles', message: '', at: start + 1 })
    await applyTo(built.path, t)
    await viewer.inject({ method: 'POST', url: '/hooks/post-receive?repo=tracker', payload: { refs: ['refs/bugs/x'] } })
    expect(await stream.until(isTold)).toMatch(/^retry: 5000\n\nevent: newer\n/)
    expect(await stateOf(origin)).not.toBe(path)
    stream.leave()
  })

  test('of an older state hears so at once', async () => {
    const stream = await listen(`${origin}/tracker/-/events?state=${'0'.repeat(16)}`)
    expect(isTold(await stream.until(isTold))).toBe(true)
    stream.leave()
  })

  test('that comes back is told of what came after that which it has heard', async () => {
    const old = await listen(`${origin}/tracker/-/events?state=${'0'.repeat(16)}`)
    const [, heard] = /^id: (.*)$/m.exec(await old.until(isTold))!
    old.leave()
    const again = await listen(`${origin}/tracker/-/events?state=${'0'.repeat(16)}`, { 'last-event-id': heard! })
    t.bug(ada, { title: 'It hums', message: '', at: start + 2 })
    await applyTo(built.path, t)
    await viewer.inject({ method: 'POST', url: '/hooks/post-receive?repo=tracker', payload: { refs: ['refs/bugs/x'] } })
    const said = await again.until(isTold)
    expect(said.match(/^event:/gm)).toHaveLength(1)
    expect(said).not.toContain(heard)
    again.leave()
  })

  test('gets an error where there is no such repository, and where it does not say its state', async () => {
    for (const [path, status] of [
      ['/nothing/-/events?state=1234567', 404],
      ['/tracker/-/events', 400],
      ['/tracker/-/events?state=latest', 400],
      ['/tracker/-/events?state=1234567&state=1234567', 400],
    ] as const) {
      expect((await fetch(origin + path)).status, path).toBe(status)
    }
  })

  test('is sent away for a while where its network has its share of places, and finds one when somebody leaves', async () => {
    const address = `${origin}${await stateOf(origin)}`
    await Promise.all(closings)
    const first = await listen(address)
    const second = await listen(address)
    const third = await listen(address)
    expect(await third.until(() => false)).toBe('retry: 300000\n\n')
    const old = await listen(`${origin}/tracker/-/events?state=${'0'.repeat(16)}`)
    expect(await old.until(() => false)).toMatch(/^retry: 300000\n\nevent: newer\n/)
    first.leave()
    second.leave()
    await Promise.all(closings)
    const fourth = await listen(address)
    expect(await fourth.until(text => text !== '')).toBe('retry: 5000\n\n')
    fourth.leave()
  })
})

test('pages of a site that is not live name no stream, and there is none', async () => {
  await using built = await buildRepository(smokingTracker('not live').t)
  await using viewer = await openViewer({ paths: [built.path], yaml: 'live: { enabled: false }' })
  expect((await viewer.get('/tracker/-/bugs')).body).not.toContain('data-events')
  expect((await viewer.get('/tracker/-/events?state=1234567')).statusCode).toBe(404)
})

test('a server ends at once though pages listen', async () => {
  await using built = await buildRepository(smokingTracker('ends').t)
  await using program = await startProgram({ args: [built.path] })
  const stream = await listen(`${program.url}${await stateOf(program.url)}`)
  await stream.until(text => text !== '')
  const ended = program.stop()
  expect(await stream.until(() => false)).toBe('retry: 5000\n\n')
  expect(await ended).toEqual({ status: 0, signal: null })
  // As those are who do not end by themselves.
  expect(program.output().stderr).not.toContain('cut off')
})

test('a reader that takes nothing is left, so that what waits for it stays small', async () => {
  const location = { folder: '/nowhere', gitDir: '/nowhere', commonDir: '/nowhere' }
  const repository = { name: 'tracker', location, description: undefined, owner: undefined, hidden: false }
  const watchers: Watcher[] = []
  const left = Promise.withResolvers<void>()
  await using app = Fastify()
  await app.register(eventRoutes, {
    maxListeners: 8,
    manager: {
      registry: { find: async () => repository },
      card: () => undefined,
      watch: (_name, watcher) => {
        watchers.push(watcher)
        return { [Symbol.dispose]: left.resolve }
      },
    },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const stream = await listen(`http://127.0.0.1:${port}/-/in-repository/tracker/events?state=1234567`)
  for (let n = 0; n < 10_000; n++) watchers[0]!.seen(String(n).padStart(64, '0'))
  await left.promise
  await expect(stream.until(() => false)).rejects.toThrow()
})

test('a page that asks just before the routes end is told to ask again, and holds nothing up', async () => {
  const location = { folder: '/nowhere', gitDir: '/nowhere', commonDir: '/nowhere' }
  const repository = { name: 'tracker', location, description: undefined, owner: undefined, hidden: false }
  const [looking, found] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  await using app = Fastify()
  await app.register(eventRoutes, {
    maxListeners: 8,
    manager: {
      registry: {
        async find() {
          looking.resolve()
          await found.promise
          return repository
        },
      },
      card: () => undefined,
      watch: () => ({ [Symbol.dispose]() {} }),
    },
  })
  const asked = app.inject('/-/in-repository/tracker/events?state=1234567')
  await looking.promise
  await app.close()
  found.resolve()
  expect((await asked).body).toBe('retry: 5000\n\n')
})
