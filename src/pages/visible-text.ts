/**
 * Text without hidden parts: what a reader sees is what is there. Characters that turn the writing direction, take no
 * room or control a terminal are shown as `[U+202E]`; they serve to make one text look like another.
 *
 * Promises: the result has no such character, is well-formed Unicode, and is made in linear time. Tab and newline stay,
 * and so do joiners and variation selectors where they do their work: inside emoji and flags, between letters of
 * scripts that join, after ideographs. It refuses nothing, and it does not escape: that is the template's job.
 */

const plain = /^[\t\n\x20-\x7e]*$/

/** More combining marks than this on one base leave the line and cover its neighbours; no language needs as many. */
const maxMarks = 8
const markStack = new RegExp(`(\\p{M}{${maxMarks}})\\p{M}+`, 'gu')

const emoji = '\\p{Extended_Pictographic}\\p{Emoji_Modifier}'
const joiningScripts = [
  'Arabic',
  'Bengali',
  'Devanagari',
  'Gujarati',
  'Gurmukhi',
  'Kannada',
  'Khmer',
  'Malayalam',
  'Mongolian',
  'Myanmar',
  'Nko',
  'Oriya',
  'Sinhala',
  'Syriac',
  'Tamil',
  'Telugu',
]
const joining = `[${joiningScripts.map(script => `\\p{Script=${script}}`).join('')}]`

/** Where an invisible character is at work and stays as it is. */
const working = [
  // A flag of a region: a black flag, the region's letters as tags, the end tag.
  '\\u{1F3F4}[\\u{E0030}-\\u{E0039}\\u{E0061}-\\u{E007A}]{1,6}\\u{E007F}',
  `(?<=[${emoji}]\\uFE0F?)\\u200D(?=\\p{Extended_Pictographic})`,
  `(?<=${joining})[\\u200C\\u200D](?=${joining})`,
  // The choice between emoji and text. Digits have it only as keycaps; bare, it would be invisible there.
  '(?<=[0-9#*])\\uFE0F(?=\\u20E3)',
  '(?<=[[\\p{Emoji}\\p{S}]--[0-9#*]])[\\uFE0E\\uFE0F]',
  '(?<=\\p{Script=Han})[\\uFE00-\\uFE02\\u{E0100}-\\u{E01EF}]',
  '(?<=\\p{Script=Mongolian})[\\u180B-\\u180D\\u180F]',
  '\\r(?=\\n)',
]

const odd =
  '[[\\p{Cc}\\p{Default_Ignorable_Code_Point}\\p{Zl}\\p{Zp}\\p{Noncharacter_Code_Point}\\uFFF9-\\uFFFB]--[\\t\\n]]'
const workingOrOdd = new RegExp(`${working.join('|')}|(${odd})\\1*`, 'gv')

const names: ReadonlyMap<number, string> = new Map([
  [0x00ad, 'soft hyphen'],
  [0x061c, 'Arabic letter mark'],
  [0x200b, 'zero width space'],
  [0x200c, 'zero width non-joiner'],
  [0x200d, 'zero width joiner'],
  [0x200e, 'left-to-right mark'],
  [0x200f, 'right-to-left mark'],
  [0x2028, 'line separator'],
  [0x2029, 'paragraph separator'],
  [0x202a, 'left-to-right embedding'],
  [0x202b, 'right-to-left embedding'],
  [0x202c, 'pop directional formatting'],
  [0x202d, 'left-to-right override'],
  [0x202e, 'right-to-left override'],
  [0x2060, 'word joiner'],
  [0x2066, 'left-to-right isolate'],
  [0x2067, 'right-to-left isolate'],
  [0x2068, 'first strong isolate'],
  [0x2069, 'pop directional isolate'],
  [0xfeff, 'byte order mark'],
])

/** An odd character, or a run of the same one, as it is shown. */
export interface OddText {
  /** `U+202E`, or `U+0000 ×12` for a run. */
  readonly code: string
  /** What it is, in English: `right-to-left override`. */
  readonly name: string
}

function describeOdd(run: string, character: string): OddText {
  const codePoint = character.codePointAt(0) ?? 0
  const hex = codePoint.toString(16).toUpperCase().padStart(4, '0')
  const count = run.length / character.length
  const control = codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)
  return {
    code: count === 1 ? `U+${hex}` : `U+${hex} ×${count}`,
    name: names.get(codePoint) ?? (control ? 'control character' : 'invisible character'),
  }
}

/**
 * Puts something visible in the place of each odd character.
 * @param text any string; lone surrogates become U+FFFD, stacks of combining marks are cut to 8
 * @param show what to write for one odd character or a run of the same one
 */
export function replaceOdd(text: string, show: (odd: OddText) => string): string {
  if (plain.test(text)) return text
  return text
    .toWellFormed()
    .replace(markStack, '$1')
    .replace(workingOrOdd, (match: string, character: string | undefined) =>
      character === undefined ? match : show(describeOdd(match, character)),
    )
}

/**
 * A text with its hidden characters shown as `[U+202E]`. Plain text in, plain text out; to be escaped like any other.
 * @param text a title, a name, a label …; tab and newline stay
 */
export function visibleText(text: string): string {
  return replaceOdd(text, odd => `[${odd.code}]`)
}
