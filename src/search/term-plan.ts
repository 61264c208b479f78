/**
 * How a term is looked up that is not asked of the word index (`word-plan.ts`): which part of it the trigram index is
 * asked for, and what is left to be looked at in the texts. Pure.
 *
 *     term     ├───────────────────────────────────────────────┤      all of it, where it is longer than `start`
 *     start    ├──────────────────────┤ at most 64 bytes: what SQLite's `instr` may be asked for, whose time grows with
 *     phrase          ├───────┤         text times term; pieces of texts overlap by as much
 *              at most 16 characters: the index finds texts with them one after the other
 */
import { overlapBytes } from './fold-pieces.ts'

export interface TermPlan {
  /** The term in UTF-8. */
  readonly bytes: Buffer
  /** The term's beginning, or all of it. */
  readonly start: Buffer
  /** A query of the index that finds every text with the term; undefined where it cannot be asked. */
  readonly phrase: string | undefined
  /** Whether the phrase is the whole term, so that what the index finds needs no second look. */
  readonly isPhraseEnough: boolean
}

const maxStartBytes = overlapBytes + 1
const maxPhraseChars = 16
const trigram = 3

/** @param term folded by `foldText`, without lone surrogates */
export function planTerm(term: string): TermPlan {
  const bytes = Buffer.from(term)
  const startText = takeStart(term)
  const phrase = findPhrase(startText)
  return {
    bytes,
    start: Buffer.from(startText),
    phrase: phrase === undefined ? undefined : `"${phrase.replaceAll('"', '""')}"`,
    isPhraseEnough: phrase === term,
  }
}

/** The beginning of a word or text that pieces are searched for, in UTF-8. */
export function startOf(text: string): Buffer {
  return Buffer.from(takeStart(text))
}

/** Whole characters of the beginning, as many as fit. */
function takeStart(term: string): string {
  let bytes = 0
  let chars = 0
  for (const character of term) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxStartBytes) break
    chars += character.length
  }
  return term.slice(0, chars)
}

/** The longest run of characters that the index tells apart, if it is long enough to be asked for. */
function findPhrase(text: string): string | undefined {
  let longest: string[] = []
  let run: string[] = []
  for (const character of text) {
    if (isBlurred(character)) run = []
    else run.push(character)
    if (run.length > longest.length) longest = [...run]
  }
  return longest.length < trigram ? undefined : longest.slice(0, maxPhraseChars).join('')
}

/** NUL ends a text for the index, and these three are one character to it (`toIndexText`). */
function isBlurred(character: string): boolean {
  return character === '\0' || character === '\ufffd' || character === '\ufffe' || character === '\uffff'
}

/** A folded piece as it goes into the index. */
export function toIndexText(piece: Uint8Array): string {
  return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString().replaceAll('\0', '\ufffd')
}
