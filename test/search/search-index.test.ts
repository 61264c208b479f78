import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isViewerError } from '../../src/base/errors.ts'
import type { Log } from '../../src/base/log.ts'
import { noMeasures } from '../../src/base/measures.ts'
import { openSearchIndex, type SearchIndex } from '../../src/search/search-index.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { anyTerm, anyText, bugText, findPlainly, idOf, type TextsByTip, tipOf } from './texts.ts'

let folder: string
let stack: AsyncDisposableStack
let logged: { level: string; message: string; data: object }[]
let lost: number
const clock = createManualClock()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-'))
  stack = new AsyncDisposableStack()
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  logged = []
  lost = 0
})
afterEach(() => stack.disposeAsync())

const at = (level: string) => (data: object, message: string) => void logged.push({ level, data, message })
const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }

function openIndex(path = join(folder, 'search-v1')): SearchIndex {
  return stack.use(openSearchIndex({ folder: path, clock, log, measures: noMeasures, onLost: () => void lost++ }))
}

const sorted = (tips: ReadonlySet<string>) => [...tips].sort()

describe('a match', () => {
  test('finds what the plainest search finds, right after the update and when everything is indexed', async () => {
    const index = openIndex()
    let round = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyText, { minLength: 1, maxLength: 5 }),
        fc.array(anyTerm, { minLength: 1, maxLength: 5 }),
        async (list, terms) => {
          const name = `repository ${round++}`
          const texts: TextsByTip = new Map(list.map((text, n) => [tipOf(n), text]))
          index.update(name, { isWhole: true, put: list.map((text, n) => bugText(n, text)), removed: [] })
          const expected = terms.map(term => findPlainly(texts, term))
          const ask = async () => (await Promise.all(terms.map(term => index.match(name, term)))).map(sorted)
          expect(await ask()).toEqual(expected)
          await index.reached('indexed')
          expect(await ask()).toEqual(expected)
        },
      ),
      { numRuns: 100 },
    )
    expect(logged).toEqual([])
  })

  test('sees every update that came before it, and none that comes after', async () => {
    const index = openIndex()
    const counts: Promise<number>[] = []
    index.update('one', { isWhole: true, put: [], removed: [] })
    for (let n = 0; n < 50; n++) {
      index.update('one', { isWhole: false, put: [bugText(n, 'the kiln')], removed: [] })
      counts.push(index.match('one', 'kiln').then(tips => tips.size))
    }
    expect(await Promise.all(counts)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
  })

  test('does not wait for another repository that is being written', async () => {
    const index = openIndex()
    index.update('small', { isWhole: true, put: [bugText(1, 'here')], removed: [] })
    await index.reached('stored')
    const big = Array.from({ length: 4000 }, (_, n) => bugText(n, `${n} `.repeat(2000)))
    index.update('big', { isWhole: true, put: big, removed: [] })
    expect(await index.match('small', 'here')).toEqual(new Set([tipOf(1)]))
    expect(index.queuedBytes).toBeGreaterThan(10_000_000)
    expect((await index.match('big', '3999 3999')).size).toBe(1)
    await index.reached('stored')
    expect(index.queuedBytes).toBe(0)
  })

  test('of a repository that was never given as a whole is refused', async () => {
    const index = openIndex()
    const isRefused = (error: unknown) => isViewerError(error, 'SEARCH_UNAVAILABLE')
    await expect(index.match('one', 'text')).rejects.toSatisfy(isRefused)
    index.update('one', { isWhole: false, put: [bugText(1, 'text')], removed: [] })
    await expect(index.match('one', 'text')).rejects.toSatisfy(isRefused)
    index.update('one', { isWhole: true, put: [bugText(1, 'text')], removed: [] })
    expect(await index.match('one', 'text')).toEqual(new Set([tipOf(1)]))
    index.drop('one')
    await expect(index.match('one', 'text')).rejects.toSatisfy(isRefused)
  })

  test('that nobody waits for any more ends with the reason, and others go on', async () => {
    const index = openIndex()
    const put = Array.from({ length: 2000 }, (_, n) => bugText(n, `${n} `.repeat(1000)))
    index.update('one', { isWhole: true, put, removed: [] })
    const gone = new AbortController()
    const left = index.match('one', '19', gone.signal)
    const stays = index.match('one', '1999 1999')
    gone.abort(new Error('the client has gone'))
    await expect(left).rejects.toThrow('the client has gone')
    await expect(index.match('one', '19', AbortSignal.abort(new Error('gone before')))).rejects.toThrow('gone before')
    expect(await stays).toEqual(new Set([tipOf(1999)]))
  })
})

