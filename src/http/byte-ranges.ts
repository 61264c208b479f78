/**
 * Several parts of a stream as one body (RFC 9110, section 14.6): each with a head that says which it is, in their order,
 * so that the stream is read once and forwards.
 */
import { randomBytes } from 'node:crypto'
import { piecesOf } from '../streams/pieces.ts'
import type { StreamReader } from '../streams/stream-cache.ts'
import type { BytePart } from './range.ts'

export interface RangesInput {
  readonly parts: readonly BytePart[]
  /** Bytes of the whole. */
  readonly size: number
  /** Media type of the whole. */
  readonly type: string
}

export interface ByteRangesBody {
  readonly contentType: string
  readonly contentLength: number
  /** See `piecesOf`. @param at where the whole begins in the stream */
  pieces(reader: StreamReader, at: number): AsyncGenerator<Buffer, void>
}

/** Plans the body; nothing is read yet. */
export function byteRangesBody({ parts, size, type }: RangesInput): ByteRangesBody {
  // Nobody who writes a file can know it.
  const boundary = randomBytes(16).toString('hex')
  const heads = parts.map(part =>
    Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${contentRange(part, size)}\r\n\r\n`),
  )
  const between = Buffer.from('\r\n')
  const last = Buffer.from(`--${boundary}--\r\n`)
  const headed = parts.map((part, index) => ({ part, head: heads[index] ?? between }))
  const contentLength = headed.reduce(
    (sum, { part, head }) => sum + head.length + part.end - part.start + between.length,
    last.length,
  )
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    contentLength,
    async *pieces(reader, at) {
      for (const { part, head } of headed) {
        yield head
        reader.skipTo(at + part.start)
        yield* piecesOf(reader, at + part.end)
        yield between
      }
      yield last
    },
  }
}

/** What a part is called: `bytes 0-499/1234`. */
export function contentRange({ start, end }: BytePart, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`
}
