import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldText } from '../../src/bug/search-text.ts'
import { processorMs } from '../support/processor-time.ts'

describe('folding for search', () => {
  test.each<[string, string]>([
    ['Hello WORLD', 'hello world'],
    ['Résumé', 'resume'],
    ['re\u0301sume\u0301', 'resume'],
    ['ÀÉÎÕÜ', 'aeiou'],
    ['ﬁle ①', 'file 1'],
    ['日本語', '日本語'],
    ['한국어', '한국어'.normalize('NFKD')],
    ['🐛', '🐛'],
    ['\u0301\u0316', ''],
    ['', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(foldText(text)).toBe(expected)
  })

  test('changes nothing that is folded already', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const folded = foldText(text)
        expect(foldText(folded.normalize('NFC'))).toBe(folded)
      }),
    )
  })

  test('forgets marks in whatever order they stand', () => {
    const marks = fc.array(fc.constantFrom('\u0301', '\u0316', '\u0327', '\u0344', '\u3099'), { maxLength: 20 })
    fc.assert(
      fc.property(marks, list => {
        expect(foldText(`a${list.join('')}b`)).toBe('ab')
      }),
    )
  })
})

describe('hostile texts are folded in linear time', () => {
  const size = 80_000

  // Putting marks into their canonical order is an insertion sort: without care, seconds for each of these.
  test.each<[string, string]>([
    ['marks above and below by turns', '\u0301\u0316'],
    ['marks of three classes by turns', '\u0301\u0327\u0316'],
    ['voiced sound marks among others', '\u0301\u3099'],
    ['marks of a supplementary plane', '\u{1d165}\u{1d16e}'],
    ['one mark', '\u0301'],
  ])('%s', (_name, pattern) => {
    const text = `a${pattern.repeat(size / pattern.length)}`
    expect(processorMs(() => expect(foldText(text)).toBe('a'))).toBeLessThan(1000)
  })
})
