/**
 * Several parts of a stream as one body (RFC 9110, section 14.6): each with a head that says which it is, in their order,
 * so that the stream is read once and forwards.
 */
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
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
  /** @param reader is closed at the end @param at where the whole begins in it */
  read(reader: StreamReader, at: number): Readable
}

/** Bytes that are asked for at once. */
const readBytes = 256 * 1024

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
  async function* pieces(reader: StreamReader, at: number) {
    try {
      for (const { part, head } of headed) {
        yield head
        reader.skipTo(at + part.start)
        yield* readUntil(reader, at + part.end)
        yield between
      }
      yield last
    } finally {
      await reader.close()
    }
  }
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    contentLength,
    read: (reader, at) => Readable.from(pieces(reader, at), { objectMode: false, highWaterMark: readBytes }),
  }
}

async function* readUntil(reader: StreamReader, end: number) {
  while (reader.position < end) {
    const bytes = await reader.read(Math.min(readBytes, end - reader.position))
    if (bytes.length === 0) throw new Error(`the stream ended at ${reader.position}, before ${end}`)
    yield bytes
  }
}

/** What a part is called: `bytes 0-499/1234`. */
export function contentRange({ start, end }: BytePart, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`
}
