/**
 * What every store promises, as tests. A back end is described by how it is opened and by what it can do; sentences about
 * what it cannot do are left out.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import type { Log } from '../../src/base/log.ts'
import type { Measures } from '../../src/base/measures.ts'
import type { Store, StoreEntry, StoreLimits, StoreTier } from '../../src/store/store.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'

/** What a store is opened with. All openings of one test get the same folder, limits and clock. */
export interface StoreSurroundings {
  /** An empty folder of the test's own, which goes with it; its name may serve as a prefix that no other test has. */
  readonly folder: string
  readonly limits: StoreLimits
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
}

/** What a back end can do beyond the rest. */
export interface StoreTraits {
  /** What was put is there when it is opened again. */
  readonly isPersistent: boolean
  /** It keeps the byte bounds of the limits. */
  readonly isBounded: boolean
  /** Its ages are by the clock that it is given. */
  readonly followsClock: boolean
}

export type OpenStore = (surroundings: StoreSurroundings) => Store | Promise<Store>

/** A measure that was counted, with its labels. */
export interface Counted {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly by: number
}

/** Measures that remember. */
export interface TestMeasures extends Measures {
  /** Sum of what was counted under a name with at least these labels. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number
  /** Value of a gauge with at least these labels, now. */
  read(name: string, labels?: Readonly<Record<string, string>>): number
}

export function createTestMeasures(): TestMeasures {
  const counted: Counted[] = []
  const gauges: { name: string; read: () => readonly { labels: object; value: number }[] }[] = []
  const fits = (labels: object, wanted: object) =>
    Object.entries(wanted).every(([name, value]) => new Map(Object.entries(labels)).get(name) === value)
  return {
    count: (name, labels, by = 1) => void counted.push({ name, labels: labels as Counted['labels'], by }),
    observe() {},
    gauge: (name: string, read: () => unknown) => {
      const readAll = () => {
        const found = read()
        return typeof found === 'number'
          ? [{ labels: {}, value: found }]
          : (found as readonly { labels: object; value: number }[])
      }
      gauges.push({ name, read: readAll })
    },
    sum: (name, labels = {}) =>
      counted.filter(one => one.name === name && fits(one.labels, labels)).reduce((sum, { by }) => sum + by, 0),
    read: (name, labels = {}) =>
      gauges
        .filter(gauge => gauge.name === name)
        .flatMap(gauge => gauge.read())
        .filter(reading => fits(reading.labels, labels))
        .reduce((sum, { value }) => sum + value, 0),
  }
}

export interface LoggedLine {
  readonly level: string
  readonly message: string
  readonly data: object
}

/** A log that remembers. */
export function createTestLog(): Log & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = []
  const at = (level: string) => (data: object, message: string) => void lines.push({ level, data, message })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const megabyte = 1_000_000
const roomy: StoreLimits = {
  permanent: { seconds: undefined, maxBytes: 200 * megabyte },
  intermediate: { seconds: 3600, maxBytes: 200 * megabyte },
  result: { seconds: 60, maxBytes: 200 * megabyte },
}

export function textOf(value: Uint8Array | undefined): string | undefined {
  return value && Buffer.from(value).toString()
}

/** Entries with texts as values. */
export function textEntries(texts: Readonly<Record<string, string>>): StoreEntry[] {
  return Object.entries(texts).map(([key, text]) => ({ key, value: Buffer.from(text) }))
}

/** The values under keys, as texts. */
export async function readTexts(store: Store, tier: StoreTier, keys: readonly string[]) {
  return (await store.getMany(tier, keys)).map(textOf)
}

export function isSame(value: Uint8Array, found: Uint8Array | undefined): boolean {
  return found !== undefined && Buffer.compare(value, found) === 0
}

/** Many entries, each with a value of its own. */
export function manyEntries(count: number, bytes: number, prefix = 'entity'): StoreEntry[] {
  return Array.from({ length: count }, (_, n) => {
    const value = Buffer.alloc(bytes, n % 251)
    value.write(`${prefix}/${n}`)
    return { key: `${prefix}/${n}`, value }
  })
}

