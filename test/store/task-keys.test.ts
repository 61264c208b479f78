/** Task keys in one process and in Redis, and what befalls the ones in Redis. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createLocalTaskKeys } from '../../src/store/local-task-keys.ts'
import { createRedisTaskKeys } from '../../src/store/redis-task-keys.ts'
import type { HeldTask, TaskKeys } from '../../src/store/task-keys.ts'
import { openRedisServer, type RedisServer } from '../support/redis-server.ts'
import { hasProgram } from '../support/required-programs.ts'
import { createTestMeasures } from './contract.ts'
import { createAwaitableLog, lookUntil, openConnection, type TestLog, timeOf } from './redis-setting.ts'
import { describeTaskKeys } from './task-keys-contract.ts'

describeTaskKeys('of one process', async () => {
  const keys = createLocalTaskKeys()
  return { one: keys, other: keys, [Symbol.asyncDispose]: () => keys[Symbol.asyncDispose]() }
})

interface Instance extends AsyncDisposable {
  readonly keys: TaskKeys
  readonly log: TestLog
  readonly connectionLog: TestLog
  readonly measures: ReturnType<typeof createTestMeasures>
}

interface InstanceOptions {
  readonly leaseMs?: number
  readonly timeoutMs?: number
  readonly user?: string
  readonly password?: string
}

/** One of those who share a server. */
function openInstance(url: string, prefix: string, options: InstanceOptions = {}): Instance {
  const { leaseMs = 60_000, timeoutMs = 5000, ...login } = options
  const asking = openConnection({ url, timeoutMs, ...login })
  const listening = openConnection({ url, timeoutMs, ...login })
  const log = createAwaitableLog()
  const measures = createTestMeasures()
  const keys = createRedisTaskKeys(
    { asking: asking.connection, listening: listening.connection },
    { prefix, leaseMs, clock: systemClock, log, measures },
  )
  return {
    keys,
    log,
    connectionLog: asking.log,
    measures,
    async [Symbol.asyncDispose]() {
      await keys[Symbol.asyncDispose]()
      await asking[Symbol.asyncDispose]()
      await listening[Symbol.asyncDispose]()
    },
  }
}

/** Waits as those do who want a key. */
function takeWhenFree(keys: TaskKeys, task: string, signal: AbortSignal): Promise<HeldTask> {
  return lookUntil(signal, async () => {
    const held = await keys.tryTake(task)
    if (!held) await keys.changed(task, signal)
    return held
  })
}

function fired(signal: AbortSignal): Promise<unknown> {
  return signal.aborted ? Promise.resolve() : once(signal, 'abort')
}

const back = 'redis is there again'
const lost = 'redis is not there; work goes on without it'

