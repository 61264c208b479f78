import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldText } from '../../src/bug/search-text.ts'
import { CharacterKinds } from '../../src/bug/search-words.ts'
import { IndexWords, partBytes, phraseTokens, tokenBytes } from '../../src/search/index-words.ts'
import { anyText } from './texts.ts'

function tokensOf(pieces: readonly string[]): string[][] {
  const words = new IndexWords()
  return pieces.map((piece, at) => {
    const tokens = words.push(Buffer.from(piece), at === pieces.length - 1)
    return tokens.toString().split(' ').slice(0, -1)
  })
}

describe('the tokens of a text', () => {
  test.each<[string, string[]]>([
    ['The kiln: 12 x_y', ['The', 'kiln', '12', 'x', 'y']],
    ['温度計。窯', ['温度', '度計', '計', '窯']],
    ['iphone温度 é', ['iphone', '温度', '度', 'é']],
    ['', []],
    ['. - \n', []],
  ])('of %j are %j', (text, tokens) => {
    expect(tokensOf([text])).toEqual([tokens])
  })

  test('are the same where the text is cut into pieces, each beginning with the last ones of the one before', () => {
    const anyFolded = anyText.map(text => foldText(text.toWellFormed()))
    fc.assert(
      fc.property(fc.array(anyFolded, { minLength: 1, maxLength: 6 }), pieces => {
        const whole = tokensOf([pieces.join('')])[0] ?? []
        const parts = tokensOf(pieces)
        let known: string[] = []
        for (const tokens of parts) {
          const kept = Math.min(known.length, phraseTokens - 1)
          expect(tokens.slice(0, kept)).toEqual(known.slice(known.length - kept))
          known = [...known, ...tokens.slice(kept)]
        }
        expect(known).toEqual(whole)
      }),
      { numRuns: 1000 },
    )
  })

  test('of a word that is too long are chunks that have each short part of it in one of them, and no word among them', () => {
    for (const character of ['é', 'x', '\u{1d4d0}']) {
      const word = Array.from({ length: 400 }, (_, n) => `${n}`).join(character)
      const [first, ...others] = tokensOf([`${word} end`])[0]!.slice(0, -1)
      expect(word.startsWith(first!)).toBe(true)
      expect(others.every(token => token.startsWith('\u0080') && Buffer.byteLength(token) <= tokenBytes + 2)).toBe(true)
      const bytes = Buffer.from(word)
      const tokens = [first!, ...others].map(token => Buffer.from(token))
      for (let at = 0; at + partBytes <= bytes.length; at++) {
        const part = bytes.subarray(at, at + partBytes)
        expect(tokens.some(token => token.includes(part))).toBe(true)
      }
    }
  })
})

test('SQLite splits tokens where they are split here and nowhere else, and tells all of them apart: every character', () => {
  using db = new DatabaseSync(':memory:')
  db.exec("CREATE VIRTUAL TABLE words USING fts5(text, content='', contentless_delete=1, tokenize='ascii')")
  db.exec("CREATE VIRTUAL TABLE seen USING fts5vocab(words, 'instance')")
  const kinds = new CharacterKinds()
  const insert = db.prepare('INSERT INTO words (rowid, text) VALUES (?, CAST(? AS TEXT))')
  const words: [number, string][] = []
  db.exec('BEGIN')
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code)
    if (kinds.of(code) === 0 || foldText(character) !== character) continue
    words.push([code, `a${character}b`])
    insert.run(code, Buffer.from(`a${character}b `))
  }
  db.exec('COMMIT')
  expect(words.length).toBeGreaterThan(100_000)
  const rows = db.prepare('SELECT doc, term, offset FROM seen ORDER BY doc').all()
  expect(rows.length).toBe(words.length)
  expect(
    rows.every(({ doc, term, offset }, at) => doc === words[at]![0] && term === words[at]![1] && offset === 0),
  ).toBe(true)
})
