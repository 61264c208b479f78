/**
 * Reads of one file by many. Those who stand close to each other have the same piece of it, which is read once; so they
 * stay close: whoever is in front waits for the file, and the others do not. Each has one piece in memory at most.
 */
import type { Block, BlockPool, HeldBytes } from './blocks.ts'
import type { StreamFile } from './stream-files.ts'

export interface SharedReads<Reader> {
  /**
   * The bytes from a place on, one at least, with a hold.
   * @param end there are bytes in the file up to there
   * @throws what the file fails of, and where it is shorter than that
   */
  read(reader: Reader, at: number, end: number): Promise<HeldBytes>
  /** Gives back the piece of a reader who has gone. */
  forget(reader: Reader): void
}

interface Piece {
  readonly at: number
  readonly length: number
  readonly block: Block
  readonly filled: Promise<void>
}

/** @param pieceBytes what is read at once */
export function createSharedReads<Reader>(file: StreamFile, pool: BlockPool, pieceBytes: number): SharedReads<Reader> {
  /** Each reader holds its piece. */
  const pieces = new Map<Reader, Piece>()
  const readPiece = (at: number, length: number): Piece => {
    const block = pool.take(pieceBytes)
    // Also of those who have gone: the file writes into it until it is done.
    block.hold()
    const filled = fill(file, block.memory.subarray(0, length), at).finally(() => block.giveBack())
    return { at, length, block, filled }
  }
  const find = (at: number): Piece | undefined => {
    for (const piece of pieces.values()) {
      if (at < piece.at || at >= piece.at + piece.length) continue
      piece.block.hold()
      return piece
    }
    return undefined
  }
  const forget = (reader: Reader) => {
    pieces.get(reader)?.block.giveBack()
    pieces.delete(reader)
  }
  return {
    async read(reader, at, end) {
      const piece = find(at) ?? readPiece(at, Math.min(pieceBytes, end - at))
      forget(reader)
      pieces.set(reader, piece)
      const { block } = piece
      block.hold()
      try {
        await piece.filled
      } catch (error) {
        block.giveBack()
        if (pieces.get(reader) === piece) forget(reader)
        throw error
      }
      return { block, bytes: block.memory.subarray(at - piece.at, piece.length) }
    },
    forget,
  }
}

async function fill(file: StreamFile, into: Buffer, at: number) {
  if ((await file.read(into, at)) < into.length) throw new Error('a file is shorter than what was written to it')
}
