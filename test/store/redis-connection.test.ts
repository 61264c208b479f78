/** The connection to Redis: how it is made, lost and made again, and what its callers see of that. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { RedisRefusal, RedisUnavailable } from '../../src/store/redis-connection.ts'
import { createRedisScript, runRedisScript } from '../../src/store/redis-script.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { openRedisServer } from '../support/redis-server.ts'
import { hasProgram } from '../support/required-programs.ts'
import { openConnection, timeOf } from './redis-setting.ts'

const password = 'h0peless-p4ssword'
const there = 'redis is connected'
const back = 'redis is there again'
const lost = 'redis is not there; work goes on without it'

describe.skipIf(!hasProgram('redis-server'))('the connection to Redis', () => {
  test('the first command waits for the first attempt, and answers are bytes', async () => {
    await using server = await openRedisServer()
    await using opened = openConnection({ url: server.url })
    const replies = await opened.connection.send([
      ['SET', 'a', Buffer.from([0, 255])],
      ['GET', 'a'],
      ['GET', 'b'],
      ['INCR', 'n'],
    ])
    expect(replies).toEqual(['OK', Buffer.from([0, 255]), null, 1])
    expect(opened.log.at('info')).toEqual([there])
  })

  test('a database by its number', async () => {
    await using server = await openRedisServer()
    await using opened = openConnection({ url: server.url.replace(/0$/, '3') })
    await opened.connection.send([['SET', 'a', 'x']])
    expect(await server.ask('INFO', 'keyspace')).toContain('db3:keys=1')
  })

  test('what the server refuses is among the answers, by its code', async () => {
    await using server = await openRedisServer()
    await using opened = openConnection({ url: server.url })
    const [first, second, third] = await opened.connection.send([
      ['RPUSH', 'l', 'x'],
      ['GET', 'l'],
      ['NONSENSE', password],
    ])
    expect(first).toBe(1)
    expect(second).toBeInstanceOf(RedisRefusal)
    expect(second).toMatchObject({ code: 'WRONGTYPE' })
    expect(third).toMatchObject({ code: 'ERR', message: 'redis refused a command: ERR' })
  })

  test('a server that is not there fails commands at once, and is found when it comes', async () => {
    await using server = await openRedisServer({ started: false })
    await using opened = openConnection({ url: server.url })
    await opened.log.written(lost)
    const asked = opened.connection.send([['PING']])
    expect(await timeOf(asked)).toBeLessThan(4000)
    await expect(asked).rejects.toBeInstanceOf(RedisUnavailable)
    await server.start()
    await opened.log.written(back)
    expect(await opened.connection.send([['PING']])).toEqual(['PONG'])
    expect(opened.log.at('warn')).toEqual([`${lost} ECONNREFUSED`])
    expect(opened.log.at('info')).toEqual([back])
  })

  test('pauses between attempts grow to ten seconds, each a little longer or shorter', async () => {
    await using server = await openRedisServer({ started: false })
    const clock = createManualClock()
    const delays: number[] = []
    const recording: Clock = {
      ...clock,
      startTimer(delayMs, run) {
        delays.push(delayMs)
        return clock.startTimer(delayMs, run)
      },
    }
    await using opened = openConnection({ url: server.url }, recording)
    await opened.log.written(lost)
    for (let times = 1; times < 10; times++) {
      clock.advance(delays.at(-1)!)
      await opened.log.written('redis is still not there', times)
    }
    // Each attempt has a limit, and a pause follows it.
    const pauses = delays.filter((_, n) => n % 2 === 1)
    const expected = [100, 200, 400, 800, 1600, 3000, 3000, 3000, 3000, 3000]
    expect(pauses).toHaveLength(expected.length)
    const factors = pauses.map((pauseMs, n) => pauseMs / expected[n]!)
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.75)
    expect(Math.max(...factors)).toBeLessThanOrEqual(1.25)
    expect(new Set(factors).size).toBeGreaterThan(1)
    await server.start()
    clock.advance(delays.at(-1)!)
    await opened.log.written(back)
  })

  test('a server that is killed and started again is lost once and back once', async () => {
    await using server = await openRedisServer()
    await using opened = openConnection({ url: server.url })
    await opened.connection.send([['PING']])
    await server.stop()
    await opened.log.written(lost)
    await expect(opened.connection.send([['PING']])).rejects.toBeInstanceOf(RedisUnavailable)
    await server.start()
    await opened.log.written(back)
    expect(await opened.connection.send([['PING']])).toEqual(['PONG'])
    expect(opened.log.at('warn')).toEqual([`${lost} SocketClosedUnexpectedlyError`])
    expect(opened.log.at('info')).toEqual([there, back])
  })

  test('commands that were on their way when the server was killed fail', async () => {
    await using server = await openRedisServer()
    await using opened = openConnection({ url: server.url })
    await opened.connection.send([['PING']])
    server.pause()
    const asked = opened.connection.send([['PING'], ['PING']])
    asked.catch(() => {})
    await server.stop()
    await expect(asked).rejects.toBeInstanceOf(RedisUnavailable)
  })

  test('a server that hangs is waited for until the limit, and then hung up on', async () => {
    await using server = await openRedisServer()
    await using opened = openConnection({ url: server.url, timeoutMs: 1500 })
    await opened.connection.send([['PING']])
    server.pause()
    const times = await Promise.all([1, 2, 3].map(() => timeOf(opened.connection.send([['PING']]))))
    expect(Math.max(...times)).toBeLessThan(15_000)
    expect(Math.min(...times)).toBeGreaterThan(1400)
    expect(opened.connection.isConnected).toBe(false)
    expect(await timeOf(opened.connection.send([['PING']]))).toBeLessThan(1400)
    server.continue()
    await opened.log.written(back)
    expect(await opened.connection.send([['PING']])).toEqual(['PONG'])
    expect(opened.log.at('warn')).toEqual([`${lost} NO_ANSWER`])
  })

  test('a server that is slow with one command, and answers others, is not hung up on', async () => {
    await using server = await openRedisServer()
    await using opened = openConnection({ url: server.url, timeoutMs: 2000 })
    await opened.connection.send([['PING']])
    // The second answer is late and the first is not: the server is alive.
    const late = opened.connection.send([['PING'], ['BLPOP', 'nothing', '60'], ['SET', 'after', 'x']])
    await expect(late).rejects.toThrow('redis did not answer within 2000 ms')
    expect(opened.connection.isConnected).toBe(true)
    await server.ask('RPUSH', 'nothing', 'something')
    expect(await opened.connection.send([['GET', 'after']])).toEqual([Buffer.from('x')])
    expect(opened.log.at('warn')).toEqual([])
  })

  test('a server that hangs while nobody asks is found out by a ping', async () => {
    await using server = await openRedisServer()
    const clock = createManualClock()
    await using opened = openConnection({ url: server.url, timeoutMs: 300 }, clock)
    await opened.log.written(there)
    server.pause()
    clock.advance(15_000)
    expect(opened.connection.isConnected).toBe(true)
    clock.advance(300)
    expect(opened.connection.isConnected).toBe(false)
    expect(opened.log.at('warn')).toEqual([`${lost} NO_ANSWER`])
  })

  test('a server that takes the connection and says nothing is given up', async () => {
    await using server = await openRedisServer()
    server.pause()
    await using opened = openConnection({ url: server.url, timeoutMs: 100 })
    // An attempt to connect has two seconds.
    expect(await timeOf(opened.connection.send([['PING']]))).toBeLessThan(1900)
    await opened.log.written(lost)
    server.continue()
    await opened.log.written(back)
    expect(opened.log.at('warn')).toEqual([`${lost} NO_ANSWER`])
  })

  test('something that is no Redis is lost with a reason, and nothing escapes', async () => {
    const listener = createServer(socket => {
      socket.on('error', () => {})
      socket.resume()
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    }).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as { port: number }
    await using opened = openConnection({ url: `redis://127.0.0.1:${port}/0` })
    await opened.log.written(lost)
    await expect(opened.connection.send([['PING']])).rejects.toBeInstanceOf(RedisUnavailable)
    await opened.connection[Symbol.asyncDispose]()
    listener.close()
    await once(listener, 'close')
  })

  test('a signal ends the wait with its reason', async () => {
    await using server = await openRedisServer()
    await using opened = openConnection({ url: server.url })
    await opened.connection.send([['PING']])
    const gone = new AbortController()
    const asked = opened.connection.send([['BLPOP', 'nothing', '0']], gone.signal)
    gone.abort(new Error('gone'))
    await expect(asked).rejects.toThrow('gone')
    await expect(opened.connection.send([['PING']], gone.signal)).rejects.toThrow('gone')
  })

  test('disposal ends it at once, also where the server hangs or was never there', async () => {
    await using server = await openRedisServer()
    const hanging = openConnection({ url: server.url, timeoutMs: 60_000 })
    await hanging.connection.send([['PING']])
    server.pause()
    const asked = hanging.connection.send([['PING']])
    asked.catch(() => {})
    const connecting = openConnection({ url: server.url, timeoutMs: 60_000 })
    const waiting = connecting.connection.send([['PING']])
    waiting.catch(() => {})
    for (const one of [hanging, connecting]) expect(await timeOf(one[Symbol.asyncDispose]())).toBeLessThan(30_000)
    await expect(asked).rejects.toBeInstanceOf(RedisUnavailable)
    await expect(waiting).rejects.toBeInstanceOf(RedisUnavailable)
    await expect(hanging.connection.send([['PING']])).rejects.toBeInstanceOf(RedisUnavailable)
    expect([...hanging.log.at('warn'), ...connecting.log.at('warn')]).toEqual([])
  })

  test('a password and a name, and no line of the log has them', async () => {
    await using server = await openRedisServer({ password })
    await server.ask('ACL', 'SETUSER', 'ann', 'on', `>${password}`, '~*', '&*', '+@all')
    await using plain = openConnection({ url: server.url, password })
    await using named = openConnection({ url: server.url, user: 'ann', password })
    expect(await plain.connection.send([['ACL', 'WHOAMI']])).toEqual([Buffer.from('default')])
    expect(await named.connection.send([['ACL', 'WHOAMI']])).toEqual([Buffer.from('ann')])
    await server.stop()
    await named.log.written(lost)
    expect(JSON.stringify([plain.log.lines, named.log.lines])).not.toContain(password)
  })

  test('a wrong password and a missing one are told by their reason, and never shown', async () => {
    await using server = await openRedisServer({ password: 'another' })
    await using wrong = openConnection({ url: server.url, password })
    await using missing = openConnection({ url: server.url })
    await wrong.log.written(lost)
    await missing.log.written(lost)
    expect(wrong.log.at('warn')).toEqual([`${lost} WRONGPASS`])
    expect(missing.log.at('warn')).toEqual([`${lost} NOAUTH`])
    const error = await wrong.connection.send([['PING']]).catch((thrown: unknown) => thrown)
    expect(JSON.stringify([wrong.log.lines, String(error), String((error as Error).cause)])).not.toContain(password)
  })

  test('a password that was changed while the server was away is told once', async () => {
    await using server = await openRedisServer({ password })
    await using opened = openConnection({ url: server.url, password })
    await opened.connection.send([['CONFIG', 'SET', 'requirepass', 'another']])
    await opened.connection.send([['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no']]).catch(() => {})
    await opened.log.written('redis cannot be used')
    expect(opened.log.at('warn')).toEqual([`${lost} SocketClosedUnexpectedlyError`, 'redis cannot be used WRONGPASS'])
  })

  test.skipIf(!hasProgram('openssl'))('TLS with the authority that is named, and with no other', async () => {
    await using server = await openRedisServer({ tls: true, password })
    await using right = openConnection({ url: server.url, password, caFile: server.caFile })
    expect(await right.connection.send([['PING']])).toEqual(['PONG'])
    await using foreign = openConnection({ url: server.url, password, caFile: server.foreignCaFile })
    await using unnamed = openConnection({ url: server.url, password })
    await using missing = openConnection({ url: server.url, password, caFile: `${server.caFile}.missing` })
    await using plain = openConnection({ url: server.url.replace('rediss', 'redis'), password })
    for (const { log } of [foreign, unnamed, missing, plain]) await log.written(lost)
    const reason = /(?:UNABLE_TO\w+|SELF_SIGNED\w+|CERT_\w+)$/
    expect(foreign.log.at('warn')[0]).toMatch(reason)
    expect(unnamed.log.at('warn')[0]).toMatch(reason)
    expect(missing.log.at('warn')).toEqual([`${lost} ENOENT`])
    await expect(plain.connection.send([['PING']])).rejects.toBeInstanceOf(RedisUnavailable)
  })

  test('a script is sent in full where the server does not know it', async () => {
    await using server = await openRedisServer()
    await using opened = openConnection({ url: server.url })
    const script = createRedisScript(`return redis.call('INCRBY', KEYS[1], ARGV[1])`)
    const runScript = () => runRedisScript(opened.connection, script, { key: 'n', args: ['5'] })
    expect(await runScript()).toBe(5)
    expect(await runScript()).toBe(10)
    await server.ask('SCRIPT', 'FLUSH')
    expect(await runScript()).toBe(15)
    await server.ask('SET', 'n', 'no number')
    await expect(runScript()).rejects.toMatchObject({ code: 'ERR' })
  })

  test('a channel is heard across reconnections, and each gap is told', async () => {
    await using server = await openRedisServer()
    await using opened = openConnection({ url: server.url })
    const heard: string[] = []
    const gaps: boolean[] = []
    let next = Promise.withResolvers<void>()
    const once = async () => {
      await next.promise
      next = Promise.withResolvers<void>()
    }
    opened.connection.subscribe('news', {
      message(text) {
        heard.push(text)
        next.resolve()
      },
      subscribed(gap) {
        gaps.push(gap)
        next.resolve()
      },
    })
    await once()
    await server.ask('PUBLISH', 'news', 'one')
    await once()
    await server.stop()
    await server.start()
    await once()
    await server.ask('PUBLISH', 'news', 'two')
    await once()
    expect(heard).toEqual(['one', 'two'])
    expect(gaps).toEqual([false, true])
  })

  test('a server that does not allow listening says so in the log', async () => {
    await using server = await openRedisServer()
    await server.ask('ACL', 'SETUSER', 'ann', 'on', `>${password}`, '~*', 'resetchannels', '+@all')
    await using opened = openConnection({ url: server.url, user: 'ann', password })
    opened.connection.subscribe('news', { message() {} })
    await opened.log.written('redis does not let this server listen')
    expect(opened.log.at('warn')).toEqual(['redis does not let this server listen NOPERM'])
    expect(await opened.connection.send([['PING']])).toEqual(['PONG'])
  })
})
