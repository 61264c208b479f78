import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { replaceOdd, visibleText } from '../../src/text/visible-text.ts'

const hidden = /[\p{Cc}\p{Bidi_Control}\u200b\u2060\ufeff\u2028\u2029]/u

describe('text without hidden parts', () => {
  test.each([
    ['a right-to-left override', 'invoice\u202efdp.exe', 'invoice[U+202E]fdp.exe'],
    ['an isolate', 'a\u2066b\u2069', 'a[U+2066]b[U+2069]'],
    ['direction marks', '\u200ea\u200f\u061c', '[U+200E]a[U+200F][U+061C]'],
    ['a zero width space', 'pay\u200bpal', 'pay[U+200B]pal'],
    ['a byte order mark', '\ufeffa', '[U+FEFF]a'],
    ['a soft hyphen', 'a\u00adb', 'a[U+00AD]b'],
    ['a letter that takes no room', 'a\u3164b', 'a[U+3164]b'],
    ['an escape sequence', '\u001b[31mred', '[U+001B][31mred'],
    ['a control character of the upper half', 'a\u0085b\u009bc', 'a[U+0085]b[U+009B]c'],
    ['a line separator', 'a\u2028b', 'a[U+2028]b'],
    ['a tag character alone', 'a\u{e0041}b', 'a[U+E0041]b'],
    ['a character that is none', 'a\ufffeb', 'a[U+FFFE]b'],
    ['a carriage return alone', 'a\rb', 'a[U+000D]b'],
  ])('shows %s', (_what, text, shown) => {
    expect(visibleText(text)).toBe(shown)
  })

  test('counts a run of the same hidden character instead of repeating it', () => {
    expect(visibleText(`a${'\0'.repeat(5)}b\u200b\u200b\u200c`)).toBe('a[U+0000 ×5]b[U+200B ×2][U+200C]')
  })

  test.each([
    ['plain text with tabs and newlines', 'a\tb\nc\r\nd'],
    ['accents and other scripts', 'Zoë Ünïcode 日本語 e\u0301 עברית'],
    ['a family of four', '👩‍👩‍👧‍👦'],
    ['a heart, a keycap and a flag', '❤️ 1️⃣ 🇪🇺'],
    ['the flag of a region', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'],
    ['a skin tone before a joiner', '👩🏽‍🚀'],
    ['a Persian word with a non-joiner', 'می\u200cخواهم'],
    ['an ideograph with its variant', '葛\u{e0100}'],
  ])('leaves %s as it is', (_what, text) => {
    expect(visibleText(text)).toBe(text)
  })

  test.each([
    ['a joiner between letters', 'a\u200db', 'a[U+200D]b'],
    ['a variation selector on a bare digit', '1\ufe0f', '1[U+FE0F]'],
    ['more variation selectors than one', '😀\ufe0f\ufe0f\ufe0e', '😀\ufe0f[U+FE0F][U+FE0E]'],
    ['a flag that does not end', '🏴\u{e0067}', '🏴[U+E0067]'],
  ])('shows %s, which does nothing there', (_what, text, shown) => {
    expect(visibleText(text)).toBe(shown)
  })

  test('puts U+FFFD for half a character', () => {
    expect(visibleText('a\ud800b\udc00')).toBe('a\ufffdb\ufffd')
  })

  test('keeps eight combining marks on a base and no more', () => {
    expect(visibleText(`z${'\u0301'.repeat(40)}y`)).toBe(`z${'\u0301'.repeat(8)}y`)
  })

  test('says what a hidden character is', () => {
    const said: string[] = []
    replaceOdd('\u202e\u0007\u{e0041}', ({ code, name }) => {
      said.push(`${code} ${name}`)
      return ''
    })
    expect(said).toEqual(['U+202E right-to-left override', 'U+0007 control character', 'U+E0041 invisible character'])
  })

  test('leaves nothing hidden in any string, and changes nothing the second time', () => {
    const units = fc.array(
      fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0x202e, 0x200d, 0xfe0f, 0x301)),
    )
    fc.assert(
      fc.property(units, codes => {
        const shown = visibleText(String.fromCharCode(...codes))
        expect(shown.isWellFormed()).toBe(true)
        expect(shown.replace(/[\t\n]|\r(?=\n)/g, '')).not.toMatch(hidden)
        expect(visibleText(shown)).toBe(shown)
      }),
    )
  })
})
