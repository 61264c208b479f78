import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { byteRangesBody } from '../../src/http/byte-ranges.ts'
import type { StreamReader } from '../../src/streams/stream-cache.ts'
import { createUncachedStreams } from '../../src/streams/uncached-streams.ts'

const size = 20 * 1024 * 1024
const limits = { aheadBytes: 64 * 1024, runOnBytes: 0, quietMs: 60_000 }

/** A reader of a long stream that begins with some bytes of something else, and what it was asked for. */
async function openReader() {
  const streams = createUncachedStreams(limits, systemClock)
  const { reader } = await streams.findOrCreate('key', async sink => {
    await sink.write(Buffer.from('head'))
    for (let at = 0; at < size; at += 65_536) await sink.write(Buffer.alloc(65_536, at / 65_536))
  })
  const asked: number[] = []
  const noted: StreamReader = {
    get position() {
      return reader.position
    },
    read: () => expect.unreachable(),
    lend: maxBytes => {
      asked.push(maxBytes)
      return reader.lend(maxBytes)
    },
    peek: bytes => reader.peek(bytes),
    skipTo: position => reader.skipTo(position),
    wait: signal => reader.wait(signal),
    close: () => reader.close(),
    [Symbol.asyncDispose]: () => reader.close(),
  }
  return { streams, noted, asked }
}

async function gather(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const taken: Buffer[] = []
  for await (const piece of pieces) taken.push(Buffer.from(piece))
  return Buffer.concat(taken)
}

const parts = [
  { start: 0, end: 3 },
  { start: 65_535, end: 10_000_000 },
  { start: size - 1, end: size },
]

test('parts come in their order and are as long as was said, and no more than a piece is in memory', async () => {
  const { streams, noted, asked } = await openReader()
  const body = byteRangesBody({ parts, size, type: 'image/png' })
  const bytes = await gather(body.pieces(noted, 4))
  expect(bytes.length).toBe(body.contentLength)
  expect(bytes.toString('latin1').match(/Content-Range: [^\r]*/g)).toEqual([
    `Content-Range: bytes 0-2/${size}`,
    `Content-Range: bytes 65535-9999999/${size}`,
    `Content-Range: bytes ${size - 1}-${size - 1}/${size}`,
  ])
  const second = bytes.indexOf('\r\n\r\n', bytes.indexOf('65535-')) + 4
  expect([bytes[second], bytes[second + 1], bytes[second + 65_537]]).toEqual([0, 1, 2])
  expect(Math.max(...asked)).toBeLessThanOrEqual(256 * 1024)
  await streams[Symbol.asyncDispose]()
})

test('a stream that ends too early is an error, and no shorter answer', async () => {
  const { streams, noted } = await openReader()
  const body = byteRangesBody({ parts: [{ start: 0, end: size + 1 }], size: size + 1, type: 'image/png' })
  await expect(gather(body.pieces(noted, 4))).rejects.toThrow('the stream ended')
  await streams[Symbol.asyncDispose]()
})
