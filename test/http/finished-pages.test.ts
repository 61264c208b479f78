import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createFinishedPages } from '../../src/http/finished-pages.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { parseExposition } from '../support/exposition.ts'

const text = 'a page of some length. '.repeat(200)

test('a page that many ask for at once is rendered once, and not again while it is kept', async () => {
  const pages = createFinishedPages(1 << 20)
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
  const pages = createFinishedPages(1 << 20)
  const page = await pages.findOrRender('key', async () => text)
  const [br, again, gzip] = [page.encoded('br'), page.encoded('br'), page.encoded('gzip')]
  expect(br).toBe(again)
  expect(brotliDecompressSync((await br)!).toString()).toBe(text)
  expect(gunzipSync((await gzip)!).toString()).toBe(text)
  expect((await pages.findOrRender('small', async () => 'small')).encoded('br')).toBeUndefined()
})

test('what is kept stays within its bytes, and what was dropped is rendered again', async () => {
  const pages = createFinishedPages(100_000)
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
  const pages = createFinishedPages(1 << 20)
  const fail = async () => {
    throw new Error('no page')
  }
  const outcomes = await Promise.allSettled([pages.findOrRender('key', fail), pages.findOrRender('key', fail)])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect((await pages.findOrRender('key', async () => 'here')).body.toString()).toBe('here')
})

test('lookups, what had to go, and the bytes that are held are measured', async () => {
  const metrics = createMetrics()
  const pages = createFinishedPages(100_000, metrics)
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
  const pages = createFinishedPages(1_000_000)
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
