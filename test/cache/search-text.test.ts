import { expect, test } from 'vitest'
import { foldWhenIdle, SearchText } from '../../src/cache/search-text.ts'

test('a text is folded when it is asked for, and is the same however often it is asked', () => {
  const text = new SearchText(['Zoë’s KILN', 'smokes'])
  expect(text.chars).toBe(16)
  expect(text.get().toString()).toBe('zoe’s kiln\nsmokes\n')
  expect(text.get()).toBe(text.get())
  expect(text.chars).toBe(0)
})

test('texts are folded by themselves when nothing else is to be done, and not before', async () => {
  const texts = Array.from({ length: 300 }, (_, n) => new SearchText([`Text ${n} ${'x'.repeat(2000)}`]))
  const unfolded = () => texts.filter(text => text.chars > 0).length
  foldWhenIdle(texts)
  expect(unfolded()).toBe(300)
  await new Promise(resolve => setImmediate(resolve))
  expect(unfolded()).toBeGreaterThan(0)
  expect(unfolded()).toBeLessThan(300)
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
  expect(unfolded()).toBe(0)
})

test('of one bug no more than four million characters are searched', () => {
  const text = new SearchText(['a'.repeat(3_999_999), 'bcd', 'e'])
  expect(text.get().toString().slice(-3)).toBe('\nb\n')
})
