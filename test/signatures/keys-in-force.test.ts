import { expect, test } from 'vitest'
import type { Identity, Lamport } from '../../src/bug/model.ts'
import { createKeysInForce, hasKeys } from '../../src/signatures/keys-in-force.ts'
import { inventIdentity } from '../support/invented-tracker.ts'

/** A person with a version for each pair of a time (or none) and keys. */
function personOf(...versions: readonly (readonly [Lamport | undefined, ...string[]])[]): Identity {
  const identity = inventIdentity('ada', { name: 'Ada' })
  const [base] = identity.versions
  return {
    ...identity,
    versions: versions.map(([time, ...keys]) => ({
      ...base!,
      times: new Map(time === undefined ? [['bugs-create', 99]] : [['bugs-edit', time]]),
      keys,
    })),
  }
}

test.each<[string, Lamport, readonly string[], boolean]>([
  ['before the second version', 2, ['a'], true],
  ['at its time', 3, ['b', 'a'], true],
  ['after it', 4, ['b'], true],
  ['at the time when all were taken away', 9, ['b'], false],
  ['after that', 10, [], false],
  ['at a time beyond the numbers of JavaScript', 2n ** 64n - 1n, ['c'], true],
])('the keys in force %s', (_what, time, keys, isRequired) => {
  const person = personOf([undefined, 'a'], [3, 'b'], [undefined, 'b'], [9], [2n ** 60n, 'c'])
  // A version without times counts as the one before it, so at 3 there are three that may count.
  expect(createKeysInForce(person)(time)).toEqual({ keys, isRequired })
})

test('there are none before the first version that has a time', () => {
  expect(createKeysInForce(personOf([5, 'a']))(4)).toEqual({ keys: [], isRequired: false })
  expect(createKeysInForce(personOf([5, 'a']))(5)).toEqual({ keys: ['a'], isRequired: true })
})

test('a first version without times counts from the beginning', () => {
  expect(createKeysInForce(personOf([undefined, 'a']))(0)).toEqual({ keys: ['a'], isRequired: true })
})

test('a pack at the time of the first key may have been there before it: it needs no signature', () => {
  expect(createKeysInForce(personOf([undefined], [3, 'a']))(3)).toEqual({ keys: ['a'], isRequired: false })
})

test('of times that go backwards the newest version that is early enough counts', () => {
  expect(createKeysInForce(personOf([undefined, 'a'], [8, 'b'], [4, 'c']))(5)).toEqual({
    keys: ['c'],
    isRequired: true,
  })
})

test('of thousands of keys a hundred count, the newest first', () => {
  const many = (letter: string) => Array.from({ length: 5000 }, (_, index) => `${letter}${index}`)
  const { keys } = createKeysInForce(personOf([undefined, ...many('a')], [3, ...many('b')]))(3)
  expect([keys.length, keys[0], keys.at(-1)]).toEqual([100, 'b0', 'b99'])
})

test('somebody who has had a key once has keys', () => {
  expect([hasKeys(personOf([undefined], [3, 'a'], [4])), hasKeys(personOf([undefined], [3]))]).toEqual([true, false])
})
