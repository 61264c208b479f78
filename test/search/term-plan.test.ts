import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planTerm } from '../../src/search/term-plan.ts'
import { anyTerm } from './texts.ts'

test.each([
  ['kiln', '"kiln"', true],
  ['say "x"', '"say ""x"""', true],
  ['温度計', '"温度計"', true],
  ['ab', undefined, false],
  ['窯', undefined, false],
  ['a\0b\0c', undefined, false],
  ['ab\0cdef', '"cdef"', false],
  ['a temperature too high', '"a temperature to"', false],
])('%j asks the index for %s', (term, phrase, isPhraseEnough) => {
  expect(planTerm(term)).toMatchObject({ phrase, isPhraseEnough })
})

test('what is looked for in pieces is whole characters of the beginning, and fits into their overlap', () => {
  fc.assert(
    fc.property(anyTerm, fc.nat(60), (part, times) => {
      const term = part.toWellFormed().repeat(times)
      const { bytes, start } = planTerm(term)
      expect(bytes.toString()).toBe(term)
      expect(start.length).toBeLessThanOrEqual(64)
      expect(start.length === bytes.length || start.length > 60).toBe(true)
      expect(term.startsWith(start.toString())).toBe(true)
    }),
  )
})
