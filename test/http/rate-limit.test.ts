import type { FastifyRequest } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { createRateLimit, networkOf } from '../../src/http/rate-limit.ts'
import { createLocalRateBuckets } from '../../src/store/rate-buckets.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { openRedisServer } from '../support/redis-server.ts'
import { hasProgram } from '../support/required-programs.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer } from '../support/viewer.ts'

const at = 1_700_000_000
let built: BuiltRepository
beforeAll(async () => {
  const t = createTrackerWriter({ seed: 'limit' })
  const ada = t.identity({ name: 'Ada', at })
  t.bug(ada, { title: 'It smokes', message: '', at })
  built = await buildRepository(t)
})
afterAll(() => built[Symbol.asyncDispose]())

const from = (ip: string, url?: string) => ({ ip, routeOptions: { url } }) as FastifyRequest
const localLimit = (perMinute: number, clock = createManualClock()) =>
  createRateLimit(perMinute, n => createLocalRateBuckets(n, clock))
const limited = expect.objectContaining({ code: 'RATE_LIMITED' })

describe('a network', () => {
  test.each([
    ['192.0.2.7', '192.0.2'],
    ['::ffff:192.0.2.200', '192.0.2'],
    ['::ffff:c000:2c8', '192.0.2'],
    ['2001:db8:1:2::1', '2001:db8:1'],
    ['2001:db8:1:ffff:1:2:3:4', '2001:db8:1'],
    ['2001:DB8:0001::', '2001:db8:1'],
    ['fe80::1%eth0', 'fe80:0:0'],
    ['::1', '0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0'],
    ['nobody', 'nobody'],
    [undefined, ''],
  ])('%s is in %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network)
  })
})

describe('a limit', () => {
  test('lets a minute’s worth through at once, then as many as time brings, to each network by itself', () => {
    const clock = createManualClock()
    const limit = localLimit(6, clock)
    for (let n = 0; n < 6; n++) void limit.take(from(`192.0.2.${n}`))
    expect(() => limit.take(from('192.0.2.99'))).toThrow(limited)
    void limit.take(from('192.0.3.1'))
    clock.advance(9_000)
    expect(() => limit.take(from('192.0.2.1'))).toThrow(expect.objectContaining({ data: { retryAfterSeconds: 1 } }))
    clock.advance(1_000)
    void limit.take(from('192.0.2.1'))
    expect(() => limit.take(from('192.0.2.1'))).toThrow(expect.objectContaining({ data: { retryAfterSeconds: 10 } }))
  })

  test('never saves up more than a minute’s worth', () => {
    const clock = createManualClock()
    const limit = localLimit(2, clock)
    const early = from('192.0.2.1')
    void limit.take(early)
    clock.advance(3_600_000)
    limit.giveBack(early)
    void limit.take(from('192.0.2.1'))
    void limit.take(from('192.0.2.1'))
    expect(() => limit.take(from('192.0.2.1'))).toThrow(limited)
  })

  test('gives back no more than was taken', () => {
    const limit = localLimit(2)
    const [first, second] = [from('192.0.2.1'), from('192.0.2.1')]
    void limit.take(first)
    void limit.take(second)
    limit.giveBack(from('192.0.2.1'))
    expect(() => limit.take(from('192.0.2.1'))).toThrow(limited)
    limit.giveBack(first)
    limit.giveBack(first)
    void limit.take(first)
    expect(() => limit.take(from('192.0.2.1'))).toThrow(limited)
  })
})

describe('what costs more than a page', () => {
  test('takes more, and never more than a minute brings', () => {
    const clock = createManualClock()
    const ten = localLimit(10, clock)
    void ten.take(from('192.0.2.1', '/-/search'))
    void ten.take(from('192.0.2.1', '/-/in-repository/:name/bugs.ndjson'))
    void ten.take(from('192.0.2.1'))
    expect(() => ten.take(from('192.0.2.1', '/-/search'))).toThrow(limited)
    void ten.take(from('192.0.2.1'))
    const one = localLimit(1, clock)
    void one.take(from('192.0.2.1', '/-/search'))
    clock.advance(60_000)
    void one.take(from('192.0.2.1', '/-/search'))
  })

  test('gives back what it took', () => {
    const limit = localLimit(4)
    const search = from('192.0.2.1', '/-/search')
    void limit.take(search)
    limit.giveBack(search)
    for (let n = 0; n < 4; n++) void limit.take(from('192.0.2.1'))
    expect(() => limit.take(from('192.0.2.1'))).toThrow(limited)
  })
})

