import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StreamSearch } from '../../src/base/stream-search.ts'

const fewLetters = fc.array(fc.constantFrom(97, 98), { maxLength: 40 })

test('a search finds what the parts of a text hold together, wherever it is cut', () => {
  fc.assert(
    fc.property(fewLetters, fc.array(fewLetters, { maxLength: 5 }), (wanted, parts) => {
      fc.pre(wanted.length > 0)
      const search = new StreamSearch(Uint8Array.from(wanted))
      const found = parts.some(part => search.push(Uint8Array.from(part)))
      expect(found).toBe(Buffer.from(parts.flat()).includes(Buffer.from(wanted)))
    }),
    { numRuns: 3000 },
  )
})

test('a search that is begun anew knows nothing of the text before', () => {
  const search = new StreamSearch(Buffer.from('ab'))
  expect(search.push(Buffer.from('a'))).toBe(false)
  search.restart()
  expect(search.push(Buffer.from('b'))).toBe(false)
})
