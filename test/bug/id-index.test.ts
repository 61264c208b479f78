import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdIndex } from '../../src/bug/id-index.ts'

/** Short ids of few digits, so that many start the same. */
const id = fc.string({ unit: fc.constantFrom('0', '1', '8', 'f'), minLength: 1, maxLength: 6 })
const ids = fc.uniqueArray(id, { maxLength: 100 })

function indexOf(of: readonly string[]) {
  const items = of.toSorted((a, b) => (a < b ? -1 : 1)).map(one => ({ id: one }))
  return { items, index: new IdIndex(items) }
}

test('an id finds what a look at every entity finds', () => {
  fc.assert(
    fc.property(ids, fc.oneof(id, fc.constant('')), (all, wanted) => {
      const { items, index } = indexOf(all)
      const expected = items.find(item => item.id === wanted)
      expect(index.get(wanted)).toBe(expected)
      expect(index.has(wanted)).toBe(expected !== undefined)
      expect(index.size).toBe(all.length)
      for (const item of items) expect(index.get(item.id)).toBe(item)
    }),
  )
})

test('the start of an id finds, in order, what a look at every entity finds', () => {
  fc.assert(
    fc.property(ids, fc.oneof(id, fc.constant('')), (all, prefix) => {
      const { items, index } = indexOf(all)
      expect(index.startingWith(prefix)).toEqual(items.filter(item => item.id.startsWith(prefix)))
    }),
  )
})