describe('an update', () => {
  test('hands over what has a buffer of its own, and copies what has not', async () => {
    const index = openIndex()
    const shared = new TextEncoder().encode('first text|second text')
    const [first, second] = [shared.subarray(0, 10), shared.subarray(11)]
    const pooled = Buffer.from('third text')
    const put = [first, second, pooled].map((text, n) => ({ id: idOf(n), tip: tipOf(n), text }))
    index.update('one', { isWhole: true, put, removed: [] })
    expect(await Promise.all(['first', 'second', 'third', '|'].map(term => index.match('one', term)))).toEqual([
      new Set([tipOf(0)]),
      new Set([tipOf(1)]),
      new Set([tipOf(2)]),
      new Set(),
    ])
    expect(shared.buffer.detached).toBe(true)
    expect(pooled.toString()).toBe('third text')
  })

  test('of many bugs, some of them huge, is found in its entirety', async () => {
    const index = openIndex()
    const put = Array.from({ length: 3000 }, (_, n) =>
      bugText(n, n % 1000 === 0 ? `${n} clay `.repeat(200_000) : `${n} clay`),
    )
    index.update('one', { isWhole: true, put, removed: [] })
    expect((await index.match('one', 'clay')).size).toBe(3000)
    expect(await index.match('one', '2000 clay 2000')).toEqual(new Set([tipOf(2000)]))
  })

  test('leaves what it replaces for a minute, for those who look at the state before', async () => {
    const index = openIndex()
    index.update('one', { isWhole: true, put: [bugText(1, 'old words', tipOf(10)), bugText(2, 'words')], removed: [] })
    clock.advance(61_000)
    index.update('one', { isWhole: true, put: [bugText(1, 'new words', tipOf(11))], removed: [] })
    expect(sorted(await index.match('one', 'words'))).toEqual([tipOf(2), tipOf(10), tipOf(11)])
    clock.advance(59_000)
    expect((await index.match('one', 'words')).size).toBe(3)
    clock.advance(1000)
    expect(sorted(await index.match('one', 'words'))).toEqual([tipOf(11)])
  })
})

test('a database that is damaged while it is used is told of, set aside, and replaced', async () => {
  const index = openIndex()
  const put = () => Array.from({ length: 500 }, (_, n) => bugText(n, `${n} `.repeat(5000)))
  index.update('one', { isWhole: true, put: put(), removed: [] })
  await index.reached('indexed')
  const file = join(folder, 'search-v1/1/texts.sqlite')
  for (const part of [file, `${file}-wal`]) await truncate(part)
  await expect(index.match('one', '12')).rejects.toMatchObject({ code: 'SEARCH_UNAVAILABLE' })
  await expect(index.match('one', '12')).rejects.toMatchObject({ code: 'SEARCH_UNAVAILABLE' })
  expect([lost, logged.map(({ level, message }) => `${level}: ${message}`)]).toEqual([
    1,
    ['error: the texts for searching are damaged'],
  ])
  expect(await readdir(join(folder, 'search-v1/1'))).toContain('texts.sqlite.aside')
  index.update('one', { isWhole: true, put: put(), removed: [] })
  expect((await index.match('one', '499 499')).size).toBe(1)
})

test('texts are there again when an index is opened on the folder of one that was closed', async () => {
  const first = openIndex()
  const put = () => [bugText(1, 'old text', tipOf(10)), bugText(2, 'text')]
  first.update('one', { isWhole: true, put: put(), removed: [] })
  await first.reached('indexed')
  expect((await first.match('one', 'text')).size).toBe(2)
  await first[Symbol.asyncDispose]()
  expect(logged).toEqual([])
  const second = openIndex()
  second.update('two', { isWhole: true, put: [], removed: [] })
  // What nobody has vouched for since the start is not told.
  await expect(second.match('one', 'text')).rejects.toMatchObject({ code: 'SEARCH_UNAVAILABLE' })
  second.update('one', { isWhole: true, put: [bugText(1, 'new text', tipOf(11)), bugText(2, '')], removed: [] })
  clock.advance(61_000)
  // The second bug's tip was known: its text is the one from before.
  expect(sorted(await second.match('one', 'text'))).toEqual([tipOf(2), tipOf(11)])
})

test('an index that is closed while it works says so to those who wait, and leaves no timer', async () => {
  const before = clock.timers
  const index = openIndex()
  const put = Array.from({ length: 2000 }, (_, n) => bugText(n, `${n} `.repeat(1000)))
  index.update('one', { isWhole: true, put, removed: [] })
  const match = expect(index.match('one', '1999')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  await index[Symbol.asyncDispose]()
  await match
  index.update('one', { isWhole: true, put: [], removed: [] })
  index.drop('one')
  await expect(index.match('one', '1999')).rejects.toMatchObject({ code: 'SEARCH_UNAVAILABLE' })
  expect(clock.timers).toBe(before)
  expect([lost, logged]).toEqual([0, []])
})

test('an index that nobody uses starts nothing', async () => {
  const index = openIndex()
  await index.reached('indexed')
  expect([index.bytes, index.queuedBytes]).toEqual([0, 0])
})
