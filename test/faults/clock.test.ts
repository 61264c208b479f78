/** The machine's clock is set while the real program runs: nothing hangs, nothing is stale, nobody is shut out. */
import { describe, expect, test } from 'vitest'
import { parseExposition } from '../support/exposition.ts'
import { hasProgram } from '../support/required-programs.ts'
import { openFakedClock } from './faked-clock.ts'
import { type Instance, openPushedTracker, startInstance } from './pushed-tracker.ts'
import { recovers } from './recovery.ts'

const requestsPerMinute = 60
const settings = {
  server: { port: 0, trustedProxies: ['127.0.0.1'] },
  cache: { idleMinutes: 0.02, rebuild: { enabled: false } },
  crawlers: { requestsPerMinute },
}

const openCaches = async ({ get }: Instance) =>
  parseExposition((await get('metrics')).text).value('gitbugviewer_open_caches')

/** A page that nobody has asked for before, as a robot in a network of its own does. */
async function askAnew({ url }: Instance, network: string, query: number) {
  const headers = { 'x-forwarded-for': `${network}.1` }
  const answer = await fetch(`${url}kiln/-/bugs?q=${query}`, { headers })
  await answer.arrayBuffer()
  return answer
}

describe.skipIf(!hasProgram('faketime'))('the clock', () => {
  test.concurrent.each([
    ['set back by an hour', '-1h'],
    ['set forward by a day', '+1d'],
    ['standing still', '2031-05-06 07:08:09'],
  ])('a clock that is %s', async (what, offset) => {
    await using tracker = await openPushedTracker('clock')
    await using clock = await openFakedClock()
    await using instance = await startInstance({ tracker, settings, env: clock.env })
    await instance.isRight()
    // One network has had all that it may have.
    let queries = 0
    const askMany = () => Promise.all(Array.from({ length: 20 }, () => askAnew(instance, '10.1.1', queries++)))
    while (!(await askMany()).some(answer => answer.status === 429))
      expect(queries).toBeLessThan(50 * requestsPerMinute)

    await clock.set(offset)
    const date = async () => Date.parse((await instance.get('healthz')).headers.get('date') ?? '')
    // Node looks at the clock for this header once in a second.
    await expect.poll(async () => Math.abs((await date()) - Date.now())).toBeGreaterThan(3_000_000)

    await tracker.push()
    await recovers(`clock ${what}, a push without a hook`, () => instance.isRight())
    await tracker.push()
    await instance.hook()
    await recovers(`clock ${what}, a push with a hook`, () => instance.isRight())
    await recovers(`clock ${what}, the bound on requests`, async () => {
      const answer = await askAnew(instance, '10.1.1', queries++)
      expect(Number(answer.headers.get('retry-after') ?? 0)).toBeLessThan(5)
      expect(answer.status).toBe(200)
    })

    const etag = (await instance.get('kiln/-/bugs')).headers.get('etag') ?? ''
    const again = () => fetch(`${instance.url}kiln/-/bugs`, { headers: { 'if-none-match': etag } })
    expect((await again()).status).toBe(304)
    // Closed because nobody has asked for it, and opened anew.
    await expect.poll(() => openCaches(instance)).toBe(0)
    await instance.isRight()

    await clock.set('+0')
    await tracker.push()
    await recovers(`clock that was ${what} is right`, () => instance.isRight())
    expect((await again()).status).toBe(200)
    expect(await instance.stop()).toBe(0)
  })
})
