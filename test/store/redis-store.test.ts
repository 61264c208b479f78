/** The store in Redis: the contract of all stores, and what is its own. */
import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noMeasures } from '../../src/base/measures.ts'
import { guardStore } from '../../src/store/guard-store.ts'
import { createRedisStore } from '../../src/store/redis-store.ts'
import { sealValues } from '../../src/store/sealed.ts'
import type { StoreLimits } from '../../src/store/store.ts'
import { openRedisServer, type RedisServer } from '../support/redis-server.ts'
import { hasProgram } from '../support/required-programs.ts'
import { createTestMeasures, describeStore, isSame, manyEntries, readTexts, textEntries } from './contract.ts'
import { openConnection } from './redis-setting.ts'

const limits: StoreLimits = {
  permanent: { seconds: undefined, maxBytes: 1 },
  intermediate: { seconds: 3600, maxBytes: 1 },
  result: { seconds: 59.5, maxBytes: 1 },
}

describe.skipIf(!hasProgram('redis-server'))('redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await openRedisServer()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  describeStore(
    'in Redis, guarded and sealed',
    async ({ folder, limits, clock, log, measures }) => {
      const { connection } = openConnection({ url: server.url })
      const inner = createRedisStore(connection, { prefix: basename(folder), limits, measures })
      const guarded = guardStore(inner, { backend: 'redis', clock, log, measures, timeoutMs: 5000 })
      const sealed = sealValues(guarded, { measures, backend: 'redis' })
      return {
        ...sealed,
        async [Symbol.asyncDispose]() {
          await sealed[Symbol.asyncDispose]()
          await connection[Symbol.asyncDispose]()
        },
      }
    },
    { isPersistent: true, isBounded: false, followsClock: false },
  )

  const openStore = (prefix: string, maxBytesOnTheirWay?: number) => {
    const opened = openConnection({ url: server.url })
    const bound = maxBytesOnTheirWay === undefined ? {} : { maxBytesOnTheirWay }
    const store = createRedisStore(opened.connection, { prefix, limits, measures: noMeasures, ...bound })
    return { ...opened, store }
  }

  test('keys say prefix, version and tier, and expire with the tier', async () => {
    await using opened = openStore('keys')
    await opened.store.setMany('permanent', textEntries({ 'a/1': 'one' }))
    await opened.store.setMany('intermediate', textEntries({ 'a/1': 'two' }))
    await opened.store.setMany('result', textEntries({ 'a/1': 'three' }))
    const keys = ['keys:v1:p:a/1', 'keys:v1:i:a/1', 'keys:v1:r:a/1']
    expect(await server.ask('MGET', ...keys)).toEqual(['one', 'two', 'three'])
    const [permanent, intermediate, result] = await Promise.all(keys.map(key => server.ask('PTTL', key)))
    expect(permanent).toBe(-1)
    expect(intermediate).toBeGreaterThan(3_500_000)
    expect(intermediate).toBeLessThanOrEqual(3_600_000)
    expect(result).toBeGreaterThan(0)
    expect(result).toBeLessThanOrEqual(59_500)
  })

  test('a value of another type under a key is no value, and can be put over', async () => {
    await using opened = openStore('wrong-type')
    await server.ask('RPUSH', 'wrong-type:v1:p:a', 'x')
    await opened.store.setMany('permanent', textEntries({ b: 'right' }))
    expect(await readTexts(opened.store, 'permanent', ['a', 'b'])).toEqual([undefined, 'right'])
    await opened.store.setMany('permanent', textEntries({ a: 'put over' }))
    expect(await readTexts(opened.store, 'permanent', ['a'])).toEqual(['put over'])
  })

  test('a value that was changed in the server is no value', async () => {
    await using opened = openStore('changed')
    const measures = createTestMeasures()
    const sealed = sealValues(opened.store, { measures, backend: 'redis' })
    await sealed.setMany('permanent', textEntries({ a: 'as it was', b: 'as it was' }))
    await server.ask('SETRANGE', 'changed:v1:p:a', '6', 'X')
    await server.ask('COPY', 'changed:v1:p:b', 'changed:v1:p:c')
    expect(await readTexts(sealed, 'permanent', ['a', 'b', 'c'])).toEqual([undefined, 'as it was', undefined])
    expect(measures.sum('gitbugviewer_store_damaged_total', { backend: 'redis' })).toBe(2)
  })

  test('values of more than 16 MiB are left out, and the others of the call are put', async () => {
    await using opened = openStore('large')
    const huge = { key: 'huge', value: Buffer.alloc(16 * 1024 ** 2 + 1) }
    await opened.store.setMany('permanent', [huge, ...textEntries({ a: 'small' })])
    expect(await readTexts(opened.store, 'permanent', ['huge', 'a'])).toEqual([undefined, 'small'])
  })

  test('no more than the bound is on its way, and what is larger than it goes alone', async () => {
    await using opened = openStore('bound', 100_000)
    const { connection } = opened
    let onTheirWay = 0
    let most = 0
    const watched = createRedisStore(
      {
        ...connection,
        timeoutMs: connection.timeoutMs,
        isConnected: true,
        attempted: () => connection.attempted(),
        subscribe() {},
        async send(commands, signal) {
          const bytes = commands.flat().reduce((sum, part) => sum + (Buffer.isBuffer(part) ? part.length : 0), 0)
          onTheirWay += bytes
          most = Math.max(most, onTheirWay)
          const replies = await connection.send(commands, signal)
          onTheirWay -= bytes
          return replies
        },
        [Symbol.asyncDispose]: async () => {},
      },
      { prefix: 'bound', limits, measures: noMeasures, maxBytesOnTheirWay: 100_000 },
    )
    const rounds = Array.from({ length: 30 }, (_, n) => manyEntries(3, 10_000, `round-${n}`))
    await Promise.all(rounds.map(entries => watched.setMany('permanent', entries)))
    expect(most).toBe(90_000)
    await Promise.all([
      watched.setMany('permanent', [{ key: 'big', value: Buffer.alloc(300_000) }]),
      watched.setMany('permanent', textEntries({ a: 'x' })),
    ])
    expect(most).toBe(300_000)
    const keys = rounds.flat().map(({ key }) => key)
    const found = await watched.getMany('permanent', keys)
    expect(found.filter((value, n) => isSame(rounds.flat()[n]!.value, value))).toHaveLength(90)
  })

  test('settled waits for puts that are under way', async () => {
    await using opened = openStore('settled')
    const put = opened.store.setMany('permanent', manyEntries(5000, 100))
    let isPut = false
    void put.then(() => {
      isPut = true
    })
    await opened.store.settled()
    expect(isPut).toBe(true)
  })

  test('10,000 records of 500 bytes cost little work here', async () => {
    await using opened = openStore('speed')
    const entries = manyEntries(10_000, 500)
    await opened.store.setMany('permanent', entries)
    const keys = entries.map(({ key }) => key)
    const times: number[] = []
    for (let round = 0; round < 5; round++) {
      const before = process.threadCpuUsage()
      const found = await opened.store.getMany('permanent', keys)
      const { user, system } = process.threadCpuUsage(before)
      times.push((user + system) / 1000)
      expect(found.every((value, n) => isSame(entries[n]!.value, value))).toBe(true)
    }
    expect(Math.min(...times)).toBeLessThan(150)
  })
})
