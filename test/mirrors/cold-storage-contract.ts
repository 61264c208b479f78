/** What every cold storage promises, as tests. Each gets a storage of its own, with nothing in it. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ColdStorage } from '../../src/mirrors/cold-storage.ts'

export interface OpenColdStorage extends AsyncDisposable {
  readonly storage: ColdStorage
}

export const megabyte = 1024 * 1024
/** A signal that never fires. */
export const forever = new AbortController().signal

/** Bytes that look like nothing, the same for the same seed. */
export function noise(bytes: number, seed = 'noise'): Buffer {
  const block = Buffer.concat(
    Array.from({ length: 32 }, (_, n) => createHash('sha512').update(`${seed} ${n}`).digest()),
  )
  const whole = Buffer.alloc(bytes, block)
  // So that no part of it is equal to another.
  for (let offset = 0; offset + 8 <= bytes; offset += 4096) whole.writeBigUInt64LE(BigInt(offset), offset)
  return whole
}

/** In pieces of an odd size, with empty ones among them. */
export async function* piecesOf(bytes: Uint8Array, size = 50_021): AsyncGenerator<Uint8Array, void> {
  for (let offset = 0; offset < bytes.length; offset += size) {
    yield bytes.subarray(offset, offset + size)
    yield new Uint8Array()
  }
}

/** What is kept under a key, whole. */
export async function readBack(storage: ColdStorage, key: string): Promise<Buffer | undefined> {
  const found = await storage.get(key, forever)
  if (!found) return undefined
  const read = await readAll(found.content)
  expect(found.bytes).toBe(read.length)
  return read
}

export async function readAll(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Shorter in reports than the bytes themselves. */
export function digestOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex')}`
}

/** A stream that gives some bytes and then nothing more, and notes when it is told that it is not wanted. */
export function hangingStream(bytes: Uint8Array) {
  const hangs = Promise.withResolvers<void>()
  let given = false
  let isEnded = false
  const content: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        if (!given) {
          given = true
          return Promise.resolve({ done: false, value: bytes })
        }
        hangs.resolve()
        return new Promise(() => {})
      },
      return() {
        isEnded = true
        return Promise.resolve({ done: true, value: undefined })
      },
    }),
  }
  return {
    content,
    /** Somebody waits for what never comes. */
    hangs: hangs.promise,
    get isEnded() {
      return isEnded
    },
  }
}

const sizes = [0, 1, 65_536, 8 * megabyte - 1, 8 * megabyte, 8 * megabyte + 1, 16 * megabyte, 21 * megabyte + 7]

