/** Texts, terms that mean harm, and the plainest search there can be: what the index has to find. */
import fc from 'fast-check'
import { foldText } from '../../src/bug/search-text.ts'
import type { TextMatch } from '../../src/search/search-index.ts'
import type { BugText } from '../../src/search/update-parts.ts'

/** Numbers of the texts that hold a term, as the query language means it, in order. Texts are by number. */
export function findPlainly(texts: ReadonlyMap<number, string>, term: string): number[] {
  const wanted = foldText(term.toWellFormed())
  const holds = (text: string) => holdsPlainly(foldText(text.toWellFormed()), wanted)
  return [...texts].flatMap(([number, text]) => (holds(text) ? [number] : [])).sort((a, b) => a - b)
}

const words = /^[\p{L}\p{N}\p{White_Space}]+$/u
const noSpaces = String.raw`[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]`
const oneWord = new RegExp(String.raw`(?=${noSpaces})[\p{L}\p{N}]|(?:(?!${noSpaces})[\p{L}\p{N}])+`, 'gu')

/** @param text folded */
function holdsPlainly(text: string, term: string): boolean {
  const groups = term.split(/\p{White_Space}+/u).filter(group => group !== '')
  if (!words.test(term) || groups.length < 2) return text.includes(term)
  const wanted = term.match(oneWord) ?? []
  // What is no part of the text's own words need not be looked for.
  if (!wanted.every(word => text.includes(word))) return false
  const list = text.match(oneWord) ?? []
  const last = wanted.length - 1
  return list.some((_, at) =>
    wanted.every((word, n) => (n === last ? list[at + n]?.startsWith(word) : list[at + n] === word)),
  )
}

export function tipOf(number: number): string {
  return number.toString(16).padStart(40, '0')
}

export function idOf(number: number): string {
  return number.toString(16).padStart(64, '0')
}

/** A bug as an update has it, with a buffer of its own. */
export function bugText(number: number, text: string, options: { id?: number; tip?: number } = {}): BugText {
  const { id = number, tip = number } = options
  return { number, id: idOf(id), tip: tipOf(tip), text: new Uint8Array(new TextEncoder().encode(text)) }
}

/** A bug whose text the index may have from before. */
export function knownBug(number: number, options: { id?: number; tip?: number } = {}): BugText {
  return { ...bugText(number, '', options), text: undefined }
}

/** What a match has found of the numbers below a limit. */
export function numbersOf(match: TextMatch, limit = 5000): number[] {
  return Array.from({ length: limit }, (_, number) => number).filter(number => match.has(number))
}

/**
 * Characters that are likely to meet: of one, two, three and four bytes, with case, with accents, that become several
 * when they are folded, that SQLite or its index give a meaning, and that are no characters at all.
 */
const characters = [
  ...String.raw`a b A ß é Σ σ İ ﬁ … ' " * % _ ^ : ( \\ 温 度 窯 한 글 각 ﷺ NEAR OR text:`.split(' '),
  ...'kiln|kilns|温度計|カタ|ก|iphone温|ki|q1|x'.repeat(1).split('|'),
  ' ',
  ' ',
  ' ',
  ...'e\u0301|\n| |\0|\ufffd|\ufffe|\uffff|\u{1fffe}|\ud800|\udc00|\u0301|\u200d|\u{1f41e}|\u{1f469}|\ufeff'.split('|'),
]

/** Made of few characters, so that terms are often found, and often nearly. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...characters), { maxLength: 60 })
  .map(parts => parts.join(''))

const anyWord = fc.constantFrom(
  ...'a kiln kilns kil ki il 温 度 温度 温度計 カタ 한 é ß q1 1 iphone phone温 x'.split(' '),
)

export const anyTerm: fc.Arbitrary<string> = fc.oneof(
  anyWord,
  fc.array(anyWord, { minLength: 2, maxLength: 4 }).map(parts => parts.join(' ')),
  fc.array(fc.constantFrom(...characters), { minLength: 1, maxLength: 6 }).map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 5 }),
)

/** A part of a text, which is therefore found. */
export function partOf(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(text.length), fc.nat(text.length))
    .map(([a, b]) => text.slice(Math.min(a, b), Math.max(a, b) + 1))
}
