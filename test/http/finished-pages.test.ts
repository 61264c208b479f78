import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { noMeasures } from '../../src/base/measures.ts'
import { createFinishedPages, type FinishedPagesDeps } from '../../src/http/finished-pages.ts'
import { createKeptPages, noKeptPages } from '../../src/http/kept-pages.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { createOffStore, type Store } from '../../src/store/store.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { parseExposition } from '../support/exposition.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'

/** Pages that are kept for 300 s, by a clock that the test moves. */
function create(maxBytes: number, deps: Partial<FinishedPagesDeps> = {}) {
  return createFinishedPages(
    { maxBytes, idleMs: 300_000 },
    { clock: createManualClock(), measures: noMeasures, kept: noKeptPages, ...deps },
  )
}

const text = 'a page of some length. '.repeat(200)

test('a page that many ask for at once is rendered once, and not again while it is kept', async () => {
  const pages = create(1 << 20)
  let rendered = 0
  const render = async () => {
    rendered++
    return text
  }
  const answers = await Promise.all(Array.from({ length: 30 }, () => pages.findOrRender('key', render)))
  expect(new Set(answers).size).toBe(1)
  expect((await pages.findOrRender('key', render)).body.toString()).toBe(text)
  expect(rendered).toBe(1)
})

test('each encoding is made once, is the page, and a small page has none', async () => {
  const pages = create(1 << 20)
  const page = await pages.findOrRender('key', async () => text)
  const [br, again, gzip] = [page.encoded('br'), page.encoded('br'), page.encoded('gzip')]
  expect(br).toBe(again)
  expect(brotliDecompressSync((await br)!).toString()).toBe(text)
  expect(gunzipSync((await gzip)!).toString()).toBe(text)
  expect((await pages.findOrRender('small', async () => 'small')).encoded('br')).toBeUndefined()
})

test('what is kept stays within its bytes, and what was dropped is rendered again', async () => {
  const pages = create(100_000)
  for (let n = 0; n < 200; n++) await pages.findOrRender(`key ${n}`, async () => text)
  expect(pages.bytes).toBeLessThanOrEqual(100_000)
  let again = 0
  const count = async () => {
    again++
    return text
  }
  await pages.findOrRender('key 0', count)
  await pages.findOrRender('key 199', count)
  expect(again).toBe(1)
})

test('a failure is told to those who wait and is not kept', async () => {
  const pages = create(1 << 20)
  const fail = async () => {
    throw new Error('no page')
  }
  const outcomes = await Promise.allSettled([pages.findOrRender('key', fail), pages.findOrRender('key', fail)])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect((await pages.findOrRender('key', async () => 'here')).body.toString()).toBe('here')
})

test('lookups, what had to go, and the bytes that are held are measured', async () => {
  const metrics = createMetrics()
  const pages = create(100_000, { measures: metrics })
  for (let n = 0; n < 50; n++) await pages.findOrRender(`key ${n}`, async () => text)
  await pages.findOrRender('key 49', async () => text)
  const read = parseExposition(await metrics.readText())
  const of = (name: string, labels: Record<string, string> = {}) => read.value(name, { tier: 'page', ...labels })
  expect(of('gitbugviewer_lookups_total', { result: 'miss' })).toBe(50)
  expect(of('gitbugviewer_lookups_total', { result: 'hit' })).toBe(1)
  expect(of('gitbugviewer_cache_bytes')).toBe(pages.bytes)
  const perPage = pages.bytes / (50 - of('gitbugviewer_evictions_total', { reason: 'size' }))
  expect(perPage).toBeGreaterThan(text.length)
  expect(perPage).toBeLessThan(2 * text.length)
})

