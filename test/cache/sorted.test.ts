import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replaceSorted } from '../../src/cache/sorted.ts'

interface Item {
  readonly key: number
}

const byKey = (a: Item, b: Item) => a.key - b.key

/** Different numbers, and for each whether it is there before and whether it is there after. */
const fates = fc.uniqueArray(
  fc.record({ key: fc.integer(), before: fc.boolean(), after: fc.boolean(), isReplaced: fc.boolean() }),
  { selector: ({ key }) => key, maxLength: 300 },
)

test('taking out and putting in gives what sorting everything gives, and keeps the old array as it was', () => {
  fc.assert(
    fc.property(fates, all => {
      const items = all
        .filter(({ before }) => before)
        .map(({ key }): Item => ({ key }))
        .sort(byKey)
      const copy = [...items]
      const byKeys = new Map(items.map(item => [item.key, item]))
      const removed: Item[] = []
      const added: Item[] = []
      for (const { key, before, after, isReplaced } of all) {
        const item = byKeys.get(key)
        if (item && (!after || isReplaced)) removed.push(item)
        if (after && (!before || isReplaced)) added.push({ key })
      }
      const expected = [...items.filter(item => !removed.includes(item)), ...added].sort(byKey)
      const result = replaceSorted(items, { removed, added }, byKey)
      expect(result).toHaveLength(expected.length)
      expect(result.every((item, index) => item === expected[index])).toBe(true)
      expect(items.every((item, index) => item === copy[index]) && items.length === copy.length).toBe(true)
    }),
  )
})

test('no change gives the very same array', () => {
  const items = [{ key: 1 }]
  expect(replaceSorted(items, { removed: [], added: [] }, byKey)).toBe(items)
})
