import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DiffPiece, diffWords } from '../../src/pages/word-diff.ts'

const plenty = () => ({ steps: 1_000_000 })
const short = (pieces: readonly DiffPiece[]) =>
  pieces.map(({ kind, text }) => (kind === 'same' ? text : kind === 'removed' ? `[-${text}-]` : `{+${text}+}`)).join('')
const diff = (before: string, after: string) => short(diffWords(before, after, plenty()))
const textOf = (pieces: readonly DiffPiece[], without: DiffPiece['kind']) =>
  pieces.flatMap(({ kind, text }) => (kind === without ? [] : [text])).join('')

describe('differences in words', () => {
  test.each([
    ['the same', 'the same', 'the same'],
    ['', '', ''],
    ['', 'new text', '{+new text+}'],
    ['old text', '', '[-old text-]'],
    ['It smokes a lot.', 'It smoked a lot.', 'It [-smokes-]{+smoked+} a lot.'],
    ['a b c d', 'a c d', 'a [-b -]c d'],
    ['one two three', 'one 2 3 three', 'one [-two-]{+2 3+} three'],
    ['x = 1;\ny = 2;', 'x = 1;\ny = 3;', 'x = 1;\ny = [-2-]{+3+};'],
    ['Grüße an alle', 'Grüsse an alle', '[-Grüße-]{+Grüsse+} an alle'],
    ['👍🏽', '👍🏿', '👍[-🏽-]{+🏿+}'],
  ])('of %j and %j are %j', (before, after, expected) => {
    expect(diff(before, after)).toBe(expected)
  })

  test('that add or remove lines say so of whole lines', () => {
    expect(diff('- a\n- c', '- a\n- b\n- c')).toBe('- a\n{+- b\n+}- c')
    expect(diff('see:\n\n- b\n- c', 'see:\n\n- c')).toBe('see:\n\n[-- b\n-]- c')
    expect(diff('- b', '- a\n- b')).toBe('{+- a\n+}- b')
  })

  test('of a sentence that was written anew are one change', () => {
    expect(diff('I see this too', 'We had that yesterday')).toBe('[-I see this too-]{+We had that yesterday+}')
  })

  test('lead to both texts again, whatever the texts and the budget are', () => {
    const text = fc.array(fc.constantFrom('a', 'b', ' ', '\n', 'word', '.', '😀', '\u0301'), { maxLength: 60 })
    fc.assert(
      fc.property(text, text, fc.integer({ min: -1, max: 500 }), (first, second, steps) => {
        const [before, after] = [first.join(''), second.join('')]
        const pieces = diffWords(before, after, { steps })
        expect([textOf(pieces, 'added'), textOf(pieces, 'removed')]).toEqual([before, after])
      }),
      { numRuns: 500 },
    )
  })

  test('are as few as there can be', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 })
    fc.assert(
      fc.property(words, words, (first, second) => {
        const pieces = diffWords(first.join('.'), second.join('.'), plenty())
        const same = pieces.flatMap(({ kind, text }) => (kind === 'same' ? (text.match(/\w|\./g) ?? []) : []))
        expect(same).toHaveLength(longestCommon([...first.join('.')], [...second.join('.')]))
      }),
    )
  })

  test('of texts that share little are found with bounded work, and then are both texts whole', () => {
    const noise = (seed: number) => Array.from({ length: 20_000 }, (_, index) => `w${(index * seed) % 9973}`).join(' ')
    // Finding the words takes most of it.
    const budget = { steps: 850_000 }
    const pieces = diffWords(noise(7), noise(5), budget)
    expect(pieces.map(({ kind }) => kind).filter(kind => kind !== 'same')).toEqual(['removed', 'added'])
    expect(budget.steps).toBeGreaterThan(-100_000)
  })
})

/** By the table that everybody knows. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, () => 0)
  for (const x of a) {
    const next = [0]
    for (const [index, y] of b.entries()) {
      next.push(x === y ? row[index]! + 1 : Math.max(row[index + 1]!, next[index]!))
    }
    row = next
  }
  return row.at(-1)!
}
