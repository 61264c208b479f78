/**
 * What a search term asks for, and what a word is. Pure. Texts and terms are folded by `foldText` beforehand.
 *
 *     one word      letters and digits only: a part of a word, anywhere
 *     a phrase      several words with white space between them: these one after the other, whatever stands between
 *                   them; the last one may be the beginning of a word
 *     a text        anything else: a part of the text, exactly as it is
 *
 * A word is a run of letters and digits. In scripts that have no spaces between words, each character is one.
 */

/** What a character is: nothing of a word, a part of a word, a word by itself. */
export const characterKind = { separator: 0, letter: 1, ideograph: 2 } as const
export type CharacterKind = (typeof characterKind)[keyof typeof characterKind]

const wordCharacter = /^[\p{L}\p{N}]$/u
const withoutSpaces =
  /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]$/u

/** Tells kinds of characters fast: works each out once. */
export class CharacterKinds {
  readonly #blocks = new Map<number, Uint8Array>()
  #lastBlock = -1
  #last: Uint8Array = new Uint8Array()

  of(codePoint: number): CharacterKind {
    const block = codePoint >>> 8
    if (block !== this.#lastBlock) {
      this.#last = this.#blocks.get(block) ?? this.#fill(block)
      this.#lastBlock = block
    }
    const kind = this.#last[codePoint & 0xff]
    return kind === 1 || kind === 2 ? kind : 0
  }

  #fill(block: number): Uint8Array {
    const kinds = Uint8Array.from({ length: 256 }, (_, low) => kindOf(String.fromCodePoint(block * 256 + low)))
    this.#blocks.set(block, kinds)
    return kinds
  }
}

function kindOf(character: string): CharacterKind {
  if (!wordCharacter.test(character)) return characterKind.separator
  return withoutSpaces.test(character) ? characterKind.ideograph : characterKind.letter
}

export type SearchTerm =
  | { readonly kind: 'word'; readonly word: string }
  /** At least two words. */
  | { readonly kind: 'phrase'; readonly words: readonly string[] }
  | { readonly kind: 'text' }

const oneWord = /^[\p{L}\p{N}]+$/u
const wordsOnly = /^[\p{L}\p{N}\p{White_Space}]+$/u

/** What a term asks for. @param term folded */
export function readTerm(term: string): SearchTerm {
  if (oneWord.test(term)) return { kind: 'word', word: term }
  if (!wordsOnly.test(term)) return { kind: 'text' }
  const groups = term.split(/\p{White_Space}+/u).filter(group => group !== '')
  return groups.length < 2 ? { kind: 'text' } : { kind: 'phrase', words: groups.flatMap(splitWords) }
}

/** A run of letters and digits, with each character of a script without spaces by itself. */
function splitWords(run: string): string[] {
  const words: string[] = []
  let word = ''
  for (const character of run) {
    if (!withoutSpaces.test(character)) {
      word += character
      continue
    }
    if (word !== '') words.push(word)
    words.push(character)
    word = ''
  }
  if (word !== '') words.push(word)
  return words
}

/**
 * Whether a text that comes in parts holds a phrase. Promises time that grows with the text and not with the text times
 * the phrase (Knuth, Morris and Pratt, over words).
 */
export class PhraseSearch {
  readonly #kinds = new CharacterKinds()
  /** Numbers of the words that must be there as they are: all but the last one. */
  readonly #pattern: readonly number[]
  readonly #borders: readonly number[]
  readonly #numbers = new Map<string, number>()
  /** Bytes that such a word begins with: most words of a text are told by them. */
  readonly #firstBytes = new Uint8Array(256)
  readonly #last: Buffer
  /** The word that is being read; of a longer one, its beginning. */
  readonly #word: Buffer
  #length = 0
  #matched = 0

