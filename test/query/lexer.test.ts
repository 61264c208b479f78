import { describe, expect, test } from 'vitest'
import { tokenize } from '../../src/query/lexer.ts'

function read(text: string) {
  const result = tokenize(text, 100)
  if ('error' in result) throw new Error(result.error.message)
  return result.tokens.map(token => [token.negated ? '-' : '', ...token.chunks.map(chunk => chunk.value)].join('|'))
}

describe('the lexer', () => {
  test('finds no token in an empty text and in white space', () => {
    expect(read('')).toEqual([])
    expect(read(' \t\n\u3000')).toEqual([])
  })

  test('splits at every character of the Unicode property White_Space', () => {
    const spaces = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit)).filter(c =>
      /\p{White_Space}/u.test(c),
    )
    expect(spaces.length).toBe(25)
    for (const space of spaces) expect(read(`a${space}b`)).toEqual(['|a', '|b'])
  })

  test('splits at no other character', () => {
    for (const other of ['\ufeff', '\u200b', '\u180e', '\0', '\u001c', '_']) expect(read(`a${other}b`)).toHaveLength(1)
  })

  test('splits a token at colons', () => {
    expect(read('a:b c:d:e x')).toEqual(['|a|b', '|c|d|e', '|x'])
    expect(read(':a: ::')).toEqual(['||a|', '||||'.slice(1)])
  })

  test('takes white space and colons inside quotes as they are', () => {
    expect(read(`label:"a b:c" 'd  e' metadata:"github-url":"https://x/y"`)).toEqual([
      '|label|a b:c',
      '|d  e',
      '|metadata|github-url|https://x/y',
    ])
  })

  test('takes the other quote inside a quote literally', () => {
    expect(read(`"it's" 'say "x"'`)).toEqual([`|it's`, '|say "x"'])
  })

  test('knows no escapes, and keeps quotes that do not wrap the whole chunk', () => {
    expect(read(String.raw`label:"needs \"quotes\""`)).toEqual([String.raw`|label|needs \"quotes\"`])
    expect(read('a"b c"d')).toEqual(['|a"b c"d'])
    expect(read('"a"b')).toEqual(['|"a"b'])
    expect(read(`"a"'b'`)).toEqual([`|"a"'b'`])
    expect(read('"a"b"c"')).toEqual(['|a"b"c'])
  })

  test('strips quotes from qualifiers too', () => {
    expect(read('"label":x')).toEqual(['|label|x'])
  })

  test('gives an empty quoted chunk an empty value', () => {
    expect(read(`"" a:''`)).toEqual(['|', '|a|'])
  })

  test('takes one leading dash as "not"', () => {
    expect(read('-a -b:c -"d e"')).toEqual(['-|a', '-|b|c', '-|d e'])
  })

  test('takes a lone dash, two dashes and a quoted dash as they are', () => {
    expect(read('- -- --global "-x" a-b a:-b -')).toEqual(['|-', '|--', '|--global', '|-x', '|a-b', '|a|-b', '|-'])
  })

  test('tells where tokens and chunks are, in UTF-16 units', () => {
    expect(tokenize('🐞 -é:"x y"', 9)).toEqual({
      tokens: [
        { start: 0, length: 2, negated: false, chunks: [{ start: 0, length: 2, value: '🐞' }] },
        {
          start: 3,
          length: 8,
          negated: true,
          chunks: [
            { start: 4, length: 1, value: 'é' },
            { start: 6, length: 5, value: 'x y' },
          ],
        },
      ],
    })
  })

  test('points at the quote that is never closed', () => {
    expect(tokenize(`a "b" c'd "e`, 9)).toMatchObject({ error: { code: 'unmatched-quote', position: 7, length: 1 } })
    expect(tokenize('"', 9)).toMatchObject({ error: { code: 'unmatched-quote', position: 0, length: 1 } })
  })

  test('refuses more tokens than the limit, and points at the rest', () => {
    expect(tokenize('a b', 2)).toHaveProperty('tokens')
    expect(tokenize('a b cc d ', 2)).toMatchObject({ error: { code: 'too-long', position: 4, length: 5 } })
  })
})
