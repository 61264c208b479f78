import { expect, test } from 'vitest'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { sealValues } from '../../src/store/sealed.ts'
import type { StoreLimits } from '../../src/store/store.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createTestMeasures, isSame, manyEntries, readTexts, textEntries } from './contract.ts'

const tier = { seconds: undefined, maxBytes: 100_000_000 }
const limits: StoreLimits = { permanent: tier, intermediate: tier, result: tier }

function open() {
  const measures = createTestMeasures()
  const inner = createMemoryStore({ limits, clock: createManualClock(), measures })
  const damaged = () => measures.sum('gitbugviewer_store_damaged_total', { backend: 'sqlite' })
  return { inner, store: sealValues(inner, { measures, backend: 'sqlite' }), damaged }
}

test('a value of which any bit was turned over is not there, and is counted', async () => {
  const { inner, store, damaged } = open()
  await store.setMany('permanent', textEntries({ a: 'value', b: 'other' }))
  const [sealed] = await inner.getMany('permanent', ['a'])
  const bits = sealed!.length * 8
  for (let bit = 0; bit < bits; bit++) {
    const changed = Buffer.from(sealed!)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    await inner.setMany('permanent', [{ key: 'a', value: changed }])
    expect(await readTexts(store, 'permanent', ['a', 'b'])).toEqual([undefined, 'other'])
  }
  expect(damaged()).toBe(bits)
})

test('a value that was cut off, is empty, or is all zeros is not there', async () => {
  const { inner, store, damaged } = open()
  for (const value of [Buffer.of(), Buffer.of(1, 2, 3), Buffer.alloc(4), Buffer.alloc(500)]) {
    await inner.setMany('permanent', [{ key: 'a', value }])
    expect(await readTexts(store, 'permanent', ['a'])).toEqual([undefined])
  }
  expect(damaged()).toBe(4)
})

test('a value of another key, or of another tier, is not there', async () => {
  const { inner, store, damaged } = open()
  await store.setMany('permanent', textEntries({ a: 'value' }))
  const [value] = await inner.getMany('permanent', ['a'])
  await inner.setMany('permanent', [{ key: 'b', value: value! }])
  await inner.setMany('result', [{ key: 'a', value: value! }])
  expect(await readTexts(store, 'permanent', ['a', 'b'])).toEqual(['value', undefined])
  expect(await readTexts(store, 'result', ['a'])).toEqual([undefined])
  expect(damaged()).toBe(2)
})

test('many large values are sealed and opened with turns for others in between', async () => {
  const { store } = open()
  const entries = manyEntries(300, 100_000)
  let [turns, isOver] = [0, false]
  const look = () => {
    turns++
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  await store.setMany('permanent', entries)
  const afterPut = turns
  const keys = entries.map(({ key }) => key)
  const found = await store.getMany('permanent', keys)
  isOver = true
  expect(found.filter((value, n) => isSame(entries[n]!.value, value))).toHaveLength(300)
  expect(afterPut).toBeGreaterThan(4)
  expect(turns - afterPut).toBeGreaterThan(4)
})
