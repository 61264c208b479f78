/** Redis as the rest of the program has it: nothing that befalls the server fails its users or holds them up. */
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { openRedis, type RedisOptions } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { openRedisServer } from '../support/redis-server.ts'
import { hasProgram } from '../support/required-programs.ts'
import { createTestMeasures, manyEntries, readTexts, textEntries } from './contract.ts'
import { createAwaitableLog, lookUntil, timeOf } from './redis-setting.ts'

const tier = { seconds: undefined, maxBytes: 1 }
const lost = 'redis is not there; work goes on without it'
const back = 'redis is there again'
const fails = 'the store fails and is left alone for a while: git is read instead'
/** Long, so that a busy machine does not make a server that answers seem one that hangs. */
const timeoutMs = 3000
/** What does not wait for an answer takes far less than the limit; what does, the limit and what else there is to do. */
const atOnceMs = timeoutMs - 100
const inTimeMs = timeoutMs * 5

function open(options: Partial<RedisOptions> & { readonly url: string }) {
  const log = createAwaitableLog()
  const measures = createTestMeasures()
  const limits = { permanent: tier, intermediate: tier, result: tier }
  const redis = openRedis(
    { prefix: 'test', leaseMs: 60_000, timeoutMs, limits, ...options },
    { clock: systemClock, log, measures },
  )
  return { ...redis, log, measures }
}

/** Puts and gets until a value is there, as those do who come again and again. */
async function untilItWorks(store: Store, signal: AbortSignal): Promise<void> {
  await lookUntil(signal, async () => {
    await store.setMany('permanent', textEntries({ works: 'again' }))
    return (await readTexts(store, 'permanent', ['works']))[0]
  })
}

/** Uses everything once, and says how long the slowest took. */
async function useAll(redis: ReturnType<typeof open>): Promise<number> {
  const bus = redis.openBus({ heard() {}, missed() {} })
  bus.tell({ repository: 'tool', digest: undefined })
  const times = await Promise.all([
    timeOf(redis.store.getMany('permanent', ['a', 'b'])),
    timeOf(redis.store.setMany('permanent', manyEntries(3000, 100))),
    timeOf(redis.store.settled()),
    timeOf(redis.taskKeys.tryTake('build').then(held => held?.[Symbol.asyncDispose]())),
    timeOf(redis.taskKeys.changed('build')),
    timeOf(redis.taskKeys.progress('build')),
  ])
  expect(await readTexts(redis.store, 'permanent', ['a', 'b'])).toEqual([undefined, undefined])
  return Math.max(...times)
}

