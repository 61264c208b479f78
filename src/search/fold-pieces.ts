/**
 * Cuts a text into folded pieces of bounded size, so that neither folding nor indexing the longest text takes more
 * memory than a piece does. Pure. Promises that the pieces without their overlaps, one after the other, are exactly
 * what `foldText` makes of the whole text, and that any `overlapBytes + 1` bytes of that lie in one piece together:
 *
 *     folded text   ├──────────────────────────────────────────────┤
 *     pieces        ├────────────────┤
 *                                 ├──┴─────────────┤
 *                                  overlap      ├──┴───────────────┤
 */
import { foldText } from '../bug/search-text.ts'

export interface Piece {
  /** Folded, in UTF-8; it begins and ends between characters. */
  readonly bytes: Uint8Array
  /** Bytes at its beginning that are the end of the piece before. */
  readonly overlap: number
}

export interface PieceSizes {
  /** Bytes of the text that are decoded and folded at once, about. */
  readonly foldBytes: number
  /** Bytes of a piece at most; more than twice `overlapBytes`. */
  readonly pieceBytes: number
}

/** Bytes that a piece has in common with the one before, at least. */
export const overlapBytes = 63
const usualSizes: PieceSizes = { foldBytes: 64 * 1024, pieceBytes: 80 * 1024 }

/** The pieces of a text in UTF-8: at least one. What is no UTF-8 in it counts as U+FFFD. */
export function* foldPieces(text: Uint8Array, sizes: PieceSizes = usualSizes): Generator<Piece> {
  let tail: Uint8Array = new Uint8Array()
  let isFirst = true
  for (const folded of foldParts(text, sizes.foldBytes)) {
    const part = Buffer.from(folded)
    let rest = tail.length === 0 ? part : Buffer.concat([tail, part])
    let overlap = tail.length
    isFirst = false
    for (;;) {
      const end = rest.length <= sizes.pieceBytes ? rest.length : startOfCharacter(rest, sizes.pieceBytes)
      yield { bytes: rest.subarray(0, end), overlap }
      const next = startOfCharacter(rest, Math.max(0, end - overlapBytes))
      if (end === rest.length) {
        tail = rest.subarray(next)
        break
      }
      overlap = end - next
      rest = rest.subarray(next)
    }
  }
  if (isFirst) yield { bytes: tail, overlap: 0 }
}

/** The text folded in parts, each cut where folding does not look across. */
function* foldParts(text: Uint8Array, foldBytes: number): Generator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  for (let at = 0; at < text.length; at += foldBytes) {
    const known = rest.length
    const isLast = at + foldBytes >= text.length
    rest += decoder.decode(text.subarray(at, at + foldBytes), { stream: !isLast })
    // Looked for in what is new only: a text without such a place must not be searched over and over again.
    const end = isLast ? rest.length : findCut(rest, known)
    if (end === undefined) continue
    yield foldText(rest.slice(0, end))
    rest = rest.slice(end)
  }
}

/** The last place after `from` at which a text may be cut; undefined where there is none. */
function findCut(text: string, from: number): number | undefined {
  for (let at = text.length - 1; at > from; at--) {
    if (!isLowSurrogate(text, at) && isSettled(text, at) && isSettled(text, characterBefore(text, at))) return at
  }
  return undefined
}

const unsettled = /[\p{Case_Ignorable}σς]/u
/** What most cuts are between. `\s` would have U+FEFF in it, which is case-ignorable. */
const plain = /[0-9A-Za-z \n\r\t]/

/**
 * True for a character that keeps what is on one side of it from deciding how the other is folded. The small sigma has
 * another form at the end of a word, and what Unicode calls case-ignorable does not end a word.
 */
function isSettled(text: string, at: number): boolean {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  if (plain.test(character)) return true
  const folded = foldText(character)
  return folded !== '' && !unsettled.test(folded)
}

function characterBefore(text: string, at: number): number {
  return isLowSurrogate(text, at - 1) ? at - 2 : at - 1
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit <= 0xdfff
}

/** The place itself, or where the character begins in whose middle it is. */
function startOfCharacter(bytes: Uint8Array, at: number): number {
  let start = at
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--
  return start
}
