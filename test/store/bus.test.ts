/** The bus over Redis: who hears what, and what is left alone. */
import { describe, expect, test } from 'vitest'
import { createOffBus, type RepositoryNews } from '../../src/store/bus.ts'
import { createRedisBus } from '../../src/store/redis-bus.ts'
import { openRedisProxy } from '../faults/redis-proxy.ts'
import { openRedisServer } from '../support/redis-server.ts'
import { hasProgram } from '../support/required-programs.ts'
import { createTestMeasures } from './contract.ts'
import { createAwaitableLog, openConnection } from './redis-setting.ts'

interface JoinOptions {
  readonly prefix?: string
  readonly login?: { readonly user: string; readonly password: string }
  /** Called when the first attempt has failed. */
  readonly whenLost?: () => Promise<void>
}

/** One instance on a bus; whatever happens to it is in `events`, in its order. */
async function joinBus(url: string, options: JoinOptions = {}) {
  const { prefix = 'bus', login = {}, whenLost } = options
  const asking = openConnection({ url, ...login })
  const listening = openConnection({ url, ...login })
  const events: (RepositoryNews | 'missed')[] = []
  const waiting = new Set<() => void>()
  const happened = (event: RepositoryNews | 'missed') => {
    events.push(event)
    for (const look of waiting) look()
  }
  const log = createAwaitableLog()
  const measures = createTestMeasures()
  const bus = createRedisBus(
    { asking: asking.connection, listening: listening.connection },
    { prefix, listener: { heard: happened, missed: () => happened('missed') }, log, measures },
  )
  if (whenLost) await listening.log.written('redis is not there; work goes on without it').then(whenLost)
  // Subscriptions are carried out in their order: when this one is there, that of the bus is.
  const joined = Promise.withResolvers<void>()
  listening.connection.subscribe(`${prefix}:joined`, { message() {}, subscribed: () => joined.resolve() })
  await joined.promise
  return {
    bus,
    events,
    log,
    measures,
    asking,
    listening,
    /** Settles when so much has happened. */
    until(count: number) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => {
        if (events.length < count) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      return promise
    },
    async [Symbol.asyncDispose]() {
      await bus[Symbol.asyncDispose]()
      await asking[Symbol.asyncDispose]()
      await listening[Symbol.asyncDispose]()
    },
  }
}

test('the bus of a single instance tells nobody', async () => {
  await using bus = createOffBus()
  expect(bus.tell({ repository: 'tool', digest: undefined })).toBeUndefined()
})

