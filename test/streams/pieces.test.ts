/** A part of a stream, piece by piece. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { piecesOf } from '../../src/streams/pieces.ts'
import {
  createMemoryFiles,
  createScript,
  createText,
  type FileScene,
  isPending,
  openFileScene,
  textAt,
  turns,
} from './scene.ts'

let scene: FileScene
beforeEach(() => {
  scene = openFileScene({ files: createMemoryFiles(), aheadBytes: 100_000 })
})
afterEach(() => scene[Symbol.asyncDispose]())

const open = async (create = createText(1_000_000, 10_000)) => (await scene.streams.findOrCreate('key', create)).reader

/** All of them; each is looked at before the next one is asked for. */
async function gather(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const taken: Buffer[] = []
  for await (const piece of pieces) taken.push(Buffer.from(piece))
  return Buffer.concat(taken)
}

test('are all of it, and the reader stays open', async () => {
  const reader = await open()
  expect((await gather(piecesOf(reader))).equals(textAt(0, 1_000_000))).toBe(true)
  expect(await reader.read(1)).toHaveLength(0)
})

test.each([
  [0, 1],
  [10, 10],
  [123, 300_000],
  [999_999, 1_000_000],
])('are the bytes from %i to before %i', async (from, end) => {
  const reader = await open()
  reader.skipTo(from)
  expect((await gather(piecesOf(reader, end))).equals(textAt(from, end - from))).toBe(true)
})

test('end with an error where more was promised than there is', async () => {
  await expect(gather(piecesOf(await open(createText(500)), 501))).rejects.toThrow(
    'the stream ended at 500, before 501',
  )
})

test('that are taken slowly hold the writer back', async () => {
  const script = createScript()
  const pieces = piecesOf(await open(script.create))
  let written = 0
  const write = async () => {
    for (; written < 3_000_000; written += 50_000) await script.write(50_000)
    script.finish()
  }
  const writing = write()
  await pieces.next()
  await turns(200)
  // What is ahead of the reader, and what was being written.
  expect(written).toBeLessThan(900_000)
  const [rest] = await Promise.all([gather(pieces), writing])
  expect(rest.equals(textAt(3_000_000 - rest.length, rest.length))).toBe(true)
})

test('end when the reader is closed, also while the next one is waited for', async () => {
  const script = createScript()
  const reader = await open(script.create)
  const next = piecesOf(reader).next()
  next.catch(() => {})
  expect(await isPending(next)).toBe(true)
  await reader.close()
  await expect(next).rejects.toMatchObject({ name: 'AbortError' })
  expect((await script.begun).signal.aborted).toBe(true)
})

test('fail in the middle with what the stream has failed of', async () => {
  const script = createScript()
  const pieces = piecesOf(await open(script.create))
  await script.write(10)
  const { value } = await pieces.next()
  expect(value).toEqual(textAt(0, 10))
  script.fail(new Error('no more'))
  await expect(pieces.next()).rejects.toMatchObject({ code: 'STREAM_FAILED' })
})
