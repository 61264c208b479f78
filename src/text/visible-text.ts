/**
 * Text without hidden parts: what a reader sees is what is there. Characters that turn the writing direction, take no
 * room or control a terminal are shown as `[U+202E]`; they serve to make one text look like another.
 *
 * Promises: the result has no such character, is well-formed Unicode, and is made in linear time. Tab and newline stay,
 * and so do joiners and variation selectors where they do their work: inside emoji and flags, between letters of
 * scripts that join, after ideographs. It refuses nothing, and it does not escape: that is the template's job.
 */
import { strings } from '../strings/strings.ts'

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

const names: ReadonlyMap<string, string> = new Map(Object.entries(strings.text.hiddenCharacters))

/** An odd character, or a run of the same one, as it is shown. */
export interface OddText {
  /** `U+202E`, or `U+0000 ×12` for a run. */
  readonly code: string
  /** What it is, in English: `right-to-left override`. */
  readonly name: string
}

function describeOdd(run: string, character: string): OddText {
  const codePoint = character.codePointAt(0) ?? 0
  const code = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
  const count = run.length / character.length
  const control = codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)
  return {
    code: count === 1 ? code : `${code} ×${count}`,
    name: names.get(code) ?? (control ? strings.text.controlCharacter : strings.text.invisibleCharacter),
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
