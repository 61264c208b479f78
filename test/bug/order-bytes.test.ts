import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes } from '../../src/bug/order-bytes.ts'
import { processorMs } from '../support/processor-time.ts'
import { bugWith, write } from './packs.ts'

describe('the order by bytes', () => {
  test('is that of UTF-8, not that of UTF-16', () => {
    expect(compareBytes('\uffee', '\u{1f41b}')).toBeLessThan(0)
    expect(compareBytes('\u{1f41b}', '\uffee')).toBeGreaterThan(0)
    expect(compareBytes('a', 'ab')).toBeLessThan(0)
    expect(compareBytes('Z', 'a')).toBeLessThan(0)
    expect(compareBytes('', '')).toBe(0)
  })

  test('is that of the bytes for any two texts', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
    })
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))
      }),
    )
  })

  test('a hundred thousand labels of one bug are sorted within a second', () => {
    const added = Array.from({ length: 100_000 }, (_, index) => `label ${(index * 7919) % 100_003}`)
    const operation = write({ type: 5, added, removed: [] })
    expect(processorMs(() => expect(bugWith([operation]).labels).toHaveLength(100_000))).toBeLessThan(3000)
  })
})
