/** A guarded store around one that does as the test says: it fails, hangs, or answers late. */
import { beforeEach, describe, expect, test } from 'vitest'
import { type FallibleStore, guardStore } from '../../src/store/guard-store.ts'
import type { Store } from '../../src/store/store.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { createTestLog, createTestMeasures, readTexts, type TestMeasures, textEntries } from './contract.ts'

let clock: ManualClock
let log: ReturnType<typeof createTestLog>
let measures: TestMeasures
let calls: string[]
/** What the inner store does next. */
let reading: (signal?: AbortSignal) => Promise<readonly (Uint8Array | undefined)[]>
let writing: () => Promise<void>
let store: Store

const found = async () => [Buffer.from('found')]
const fails = async () => {
  throw new Error('the disk is gone')
}
const hangs = () => new Promise<never>(() => {})

beforeEach(() => {
  clock = createManualClock()
  log = createTestLog()
  measures = createTestMeasures()
  calls = []
  reading = found
  writing = async () => {}
  const inner: FallibleStore = {
    getMany: (_tier, _keys, signal) => {
      calls.push('get')
      return reading(signal)
    },
    setMany: () => {
      calls.push('set')
      return writing()
    },
    settled: () => {
      calls.push('settled')
      return writing()
    },
    [Symbol.asyncDispose]: () => {
      calls.push('dispose')
      return writing()
    },
  }
  store = guardStore(inner, { backend: 'redis', clock, log, measures, timeoutMs: 500, writeTimeoutMs: 2000 })
})

const get = () => readTexts(store, 'permanent', ['a'])
const set = () => store.setMany('permanent', textEntries({ a: 'first' }))
const messages = () => log.lines.map(({ level, message }) => `${level}: ${message}`)
const errors = (operation: string) => measures.sum('gitbugviewer_store_errors_total', { backend: 'redis', operation })
const isLeftAlone = 'error: the store fails and is left alone for a while: git is read instead'
const worksAgain = 'info: the store works again'

describe('a store that fails', () => {
  test('looks like one without the value, is left alone after three times, and is tried again', async () => {
    reading = fails
    for (let n = 0; n < 10; n++) expect(await get()).toEqual([undefined])
    expect(calls).toEqual(['get', 'get', 'get'])
    expect(errors('read')).toBe(3)
    expect(messages()).toEqual([isLeftAlone])
    expect(measures.read('gitbugviewer_store_breaker_open')).toBe(1)
    clock.advance(1000)
    reading = found
    expect(await get()).toEqual(['found'])
    expect(messages()).toEqual([isLeftAlone, worksAgain])
    expect(measures.read('gitbugviewer_store_breaker_open')).toBe(0)
  })

  test('with an exception before it gives a promise is no different', async () => {
    reading = () => {
      throw new Error('at once')
    }
    writing = () => {
      throw new Error('at once')
    }
    expect(await get()).toEqual([undefined])
    await set()
    expect([errors('read'), errors('write')]).toEqual([1, 1])
  })

  test('at writing only is still read, and written into again when that works', async () => {
    writing = fails
    for (let n = 0; n < 5; n++) {
      await set()
      expect(await get()).toEqual(['found'])
    }
    expect(calls.filter(call => call === 'set')).toHaveLength(3)
    expect(errors('write')).toBe(3)
    expect(messages()).toEqual([isLeftAlone])
    expect(measures.read('gitbugviewer_store_breaker_open')).toBe(1)
    writing = async () => {}
    clock.advance(1000)
    await store.settled()
    expect(messages()).toEqual([isLeftAlone, worksAgain])
  })

  test('at everything costs one line, and one when everything works', async () => {
    reading = fails
    writing = fails
    for (let n = 0; n < 5; n++) await Promise.all([get(), set()])
    expect(messages()).toEqual([isLeftAlone])
    reading = found
    writing = async () => {}
    clock.advance(1000)
    await get()
    expect(messages()).toEqual([isLeftAlone])
    await set()
    expect(messages()).toEqual([isLeftAlone, worksAgain])
  })
})

describe('a store that hangs', () => {
  test('is waited for no longer than the limit, and told that nobody waits', async () => {
    let seen: AbortSignal | undefined
    reading = signal => {
      seen = signal
      return hangs()
    }
    const asked = get()
    clock.advance(499)
    expect(seen?.aborted).toBe(false)
    clock.advance(1)
    expect(await asked).toEqual([undefined])
    expect(seen?.aborted).toBe(true)
    expect(errors('read')).toBe(1)
  })

  test('at writing has the limit of writing, and so has waiting for what was written', async () => {
    writing = hangs
    let settled = 0
    const waits = [set(), store.settled()].map(wait => wait.then(() => settled++))
    clock.advance(1999)
    await get()
    expect(settled).toBe(0)
    clock.advance(1)
    await Promise.all(waits)
    expect(errors('write')).toBe(2)
  })

  test('and answers late, or fails late, is not listened to any more', async () => {
    const late = Promise.withResolvers<never>()
    reading = () => late.promise
    const asked = [get(), get(), get()]
    clock.advance(500)
    expect(await Promise.all(asked)).toEqual([[undefined], [undefined], [undefined]])
    expect(messages()).toEqual([isLeftAlone])
    late.reject(new Error('too late'))
    expect(await get()).toEqual([undefined])
    expect(errors('read')).toBe(3)
    expect(messages()).toEqual([isLeftAlone])
  })

  test('when it is closed is not waited for longer than the limit', async () => {
    writing = hangs
    const closed = store[Symbol.asyncDispose]()
    clock.advance(2000)
    await closed
    expect(log.lines.map(({ level }) => level)).toEqual(['warn'])
    expect(clock.timers).toBe(0)
  })
})

test('a caller who leaves gets the reason, and that is no failure of the store', async () => {
  reading = hangs
  for (let n = 0; n < 5; n++) {
    const gone = new AbortController()
    const asked = store.getMany('permanent', ['a'], gone.signal)
    gone.abort(new Error('the client has gone'))
    await expect(asked).rejects.toThrow('the client has gone')
  }
  expect([errors('read'), clock.timers]).toEqual([0, 0])
  reading = found
  expect(await get()).toEqual(['found'])
})

test('a caller who leaves a trial leaves it to the next one', async () => {
  reading = fails
  for (let n = 0; n < 3; n++) await get()
  clock.advance(1000)
  reading = hangs
  const gone = new AbortController()
  const trial = store.getMany('permanent', ['a'], gone.signal)
  gone.abort(new Error('the client has gone'))
  await expect(trial).rejects.toThrow('the client has gone')
  reading = found
  expect(await get()).toEqual(['found'])
})

test('disposal ends every wait without a failure, and nothing is asked of the store after it', async () => {
  reading = hangs
  const asked = get()
  await store[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
  expect(await asked).toEqual([undefined])
  expect(await get()).toEqual([undefined])
  await set()
  expect(calls).toEqual(['get', 'dispose'])
  expect([errors('read'), log.lines.length]).toEqual([0, 0])
})
