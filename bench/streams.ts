/**
 * The stream cache alone, without git and HTTP: one writer that costs nothing, and readers in the same process, as fast
 * as they can. Set against what no cache in files can do without, in the same run: writing the bytes to a file, and then
 * reading them for each reader.
 *
 *   node bench/streams.ts [--bytes 1GB] [--readers 1,10] [--piece 64KiB] [--rounds 3]
 *
 * `--piece` is what the writer hands over at once; pipes of git give 64 KiB. "As it is written" is a stream that nobody
 * has asked for, "late" the same when it is complete, both as HTTP reads it (lent, `piecesOf`) and
 * as copies; "processor" is what all threads of the process used.
 */
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { noMeasures } from '../src/base/measures.ts'
import { openStreams } from '../src/streams/open-streams.ts'
import { piecesOf } from '../src/streams/pieces.ts'
import type { StreamReader } from '../src/streams/stream-cache.ts'
import { openBenchFolder } from './bench-folder.ts'
import { parseBytes, printMegabytes } from './big-content.ts'
import { median, printMs } from './statistics.ts'

const readBytes = 256 * 1024
const writeBytes = 512 * 1024
const tools = { clock: systemClock, log: silentLog, measures: noMeasures }

interface Wanted {
  readonly bytes: number
  readonly readers: number
  readonly pieceBytes: number
  readonly folder: string
}

interface Spent {
  readonly ms: number
  readonly processorMs: number
}

async function time(work: () => Promise<unknown>): Promise<Spent> {
  const before = process.cpuUsage()
  const startMs = performance.now()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { ms: performance.now() - startMs, processorMs: (user + system) / 1000 }
}

async function measurePlain({ bytes, readers, folder }: Wanted): Promise<Spent> {
  const path = join(folder, 'plain')
  const spent = await time(async () => {
    await using file = await open(path, 'wx+')
    const piece = Buffer.alloc(writeBytes, 'x')
    for (let at = 0; at < bytes; at += piece.length) await file.write(piece, 0, Math.min(piece.length, bytes - at), at)
    const readAll = async () => {
      const buffer = Buffer.alloc(readBytes)
      for (let at = 0; at < bytes; ) at += (await file.read(buffer, 0, readBytes, at)).bytesRead
    }
    await Promise.all(Array.from({ length: readers }, readAll))
  })
  await rm(path)
  return spent
}

async function readDirectly(reader: StreamReader): Promise<number> {
  while ((await reader.read(readBytes)).length > 0) {
    // Its place says how much it was.
  }
  await reader.close()
  return reader.position
}

async function readLent(reader: StreamReader): Promise<number> {
  for await (const _piece of piecesOf(reader)) {
    // Likewise.
  }
  await reader.close()
  return reader.position
}

type Read = typeof readDirectly

/** Those who read while it is written, and those who come when it is complete. */
async function measureCache({ bytes, readers, pieceBytes, folder }: Wanted, read: Read): Promise<[Spent, Spent]> {
  const options = { enabled: true, folder: join(folder, 'streams'), maxBytes: 2 * bytes, maxAgeSeconds: 3600 }
  await using cache = openStreams({ ...options, aheadBytes: 1024 ** 2, runOnBytes: 16 * 1024 ** 2 }, tools)
  const piece = Buffer.alloc(pieceBytes, 'x')
  const readAll = () =>
    Promise.all(
      Array.from({ length: readers }, async () => {
        const { reader } = await cache.findOrCreate('bench', async sink => {
          for (let at = 0; at < bytes; at += piece.length) await sink.write(piece.subarray(0, bytes - at))
        })
        const got = await read(reader)
        if (got !== bytes) throw new Error(`a reader got ${got} of ${bytes} bytes`)
      }),
    )
  return [await time(readAll), await time(readAll)]
}

async function measure(wanted: Wanted, rounds: number): Promise<void> {
  const rows = new Map<string, Spent[]>()
  const note = (name: string, spent: Spent) => rows.set(name, [...(rows.get(name) ?? []), spent])
  for (let round = 0; round < rounds; round++) {
    note('file, written and then read', await measurePlain(wanted))
    const [first, late] = await measureCache(wanted, readDirectly)
    note('cache, as it is written', first)
    note('cache, late', late)
    const [firstLent, lateLent] = await measureCache(wanted, readLent)
    note('cache, as it is written, for HTTP', firstLent)
    note('cache, late, for HTTP', lateLent)
  }
  const of = (spent: readonly Spent[], key: keyof Spent) => median(spent.map(one => one[key]))
  const baseMs = of(rows.get('file, written and then read') ?? [], 'ms')
  console.log(`${printMegabytes(wanted.bytes)}, ${wanted.readers} readers`)
  for (const [name, spent] of rows) {
    const ms = of(spent, 'ms')
    const figures = `${printMs(ms).padStart(9)}, processor ${printMs(of(spent, 'processorMs')).padStart(9)}`
    console.log(`  ${name.padEnd(34)} ${figures}, ratio ${(ms / baseMs).toFixed(2)}`)
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      bytes: { type: 'string', default: '1GB' },
      readers: { type: 'string', default: '1,10' },
      piece: { type: 'string', default: '64KiB' },
      rounds: { type: 'string', default: '3' },
    },
  })
  await using folder = await openBenchFolder()
  for (const readers of values.readers.split(',').map(Number)) {
    const sizes = { bytes: parseBytes(values.bytes), pieceBytes: parseBytes(values.piece) }
    await measure({ ...sizes, readers, folder: folder.path }, Number(values.rounds))
  }
}

await main()
