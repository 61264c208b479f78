/** A reader as Node's own kind of stream. */
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { toReadable } from '../../src/streams/readable.ts'
import { createMemoryFiles, createScript, createText, type FileScene, openFileScene, textAt, turns } from './scene.ts'

let scene: FileScene
beforeEach(() => {
  scene = openFileScene({ files: createMemoryFiles(), aheadBytes: 100_000 })
})
afterEach(async () => {
  expect(scene.measures.read('gitbugviewer_stream_readers')).toBe(0)
  await scene[Symbol.asyncDispose]()
})

const open = async (create = createText(1_000_000, 10_000)) => (await scene.streams.findOrCreate('key', create)).reader

test('gives all of it, and closes the reader', async () => {
  expect((await buffer(toReadable(await open()))).equals(textAt(0, 1_000_000))).toBe(true)
})

test.each([
  [0, 1],
  [10, 10],
  [123, 300_000],
  [999_999, 1_000_000],
])('gives the bytes from %i to before %i', async (from, end) => {
  const reader = await open()
  reader.skipTo(from)
  expect((await buffer(toReadable(reader, end))).equals(textAt(from, end - from))).toBe(true)
})

test('ends with an error where more was promised than there is', async () => {
  const reader = await open(createText(500))
  await expect(buffer(toReadable(reader, 501))).rejects.toThrow('the stream ended at 500, before 501')
})

test('a slow receiver holds the writer back', async () => {
  const script = createScript()
  const readable = toReadable(await open(script.create))
  const taken: Buffer[] = []
  const waiting: (() => void)[] = []
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk)
      waiting.push(done)
    },
  })
  const piping = pipeline(readable, slow)
  let written = 0
  const write = async () => {
    for (; written < 3_000_000; written += 50_000) await script.write(50_000)
    script.finish()
  }
  const writing = write()
  await turns(200)
  // What lies in Node's stream, what is ahead of it, and what was being written.
  expect(written).toBeLessThan(900_000)
  const pump = setInterval(() => waiting.shift()?.(), 0)
  await Promise.all([piping, writing])
  clearInterval(pump)
  expect(Buffer.concat(taken).equals(textAt(0, 3_000_000))).toBe(true)
})

test('that is destroyed closes the reader, also while it waits, and stops the writer', async () => {
  const script = createScript()
  const readable = toReadable(await open(script.create))
  const reading = once(readable, 'readable')
  await script.write(10)
  await reading
  readable.read()
  await turns()
  readable.destroy()
  await once(readable, 'close')
  expect((await script.begun).signal.aborted).toBe(true)
})

test('that is destroyed before anybody reads it closes the reader', async () => {
  const readable = toReadable(await open())
  readable.destroy()
  await once(readable, 'close')
  expect(scene.measures.read('gitbugviewer_stream_readers')).toBe(0)
})

test('fails in the middle with what the stream has failed of', async () => {
  const script = createScript()
  const readable = toReadable(await open(script.create))
  await script.write(10)
  const got: Buffer[] = []
  readable.on('data', (chunk: Buffer) => got.push(chunk))
  await turns()
  script.fail(new Error('no more'))
  const [error] = await once(readable, 'error')
  expect(error).toMatchObject({ code: 'STREAM_FAILED' })
  expect(Buffer.concat(got)).toEqual(textAt(0, 10))
})