const allBytes = Uint8Array.from({ length: 256 }, (_, n) => n)

/** Tests a back end. @param open opens it; called again in the same test where it is opened again */
export function describeStore(name: string, open: OpenStore, traits: StoreTraits): void {
  describe(`the store ${name}`, () => {
    let stack: AsyncDisposableStack
    let folder: string
    let clock: ManualClock
    let measures: TestMeasures
    let log: ReturnType<typeof createTestLog>

    beforeEach(async () => {
      stack = new AsyncDisposableStack()
      folder = await mkdtemp(join(tmpdir(), 'store-'))
      stack.defer(() => rm(folder, { recursive: true, force: true }))
      clock = createManualClock()
      measures = createTestMeasures()
      log = createTestLog()
    })
    afterEach(() => stack.disposeAsync())

    const openStore = async (limits = roomy) => stack.use(await open({ folder, limits, clock, log, measures }))

    test('gives what was put, in the order of the keys that are asked for', async () => {
      const store = await openStore()
      await store.setMany('permanent', textEntries({ a: 'first', b: 'second', c: 'third' }))
      expect(await readTexts(store, 'permanent', ['c', 'a', 'b'])).toEqual(['third', 'first', 'second'])
      expect(log.lines).toEqual([])
    })

    test('gives undefined in the place of what it has not', async () => {
      const store = await openStore()
      await store.setMany('permanent', textEntries({ a: 'first', c: 'third' }))
      expect(await readTexts(store, 'permanent', ['x', 'a', 'b', 'c'])).toEqual([
        undefined,
        'first',
        undefined,
        'third',
      ])
    })

    test('answers a question without keys, takes nothing to put, and is settled when nothing was put', async () => {
      const store = await openStore()
      await store.setMany('result', [])
      expect(await store.getMany('result', [])).toEqual([])
      await store.settled()
    })

    test('gives the value in each place where a key is asked for twice', async () => {
      const store = await openStore()
      await store.setMany('permanent', textEntries({ a: 'first', b: 'second' }))
      expect(await readTexts(store, 'permanent', ['a', 'b', 'a'])).toEqual(['first', 'second', 'first'])
    })

    test('gives the value that was put last', async () => {
      const store = await openStore()
      await store.setMany('intermediate', textEntries({ a: 'old', b: 'stays' }))
      await store.settled()
      await store.setMany('intermediate', textEntries({ a: 'new and longer' }))
      expect(await readTexts(store, 'intermediate', ['a', 'b'])).toEqual(['new and longer', 'stays'])
      await store.setMany('intermediate', textEntries({ a: '' }))
      await store.settled()
      expect(await readTexts(store, 'intermediate', ['a', 'b'])).toEqual(['', 'stays'])
    })

    test('gives the later value where one call puts a key twice', async () => {
      const store = await openStore()
      await store.setMany('permanent', [...textEntries({ a: 'earlier' }), ...textEntries({ a: 'later' })])
      expect(await readTexts(store, 'permanent', ['a'])).toEqual(['later'])
      await store.settled()
      expect(await readTexts(store, 'permanent', ['a'])).toEqual(['later'])
    })

    test('keeps the same key in two tiers apart', async () => {
      const store = await openStore()
      await store.setMany('permanent', textEntries({ a: 'for ever' }))
      await store.setMany('result', textEntries({ a: 'for a while' }))
      expect(await readTexts(store, 'permanent', ['a'])).toEqual(['for ever'])
      expect(await readTexts(store, 'result', ['a'])).toEqual(['for a while'])
      expect(await readTexts(store, 'intermediate', ['a'])).toEqual([undefined])
    })

    test('tells an empty value from none', async () => {
      const store = await openStore()
      await store.setMany('permanent', [{ key: 'empty', value: new Uint8Array() }])
      await store.settled()
      expect(await readTexts(store, 'permanent', ['empty', 'none'])).toEqual(['', undefined])
    })

    test('keeps bytes of every kind, and keys of every printable character and of every length', async () => {
      const store = await openStore()
      const printable = String.fromCharCode(...Array.from({ length: 94 }, (_, n) => 33 + n))
      const keys = [printable, 'x'.repeat(512), 'X'.repeat(512), 'a%', 'a_', "a'", 'A%', '1', '01', '1.0']
      await store.setMany(
        'permanent',
        keys.map((key, n) => ({ key, value: Uint8Array.from([n, ...allBytes]) })),
      )
      await store.settled()
      const found = await store.getMany('permanent', keys)
      expect(found.map(value => [...(value ?? [])])).toEqual(keys.map((_, n) => [n, ...allBytes]))
    })

    test('keeps a value of 8 MB among small ones', async () => {
      const store = await openStore()
      const large = Buffer.alloc(8 * megabyte, 'large value ')
      await store.setMany('permanent', [
        ...textEntries({ a: 'small' }),
        { key: 'large', value: large },
        ...textEntries({ b: 'small too' }),
      ])
      await store.settled()
      const [a, found, b] = await store.getMany('permanent', ['a', 'large', 'b'])
      expect([textOf(a), textOf(b)]).toEqual(['small', 'small too'])
      expect(isSame(large, found)).toBe(true)
    })

    test('takes parts of larger buffers, and does not see what becomes of them later', async () => {
      const store = await openStore()
      const shared = Buffer.from('first|second|third')
      await store.setMany('permanent', [
        { key: 'a', value: shared.subarray(0, 5) },
        { key: 'b', value: shared.subarray(6, 12) },
      ])
      shared.fill('x')
      expect(await readTexts(store, 'permanent', ['a', 'b'])).toEqual(['first', 'second'])
      await store.settled()
      expect(await readTexts(store, 'permanent', ['a', 'b'])).toEqual(['first', 'second'])
    })

    test('keeps thousands that are put and asked for at once', async () => {
      const store = await openStore()
      const entries = manyEntries(10_000, 500)
      await store.setMany('permanent', entries)
      const found = await store.getMany(
        'permanent',
        entries.map(({ key }) => key),
      )
      expect(found.filter((value, n) => !isSame(entries[n]!.value, value))).toEqual([])
      expect(found).toHaveLength(10_000)
    })

    test('finds what was put before by the same caller, however much is on its way', async () => {
      const store = await openStore()
      const found = await Promise.all(
        Array.from({ length: 20 }, async (_, round) => {
          const entries = manyEntries(50, 20_000, `round-${round}`)
          await store.setMany('permanent', entries)
          const values = await store.getMany(
            'permanent',
            entries.map(({ key }) => key),
          )
          return values.filter((value, n) => isSame(entries[n]!.value, value)).length
        }),
      )
      expect(found).toEqual(Array.from({ length: 20 }, () => 50))
    })

    test('gives one of the values that are put at the same time, whole', async () => {
      const store = await openStore()
      const rounds = Array.from({ length: 40 }, (_, n) => n)
      const putAll = rounds.map(n => store.setMany('result', [{ key: 'a', value: Buffer.alloc(5000, n) }]))
      const seen = await Promise.all(rounds.map(async () => (await store.getMany('result', ['a']))[0]))
      await Promise.all(putAll)
      await store.settled()
      const [last] = await store.getMany('result', ['a'])
      for (const value of [...seen, last]) {
        const isWhole = value === undefined || (value.length === 5000 && new Set(value).size === 1)
        expect(isWhole).toBe(true)
      }
      expect(last?.[0]).toBe(39)
    })

    test('rejects with the reason of the signal, and with nothing else', async () => {
      const store = await openStore()
      await store.setMany('permanent', manyEntries(1000, 1000))
      const gone = new AbortController()
      const left = store.getMany(
        'permanent',
        manyEntries(1000, 10).map(({ key }) => key),
        gone.signal,
      )
      const stays = store.getMany('permanent', ['entity/7'], new AbortController().signal)
      gone.abort(new Error('the client has gone'))
      // A store that had the answer at once may give it.
      const outcome = await left.then(
        values => values.length,
        (error: Error) => error.message,
      )
      expect([1000, 'the client has gone']).toContain(outcome)
      const before = AbortSignal.abort(new Error('gone before'))
      await expect(store.getMany('permanent', ['entity/7'], before)).rejects.toThrow('gone before')
      expect((await stays)[0]?.length).toBe(1000)
      expect(log.lines).toEqual([])
    })

    test('has nothing, keeps nothing and fails at nothing once it is disposed', async () => {
      const store = await openStore()
      await store.setMany('permanent', textEntries({ a: 'first' }))
      await store[Symbol.asyncDispose]()
      await store.setMany('permanent', textEntries({ b: 'second' }))
      await store.settled()
      expect(await readTexts(store, 'permanent', ['a', 'b'])).toEqual([undefined, undefined])
      await store[Symbol.asyncDispose]()
      expect(log.lines).toEqual([])
    })

    test('settles whatever is under way when it is disposed', async () => {
      const store = await openStore()
      const put = store.setMany('permanent', manyEntries(2000, 2000))
      const asked = store.getMany('permanent', ['entity/1', 'entity/2'])
      const settled = store.settled()
      await store[Symbol.asyncDispose]()
      await Promise.all([put, settled])
      expect(await asked).toHaveLength(2)
    })

    test('counts what was found and what was not', async () => {
      const store = await openStore()
      await store.setMany('permanent', textEntries({ a: 'first', b: 'second' }))
      await store.getMany('permanent', ['a', 'b', 'c'])
      await store.getMany('intermediate', ['a'])
      const count = (tier: string, result: string) => measures.sum('gitbugviewer_store_lookups_total', { tier, result })
      expect([count('permanent', 'hit'), count('intermediate', 'hit')]).toEqual([2, 0])
      expect(count('permanent', 'miss')).toBeGreaterThan(0)
      expect(count('intermediate', 'miss')).toBeGreaterThan(0)
    })

    if (traits.isPersistent) describePersistence()
    if (traits.followsClock) describeAges()
    if (traits.isBounded) describeBounds()

    function describePersistence() {
      test('has what was put when it is opened again', async () => {
        const store = await openStore()
        const entries = manyEntries(500, 700)
        await store.setMany('permanent', entries)
        await store.setMany('result', textEntries({ a: 'result' }))
        await store.settled()
        await store[Symbol.asyncDispose]()
        const again = await openStore()
        const keys = entries.map(({ key }) => key)
        const found = await again.getMany('permanent', keys)
        expect(found.filter((value, n) => isSame(entries[n]!.value, value))).toHaveLength(500)
        expect(await readTexts(again, 'result', ['a'])).toEqual(['result'])
      })

      test('is shared by those who have it open at the same time', async () => {
        const [one, other] = [await openStore(), await openStore()]
        await one.setMany('permanent', textEntries({ a: 'of one' }))
        await other.setMany('permanent', textEntries({ b: 'of the other' }))
        await Promise.all([one.settled(), other.settled()])
        expect(await readTexts(one, 'permanent', ['a', 'b'])).toEqual(['of one', 'of the other'])
        expect(await readTexts(other, 'permanent', ['a', 'b'])).toEqual(['of one', 'of the other'])
      })
    }

    function describeAges() {
      test('gives a value until the age of its tier, and not after that', async () => {
        const store = await openStore()
        await store.setMany('result', textEntries({ a: 'young' }))
        await store.setMany('intermediate', textEntries({ a: 'longer' }))
        await store.setMany('permanent', textEntries({ a: 'for ever' }))
        clock.advance(59_000)
        expect(await readTexts(store, 'result', ['a'])).toEqual(['young'])
        clock.advance(1000)
        expect(await readTexts(store, 'result', ['a'])).toEqual([undefined])
        expect(await readTexts(store, 'intermediate', ['a'])).toEqual(['longer'])
        clock.advance(3_600_000)
        expect(await readTexts(store, 'intermediate', ['a'])).toEqual([undefined])
        clock.advance(100 * 365 * 86_400_000)
        expect(await readTexts(store, 'permanent', ['a'])).toEqual(['for ever'])
      })

      test('counts the age of a value from when it was put last', async () => {
        const store = await openStore()
        await store.setMany('result', textEntries({ a: 'old', b: 'old too' }))
        clock.advance(40_000)
        await store.setMany('result', textEntries({ a: 'put again' }))
        await store.settled()
        clock.advance(40_000)
        expect(await readTexts(store, 'result', ['a', 'b'])).toEqual(['put again', undefined])
      })
    }

    function describeBounds() {
      const bound = (maxBytes: number): StoreLimits => ({
        permanent: { seconds: undefined, maxBytes },
        intermediate: { seconds: undefined, maxBytes },
        result: { seconds: 600, maxBytes: 100 * megabyte },
      })

      test('gives up what was not used for longest when its tier is full', async () => {
        const store = await openStore(bound(100_000))
        for (const key of ['a', 'b', 'c']) {
          await store.setMany('permanent', [{ key, value: Buffer.alloc(30_000, key) }])
          clock.advance(86_400_000)
        }
        await store.getMany('permanent', ['a'])
        clock.advance(86_400_000)
        await store.setMany('permanent', [{ key: 'd', value: Buffer.alloc(30_000) }])
        await store.settled()
        const found = await store.getMany('permanent', ['a', 'b', 'c', 'd'])
        expect(found.map(value => value?.length)).toEqual([30_000, undefined, 30_000, 30_000])
        expect(measures.sum('gitbugviewer_store_evictions_total', { tier: 'permanent', reason: 'size' })).toBe(1)
      })

      test('holds no more than its bound, whatever is put, and tells how much it holds', async () => {
        const store = await openStore(bound(1_000_000))
        for (let round = 0; round < 10; round++) {
          await store.setMany('permanent', manyEntries(1000, 500, `round-${round}`))
          clock.advance(86_400_000)
        }
        await store.settled()
        const bytes = measures.read('gitbugviewer_store_bytes', { tier: 'permanent' })
        expect(bytes).toBeLessThanOrEqual(1_000_000)
        expect(bytes).toBeGreaterThan(800_000)
        const found = await store.getMany(
          'permanent',
          manyEntries(1000, 1, 'round-9').map(({ key }) => key),
        )
        expect(found.filter(Boolean)).toHaveLength(1000)
        expect(await readTexts(store, 'permanent', ['round-0/1'])).toEqual([undefined])
      })

      test('does not give up one tier for another', async () => {
        const store = await openStore(bound(100_000))
        await store.setMany('intermediate', textEntries({ a: 'stays' }))
        clock.advance(86_400_000)
        await store.setMany('permanent', manyEntries(1000, 1000))
        await store.settled()
        expect(await readTexts(store, 'intermediate', ['a'])).toEqual(['stays'])
      })

      test('leaves out a value that is larger than its tier, and keeps the others', async () => {
        const store = await openStore(bound(100_000))
        await store.setMany('permanent', textEntries({ a: 'stays', large: 'small at first' }))
        await store.setMany('permanent', [{ key: 'large', value: Buffer.alloc(200_000) }])
        await store.settled()
        expect(await readTexts(store, 'permanent', ['a', 'large'])).toEqual(['stays', undefined])
      })

      test('keeps nothing in a tier without room', async () => {
        const store = await openStore(bound(0))
        await store.setMany('permanent', textEntries({ a: 'nowhere to be' }))
        await store.settled()
        expect(await readTexts(store, 'permanent', ['a'])).toEqual([undefined])
      })
    }
  })
}
