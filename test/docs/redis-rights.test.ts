/** The rights that docs/scaling.md gives the viewer at a Redis server: enough for all that it does there, and no more. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { openRedis } from '../../src/store/redis.ts'
import { createTestMeasures, readTexts, textEntries } from '../store/contract.ts'
import { createAwaitableLog, lookUntil } from '../store/redis-setting.ts'
import { projectRoot } from '../support/program.ts'
import { openRedisServer, type RedisServer } from '../support/redis-server.ts'
import { hasProgram } from '../support/required-programs.ts'

const [, rights = ''] = /^ *ACL SETUSER (.+)$/m.exec(await readFile(join(projectRoot, 'docs/scaling.md'), 'utf8')) ?? []
const prefix = 'git-bug-viewer'
const password = 'for-the-viewer'
const tier = { seconds: undefined, maxBytes: 1 }

/** The event loop's next turn. */
const turn = () => new Promise<undefined>(resolve => setImmediate(resolve, undefined))

describe.skipIf(!hasProgram('redis-server'))('a user with the rights of the documentation', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await openRedisServer()
    await server.ask('ACL', 'SETUSER', ...rights.replace('PASSWORD', password).split(' '))
    await server.ask('ACL', 'SETUSER', 'default', 'off')
  })
  afterAll(async () => await server[Symbol.asyncDispose]())

  function open() {
    const address = { url: server.url, user: 'viewer', password, timeoutMs: 5000 }
    const limits = { permanent: tier, intermediate: tier, result: tier }
    const log = createAwaitableLog()
    const deps = { clock: systemClock, log, measures: createTestMeasures() }
    return { ...openRedis({ ...address, prefix, leaseMs: 60_000, limits }, deps), log }
  }

  test('keeps values, holds and gives back keys of tasks, hears news, and counts requests', async ({ signal }) => {
    await using one = open()
    await using other = open()
    await lookUntil(signal, async () => {
      await one.store.setMany('permanent', textEntries({ a: 'kept' }))
      return (await readTexts(other.store, 'permanent', ['a']))[0]
    })
    const heard = Promise.withResolvers<string>()
    other.openBus({ heard: news => heard.resolve(news.repository), missed() {} })
    const bus = one.openBus({ heard() {}, missed() {} })
    await lookUntil(signal, async () => {
      bus.tell({ repository: 'tool', digest: undefined })
      return await Promise.race([heard.promise, turn()])
    })
    const held = await one.taskKeys.tryTake('build')
    held?.report({ done: 1, total: 2 })
    expect(await other.taskKeys.tryTake('build')).toBeUndefined()
    await held?.[Symbol.asyncDispose]()
    const again = await other.taskKeys.tryTake('build')
    expect(again).toBeDefined()
    await again?.[Symbol.asyncDispose]()

    await one.rateBuckets(1).take('192.0.2.0/24', 1)
    expect(await other.rateBuckets(1).take('192.0.2.0/24', 1)).toBeGreaterThan(0)
    expect([...one.log.at('warn'), ...one.log.at('error'), ...other.log.at('warn'), ...other.log.at('error')]).toEqual(
      [],
    )
  })

  test('has no other keys, channels and commands', async () => {
    const client = createClient({ url: server.url, username: 'viewer', password })
    client.on('error', () => {})
    await client.connect()
    try {
      for (const command of [
        ['GET', 'other:key'],
        ['SET', 'other:key', '1'],
        ['SUBSCRIBE', 'other'],
        ['KEYS', '*'],
        ['FLUSHALL'],
        ['CONFIG', 'GET', '*'],
      ]) {
        await expect(client.sendCommand(command), command.join(' ')).rejects.toThrow('NOPERM')
      }
    } finally {
      client.destroy()
    }
  })
})
