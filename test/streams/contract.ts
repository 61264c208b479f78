/** What every stream cache promises, whether it keeps anything or not, as tests. */
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { ViewerError } from '../../src/base/errors.ts'
import type { CreateStream, StreamCache, StreamLimits } from '../../src/streams/stream-cache.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { createScript, createText, fetchAll, isPending, readExactly, readRest, textAt, turns } from './scene.ts'

export interface StreamSurroundings {
  readonly limits: StreamLimits
  readonly clock: Clock
}

const limits: StreamLimits = { aheadBytes: 1000, runOnBytes: 0, quietMs: 10_000 }
const megabyte = 1024 * 1024

/** Tests a cache. @param open opens it, empty; what it needs goes with it */
export function describeStreams(name: string, open: (surroundings: StreamSurroundings) => StreamCache): void {
  describe(`streams ${name}`, () => {
    let clock: ManualClock
    let streams: StreamCache
    beforeEach(() => {
      clock = createManualClock()
      streams = open({ limits, clock })
    })
    afterEach(async () => {
      await streams[Symbol.asyncDispose]()
      expect(clock.timers).toBe(0)
    })

    const begin = async (create: CreateStream) => (await streams.findOrCreate('key', create)).reader

    describe('reading', () => {
      test.each([1, 7, 999, 1000, 1_000_000])('in pieces of %i bytes gives every byte once', async bytes => {
        const reader = await begin(createText(20_000, 333))
        expect((await readRest(reader, bytes)).equals(textAt(0, 20_000))).toBe(true)
        expect(reader.position).toBe(20_000)
        await reader.close()
      })

      test('gets what is there while the rest is still to come', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        for (const at of [0, 100, 200]) {
          await script.write(100)
          expect(await readExactly(reader, 100)).toEqual(textAt(at, 100))
        }
        script.finish()
        expect(await reader.read(10)).toHaveLength(0)
        await reader.close()
      })

      test('waits for bytes that are not there yet', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        const reading = reader.read(10)
        expect(await isPending(reading)).toBe(true)
        await script.write(5)
        expect(await reading).toEqual(textAt(0, 5))
        await reader.close()
      })

      test('is empty at the end, as often as it is asked', async () => {
        const reader = await begin(createText(3))
        await readExactly(reader, 3)
        expect(await reader.read(5)).toHaveLength(0)
        expect(await reader.read(5)).toHaveLength(0)
        expect(await reader.peek(5)).toHaveLength(0)
        await reader.close()
      })

      test('gives nothing of a stream into which nothing is written', async () => {
        const reader = await begin(async () => {})
        expect(await reader.read(5)).toHaveLength(0)
        expect(await reader.wait()).toBe(0)
        await reader.close()
      })

      test.each([0, -1, Number.NaN])('of %d bytes is refused, since nothing would look like the end', async bytes => {
        const reader = await begin(createText(3))
        await expect(reader.read(bytes)).rejects.toThrow(RangeError)
        await reader.close()
      })
    })

    describe('looking ahead', () => {
      test('shows bytes and leaves them', async () => {
        const reader = await begin(createText(500, 3))
        expect((await reader.peek(10)).subarray(0, 10)).toEqual(textAt(0, 10))
        expect((await reader.peek(20)).subarray(0, 20)).toEqual(textAt(0, 20))
        expect(reader.position).toBe(0)
        expect(await readRest(reader, 7)).toEqual(textAt(0, 500))
        await reader.close()
      })

      test('waits until there is as much as was asked for', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        const looking = reader.peek(10)
        await script.write(9)
        expect(await isPending(looking)).toBe(true)
        await script.write(1)
        expect(await looking).toEqual(textAt(0, 10))
        await reader.close()
      })

      test('shows less where the stream ends before', async () => {
        const reader = await begin(createText(5, 2))
        expect(await reader.peek(10)).toEqual(textAt(0, 5))
        expect(await readRest(reader)).toEqual(textAt(0, 5))
        await reader.close()
      })

      test('is refused for more than 4 KiB', async () => {
        const reader = await begin(createText(5))
        await expect(reader.peek(4097)).rejects.toThrow(RangeError)
        await reader.close()
      })
    })

    describe('going on from a later place', () => {
      test('leaves out what is before it', async () => {
        const reader = await begin(createText(900, 100))
        await reader.peek(50)
        reader.skipTo(20)
        expect((await reader.peek(5)).subarray(0, 5)).toEqual(textAt(20, 5))
        reader.skipTo(321)
        expect(await readExactly(reader, 9)).toEqual(textAt(321, 9))
        expect(reader.position).toBe(330)
        await reader.close()
      })

      test('pulls the writer on to a place that is not written yet', async () => {
        const reader = await begin(createText(1_000_000, 999))
        reader.skipTo(765_432)
        expect(await readExactly(reader, 5000)).toEqual(textAt(765_432, 5000))
        await reader.close()
      })

      test('behind the end is at the end', async () => {
        const reader = await begin(createText(100))
        reader.skipTo(2 ** 50)
        expect(await reader.read(5)).toHaveLength(0)
        await reader.close()
      })

      test.each([9, 10.5, Number.NaN, Number.POSITIVE_INFINITY])('is refused to %d from 10', async place => {
        const reader = await begin(createText(100))
        await readExactly(reader, 10)
        expect(() => reader.skipTo(place)).toThrow(RangeError)
        await reader.close()
      })
    })

    describe('closing a reader', () => {
      test('ends a read that waits', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        const reading = reader.read(10)
        await turns()
        await reader.close()
        await expect(reading).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
      })

      test('may be done twice, and nothing can be done with it afterwards', async () => {
        const reader = await begin(createText(10))
        await reader.peek(5)
        await reader.close()
        await reader.close()
        const closed = expect.objectContaining({ name: 'AbortError' })
        await expect(reader.read(1)).rejects.toThrow(closed)
        await expect(reader.peek(1)).rejects.toThrow(closed)
        expect(() => reader.skipTo(5)).toThrow('the reader is closed')
      })

      test('stops the writer when nobody reads any more: its signal fires, its writes fail', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        await script.write(10)
        const held = script.write(2000)
        expect(await isPending(held)).toBe(true)
        await reader.close()
        const { signal, sink } = await script.begun
        expect(signal.aborted).toBe(true)
        await expect(held).rejects.toThrow('nobody reads the stream any more')
        await expect(sink.write(textAt(0, 1))).rejects.toThrow('nobody reads the stream any more')
        script.finish()
      })

      test('lets the next one who asks have a stream of their own', async () => {
        const script = createScript()
        await (await begin(script.create)).close()
        const { isFound, bytes } = await fetchAll(streams, 'key', createText(5, 5, 1))
        expect(isFound).toBe(false)
        expect(bytes).toEqual(textAt(0, 5, 1))
        script.finish()
      })
    })

    describe('the writer', () => {
      test('is held back while more than `aheadBytes` lie before its reader, by the byte', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        await script.write(1000)
        const held = script.write(1)
        expect(await isPending(held)).toBe(true)
        expect((await reader.peek(5)).length).toBeGreaterThanOrEqual(5)
        expect(await isPending(held)).toBe(true)
        await reader.read(1)
        await held
        expect(await isPending(script.write(1))).toBe(true)
        await reader.close()
        script.finish()
      })

      test('may bring 100 MB at once', async () => {
        const all = Buffer.alloc(100 * megabyte)
        for (let at = 0; at < all.length; at += 4096) all.writeUInt32LE(at, at)
        const reader = await begin(sink => sink.write(all))
        const hash = createHash('sha256')
        let bytes = 0
        for (let part = await reader.read(megabyte); part.length > 0; part = await reader.read(megabyte)) {
          hash.update(part)
          bytes += part.length
        }
        await reader.close()
        expect(bytes).toBe(all.length)
        expect(hash.digest('hex')).toBe(createHash('sha256').update(all).digest('hex'))
      })

      test.each([true, false])('may bring 100,000 single bytes (waiting for each: %s)', async waits => {
        const reader = await begin(async sink => {
          const bytes = textAt(0, 100_000)
          for (let at = 0; at < bytes.length; at++) {
            const received = sink.write(bytes.subarray(at, at + 1))
            if (waits) await received
          }
        })
        expect((await readRest(reader)).equals(textAt(0, 100_000))).toBe(true)
        await reader.close()
      })

      test('may write nothing, again and again, in between', async () => {
        const reader = await begin(async sink => {
          for (const n of [0, 1, 2]) {
            await sink.write(Buffer.alloc(0))
            await sink.write(textAt(n, 1))
            await sink.write(Buffer.alloc(0))
          }
        })
        expect(await readRest(reader)).toEqual(textAt(0, 3))
        await reader.close()
      })

      test('cannot write when the stream is complete, and what is complete stays as it is', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        await script.write(5)
        script.finish()
        expect(await reader.wait()).toBe(5)
        const { sink } = await script.begun
        await expect(sink.write(textAt(0, 1))).rejects.toThrow('the stream is complete')
        expect(await readRest(reader)).toEqual(textAt(0, 5))
        await reader.close()
      })

      test('that neither waits for its writes nor looks at how they end harms nobody', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        const { sink } = await script.begun
        for (let n = 0; n < 10; n++) void sink.write(textAt(n * 500, 500))
        await readExactly(reader, 700)
        await reader.close()
        void sink.write(textAt(0, 1))
        // An unhandled rejection would end the run.
        await turns()
        script.finish()
      })
    })

    test('has called the writer when it gives out a reader: what the caller holds can be held on to', async () => {
      let hasBegun = false
      const { reader } = await streams.findOrCreate('key', async () => {
        hasBegun = true
      })
      expect(hasBegun).toBe(true)
      await reader.close()
    })

    describe('a writer that fails', () => {
      const failed = (cause: unknown) => expect.objectContaining({ code: 'STREAM_FAILED', cause })
      const unknown = new ViewerError('FILE_UNKNOWN', 'no such file')
      const plain = new TypeError('a mistake')

      test.each<[string, CreateStream, unknown]>([
        ['an error of the catalogue', () => Promise.reject(unknown), unknown],
        ['another error', () => Promise.reject(plain), failed(plain)],
        [
          'an error before it returns a promise',
          () => {
            throw plain
          },
          failed(plain),
        ],
        ['no error at all', () => Promise.reject('a word' as never), failed('a word')],
        ['undefined', () => Promise.reject(undefined as never), expect.objectContaining({ code: 'STREAM_FAILED' })],
        [
          'an AbortError that nobody asked for',
          () => Promise.reject(new DOMException('x', 'AbortError')),
          failed(expect.any(DOMException)),
        ],
      ])('with %s tells its readers', async (_what, create, told) => {
        const reader = await begin(create)
        await expect(reader.read(5)).rejects.toEqual(told)
        await expect(reader.peek(5)).rejects.toEqual(told)
        await expect(reader.wait()).rejects.toEqual(told)
        await reader.close()
      })

      test('after it has written cuts its readers off', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        await script.write(10)
        expect(await readExactly(reader, 10)).toEqual(textAt(0, 10))
        const reading = reader.read(1)
        script.fail(unknown)
        await expect(reading).rejects.toBe(unknown)
        await reader.close()
      })

      test('when all have left fails for nobody', async () => {
        const script = createScript(0, { isDeaf: true })
        const reader = await begin(script.create)
        await script.begun
        await reader.close()
        script.fail(plain)
        await turns()
        expect((await fetchAll(streams, 'key', createText(3))).bytes).toEqual(textAt(0, 3))
      })

      test('is not what the next one gets', async () => {
        const reader = await begin(() => Promise.reject(plain))
        await reader.read(1).catch(() => {})
        expect(await fetchAll(streams, 'key', createText(4))).toEqual({ isFound: false, bytes: textAt(0, 4) })
        await reader.close()
      })
    })

    describe('a writer that says nothing', () => {
      const timeout = expect.objectContaining({ code: 'STREAM_TIMEOUT' })

      test('is given up after `quietMs`, and its signal tells it', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        const { signal } = await script.begun
        clock.advance(9_999)
        await script.write(1)
        clock.advance(9_999)
        expect(signal.aborted).toBe(false)
        const reading = readRest(reader)
        clock.advance(10_000)
        await expect(reading).rejects.toThrow(timeout)
        expect(signal.reason).toEqual(timeout)
        await reader.close()
        script.finish()
      })

      test('is not given up while it is held back, and is from then on', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        const held = script.write(1001)
        await turns()
        clock.advance(1_000_000)
        expect(await isPending(held)).toBe(true)
        await readExactly(reader, 500)
        await held
        clock.advance(9_000)
        expect(await readExactly(reader, 501)).toHaveLength(501)
        clock.advance(11_000)
        await expect(reader.read(1)).rejects.toThrow(timeout)
        await reader.close()
        script.finish()
      })
    })

    describe('waiting for the end', () => {
      test('tells how many bytes there are', async () => {
        const reader = await begin(createText(777, 100))
        expect(await reader.wait()).toBe(777)
        expect(await readRest(reader)).toEqual(textAt(0, 777))
        expect(await reader.wait(new AbortController().signal)).toBe(777)
        await reader.close()
      })

      test('ends with the reason of the signal, and the reader goes on', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        await expect(reader.wait(AbortSignal.abort(new Error('gone before')))).rejects.toThrow('gone before')
        const going = new AbortController()
        const waiting = reader.wait(going.signal)
        going.abort(new Error('gone meanwhile'))
        await expect(waiting).rejects.toThrow('gone meanwhile')
        await script.write(3)
        script.finish()
        expect(await readRest(reader)).toEqual(textAt(0, 3))
        await reader.close()
      })
    })

    describe('the end of the cache', () => {
      const shuttingDown = expect.objectContaining({ code: 'SHUTTING_DOWN' })

      test('ends reads and writers with SHUTTING_DOWN, and begins nothing more', async () => {
        const script = createScript()
        const reader = await begin(script.create)
        await script.write(10)
        await readExactly(reader, 10)
        const reading = reader.read(1)
        const { signal } = await script.begun
        const [ended] = await Promise.allSettled([reading, streams[Symbol.asyncDispose]()])
        expect(ended).toEqual({ status: 'rejected', reason: shuttingDown })
        expect(signal.reason).toEqual(shuttingDown)
        await expect(streams.findOrCreate('key', createText(1))).rejects.toThrow(shuttingDown)
        await streams[Symbol.asyncDispose]()
        await reader.close()
      })

      test('tells readers of a complete stream too', async () => {
        const reader = await begin(createText(100))
        await reader.wait()
        await streams[Symbol.asyncDispose]()
        await expect(reader.read(1)).rejects.toThrow(shuttingDown)
        await reader.close()
      })

      test('waits 5 s for a writer that does not listen to its signal', async () => {
        const script = createScript(0, { isDeaf: true })
        const reader = await begin(script.create)
        await script.begun
        const leaving = Promise.resolve(streams[Symbol.asyncDispose]())
        await turns()
        clock.advance(4_999)
        expect(await isPending(leaving)).toBe(true)
        clock.advance(1)
        await leaving
        await reader.close()
        script.finish()
      })
    })
  })
}
