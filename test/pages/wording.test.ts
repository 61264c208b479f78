import { describe, expect, test } from 'vitest'
import { counted, grouped, leftOut, shortened, shownText } from '../../src/pages/wording.ts'

describe('wording', () => {
  test('one thing is not many things', () => {
    expect([0, 1, 2].map(count => counted(count, 'reply', 'replies'))).toEqual(['0 replies', '1 reply', '2 replies'])
  })

  test('thousands are set apart', () => {
    expect([7, 999, 1000, 1234567].map(grouped)).toEqual(['7', '999', '1,000', '1,234,567'])
  })

  test('a text of visitors shows what is hidden, and of a huge one little is read', () => {
    expect(shownText('a\u202eb', 20)).toBe('a[U+202E]b')
    expect(shownText('a\u202eb'.repeat(9), 20)).toHaveLength(20)
    expect(shownText('\0'.repeat(1000), 20)).toBe('[U+0000 ×80]…')
    expect(shownText('x', 1)).toBe('x')
  })

  test('what is left out is counted', () => {
    expect([3, 4, 5].map(count => leftOut(count, 3, ['more is', 'more are']))).toEqual(['', '1 more is', '2 more are'])
  })

  test('a long text ends with an ellipsis and never in half a character', () => {
    expect(shortened('abcdef', 6)).toBe('abcdef')
    expect(shortened('abcdefg', 6)).toBe('abcde…')
    expect(shortened('abcd😀fg', 6)).toBe('abcd\ufffd…')
    expect(shortened('abcd😀fg', 6).isWellFormed()).toBe(true)
  })
})
