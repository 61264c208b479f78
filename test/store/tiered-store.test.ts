import { expect, test } from 'vitest'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import type { Store, StoreLimits } from '../../src/store/store.ts'
import { createTieredStore } from '../../src/store/tiered-store.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createTestMeasures, readTexts, textEntries } from './contract.ts'

const tier = { seconds: undefined, maxBytes: 1_000_000 }
const limits: StoreLimits = { permanent: tier, intermediate: tier, result: tier }

function open() {
  const create = () => createMemoryStore({ limits, clock: createManualClock(), measures: createTestMeasures() })
  const [front, back] = [create(), create()]
  const asked: (readonly string[])[] = []
  const watched: Store = {
    ...back,
    getMany: (name, keys, signal) => {
      asked.push(keys)
      return back.getMany(name, keys, signal)
    },
  }
  return { front, back, asked, store: createTieredStore({ front, back: watched }) }
}

test('what is put is in both', async () => {
  const { front, back, store } = open()
  await store.setMany('permanent', textEntries({ a: 'first' }))
  for (const one of [front, back]) expect(await readTexts(one, 'permanent', ['a'])).toEqual(['first'])
})

test('the one behind is asked for what the front has not, which is in front from then on', async () => {
  const { front, back, store, asked } = open()
  await front.setMany('permanent', textEntries({ a: 'in front', c: '' }))
  await back.setMany('permanent', textEntries({ a: 'behind', b: 'behind', d: '' }))
  const keys = ['x', 'b', 'a', 'd', 'c']
  expect(await readTexts(store, 'permanent', keys)).toEqual([undefined, 'behind', 'in front', '', ''])
  expect(await readTexts(store, 'permanent', keys)).toEqual([undefined, 'behind', 'in front', '', ''])
  expect(asked).toEqual([['x', 'b', 'd'], ['x']])
  expect(await readTexts(front, 'permanent', keys)).toEqual([undefined, 'behind', 'in front', '', ''])
})

test('the one behind is not asked where the front has everything', async () => {
  const { front, store, asked } = open()
  await front.setMany('permanent', textEntries({ a: 'first', b: 'second' }))
  await store.getMany('permanent', ['a', 'b'])
  expect(asked).toEqual([])
})