describe.skipIf(!hasProgram('redis-server'))('all of Redis', () => {
  test('is shared by two instances: values, keys and news', async () => {
    await using server = await openRedisServer()
    await using one = open({ url: server.url })
    await using other = open({ url: server.url })
    await one.store.setMany('permanent', textEntries({ a: 'value' }))
    expect(await readTexts(other.store, 'permanent', ['a'])).toEqual(['value'])
    const held = await one.taskKeys.tryTake('build')
    expect(await other.taskKeys.tryTake('build')).toBeUndefined()
    const changed = other.taskKeys.changed('build')
    await held![Symbol.asyncDispose]()
    await changed
    const heard = Promise.withResolvers<string>()
    other.openBus({ heard: ({ repository }) => heard.resolve(repository), missed() {} })
    const bus = one.openBus({ heard() {}, missed() {} })
    // Heard as soon as the other one listens.
    const telling = setInterval(() => bus.tell({ repository: 'tool', digest: undefined }), 20)
    expect(await heard.promise.finally(() => clearInterval(telling))).toBe('tool')
  })

  test('a server that is not there fails nobody, and works when it comes', async ({ signal }) => {
    await using server = await openRedisServer({ started: false })
    await using redis = open({ url: server.url })
    expect(await useAll(redis)).toBeLessThan(inTimeMs)
    expect(await useAll(redis)).toBeLessThan(atOnceMs)
    await server.start()
    await redis.log.written(back)
    await untilItWorks(redis.store, signal)
    expect(redis.log.at('warn')).toEqual([`${lost} ECONNREFUSED`])
    expect(redis.log.at('error')).toEqual([])
    expect(redis.log.at('info')).toEqual([back])
    expect(redis.measures.sum('gitbugviewer_store_errors_total', { backend: 'redis' })).toBeGreaterThan(3)
    expect(redis.measures.read('gitbugviewer_store_breaker_open', { backend: 'redis' })).toBe(0)
  })

  test('a server that is killed in use and started again is used again', async ({ signal }) => {
    await using server = await openRedisServer()
    await using redis = open({ url: server.url })
    await untilItWorks(redis.store, signal)
    const inUse = [redis.store.setMany('permanent', manyEntries(20_000, 500)), redis.store.getMany('permanent', ['a'])]
    await server.stop()
    await Promise.all(inUse)
    expect(await useAll(redis)).toBeLessThan(atOnceMs)
    await server.start()
    await redis.log.written(back)
    await untilItWorks(redis.store, signal)
    expect(redis.log.at('warn')).toHaveLength(1)
  })

  test('a server that hangs is waited for until the limit, and works when it goes on', async ({ signal }) => {
    await using server = await openRedisServer()
    await using redis = open({ url: server.url })
    await untilItWorks(redis.store, signal)
    server.pause()
    expect(await useAll(redis)).toBeLessThan(inTimeMs)
    expect(await useAll(redis)).toBeLessThan(atOnceMs)
    server.continue()
    await redis.log.written(back)
    await untilItWorks(redis.store, signal)
    expect(redis.log.at('warn')).toEqual([`${lost} NO_ANSWER`])
  })

  test('a server that keeps clients waiting is like one that hangs', async ({ signal }) => {
    await using server = await openRedisServer()
    await using redis = open({ url: server.url })
    await untilItWorks(redis.store, signal)
    await server.ask('CLIENT', 'PAUSE', String(3 * timeoutMs), 'ALL')
    expect(await useAll(redis)).toBeLessThan(inTimeMs)
    await redis.log.written(back)
    await untilItWorks(redis.store, signal)
  })

  test('a wrong password fails nobody and is in no line of the log', async ({ signal }) => {
    await using server = await openRedisServer({ password: 'right-one' })
    await using redis = open({ url: server.url, password: 'wrong-one' })
    expect(await useAll(redis)).toBeLessThan(inTimeMs)
    await server.ask('CONFIG', 'SET', 'requirepass', 'wrong-one').catch(() => {})
    await redis.log.written(back)
    await untilItWorks(redis.store, signal)
    expect(redis.log.at('warn')).toEqual([`${lost} WRONGPASS`])
    expect(JSON.stringify(redis.log.lines)).not.toMatch(/wrong-one|right-one/)
  })

  test.skipIf(!hasProgram('openssl'))('a certificate of another authority fails nobody', async ({ signal }) => {
    await using server = await openRedisServer({ tls: true })
    await using wrong = open({ url: server.url, caFile: server.foreignCaFile })
    await using right = open({ url: server.url, caFile: server.caFile })
    expect(await useAll(wrong)).toBeLessThan(inTimeMs)
    expect(await useAll(right)).toBeLessThan(inTimeMs)
    await untilItWorks(right.store, signal)
    expect(wrong.log.at('warn')).toHaveLength(1)
    expect(right.log.at('warn')).toEqual([])
  })

  test('a server that is full can still be read, says so once, and takes values again when there is room', async ({
    signal,
  }) => {
    await using server = await openRedisServer({ args: ['--maxmemory-policy', 'noeviction'] })
    await using redis = open({ url: server.url })
    await untilItWorks(redis.store, signal)
    await server.ask('CONFIG', 'SET', 'maxmemory', '1')
    for (let n = 0; n < 10; n++) await redis.store.setMany('permanent', textEntries({ [`b${n}`]: 'no room' }))
    expect(await readTexts(redis.store, 'permanent', ['works', 'b0', 'b9'])).toEqual(['again', undefined, undefined])
    expect(redis.log.at('error')).toEqual([fails])
    expect(redis.measures.read('gitbugviewer_store_breaker_open', { backend: 'redis' })).toBe(1)
    await server.ask('CONFIG', 'SET', 'maxmemory', '0')
    await lookUntil(signal, async () => {
      await redis.store.setMany('permanent', textEntries({ c: 'room' }))
      return (await readTexts(redis.store, 'permanent', ['c']))[0]
    })
    expect(redis.log.at('info')).toEqual(['redis is connected', 'the store works again'])
    expect(redis.log.at('error')).toEqual([fails])
  })

  test('all ends within the limits, also where the server hangs with work on its way', async ({ signal }) => {
    await using server = await openRedisServer()
    const redis = open({ url: server.url })
    await untilItWorks(redis.store, signal)
    const held = await redis.taskKeys.tryTake('build')
    expect(held).toBeDefined()
    server.pause()
    const put = redis.store.setMany('permanent', manyEntries(3000, 1000))
    const got = redis.store.getMany('permanent', ['a'])
    const waiting = redis.taskKeys.changed('build')
    expect(await timeOf(redis[Symbol.asyncDispose]())).toBeLessThan(inTimeMs)
    await Promise.all([put, got, waiting])
    expect(await useAll(redis)).toBeLessThan(atOnceMs)
    server.continue()
  })

  test('all can end before there was a server, and twice', async () => {
    await using server = await openRedisServer({ started: false })
    const redis = open({ url: server.url })
    await redis.log.written(lost)
    await redis[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
    expect(await readTexts(redis.store, 'permanent', ['a'])).toEqual([undefined])
    expect(redis.log.at('warn')).toHaveLength(1)
  })
})
