/**
 * Cuts folded texts into what the word index is given: tokens with a space between them. What a word is, is said here
 * and in `bug/search-words.ts` alone; the index itself only splits at the spaces.
 *
 *     kiln 温度計 …            kiln  温度 度計 計        of a script without spaces: pairs, and the last character
 *     a word of 250 bytes     ├──────────┤              in chunks that overlap; all but the first begin with
 *                                    ├──────────┤       `chunkMark`, so that no phrase takes them for words
 *     text of several pieces  each piece begins with the last tokens of the one before, so that each phrase that is
 *                             short enough lies in one of them; a word belongs to the piece in which it ends
 */
import { CharacterKinds, characterKind, kindOfAscii, readCodePoint, sizeOfCharacter } from '../bug/search-words.ts'

/** Bytes of a token at most, but for its mark. */
export const tokenBytes = 96
/** Any part of a word up to so many bytes lies in one token. */
export const partBytes = 48
/** Phrases of so many tokens lie in one piece. */
export const phraseTokens = 16
/** No letter, and so in no word; yet the index takes it for a part of one. */
const chunkMark = Buffer.from('\u0080')
const space = 0x20

/** Told of each token that is a word or a chunk of one. Pairs of characters are not among them. */
export type OnWord = (bytes: Uint8Array, from: number, to: number) => void

export class IndexWords {
  readonly #kinds = new CharacterKinds()
  readonly #onWord: OnWord
  #out = Buffer.alloc(256 * 1024)
  #length = 0
  /** Where the last tokens begin. */
  readonly #starts = new Float64Array(phraseTokens - 1)
  #tokens = 0
  readonly #word = Buffer.alloc(tokenBytes)
  #wordLength = 0
  #isChunk = false
  /** The last character of a run of those that are words by themselves; its bytes, 0 where there is none. */
  readonly #before = Buffer.alloc(4)
  #beforeLength = 0

  constructor(onWord: OnWord = () => {}) {
    this.#onWord = onWord
  }

  /** Another text begins. */
  restart() {
    this.#length = 0
    this.#tokens = 0
    this.#wordLength = 0
    this.#isChunk = false
    this.#beforeLength = 0
  }

  /**
   * The next piece of the text, without what it has in common with the one before.
   * @returns its tokens; they hold until the next call
   */
  push(piece: Uint8Array, isLast: boolean): Buffer {
    this.#keepTail()
    for (let at = 0; at < piece.length; ) {
      const byte = piece[at] ?? 0
      const size = byte < 0x80 ? 1 : sizeOfCharacter(byte)
      const kind = byte < 0x80 ? kindOfAscii(byte) : this.#kinds.of(readCodePoint(piece, at, size))
      if (kind !== characterKind.letter) this.#endWord()
      if (kind !== characterKind.ideograph) this.#endRun()
      if (kind === characterKind.letter) this.#append(piece, at, size)
      else if (kind === characterKind.ideograph) this.#pair(piece, at, size)
      at += size
    }
    if (isLast) {
      this.#endWord()
      this.#endRun()
    }
    return this.#out.subarray(0, this.#length)
  }

  #keepTail() {
    const kept = Math.min(this.#tokens, phraseTokens - 1)
    const from = kept === 0 ? this.#length : (this.#starts[(this.#tokens - kept) % this.#starts.length] ?? 0)
    this.#out.copyWithin(0, from, this.#length)
    this.#length -= from
    for (let at = this.#tokens - kept; at < this.#tokens; at++) {
      const slot = at % this.#starts.length
      this.#starts[slot] = (this.#starts[slot] ?? 0) - from
    }
  }

  #append(piece: Uint8Array, at: number, size: number) {
    if (this.#wordLength + size > tokenBytes) this.#cutChunk()
    for (let byte = at; byte < at + size; byte++) this.#word[this.#wordLength++] = piece[byte] ?? 0
  }

  /** The word is longer than a token may be: what it has so far becomes one, and its end begins the next one. */
  #cutChunk() {
    this.#emitWord()
    let from = this.#wordLength - partBytes
    while (((this.#word[from] ?? 0) & 0xc0) === 0x80) from--
    this.#word.copyWithin(0, from, this.#wordLength)
    this.#wordLength -= from
    this.#isChunk = true
  }

  #endWord() {
    if (this.#wordLength === 0) return
    this.#emitWord()
    this.#wordLength = 0
    this.#isChunk = false
  }

  #emitWord() {
    this.#begin()
    const from = this.#length
    if (this.#isChunk) this.#copy(chunkMark, chunkMark.length)
    this.#copy(this.#word, this.#wordLength)
    this.#onWord(this.#out, from, this.#length)
    this.#out[this.#length++] = space
  }

  #pair(piece: Uint8Array, at: number, size: number) {
    if (this.#beforeLength > 0) {
      this.#begin()
      this.#copy(this.#before, this.#beforeLength)
      for (let byte = at; byte < at + size; byte++) this.#out[this.#length++] = piece[byte] ?? 0
      this.#out[this.#length++] = space
    }
    for (let byte = 0; byte < size; byte++) this.#before[byte] = piece[at + byte] ?? 0
    this.#beforeLength = size
  }

  #endRun() {
    if (this.#beforeLength === 0) return
    this.#begin()
    this.#copy(this.#before, this.#beforeLength)
    this.#out[this.#length++] = space
    this.#beforeLength = 0
  }

  #begin() {
    this.#starts[this.#tokens++ % this.#starts.length] = this.#length
    const most = tokenBytes + chunkMark.length + 1
    if (this.#length + most > this.#out.length) this.#out = Buffer.concat([this.#out, Buffer.alloc(this.#out.length)])
  }

  #copy(from: Buffer, length: number) {
    for (let at = 0; at < length; at++) this.#out[this.#length++] = from[at] ?? 0
  }
}

/** The tokens that a run of characters that are words by themselves is found by; one character is the beginning of one. */
export function pairsOf(characters: readonly string[]): string[] {
  return characters.slice(0, -1).map((character, at) => character + (characters[at + 1] ?? ''))
}
