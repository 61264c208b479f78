/** Texts, terms that mean harm, and the plainest search there can be: what the index has to find. */
import fc from 'fast-check'
import { foldText } from '../../src/bug/search-text.ts'
import type { BugText } from '../../src/search/update-parts.ts'

/** Texts of bugs, by tip. */
export type TextsByTip = ReadonlyMap<string, string>

/** Tips of the texts that hold a term, as the query language means it, sorted. */
export function findPlainly(texts: TextsByTip, term: string): string[] {
  const wanted = foldText(term.toWellFormed())
  return [...texts].flatMap(([tip, text]) => (foldText(text.toWellFormed()).includes(wanted) ? [tip] : [])).sort()
}

export function tipOf(number: number): string {
  return number.toString(16).padStart(40, '0')
}

export function idOf(number: number): string {
  return number.toString(16).padStart(64, 'a')
}

/** A bug as an update has it, with a buffer of its own. */
export function bugText(number: number, text: string, tip: string = tipOf(number)): BugText {
  return { id: idOf(number), tip, text: new Uint8Array(new TextEncoder().encode(text)) }
}

/**
 * Characters that are likely to meet: of one, two, three and four bytes, with case, with accents, that become several
 * when they are folded, that SQLite or its index give a meaning, and that are no characters at all.
 */
const characters = [
  ...String.raw`a b A ß é Σ σ İ ﬁ … ' " * % _ ^ : ( \\ 温 度 窯 한 글 각 ﷺ NEAR OR text:`.split(' '),
  ...'e\u0301|\n| |\0|\ufffd|\ufffe|\uffff|\u{1fffe}|\ud800|\udc00|\u0301|\u200d|\u{1f41e}|\u{1f469}|\ufeff'.split('|'),
]

/** Made of few characters, so that terms are often found, and often nearly. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...characters), { maxLength: 60 })
  .map(parts => parts.join(''))

export const anyTerm: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.constantFrom(...characters), { minLength: 1, maxLength: 6 }).map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 5 }),
)

/** A part of a text, which is therefore found. */
export function partOf(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(text.length), fc.nat(text.length))
    .map(([a, b]) => text.slice(Math.min(a, b), Math.max(a, b) + 1))
}
