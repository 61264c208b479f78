/** The contract on the stores of this process: in memory, behind another one, guarded, sealed; and the store that is off. */
import { describe, expect, test } from 'vitest'
import { guardStore } from '../../src/store/guard-store.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { sealValues } from '../../src/store/sealed.ts'
import { createOffStore } from '../../src/store/store.ts'
import { createTieredStore } from '../../src/store/tiered-store.ts'
import { describeStore, readTexts, textEntries } from './contract.ts'

const inMemory = { isPersistent: false, isBounded: true, followsClock: true }

describeStore('in memory', createMemoryStore, inMemory)

describeStore(
  'in memory, sealed',
  surroundings => sealValues(createMemoryStore(surroundings), { measures: surroundings.measures, backend: 'memory' }),
  inMemory,
)

describeStore(
  'that is guarded',
  surroundings => guardStore(createMemoryStore(surroundings), { ...surroundings, backend: 'memory', timeoutMs: 1000 }),
  inMemory,
)

describeStore(
  'of two tiers',
  surroundings => createTieredStore({ front: createMemoryStore(surroundings), back: createMemoryStore(surroundings) }),
  { isPersistent: false, isBounded: false, followsClock: true },
)

describe('the store that is off', () => {
  test('keeps nothing and fails at nothing', async () => {
    const store = createOffStore()
    await store.setMany('permanent', textEntries({ a: 'first' }))
    await store.settled()
    expect(await readTexts(store, 'permanent', ['a', 'b'])).toEqual([undefined, undefined])
    await store[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    expect(await readTexts(store, 'permanent', ['a'])).toEqual([undefined])
  })

  test('rejects with the reason of the signal', async () => {
    const before = AbortSignal.abort(new Error('gone before'))
    await expect(createOffStore().getMany('permanent', ['a'], before)).rejects.toThrow('gone before')
  })
})
