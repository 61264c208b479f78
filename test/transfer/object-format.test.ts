import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isHashOf, sortHashes } from '../../src/transfer/object-format.ts'
import { sha1, sha256 } from './bodies.ts'

test('names of objects are whole, and in lower case', () => {
  expect(
    [sha1('a'), sha256('a'), sha1('A'), sha1('g'), 'abc', '', `${sha1('a')}\n`].map(text => isHashOf(text, 'sha1')),
  ).toEqual([true, false, false, false, false, false, false])
  expect([sha1('a'), sha256('a')].map(text => isHashOf(text, 'sha256'))).toEqual([false, true])
})

test('names are sorted, each once, also where many begin alike', () => {
  const name = fc
    .tuple(
      fc.constantFrom('00000000', 'ffffffff', 'deadbeef'),
      fc.string({ unit: fc.constantFrom('0', '9', 'a', 'f'), minLength: 32, maxLength: 32 }),
    )
    .map(parts => parts.join(''))
  fc.assert(
    fc.property(fc.array(name), fc.array(name), (some, others) => {
      expect(sortHashes([...some, ...others, ...some])).toEqual([...new Set([...some, ...others])].sort())
    }),
  )
})
