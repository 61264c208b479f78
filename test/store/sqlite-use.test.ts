/** The store in SQLite over time: ages, use, room, and who waits for whom. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import type { StoreLimits } from '../../src/store/store.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { type createTestLog, manyEntries, readTexts, type TestMeasures, textEntries } from './contract.ts'
import { createSqliteScene } from './sqlite-scene.ts'

const day = 86_400_000
const roomy: StoreLimits = {
  permanent: { seconds: undefined, maxBytes: 1_000_000_000 },
  intermediate: { seconds: 30 * 86_400, maxBytes: 1_000_000_000 },
  result: { seconds: 3600, maxBytes: 1_000_000_000 },
}

let folder: string
let stack: AsyncDisposableStack
let clock: ManualClock
let log: ReturnType<typeof createTestLog>
let measures: TestMeasures

beforeEach(async () => {
  ;({ folder, stack, clock, log, measures } = await createSqliteScene())
})
afterEach(async () => {
  await stack.disposeAsync()
  expect(log.lines).toEqual([])
})

const openStore = (limits = roomy) => stack.use(openSqliteStore({ folder, limits, clock, log, measures }))
const evicted = (tier: string, reason: string) =>
  measures.sum('gitbugviewer_store_evictions_total', { backend: 'sqlite', tier, reason })
const bytes = (tier: string) => measures.read('gitbugviewer_store_bytes', { backend: 'sqlite', tier })
const keysOf = (entries: readonly { key: string }[]) => entries.map(({ key }) => key)

/** Asks until something is so, a bounded number of times; the thread does its upkeep between messages. */
async function until(store: ReturnType<typeof openStore>, isSo: () => boolean | Promise<boolean>) {
  for (let n = 0; n < 3000 && !(await isSo()); n++) await store.settled()
  expect(await isSo()).toBe(true)
}

describe('what is too old', () => {
  test('goes from the file, and is counted', async () => {
    const store = openStore()
    await store.setMany('result', manyEntries(3000, 100))
    await store.setMany('intermediate', textEntries({ a: 'stays' }))
    await store.settled()
    expect(bytes('result')).toBeGreaterThan(300_000)
    clock.advance(3_600_001)
    await store.getMany('result', ['entity/1'])
    await until(store, () => bytes('result') === 0)
    expect(evicted('result', 'age')).toBe(3000)
    expect(await readTexts(store, 'intermediate', ['a'])).toEqual(['stays'])
    expect(evicted('intermediate', 'age')).toBe(0)
  })

  test('is not there for a process that is started later', async () => {
    const store = openStore()
    await store.setMany('result', textEntries({ a: 'old' }))
    await store[Symbol.asyncDispose]()
    clock.advance(3_600_000)
    expect(await readTexts(openStore(), 'result', ['a'])).toEqual([undefined])
  })

  test('is found to be so though the clock was set back by years, and what has no age stays', async () => {
    const store = openStore()
    await store.setMany('result', textEntries({ a: 'from the future' }))
    await store.setMany('permanent', textEntries({ a: 'for ever' }))
    await store[Symbol.asyncDispose]()
    clock = createManualClock(clock.nowMs() - 5 * 365 * day)
    const early = openStore()
    expect(await readTexts(early, 'result', ['a'])).toEqual([undefined])
    expect(await readTexts(early, 'permanent', ['a'])).toEqual(['for ever'])
    await until(early, () => bytes('result') === 0)
    expect(await readTexts(early, 'permanent', ['a'])).toEqual(['for ever'])
    await early.setMany('result', textEntries({ a: 'new' }))
    expect(await readTexts(early, 'result', ['a'])).toEqual(['new'])
  })

  test('does not count the seconds by which clocks are put right', async () => {
    const store = openStore()
    await store.setMany('result', textEntries({ a: 'young' }))
    await store.settled()
    await store[Symbol.asyncDispose]()
    clock = createManualClock(clock.nowMs() - 5000)
    expect(await readTexts(openStore(), 'result', ['a'])).toEqual(['young'])
  })
})