test('work for a page is told to stop when the last who waited for it has left', async () => {
  const pages = create(1_000_000)
  const started = Promise.withResolvers<AbortSignal>()
  const render = (stop: AbortSignal) => {
    started.resolve(stop)
    return new Promise<string>((_resolve, reject) => stop.addEventListener('abort', () => reject(stop.reason)))
  }
  const [first, second] = [new AbortController(), new AbortController()]
  const waiting = [first, second].map(({ signal }) => pages.findOrRender('key', render, signal))
  const stop = await started.promise
  first.abort(new Error('gone'))
  await expect(waiting[0]).rejects.toThrow('gone')
  expect(stop.aborted).toBe(false)
  second.abort(new Error('gone too'))
  await expect(waiting[1]).rejects.toThrow('gone too')
  expect(stop.aborted).toBe(true)
})

test('a page that nobody asked for during its time gives its memory back, one that is asked for stays', async () => {
  const clock = createManualClock()
  const metrics = createMetrics()
  const pages = create(1 << 20, { clock, measures: metrics })
  await pages.findOrRender('used', async () => text)
  await pages.findOrRender('left', async () => text)
  const { bytes } = pages
  for (const ms of [200_000, 200_000, 200_000]) {
    clock.advance(ms)
    expect(pages.findNow('used')?.body.toString()).toBe(text)
  }
  expect(pages.findNow('left')).toBeUndefined()
  expect(pages.bytes).toBeLessThan(bytes)
  clock.advance(900_000)
  expect(pages.bytes).toBe(0)
  expect(clock.timers).toBe(0)
  const read = parseExposition(await metrics.readText())
  expect(read.value('gitbugviewer_evictions_total', { tier: 'page', reason: 'idle' })).toBe(2)
})

/** What two processes have in common. */
function openKept(fromMs: number) {
  const tier = { seconds: 60, maxBytes: 1 << 24 }
  const clock = createManualClock()
  const limits = { permanent: tier, intermediate: tier, result: tier }
  const store = createMemoryStore({ limits, clock, measures: noMeasures })
  const open = (buildTag: string) =>
    create(1 << 20, { clock, kept: createKeptPages(store, { fromMs, buildTag, clock }) })
  return { clock, open }
}

/** A page that takes so long. */
const slowly = (clock: ManualClock, ms: number, body: string) => async () => {
  clock.advance(ms)
  return body
}

test('a page that took long is found by another process of the same build, and by none of another', async () => {
  const { clock, open } = openKept(20)
  await open('a').findOrRender('slow', slowly(clock, 20, text))
  await open('a').findOrRender('fast', slowly(clock, 19, text))
  await open('a').findOrRender('huge', slowly(clock, 20, 'x'.repeat(4 * 1024 * 1024 + 1)))
  const find = async (buildTag: string, key: string) =>
    (await open(buildTag).findOrRender(key, async () => 'made anew')).body.toString()
  expect(await find('a', 'slow')).toBe(text)
  expect(await find('a', 'fast')).toBe('made anew')
  expect(await find('a', 'huge')).toBe('made anew')
  expect(await find('b', 'slow')).toBe('made anew')
  clock.advance(61_000)
  expect(await find('a', 'slow')).toBe('made anew')
})

test('a store that does not answer is not waited for', async () => {
  const clock = createManualClock()
  const asked = Promise.withResolvers<void>()
  const silent: Store = {
    ...createOffStore(),
    getMany: () => {
      asked.resolve()
      return new Promise(() => {})
    },
  }
  const pages = create(1 << 20, { clock, kept: createKeptPages(silent, { fromMs: 0, buildTag: 'a', clock }) })
  const page = pages.findOrRender('key', async () => text)
  await asked.promise
  clock.advance(1000)
  expect((await page).body.toString()).toBe(text)
})

test('when they end, nothing of them stays in memory, and who still asks is answered', async () => {
  const clock = createManualClock()
  const pages = create(1 << 20, { clock })
  await pages.findOrRender('before', async () => text)
  expect([pages.bytes > 0, clock.timers]).toEqual([true, 1])
  pages[Symbol.dispose]()
  expect([pages.bytes, clock.timers]).toEqual([0, 0])
  expect((await pages.findOrRender('after', async () => text)).body.toString()).toBe(text)
  expect([pages.bytes, clock.timers]).toEqual([0, 0])
})
