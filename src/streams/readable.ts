/** A part of a stream as Node's own kind of stream, for those who send it. */
import { Readable } from 'node:stream'
import type { StreamReader } from './stream-cache.ts'

/** Bytes that are asked for at once. */
const readBytes = 256 * 1024

/**
 * The bytes from the reader's place to `end` (not included) or the end of the stream. Closing it, as whoever sends it
 * does when the client goes, closes the reader; so does its end.
 * @param end where a stream ends before, that is an error: more was promised
 */
export function toReadable(reader: StreamReader, end?: number): Readable {
  return new Readable({
    highWaterMark: readBytes,
    read() {
      readNext(reader, end).then(
        bytes => this.push(bytes),
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      )
    },
    destroy(error, done) {
      void reader.close()
      done(error)
    },
  })
}

/** @returns null at the end, as Node wants it */
async function readNext(reader: StreamReader, end: number | undefined): Promise<Buffer | null> {
  const left = end === undefined ? readBytes : end - reader.position
  if (left <= 0) return null
  const bytes = await reader.read(Math.min(readBytes, left))
  if (bytes.length > 0) return bytes
  if (end !== undefined) throw new Error(`the stream ended at ${reader.position}, before ${end}`)
  return null
}
