/**
 * A stream of unknown length as parts of one size with their digests. It holds one part, in one piece of memory that
 * is used again and again, and asks for more only when the part was taken.
 */
import { createHash } from 'node:crypto'
import { waitFor } from '../base/single-flight.ts'
import type { S3Body } from './s3-client.ts'

/** Good until the next one is asked for. */
export interface StreamPart extends S3Body {
  /** Nothing comes after it. Only then it may be smaller than the others. */
  readonly isLast: boolean
}

/** At least one part; of an empty stream one without a byte. @param signal ends the wait for a stream that hangs */
export async function* readParts(
  content: AsyncIterable<Uint8Array>,
  partBytes: number,
  signal: AbortSignal,
): AsyncGenerator<StreamPart, void> {
  const memory = Buffer.allocUnsafeSlow(partBytes)
  let filled = 0
  let hash = createHash('sha256')
  for await (const piece of untilAborted(content, signal)) {
    for (let offset = 0; offset < piece.byteLength; ) {
      // Only the byte after a full part shows that it is not the last.
      if (filled === partBytes) {
        yield { bytes: memory, sha256: hash.digest('hex'), isLast: false }
        filled = 0
        hash = createHash('sha256')
      }
      const taken = piece.subarray(offset, offset + partBytes - filled)
      memory.set(taken, filled)
      hash.update(taken)
      filled += taken.byteLength
      offset += taken.byteLength
    }
  }
  yield { bytes: memory.subarray(0, filled), sha256: hash.digest('hex'), isLast: true }
}

/** The same stream; where it hangs the signal ends the wait, and the stream is told without waiting for it. */
async function* untilAborted<T>(content: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void> {
  const source = content[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await waitFor(source.next(), signal)
      if (next.done) return
      yield next.value
    }
  } finally {
    const ended = source.return?.()
    if (signal.aborted) ended?.catch(() => {})
    else await ended
  }
}
