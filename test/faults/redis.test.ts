/**
 * A Redis server that goes wrong in every way that it can, under instances of the real program that look for nothing by
 * themselves: what one of them is told the others hear through Redis alone.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openRedisServer, type RedisServer } from '../support/redis-server.ts'
import { hasProgram } from '../support/required-programs.ts'
import { type Instance, openPushedTracker, type PushedTracker, startInstance } from './pushed-tracker.ts'
import { digestOfRepository, recovers } from './recovery.ts'
import { openRedisProxy, type RedisProxy } from './redis-proxy.ts'

interface Fault {
  readonly name: string
  begin(redis: RedisServer, proxy: RedisProxy): unknown
  end(redis: RedisServer, proxy: RedisProxy): unknown
}

const faults: readonly Fault[] = [
  { name: 'stopped, and started empty', begin: redis => redis.stop(), end: redis => redis.start() },
  { name: 'paused', begin: redis => redis.pause(), end: redis => redis.continue() },
  {
    name: 'restarted at once',
    async begin(redis) {
      await redis.stop()
      await redis.start()
    },
    end() {},
  },
  {
    name: 'out of memory',
    begin: redis => redis.ask('CONFIG', 'SET', 'maxmemory', '1'),
    end: redis => redis.ask('CONFIG', 'SET', 'maxmemory', '0'),
  },
  {
    // A replica of a server that is not there refuses to write.
    name: 'read-only',
    begin: redis => redis.ask('REPLICAOF', '127.0.0.1', '1'),
    end: redis => redis.ask('REPLICAOF', 'NO', 'ONE'),
  },
  { name: 'slow', begin: (_redis, proxy) => proxy.delay(2000), end: (_redis, proxy) => proxy.delay(0) },
  {
    name: 'cut off in the middle of answers',
    begin: (_redis, proxy) => proxy.cut(true),
    end: (_redis, proxy) => proxy.cut(false),
  },
]

describe.skipIf(!hasProgram('redis-server')).each([1, 2])('Redis under %i of the program', count => {
  let redis: RedisServer
  let proxy: RedisProxy
  let tracker: PushedTracker
  const instances: Instance[] = []
  const allRight = async () => void (await Promise.all(instances.map(instance => instance.isRight())))
  const hooks = async () => void (await Promise.all(instances.map(instance => instance.hook())))

  beforeAll(async () => {
    redis = await openRedisServer()
    proxy = await openRedisProxy(redis.port)
    tracker = await openPushedTracker('redis')
    const settings = {
      cache: { lookMilliseconds: 3_600_000, rebuild: { enabled: false } },
      store: { redis: { url: proxy.url } },
    }
    instances.push(...(await Promise.all(Array.from({ length: count }, () => startInstance({ tracker, settings })))))
    await allRight()
  })
  afterAll(async () => {
    for (const instance of instances) await instance[Symbol.asyncDispose]()
    await tracker[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  })
  // Whatever was before is over: news of a push go through Redis.
  beforeEach(async () => {
    await tracker.push()
    await instances[0]!.hook()
    await expect.poll(() => allRight().then(() => 'right', String)).toBe('right')
  })

  test.each(faults)('$name: pages go on, and a push reaches all once it is over', async ({ name, begin, end }) => {
    await begin(redis, proxy)
    await tracker.push()
    const digest = await digestOfRepository(tracker.path)
    await hooks()
    // A hook answers before what it tells of is read.
    await expect.poll(() => allRight().then(() => 'right', String)).toBe('right')
    for (const { get } of instances) expect((await get('readyz')).status).toBe(200)
    expect(await digestOfRepository(tracker.path)).toBe(digest)

    await tracker.push()
    await end(redis, proxy)
    await instances[0]!.hook()
    await recovers(`Redis ${name}, ${count} of the program`, allRight)
  })
})
