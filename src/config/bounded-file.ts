/**
 * Reads small files that a setting names. Refused: more bytes than the limit (no more than that are read, so an endless
 * device is refused as well), and of texts what is not UTF-8.
 */
import { createReadStream } from 'node:fs'

export type BoundedBytes = { readonly bytes: Buffer } | { readonly reason: string }
export type BoundedText = { readonly text: string } | { readonly reason: string }

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read by this user',
  EISDIR: 'it is a folder',
}

/** Reads a whole text; a byte order mark is dropped. A failure is a reason that fits after a colon, not a throw. */
export async function readBoundedText(path: string, maxBytes: number): Promise<BoundedText> {
  const read = await readBoundedBytes(path, maxBytes)
  if ('reason' in read) return read
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(read.bytes) }
  } catch {
    return { reason: 'it is not UTF-8 text' }
  }
}

/** Reads a whole file of any kind. A failure is a reason that fits after a colon, not a throw. */
export async function readBoundedBytes(path: string, maxBytes: number): Promise<BoundedBytes> {
  const chunks: Buffer[] = []
  try {
    // `end` is the last byte that is read: one more than allowed.
    for await (const chunk of createReadStream(path, { end: maxBytes })) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    if (bytes.length > maxBytes) return { reason: `it is larger than ${maxBytes} bytes` }
    return { bytes }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { reason: reasons[code] ?? `it cannot be read (${code})` }
  }
}
