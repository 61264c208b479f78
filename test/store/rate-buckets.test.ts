/** Rate buckets in one process and in Redis, and what befalls the ones in Redis. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createLocalRateBuckets } from '../../src/store/rate-buckets.ts'
import { createRedisRateBuckets } from '../../src/store/redis-rate-buckets.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { openRedisServer, type RedisServer } from '../support/redis-server.ts'
import { hasProgram } from '../support/required-programs.ts'
import { createTestMeasures } from './contract.ts'
import { describeRateBuckets } from './rate-buckets-contract.ts'
import { createAwaitableLog, lookUntil, openConnection, timeOf } from './redis-setting.ts'

describeRateBuckets('of one process', async perMinute => {
  const buckets = createLocalRateBuckets(perMinute, createManualClock())
  return { one: buckets, other: buckets, async [Symbol.asyncDispose]() {} }
})

test('a bucket fills evenly', () => {
  const clock = createManualClock()
  const buckets = createLocalRateBuckets(6, clock)
  expect(buckets.take('a', 6)).toBe(0)
  expect(buckets.take('a', 1)).toBe(10_000)
  clock.advance(9_999)
  expect(buckets.take('a', 1)).toBe(1)
  clock.advance(1)
  expect(buckets.take('a', 1)).toBe(0)
  expect(buckets.take('a', 1)).toBe(10_000)
})

function openBuckets(url: string, options: { prefix: string; perMinute: number; timeoutMs?: number }) {
  const { timeoutMs = 5000, ...wanted } = options
  const opened = openConnection({ url, timeoutMs })
  const [log, measures] = [createAwaitableLog(), createTestMeasures()]
  const buckets = createRedisRateBuckets(opened.connection, { ...wanted, clock: systemClock, log, measures })
  return { ...opened, buckets, measures, bucketsLog: log }
}

describe.skipIf(!hasProgram('redis-server'))('with a Redis server', () => {
  let server: RedisServer
  let prefixes = 0
  beforeAll(async () => {
    server = await openRedisServer()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  describeRateBuckets('in Redis', async perMinute => {
    const prefix = `buckets-${prefixes++}`
    const [one, other] = [
      openBuckets(server.url, { prefix, perMinute }),
      openBuckets(server.url, { prefix, perMinute }),
    ]
    await Promise.all([one.connection.attempted(), other.connection.attempted()])
    return {
      one: one.buckets,
      other: other.buckets,
      async [Symbol.asyncDispose]() {
        await one[Symbol.asyncDispose]()
        await other[Symbol.asyncDispose]()
      },
    }
  })

  test('a bucket that is full is not kept, and one that is not is kept for a minute at most', async () => {
    await using opened = openBuckets(server.url, { prefix: 'kept', perMinute: 10 })
    await opened.connection.attempted()
    await opened.buckets.take('192.0.2', 5)
    const expiry = Number(await server.ask('PTTL', 'kept:v1:rate:192.0.2'))
    expect(expiry).toBeGreaterThan(0)
    expect(expiry).toBeLessThanOrEqual(30_000)
    await opened.buckets.take('192.0.2', -5)
    expect(await server.ask('EXISTS', 'kept:v1:rate:192.0.2')).toBe(0)
  })

  test('a value that is none of ours under a key is a full bucket', async () => {
    await using opened = openBuckets(server.url, { prefix: 'foreign', perMinute: 2 })
    await opened.connection.attempted()
    await server.ask('SET', 'foreign:v1:rate:a', 'nonsense')
    expect(await opened.buckets.take('a', 2)).toBe(0)
    expect(await opened.buckets.take('a', 1)).toBeGreaterThan(0)
  })

  test('a clock that was set back leaves nobody out for longer than a minute', async () => {
    await using opened = openBuckets(server.url, { prefix: 'back', perMinute: 2 })
    await opened.connection.attempted()
    const inAnHour = (BigInt(Date.now()) + 3_600_000n) * 1000n
    await server.ask('SET', 'back:v1:rate:a', String(inAnHour))
    const waitMs = await opened.buckets.take('a', 2)
    expect(waitMs).toBeGreaterThan(0)
    expect(waitMs).toBeLessThanOrEqual(60_000)
  })

  test('a server that refuses leaves each instance its own buckets, and is told of once', async () => {
    await using opened = openBuckets(server.url, { prefix: 'refused', perMinute: 2 })
    await opened.connection.attempted()
    await server.ask('RPUSH', 'refused:v1:rate:a', 'x')
    expect(await opened.buckets.take('a', 2)).toBe(0)
    expect(await opened.buckets.take('a', 1)).toBeGreaterThan(0)
    expect(opened.bucketsLog.at('warn')).toHaveLength(1)
    expect(opened.measures.sum('gitbugviewer_store_errors_total', { operation: 'limit' })).toBe(2)
  })

  test('without a server nobody waits', async () => {
    await using late = await openRedisServer({ started: false })
    await using opened = openBuckets(late.url, { prefix: 'late', perMinute: 2 })
    await opened.connection.attempted()
    expect(opened.buckets.take('a', 2)).toBe(0)
    expect(opened.buckets.take('a', 1)).toBeGreaterThan(0)
  })

  test('a server that hangs holds nobody up for longer than the limit, and soon nobody at all', async ({ signal }) => {
    await using own = await openRedisServer()
    await using opened = openBuckets(own.url, { prefix: 'hung', perMinute: 100, timeoutMs: 300 })
    await opened.connection.attempted()
    own.pause()
    expect(await timeOf(Promise.resolve(opened.buckets.take('a', 1)))).toBeLessThan(3000)
    await lookUntil(signal, async () => !opened.connection.isConnected)
    expect(opened.buckets.take('a', 1)).toBe(0)
    own.continue()
  })
})
