import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createByteSearch, createCaselessSearch } from '../../src/query/byte-search.ts'
import { processorMs } from '../support/processor-time.ts'

const manyA = Buffer.alloc(4_000_000, 'a')

describe('the search for bytes', () => {
  test('finds what is there and nothing else, also where many places look alike', () => {
    const unit = fc.oneof({ arbitrary: fc.constant('a'), weight: 40 }, { arbitrary: fc.constant('b'), weight: 1 })
    const text = fc.string({ unit, minLength: 0, maxLength: 3000, size: 'max' })
    const part = fc.tuple(fc.nat(3000), fc.integer({ min: 1, max: 200 }))
    fc.assert(
      fc.property(text, part, fc.string({ unit, maxLength: 60 }), (whole, [from, length], other) => {
        const inside = whole.slice(from, from + length)
        for (const wanted of [inside, `${inside}${other}`, `${other}${inside}`, other]) {
          expect(createByteSearch(Buffer.from(wanted))(Buffer.from(whole))).toBe(whole.includes(wanted))
        }
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['in the middle', 2_000_000],
    ['at the very end', 4_000_000 - 2001],
  ])('finds a term %s after any number of false starts, and not where its last letter is cut off', (_, at) => {
    const text = Buffer.from(manyA.subarray(0, at + 2001))
    text[at + 1000] = 0x62
    const term = Buffer.alloc(2001, 'a')
    term[1000] = 0x62
    const search = createByteSearch(term)
    expect(search(text)).toBe(true)
    expect(search(text.subarray(0, -1))).toBe(false)
    expect(search(manyA)).toBe(false)
  })

  test('overlooks no place between two ways of searching', () => {
    const search = createByteSearch(Buffer.from(`${'a'.repeat(40)}b`))
    for (let length = 40; length < 400; length++) {
      const text = Buffer.from(`${'a'.repeat(length)}b`)
      expect(search(text)).toBe(true)
      expect(search(Buffer.concat([text, Buffer.alloc(300, 'a')]))).toBe(true)
    }
  })

  test('takes no term and no text for what they are', () => {
    expect(createByteSearch(Buffer.from(''))(Buffer.from('x'))).toBe(true)
    expect(createByteSearch(Buffer.from('x'))(Buffer.from(''))).toBe(false)
    expect(createByteSearch(Buffer.alloc(100))(Buffer.alloc(99))).toBe(false)
  })

  test('does not take time for terms that are made to take time', () => {
    const manyAb = Buffer.from('ab'.repeat(2_000_000))
    const terms = [`${'a'.repeat(1000)}b${'a'.repeat(1000)}`, `${'ab'.repeat(500)}aa${'ba'.repeat(500)}`]
    const spentMs = processorMs(() => {
      for (const term of terms) {
        expect(createByteSearch(Buffer.from(term))(manyA)).toBe(false)
        expect(createByteSearch(Buffer.from(term))(manyAb)).toBe(false)
      }
    })
    expect(spentMs).toBeLessThan(1500)
  })
})

describe('the search without regard to case', () => {
  test.each([
    ['MURÉ', 'a muré b', true],
    ['mure', 'a muré b', false],
    ['É'.repeat(40), `x${'é'.repeat(41)}`, true],
    ['e'.repeat(40), 'é'.repeat(41), false],
    ['x', '', false],
  ])('of %s in %s', (wanted, text, there) => {
    expect(createCaselessSearch(wanted)(text)).toBe(there)
  })
})