export function describeColdStorage(name: string, open: () => Promise<OpenColdStorage>): void {
  describe(`cold storage ${name}`, () => {
    test('is on', async () => {
      await using own = await open()
      expect(own.storage.isOn).toBe(true)
    })

    test.each(sizes)('gives back %d bytes as they were put', async size => {
      await using own = await open()
      const bytes = noise(size)
      await own.storage.put('a', piecesOf(bytes), forever)
      expect(digestOf(await readBack(own.storage, 'a'))).toBe(digestOf(bytes))
    })

    test('takes a stream that comes in one piece', async () => {
      await using own = await open()
      const bytes = noise(20 * megabyte)
      await own.storage.put('a', piecesOf(bytes, bytes.length), forever)
      expect(digestOf(await readBack(own.storage, 'a'))).toBe(digestOf(bytes))
    })

    test('has nothing under a key where nothing was put', async () => {
      await using own = await open()
      expect(await own.storage.get('a', forever)).toBeUndefined()
    })

    test('gives what was put last, larger or smaller than before', async () => {
      await using own = await open()
      for (const size of [9 * megabyte, 100, 10 * megabyte, 0]) {
        await own.storage.put('a', piecesOf(noise(size)), forever)
        expect(digestOf(await readBack(own.storage, 'a'))).toBe(digestOf(noise(size)))
      }
    })

    test('keeps keys apart that look alike', async () => {
      await using own = await open()
      const keys = ['a', 'A', 'a.b', 'a_b', 'a-b', 'ab', '.a', 'a..b', '-', '_', 'x'.repeat(128)]
      for (const key of keys) await own.storage.put(key, piecesOf(Buffer.from(`of ${key}`)), forever)
      for (const key of keys) expect((await readBack(own.storage, key))?.toString()).toBe(`of ${key}`)
    })

    test.each(['', '.', '..', 'a/b', '../a', 'a b', 'ä', 'a?b', 'a\nb', 'a%2fb'])('refuses the key %j', async key => {
      await using own = await open()
      const failure = { code: 'COLD_STORAGE_FAILED' }
      await expect(own.storage.put(key, piecesOf(noise(1)), forever)).rejects.toMatchObject(failure)
      await expect(own.storage.get(key, forever)).rejects.toMatchObject(failure)
      await expect(own.storage.delete(key, forever)).rejects.toMatchObject(failure)
    })

    test('has nothing any more where something was deleted', async () => {
      await using own = await open()
      await own.storage.put('a', piecesOf(noise(10)), forever)
      await own.storage.put('b', piecesOf(noise(10)), forever)
      await own.storage.delete('a', forever)
      expect(await own.storage.get('a', forever)).toBeUndefined()
      expect(await readBack(own.storage, 'b')).toHaveLength(10)
    })

    test('deletes what is not there without a word', async () => {
      await using own = await open()
      await own.storage.delete('a', forever)
    })

    test.each([100, 20 * megabyte])('keeps what was there when a stream fails after %d bytes', async size => {
      await using own = await open()
      await own.storage.put('a', piecesOf(Buffer.from('before')), forever)
      const failing = async function* () {
        yield* piecesOf(noise(size))
        throw new Error('git has failed')
      }
      await expect(own.storage.put('a', failing(), forever)).rejects.toThrow('git has failed')
      await expect(own.storage.put('new', failing(), forever)).rejects.toThrow('git has failed')
      expect((await readBack(own.storage, 'a'))?.toString()).toBe('before')
      expect(await own.storage.get('new', forever)).toBeUndefined()
    })

    test.each([100, 20 * megabyte])('a signal ends a put whose stream hangs after %d bytes', async size => {
      await using own = await open()
      await own.storage.put('a', piecesOf(Buffer.from('before')), forever)
      const stop = new AbortController()
      const stream = hangingStream(noise(size))
      const put = own.storage.put('a', stream.content, stop.signal)
      put.catch(() => {})
      await stream.hangs
      stop.abort(new Error('not wanted any more'))
      await expect(put).rejects.toThrow('not wanted any more')
      expect(stream.isEnded).toBe(true)
      expect((await readBack(own.storage, 'a'))?.toString()).toBe('before')
    })

    test('does nothing for a signal that has fired', async () => {
      await using own = await open()
      const gone = AbortSignal.abort(new Error('gone before'))
      await expect(own.storage.put('a', piecesOf(noise(10)), gone)).rejects.toThrow('gone before')
      await expect(own.storage.get('a', gone)).rejects.toThrow('gone before')
      await expect(own.storage.delete('a', gone)).rejects.toThrow('gone before')
      expect(await own.storage.get('a', forever)).toBeUndefined()
    })

    test('a signal ends an object that is being read', async () => {
      await using own = await open()
      await own.storage.put('a', piecesOf(noise(20 * megabyte)), forever)
      const stop = new AbortController()
      const found = await own.storage.get('a', stop.signal)
      const readSome = async () => {
        for await (const piece of found!.content) if (piece.length > 0) stop.abort(new Error('not wanted any more'))
      }
      await expect(readSome()).rejects.toThrow('not wanted any more')
      expect(await readBack(own.storage, 'a')).toHaveLength(20 * megabyte)
    })

    test('an object may be left after its first piece, or before', async () => {
      await using own = await open()
      await own.storage.put('a', piecesOf(noise(20 * megabyte)), forever)
      for (let round = 0; round < 20; round++) {
        const found = await own.storage.get('a', forever)
        for await (const piece of found!.content) {
          expect(piece.length).toBeGreaterThan(0)
          break
        }
        const other = await own.storage.get('a', forever)
        await other!.content[Symbol.asyncIterator]().return?.()
      }
      expect(await readBack(own.storage, 'a')).toHaveLength(20 * megabyte)
    })

    test('two puts of one key at once leave one of both, whole', async () => {
      await using own = await open()
      for (const size of [1000, 18 * megabyte]) {
        const all = [noise(size, 'one'), noise(size + 5, 'other'), noise(size, 'third')]
        await Promise.all(all.map(bytes => own.storage.put('a', piecesOf(bytes), forever)))
        expect(all.map(digestOf)).toContain(digestOf(await readBack(own.storage, 'a')))
      }
    })

    test('asks a stream for one piece at a time', async () => {
      await using own = await open()
      let asked = 0
      let most = 0
      const source = piecesOf(noise(20 * megabyte), megabyte)
      const content: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => ({
          async next() {
            most = Math.max(most, ++asked)
            // Whoever asks again before the answer would be seen.
            await new Promise(setImmediate)
            const next = await source.next()
            asked--
            return next
          },
        }),
      }
      await own.storage.put('a', content, forever)
      expect(most).toBe(1)
    })
  })
}