describe.skipIf(!hasProgram('redis-server'))('the bus over Redis', () => {
  test('others hear what is told, in its order, and whoever tells does not', async () => {
    await using server = await openRedisServer()
    await using one = await joinBus(server.url)
    await using other = await joinBus(server.url)
    await using third = await joinBus(server.url)
    await using stranger = await joinBus(server.url, { prefix: 'another' })
    const first = { repository: 'group/tool "ä\n\ud800', digest: 'abc123' }
    const second = { repository: 'x'.repeat(1024), digest: undefined }
    one.bus.tell(first)
    one.bus.tell(second)
    await Promise.all([other.until(2), third.until(2)])
    expect(other.events).toEqual([first, second])
    expect(third.events).toEqual([first, second])
    other.bus.tell({ repository: 'back', digest: undefined })
    stranger.bus.tell({ repository: 'elsewhere', digest: undefined })
    await one.until(1)
    expect(one.events).toEqual([{ repository: 'back', digest: undefined }])
    expect(stranger.events).toEqual([])
    expect(one.measures.sum('gitbugviewer_bus_messages_total', { direction: 'told' })).toBe(2)
    expect(other.measures.sum('gitbugviewer_bus_messages_total', { direction: 'heard' })).toBe(2)
  })

  test('whatever is no news is left alone', async () => {
    await using server = await openRedisServer()
    await using one = await joinBus(server.url)
    const news = { from: 'x', repository: 'tool', digest: 'abc' }
    const hostile = [
      '',
      'null',
      '[]',
      '"tool"',
      '{',
      '{}',
      JSON.stringify({ ...news, from: undefined }),
      JSON.stringify({ ...news, from: 1 }),
      JSON.stringify({ ...news, repository: '' }),
      JSON.stringify({ ...news, repository: ['tool'] }),
      JSON.stringify({ ...news, repository: 'x'.repeat(1025) }),
      JSON.stringify({ ...news, digest: 5 }),
      JSON.stringify({ ...news, digest: null }),
      JSON.stringify({ ...news, digest: '' }),
      JSON.stringify({ ...news, digest: 'a b' }),
      JSON.stringify({ ...news, digest: 'x'.repeat(257) }),
      JSON.stringify({ ...news, padding: 'x'.repeat(10_000) }),
      '['.repeat(100_000),
      '\u0000\ufffd',
    ]
    for (const text of hostile) await server.ask('PUBLISH', 'bus:v1:news', text)
    await server.ask('PUBLISH', 'bus:v1:news', JSON.stringify({ ...news, more: [1], __proto__: { x: 1 } }))
    await one.until(1)
    expect(one.events).toEqual([{ repository: 'tool', digest: 'abc' }])
    expect(one.log.lines).toEqual([])
  })

  test('a name that is too long, or none, is not told', async () => {
    await using server = await openRedisServer()
    await using one = await joinBus(server.url)
    await using other = await joinBus(server.url)
    one.bus.tell({ repository: 'x'.repeat(1025), digest: undefined })
    one.bus.tell({ repository: '', digest: undefined })
    one.bus.tell({ repository: 'told', digest: undefined })
    await other.until(1)
    expect(other.events).toEqual([{ repository: 'told', digest: undefined }])
  })

  test('after each reconnection messages may have been missed, and later ones are heard', async () => {
    await using server = await openRedisServer()
    await using one = await joinBus(server.url)
    await using other = await joinBus(server.url)
    for (const times of [1, 2]) {
      await server.stop()
      await server.start()
      await Promise.all([one.until(2 * times - 1), other.until(times)])
      await other.asking.log.written('redis is there again', times)
      other.bus.tell({ repository: `after ${times}`, digest: undefined })
      await one.until(2 * times)
    }
    expect(one.events).toEqual([
      'missed',
      { repository: 'after 1', digest: undefined },
      'missed',
      { repository: 'after 2', digest: undefined },
    ])
    expect(other.events).toEqual(['missed', 'missed'])
  })

  test('a server that was not there at first may have been missed', async () => {
    await using server = await openRedisServer({ started: false })
    await using one = await joinBus(server.url, { whenLost: () => server.start() })
    await one.until(1)
    expect(one.events).toEqual(['missed'])
  })

  test('telling without a server fails nobody, and is counted', async () => {
    await using server = await openRedisServer()
    await using one = await joinBus(server.url)
    await server.stop()
    await one.asking.log.written('redis is not there; work goes on without it')
    one.bus.tell({ repository: 'tool', digest: undefined })
    await expect
      .poll(() => one.measures.sum('gitbugviewer_store_errors_total', { backend: 'redis', operation: 'bus' }))
      .toBe(1)
    expect(one.measures.sum('gitbugviewer_bus_messages_total')).toBe(0)
    expect(one.log.lines).toEqual([])
  })

  test('what could not be told is told when the server is there again, the latest of each repository', async () => {
    await using server = await openRedisServer()
    await using proxy = await openRedisProxy(server.port)
    await using one = await joinBus(proxy.url)
    // Has its connections all the time, so it does not know that it may have missed something.
    await using other = await joinBus(server.url)
    proxy.cut(true)
    for (const digest of ['a1', 'b2']) one.bus.tell({ repository: 'tool', digest })
    one.bus.tell({ repository: 'pump', digest: undefined })
    await one.asking.log.written('redis is not there; work goes on without it')
    proxy.cut(false)
    const isTold = () => other.events.map(event => JSON.stringify(event)).join('\n')
    await expect.poll(isTold).toContain('b2')
    await expect.poll(isTold).toContain('pump')
    expect(other.events).not.toContain('missed')
  })

  test('a server that refuses news says so once', async () => {
    await using server = await openRedisServer()
    await server.ask('ACL', 'SETUSER', 'mute', 'on', '>secret', '~*', '&*', '+@all', '-publish')
    await using one = await joinBus(server.url, { login: { user: 'mute', password: 'secret' } })
    one.bus.tell({ repository: 'one', digest: undefined })
    one.bus.tell({ repository: 'two', digest: undefined })
    await one.log.written('redis refuses news; work goes on without')
    await one.asking.connection.send([['PING']])
    expect(one.log.at('warn')).toEqual(['redis refuses news; work goes on without NOPERM'])
  })

  test('nothing is heard or told after disposal', async () => {
    await using server = await openRedisServer()
    await using one = await joinBus(server.url)
    await using other = await joinBus(server.url)
    await one.bus[Symbol.asyncDispose]()
    other.bus.tell({ repository: 'tool', digest: undefined })
    one.bus.tell({ repository: 'tool', digest: undefined })
    // Both have been through the server when the next message is.
    const passed = Promise.withResolvers<void>()
    one.listening.connection.subscribe('passed', {
      message: () => passed.resolve(),
      subscribed: () => void server.ask('PUBLISH', 'passed', 'x'),
    })
    await passed.promise
    expect([...one.events, ...other.events]).toEqual([])
  })
})