  /** @param words at least two */
  constructor(words: readonly string[]) {
    this.#pattern = words.slice(0, -1).map(word => {
      const key = Buffer.from(word).toString('latin1')
      const number = this.#numbers.get(key) ?? this.#numbers.size
      this.#numbers.set(key, number)
      this.#firstBytes[key.charCodeAt(0)] = 1
      return number
    })
    this.#borders = findBorders(this.#pattern)
    this.#last = Buffer.from(words.at(-1) ?? '')
    this.#word = Buffer.alloc(1 + Math.max(...words.map(word => Buffer.byteLength(word))))
  }

  /** Forgets the text so far: another one begins. */
  restart() {
    this.#length = 0
    this.#matched = 0
  }

  /**
   * Goes on with the next part of the text, in UTF-8, which begins and ends between characters.
   * @returns true where the phrase ends in it; nothing is to be asked after that
   */
  push(part: Uint8Array): boolean {
    for (let at = 0; at < part.length; ) {
      const byte = part[at] ?? 0
      if (kindOfAscii(byte) === characterKind.letter) {
        at = this.#appendLetters(part, at)
        continue
      }
      const size = byte < 0x80 ? 1 : sizeOfCharacter(byte)
      const kind = byte < 0x80 ? characterKind.separator : this.#kinds.of(readCodePoint(part, at, size))
      if (kind !== characterKind.letter && this.#length > 0 && this.#endWord()) return true
      if (kind !== characterKind.separator) this.#append(part, at, size)
      if (kind === characterKind.ideograph && this.#endWord()) return true
      at += size
    }
    return false
  }

  /** The text is at its end. @returns true where the phrase ends there */
  end(): boolean {
    return this.#length > 0 && this.#endWord()
  }

  /** Letters that are ASCII, which most are. @returns where they end */
  #appendLetters(part: Uint8Array, from: number): number {
    let at = from + 1
    while (at < part.length && kindOfAscii(part[at] ?? 0) === characterKind.letter) at++
    const isNone = this.#length === 0 && this.#matched === 0 && this.#firstBytes[part[from] ?? 0] === 0
    // Only how a word begins that is none of the phrase is kept.
    this.#append(part, from, isNone ? 1 : at - from)
    return at
  }

  #append(part: Uint8Array, at: number, size: number) {
    for (let byte = at; byte < at + size && this.#length < this.#word.length; byte++) {
      this.#word[this.#length++] = part[byte] ?? 0
    }
  }

  #endWord(): boolean {
    const pattern = this.#pattern
    if (this.#matched === 0 && this.#firstBytes[this.#word[0] ?? 0] === 0) {
      this.#length = 0
      return false
    }
    const word = this.#word.subarray(0, this.#length)
    this.#length = 0
    const last = this.#last
    if (this.#matched === pattern.length) {
      if (word.length >= last.length && last.compare(word, 0, last.length) === 0) return true
      this.#matched = this.#borders[this.#matched - 1] ?? 0
    }
    // One that fills the place for it is longer than any of the phrase.
    const isKnown = word.length < this.#word.length && this.#firstBytes[word[0] ?? 0] === 1
    const number = isKnown ? this.#numbers.get(word.toString('latin1')) : undefined
    while (this.#matched > 0 && pattern[this.#matched] !== number) this.#matched = this.#borders[this.#matched - 1] ?? 0
    if (pattern[this.#matched] === number) this.#matched++
    return false
  }
}

/** For each length of a beginning, less one: the longest shorter beginning that is also its end. */
function findBorders(pattern: readonly number[]): number[] {
  const borders = [0]
  let border = 0
  for (let at = 1; at < pattern.length; at++) {
    while (border > 0 && pattern[at] !== pattern[border]) border = borders[border - 1] ?? 0
    if (pattern[at] === pattern[border]) border++
    borders.push(border)
  }
  return borders
}

/** Of folded texts: capital letters are not among them. */
export function kindOfAscii(byte: number): CharacterKind {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) ? 1 : 0
}

/** Bytes of a character whose first byte that is, in UTF-8. */
export function sizeOfCharacter(first: number): number {
  if (first < 0xc0) return 1
  if (first < 0xe0) return 2
  return first < 0xf0 ? 3 : 4
}

/** The character of `size` bytes at that place of valid UTF-8. */
export function readCodePoint(bytes: Uint8Array, at: number, size: number): number {
  const [b0, b1, b2, b3] = [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0]
  if (size === 1) return b0
  if (size === 2) return ((b0 & 0x1f) << 6) | (b1 & 0x3f)
  if (size === 3) return ((b0 & 0x0f) << 12) | ((b1 & 0x3f) << 6) | (b2 & 0x3f)
  return ((b0 & 0x07) << 18) | ((b1 & 0x3f) << 12) | ((b2 & 0x3f) << 6) | (b3 & 0x3f)
}