describe('a viewer with a limit', () => {
  const open = (more = '') => openViewer({ paths: [built.path], yaml: `crawlers: { requestsPerMinute: 3 }\n${more}` })

  test('refuses what has to be made over it, in the form that was asked for', async () => {
    await using viewer = await open()
    const get = (n: number, suffix = '') => viewer.get(`/tracker/-/bugs${suffix}?q=title:x${n}`)
    for (let n = 0; n < 3; n++) expect((await get(n)).statusCode).toBe(200)
    const refused = await get(3)
    expect(refused.statusCode).toBe(429)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(refused.headers['content-security-policy']).toBeDefined()
    expect(refused.body).toContain('Too many requests')
    expect((await get(4, '.json')).json()).toMatchObject({ statusCode: 429, code: 'RATE_LIMITED' })
  })

  test('does not count what is there already, nor what is not for readers', async () => {
    await using viewer = await open()
    const { headers } = await viewer.get('/tracker/-/bugs')
    for (let n = 0; n < 10; n++) {
      expect((await viewer.get('/tracker/-/bugs')).statusCode).toBe(200)
      expect((await viewer.get('/tracker/-/bugs.atom', { 'if-none-match': '*' })).statusCode).toBe(304)
      expect((await viewer.get('/tracker/-/bugs', { 'if-none-match': String(headers.etag) })).statusCode).toBe(304)
      for (const url of ['/healthz', '/readyz', '/metrics', '/robots.txt'])
        expect((await viewer.get(url)).statusCode).toBe(200)
    }
    expect((await viewer.get('/tracker/-/bugs?q=x')).statusCode).toBe(200)
  })

  test('is not filled by answers that take nothing out of it', async () => {
    await using viewer = await open('logs: { requests: true }')
    const statuses: number[] = []
    for (let n = 0; n < 5; n++) {
      statuses.push((await viewer.get(`/tracker/-/bugs?q=title:x${n}`)).statusCode)
      await viewer.get('/robots.txt')
      await viewer.get('/tracker/-/bugs?q=title:x0')
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429])
  })

  test('counts searches by the searching, whatever the visitor claims to have', async () => {
    await using viewer = await open()
    const statuses: number[] = []
    for (let n = 0; n < 3; n++)
      statuses.push((await viewer.get(`/-/search.json?q=x${n}`, { 'if-none-match': '*' })).statusCode)
    expect(statuses).toEqual([304, 429, 429])
  })

  test('knows by whom it was asked through a proxy that it trusts, and by nobody else’s word', async () => {
    await using open4 = await open('server: { trustedProxies: [127.0.0.1] }')
    await using plain = await open()
    const statuses = async (viewer: typeof plain) => {
      const codes: number[] = []
      for (let n = 0; n < 5; n++) {
        const headers = { 'x-forwarded-for': `203.0.${n}.1` }
        codes.push((await viewer.get(`/tracker/-/bugs?q=title:x${n}`, headers)).statusCode)
      }
      return codes
    }
    expect(await statuses(open4)).toEqual([200, 200, 200, 200, 200])
    expect(await statuses(plain)).toEqual([200, 200, 200, 429, 429])
  })
})

describe.skipIf(!hasProgram('redis-server'))('instances with a Redis server', () => {
  test('count together, ask it nothing for what they have in memory, and go on by themselves without it', async () => {
    await using server = await openRedisServer()
    const store = { redis: { url: server.url, prefix: 'together', timeoutMilliseconds: 5000 } }
    const yaml = JSON.stringify({ crawlers: { requestsPerMinute: 4 }, store })
    await using one = await openViewer({ paths: [built.path], yaml })
    await using other = await openViewer({ paths: [built.path], yaml })
    const ask = async (viewer: typeof one, n: number) => (await viewer.get(`/tracker/-/bugs?q=title:x${n}`)).statusCode
    expect([await ask(one, 1), await ask(other, 2), await ask(one, 3), await ask(other, 4)]).toEqual([
      200, 200, 200, 200,
    ])
    expect([await ask(one, 5), await ask(other, 6)]).toEqual([429, 429])
    expect([await ask(one, 1), await ask(other, 2)]).toEqual([200, 200])
    await server.stop()
    expect([await ask(one, 7), await ask(other, 8)]).toEqual([200, 200])
  })
})
