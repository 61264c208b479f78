/** A part of a stream, piece by piece. */
import type { StreamReader } from './stream-cache.ts'

/** Bytes of a piece, at most. */
const pieceBytes = 256 * 1024

/**
 * The bytes from the reader's place to `end` (not included) or to the end of the stream. Each piece is lent: it is gone
 * when the next one is asked for. The reader stays open.
 * @throws where the stream ends before `end`, since more was promised; and what it fails of
 */
export async function* piecesOf(reader: StreamReader, end?: number): AsyncGenerator<Buffer, void> {
  for (;;) {
    const left = end === undefined ? pieceBytes : end - reader.position
    if (left <= 0) return
    const bytes = await reader.lend(Math.min(pieceBytes, left))
    if (bytes.length > 0) yield bytes
    else if (end === undefined) return
    else throw new Error(`the stream ended at ${reader.position}, before ${end}`)
  }
}
