/**
 * Readers of one large thing, all at the same time, from an address or from a file. A process of its own, started by
 * `group-process.ts`: it takes an order, sends what came of it, and ends. Each piece is checked (`big-content.ts`), and
 * so is the number of bytes.
 */
import { readdirSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { bufferBytes, readAddress } from './address-reader.ts'
import { createBigContent } from './big-content.ts'
import { type Progress, type Reading, take } from './reading.ts'

export interface ReadOrder {
  /** `http://127.0.0.1:…`, or the path of a file. */
  readonly from: string
  /** Of the whole thing. */
  readonly bytes: number
  readonly readers: number
  /** For each reader; as fast as they can where it is not given. */
  readonly bytesPerSecond?: number
  /** They leave after so many bytes; at the end where it is not given. */
  readonly leaveAfter?: number
  /** A folder whose largest file is what the server has written so far. */
  readonly watchedFolder?: string
}

export type ReadResult =
  | {
      /** From the order to the last byte of the last reader. */
      readonly ms: number
      /** Of each reader. */
      readonly bytes: readonly number[]
      /** The most that the watched file was ahead of the fastest reader; 0 where none is watched. */
      readonly aheadBytes: number
    }
  | { readonly error: string }

const lookEveryMs = 20

async function readFile(path: string, reading: Reading): Promise<void> {
  await using file = await open(path)
  const buffer = Buffer.alloc(bufferBytes)
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, bufferBytes, reading.progress.bytes)
    if (bytesRead === 0 || !take(reading, buffer.subarray(0, bytesRead))) return
  }
}

/** The size of what the server writes. */
function largestFile(folder: string): number {
  try {
    return Math.max(0, ...readdirSync(folder).map(name => statSync(join(folder, name)).size))
  } catch {
    // It is made with the first stream, and a stream may go while it is looked at.
    return 0
  }
}

async function read(order: ReadOrder, leave: AbortSignal): Promise<ReadResult> {
  const { from, bytes, readers, bytesPerSecond, leaveAfter = bytes, watchedFolder } = order
  const content = createBigContent(bytes)
  const places: Progress[] = Array.from({ length: readers }, () => ({ bytes: 0 }))
  const all = () => places.map(progress => progress.bytes)
  let aheadBytes = 0
  const look = () => {
    // The file first: what readers get meanwhile does not count as ahead.
    const written = watchedFolder === undefined ? 0 : largestFile(watchedFolder)
    aheadBytes = Math.max(aheadBytes, written - Math.max(...all()))
  }
  const timer = setInterval(look, lookEveryMs)
  const startMs = performance.now()
  try {
    await Promise.all(
      places.map(progress => {
        const reading: Reading = { content, end: leaveAfter, progress, leave }
        return from.startsWith('http:') ? readAddress(from, reading, bytesPerSecond) : readFile(from, reading)
      }),
    )
    return { ms: performance.now() - startMs, bytes: all(), aheadBytes }
  } catch (error) {
    return { error: String(error) }
  } finally {
    clearInterval(timer)
  }
}

const leaving = new AbortController()

process.on('message', (order: ReadOrder | 'leave') => {
  if (order === 'leave') leaving.abort()
  else void read(order, leaving.signal).then(result => process.send?.(result, () => process.disconnect?.()))
})
// Without the one who asked for it, nobody wants it; open connections go with the process.
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