describe.skipIf(!hasProgram('redis-server'))('with a Redis server', () => {
  let server: RedisServer
  let prefixes = 0
  beforeAll(async () => {
    server = await openRedisServer()
  })
  afterAll(() => server[Symbol.asyncDispose]())
  const newPrefix = () => `test-${prefixes++}`

  describeTaskKeys('in Redis', async () => {
    const prefix = newPrefix()
    const [one, other] = [openInstance(server.url, prefix), openInstance(server.url, prefix)]
    return {
      one: one.keys,
      other: other.keys,
      async [Symbol.asyncDispose]() {
        await other[Symbol.asyncDispose]()
        await one[Symbol.asyncDispose]()
      },
    }
  })

  test('keys of another prefix are other keys', async () => {
    await using one = openInstance(server.url, newPrefix())
    await using other = openInstance(server.url, newPrefix())
    expect(await one.keys.tryTake('build')).toBeDefined()
    expect(await other.keys.tryTake('build')).toBeDefined()
  })

  test('a lease is renewed for as long as the work takes', async () => {
    const prefix = newPrefix()
    await using one = openInstance(server.url, prefix, { leaseMs: 3000 })
    await using other = openInstance(server.url, prefix)
    const held = await one.keys.tryTake('build')
    // Each wait is as long as what is left of the lease; three of them are longer than it.
    for (let n = 0; n < 3; n++) {
      await other.keys.changed('build')
      expect(await other.keys.tryTake('build')).toBeUndefined()
    }
    expect(held!.lost.aborted).toBe(false)
  })

  test('the key of a process that was killed is free after its lease', async ({ signal }) => {
    const prefix = newPrefix()
    const leaseMs = 1500
    const script = join(import.meta.dirname, 'redis-task-holder.ts')
    const child = spawn(process.execPath, [script, server.url, prefix, 'build', String(leaseMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'close')
    try {
      const [said] = (await once(child.stdout, 'data')) as [Buffer]
      expect(said.toString()).toBe('held\n')
      await using instance = openInstance(server.url, prefix)
      expect(await instance.keys.tryTake('build')).toBeUndefined()
      child.kill('SIGKILL')
      await ended
      const startMs = performance.now()
      expect(await takeWhenFree(instance.keys, 'build', signal)).toBeDefined()
      // Who would not know of the lease looked again after three seconds.
      expect(performance.now() - startMs).toBeLessThan(2900)
      expect(await instance.keys.progress('build')).toBeUndefined()
    } finally {
      child.kill('SIGKILL')
      await ended
    }
  })

  test('a key that another one has taken over is lost, and not taken back by giving it back', async () => {
    const prefix = newPrefix()
    await using instance = openInstance(server.url, prefix, { leaseMs: 9000 })
    const held = await instance.keys.tryTake('build')
    await server.ask('SET', `${prefix}:v1:task:"build"`, 'of another one')
    // With the next renewal, and not only at the end of the lease.
    expect(await timeOf(fired(held!.lost))).toBeLessThan(8000)
    await held![Symbol.asyncDispose]()
    expect(await server.ask('GET', `${prefix}:v1:task:"build"`)).toBe('of another one')
  })

  test('a key that is gone from the server is taken again by its holder', async ({ signal }) => {
    const prefix = newPrefix()
    await using one = openInstance(server.url, prefix, { leaseMs: 6000 })
    const held = await one.keys.tryTake('build')
    await server.ask('DEL', `${prefix}:v1:task:"build"`)
    await lookUntil(signal, () => server.ask('GET', `${prefix}:v1:task:"build"`))
    await using other = openInstance(server.url, prefix)
    expect(await other.keys.tryTake('build')).toBeUndefined()
    expect(held!.lost.aborted).toBe(false)
  })

  test('scripts that the server has forgotten are sent again', async () => {
    await using instance = openInstance(server.url, newPrefix())
    const held = await instance.keys.tryTake('build')
    await server.ask('SCRIPT', 'FLUSH')
    await held![Symbol.asyncDispose]()
    expect(await instance.keys.tryTake('build')).toBeDefined()
    expect(instance.measures.sum('gitbugviewer_store_errors_total')).toBe(0)
  })

  test('a value that is none of ours under a key harms nobody', async () => {
    const prefix = newPrefix()
    await using instance = openInstance(server.url, prefix)
    await server.ask('RPUSH', `${prefix}:v1:task:"list"`, 'x')
    await server.ask('SET', `${prefix}:v1:task:"text"`, 'a b c d')
    expect(await instance.keys.tryTake('list')).toBeUndefined()
    expect(await instance.keys.progress('list')).toBeUndefined()
    expect(await instance.keys.progress('text')).toBeUndefined()
    expect(instance.log.at('warn')).toEqual(['redis refuses task keys; work goes on without WRONGTYPE'])
    expect(instance.measures.sum('gitbugviewer_store_errors_total', { operation: 'task' })).toBe(1)
  })

  test('a server that refuses keys holds up no work', async () => {
    await server.ask('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '&*', '+@all', '-set')
    await using instance = openInstance(server.url, newPrefix(), { user: 'reader', password: 'secret' })
    const [one, other] = [await instance.keys.tryTake('build'), await instance.keys.tryTake('build')]
    expect([one, other]).not.toContain(undefined)
    expect(instance.log.at('warn')).toEqual(['redis refuses task keys; work goes on without NOPERM'])
    await server.ask('ACL', 'SETUSER', 'reader', '+set')
    const held = await instance.keys.tryTake('build')
    expect(held).toBeDefined()
    expect(await instance.keys.tryTake('build')).toBeUndefined()
    expect(instance.log.at('info')).toEqual(['redis takes task keys again'])
  })

  test('without a server everybody works at once, and as soon as there is one the keys count', async () => {
    await using late = await openRedisServer({ started: false })
    await using one = openInstance(late.url, 'late', { leaseMs: 300 })
    await using other = openInstance(late.url, 'late', { leaseMs: 300 })
    await Promise.all([one.connectionLog.written(lost), other.connectionLog.written(lost)])
    const asked = Promise.all([one.keys.tryTake('build'), other.keys.tryTake('build')])
    expect(await timeOf(asked)).toBeLessThan(4000)
    const [first, second] = await asked
    expect([first, second]).not.toContain(undefined)
    await other.keys.changed('build')
    await late.start()
    // One of them is the holder now, and the other one hears that it is not, or has run out of its lease.
    await Promise.race([fired(first!.lost), fired(second!.lost)])
  })

  test('a server that was started again in between knows the key after the next renewal', async ({ signal }) => {
    await using own = await openRedisServer()
    await using one = openInstance(own.url, 'again', { leaseMs: 15_000 })
    await using other = openInstance(own.url, 'again')
    const held = await one.keys.tryTake('build')
    expect(await other.keys.tryTake('build')).toBeUndefined()
    const waiting = other.keys.changed('build')
    await own.stop()
    await own.start()
    await Promise.all([one.connectionLog.written(back), other.connectionLog.written(back), waiting])
    await lookUntil(signal, () => own.ask('GET', 'again:v1:task:"build"'))
    expect(await other.keys.tryTake('build')).toBeUndefined()
    expect(held!.lost.aborted).toBe(false)
    await held![Symbol.asyncDispose]()
    expect(await other.keys.tryTake('build')).toBeDefined()
  })

  test('a server that hangs holds nobody up for longer than the limit, and a lease that it outlasts is lost', async ({
    signal,
  }) => {
    await using own = await openRedisServer()
    await using one = openInstance(own.url, 'paused', { leaseMs: 4000, timeoutMs: 1000 })
    await using other = openInstance(own.url, 'paused', { timeoutMs: 1000 })
    const held = await one.keys.tryTake('build')
    expect(await other.keys.tryTake('build')).toBeUndefined()
    own.pause()
    expect(await timeOf(other.keys.progress('build'))).toBeLessThan(10_000)
    expect(await timeOf(other.keys.changed('build'))).toBeLessThan(10_000)
    const startMs = performance.now()
    expect(await other.keys.tryTake('build')).toBeDefined()
    expect(performance.now() - startMs).toBeLessThan(10_000)
    await fired(held!.lost)
    expect(await timeOf(held![Symbol.asyncDispose]())).toBeLessThan(10_000)
    own.continue()
    await one.connectionLog.written(back)
    expect(await takeWhenFree(one.keys, 'another', signal)).toBeDefined()
  })

  test('a key that a server took while it stood still, and nobody was told of, is given back when it goes on', async ({
    signal,
  }) => {
    await using own = await openRedisServer()
    await using one = openInstance(own.url, 'orphan', { leaseMs: 300_000, timeoutMs: 200 })
    await using other = openInstance(own.url, 'orphan', { leaseMs: 300_000 })
    await (await one.keys.tryTake('something'))?.[Symbol.asyncDispose]()
    own.pause()
    const held = await one.keys.tryTake('build')
    await held?.[Symbol.asyncDispose]()
    own.continue()
    await one.connectionLog.written(back)
    expect(await takeWhenFree(other.keys, 'build', signal)).toBeDefined()
  })
})
