/** A process of its own for a test: a large stream into a bucket and back, and how much memory that took at most. */
import { createHash } from 'node:crypto'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { createS3Storage, type S3Options } from '../../src/mirrors/s3-storage.ts'

const address = JSON.parse(process.argv[2] ?? '') as Omit<S3Options, 'prefix'>
const bytes = Number(process.argv[3])
const storage = createS3Storage({ ...address, prefix: 'memory' }, { clock: systemClock, log: silentLog })
const { signal } = new AbortController()

const digests = { sent: createHash('sha256'), read: createHash('sha256') }
let peakBytes = 0
const look = () => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
}

async function* content(length: number): AsyncGenerator<Uint8Array, void> {
  for (let offset = 0; offset < length; offset += 65_536) {
    const piece = Buffer.alloc(Math.min(65_536, length - offset), `${offset} `)
    digests.sent.update(piece)
    look()
    yield piece
  }
}

/** The peak of what `work` takes beyond what was taken before. */
async function measure(work: () => Promise<void>): Promise<number> {
  const beforeBytes = process.memoryUsage.rss()
  peakBytes = beforeBytes
  await work()
  look()
  return Math.round((peakBytes - beforeBytes) / 1_000_000)
}

// Whatever is loaded and compiled once.
await storage.put('small', content(10), signal)
for await (const piece of (await storage.get('small', signal))?.content ?? []) digests.read.update(piece)
digests.sent = createHash('sha256')
digests.read = createHash('sha256')

const putMb = await measure(() => storage.put('large', content(bytes), signal))
let read = 0
const getMb = await measure(async () => {
  const found = await storage.get('large', signal)
  for await (const piece of found?.content ?? []) {
    read += piece.length
    digests.read.update(piece)
    look()
  }
})
const isSame = digests.sent.digest('hex') === digests.read.digest('hex')
process.stdout.write(JSON.stringify({ putMb, getMb, read, isSame }))
