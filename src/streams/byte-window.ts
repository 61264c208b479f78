/** A stretch of a stream in memory: bytes come at its end, and are forgotten at its beginning. */
import type { HeldBytes } from './blocks.ts'

export interface ByteWindow {
  /** Puts bytes behind those that are there, and takes over the hold on them. @param at the place of the first one */
  push(at: number, piece: HeldBytes): void
  /** Some of the bytes from a place on, one at least, with a hold; undefined where it does not have that place. */
  find(at: number, maxBytes: number): HeldBytes | undefined
  /** Forgets what lies before a place, as far as whole pieces do. */
  forgetBefore(place: number): void
  clear(): void
}

interface Piece extends HeldBytes {
  readonly at: number
}

export function createByteWindow(): ByteWindow {
  const pieces: Piece[] = []
  /** Both as one, where the second lies behind the first in memory, too: however small they come, there are few of them. */
  const join = ({ at, bytes, block }: Piece, next: HeldBytes): Piece | undefined => {
    if (next.block !== block || next.bytes.byteOffset !== bytes.byteOffset + bytes.length) return undefined
    next.block.giveBack()
    const start = bytes.byteOffset - block.memory.byteOffset
    return { at, block, bytes: block.memory.subarray(start, start + bytes.length + next.bytes.length) }
  }
  return {
    push(at, piece) {
      const last = pieces.at(-1)
      const joined = last && join(last, piece)
      if (joined) pieces[pieces.length - 1] = joined
      else pieces.push({ at, ...piece })
    },
    find(at, maxBytes) {
      const piece = pieces.find(one => at >= one.at && at < one.at + one.bytes.length)
      if (!piece) return undefined
      piece.block.hold()
      return { block: piece.block, bytes: piece.bytes.subarray(at - piece.at, at - piece.at + maxBytes) }
    },
    forgetBefore(place) {
      const isBefore = (piece: Piece) => piece.at + piece.bytes.length <= place
      for (let first = pieces[0]; first && isBefore(first); first = pieces[0]) {
        pieces.shift()
        first.block.giveBack()
      }
    },
    clear() {
      for (const { block } of pieces.splice(0)) block.giveBack()
    },
  }
}