describe('what is used', () => {
  const small = { ...roomy, permanent: { seconds: undefined, maxBytes: 100_000 } }
  const third = (key: string) => [{ key, value: Buffer.alloc(30_000, key) }]

  test('stays longer, also where a process before has used it', async () => {
    const store = openStore(small)
    for (const key of ['a', 'b', 'c']) await store.setMany('permanent', third(key))
    await store.settled()
    clock.advance(day)
    await store.getMany('permanent', ['a'])
    await store[Symbol.asyncDispose]()
    clock.advance(day)
    const later = openStore(small)
    await later.setMany('permanent', third('d'))
    await later.settled()
    const found = await later.getMany('permanent', ['a', 'b', 'c', 'd'])
    expect(found.map(value => value?.length)).toEqual([30_000, undefined, 30_000, 30_000])
    expect(evicted('permanent', 'size')).toBe(1)
  })

  test('is in its place again where it was used when the clock was ahead', async () => {
    const store = openStore(small)
    await store.setMany('permanent', third('ahead'))
    await store[Symbol.asyncDispose]()
    clock = createManualClock(clock.nowMs() - 365 * day)
    const later = openStore(small)
    await later.getMany('permanent', ['nothing'])
    await later.settled()
    await later[Symbol.asyncDispose]()
    clock.advance(day)
    const last = openStore(small)
    for (const key of ['b', 'c', 'd']) await last.setMany('permanent', third(key))
    await last.settled()
    const found = await last.getMany('permanent', ['ahead', 'b', 'c', 'd'])
    expect(found.map(value => value?.length)).toEqual([undefined, 30_000, 30_000, 30_000])
  })
})

describe('the file', () => {
  test('becomes smaller when there is less in it', async () => {
    const store = openStore()
    await store.setMany('permanent', manyEntries(500, 1000))
    await store.setMany('result', manyEntries(8000, 2500))
    await store.settled()
    const size = async () => (await stat(join(folder, 'store.sqlite'))).size
    await until(store, async () => (await size()) > 15_000_000)
    clock.advance(3_600_001)
    await store.getMany('result', ['entity/1'])
    await until(store, async () => (await size()) < 5_000_000)
    const found = await store.getMany('permanent', keysOf(manyEntries(500, 1)))
    expect(found.filter(Boolean)).toHaveLength(500)
  })

  test('and its folder are for their owner only, and marked as a cache', async () => {
    const store = openStore()
    await store.setMany('permanent', textEntries({ a: 'first' }))
    await store.settled()
    const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
    expect(await mode(folder)).toBe('700')
    for (const name of ['store.sqlite', 'store.sqlite-wal', 'store.sqlite-shm', 'store.lock', 'CACHEDIR.TAG']) {
      expect([name, await mode(join(folder, name))]).toEqual([name, '600'])
    }
  })

  test('is made when the store is opened, before anything is asked', async () => {
    const store = openStore()
    await store.settled()
    expect((await stat(join(folder, 'store.sqlite'))).size).toBeGreaterThan(0)
  })
})

describe('values on their way', () => {
  test('are few: putting settles when most of what was put is in the file', async () => {
    const store = openStore()
    await store.setMany('permanent', manyEntries(1000, 60_000))
    expect(bytes('permanent')).toBeGreaterThan(50_000_000)
    expect(bytes('permanent')).toBeLessThan(60_000_000)
  })

  test('hold up no question', async () => {
    const store = openStore()
    await store.setMany('permanent', textEntries({ a: 'here' }))
    await store.settled()
    let isPut = false
    const put = store.setMany('permanent', manyEntries(1000, 60_000)).then(() => {
      isPut = true
    })
    for (let n = 0; n < 5; n++) expect(await readTexts(store, 'permanent', ['a'])).toEqual(['here'])
    expect(isPut).toBe(false)
    await put
  })

  test('are written when the store is closed', async () => {
    const store = openStore()
    const entries = manyEntries(3000, 2000)
    await store.setMany('permanent', entries)
    await store[Symbol.asyncDispose]()
    const found = await openStore().getMany('permanent', keysOf(entries))
    expect(found.filter(Boolean)).toHaveLength(3000)
  })

  test('are waited for by those who want them settled, though others go on putting', async () => {
    const store = openStore()
    let isOver = false
    const others = (async () => {
      for (let n = 0; !isOver; n++) await store.setMany('intermediate', manyEntries(200, 5000, `other-${n}`))
    })()
    await store.setMany('permanent', textEntries({ a: 'first' }))
    await store.settled()
    isOver = true
    await others
    expect(bytes('permanent')).toBeGreaterThan(0)
  })
})

test('an answer of a hundred megabytes comes whole, and a small question beside it is not held up', async () => {
  const store = openStore()
  const entries = manyEntries(1000, 100_000)
  await store.setMany('permanent', [...entries, ...textEntries({ a: 'small' })])
  await store.settled()
  const order: string[] = []
  const large = store.getMany('permanent', keysOf(entries)).then(values => {
    order.push('large')
    return values
  })
  expect(await readTexts(store, 'permanent', ['a'])).toEqual(['small'])
  order.push('small')
  const found = await large
  expect(found.filter((value, n) => Buffer.compare(value ?? Buffer.of(), entries[n]!.value) === 0)).toHaveLength(1000)
  expect(order).toEqual(['small', 'large'])
})
