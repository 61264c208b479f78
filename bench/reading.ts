/** One reader's way through content that is known (`big-content.ts`). */
import type { BigContent } from './big-content.ts'

export interface Reading {
  readonly content: BigContent
  /** Where the reader stops. */
  readonly end: number
  readonly progress: Progress
  /** Fires when the reader is to leave wherever it stands. */
  readonly leave: AbortSignal
}

/** How far one reader has come. */
export interface Progress {
  bytes: number
}

/** Takes a piece. @returns whether the reader goes on @throws where the bytes are not the right ones */
export function take({ content, end, progress }: Reading, piece: Uint8Array): boolean {
  if (piece.length > 0 && !content.fits(piece, progress.bytes)) throw new Error(`wrong bytes at ${progress.bytes}`)
  progress.bytes += piece.length
  return progress.bytes < end
}
