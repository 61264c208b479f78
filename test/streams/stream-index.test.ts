/** What leaves the index, and when: by bytes, by age, by number; and the sweep of the folder. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { StreamCache } from '../../src/streams/stream-cache.ts'
import { createStreamFiles } from '../../src/streams/stream-files.ts'
import {
  createMemoryFiles,
  createScript,
  createText,
  fetchAll,
  openFileScene,
  openHandles,
  readExactly,
  readRest,
  textAt,
  turns,
} from './scene.ts'

const never = () => Promise.reject(new Error('this should have been there'))

/** Puts complete streams of a size. */
async function fill(streams: StreamCache, keys: readonly string[], bytes: number) {
  for (const key of keys) await fetchAll(streams, key, createText(bytes))
}

/** Which of the keys are there. Asking counts as use. */
async function present(streams: StreamCache, keys: readonly string[]) {
  const found: string[] = []
  for (const key of keys) {
    const { isFound } = await fetchAll(streams, key, never).catch(() => ({ isFound: false }))
    if (isFound) found.push(key)
  }
  return found.join(' ')
}

const evictions = (scene: ReturnType<typeof openFileScene>, reason: string) =>
  scene.measures.sum('gitbugviewer_stream_evictions_total', { reason })

describe('by bytes', () => {
  test('what was not used for longest goes, as many as it takes', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files, maxBytes: 1000 })
    await fill(scene.streams, ['a', 'b', 'c', 'd'], 250)
    expect(evictions(scene, 'size')).toBe(0)
    expect(scene.measures.read('gitbugviewer_stream_bytes')).toBe(1000)
    await fetchAll(scene.streams, 'a', never)
    await fetchAll(scene.streams, 'e', createText(251))
    await turns()
    expect([files.open, files.names.size, files.bytes]).toEqual([3, 3, 751])
    expect(await present(scene.streams, ['a', 'b', 'c', 'd', 'e'])).toBe('a d e')
    expect(evictions(scene, 'size')).toBe(2)
  })

  test('what nobody reads goes first, and readers of what goes go on', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files, maxBytes: 1000 })
    await fill(scene.streams, ['read', 'resting'], 400)
    const { reader } = await scene.streams.findOrCreate('read', never)
    // Used last, and yet the only one without a reader.
    await fetchAll(scene.streams, 'resting', never)
    await fetchAll(scene.streams, 'next', createText(400))
    expect(scene.measures.read('gitbugviewer_stream_entries')).toBe(2)
    expect(await present(scene.streams, ['read', 'resting'])).toBe('read')
    await fetchAll(scene.streams, 'huge', createText(900))
    expect(await present(scene.streams, ['read', 'resting', 'next', 'huge'])).toBe('huge')
    expect(files.names.size).toBe(1)
    // Out of the index, and on the disk until its reader is done.
    expect(scene.measures.read('gitbugviewer_stream_bytes')).toBe(1300)
    expect(await readRest(reader)).toEqual(textAt(0, 400))
    await reader.close()
    await turns()
    expect([files.open, files.bytes]).toEqual([1, 900])
  })

  test('a stream that is larger than all room is read to its end by those who have it, and found by nobody', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files, maxBytes: 1000, aheadBytes: 5000 })
    const script = createScript()
    const { reader } = await scene.streams.findOrCreate('key', script.create)
    await script.write(900)
    const joined = await scene.streams.findOrCreate('key', script.create)
    expect(joined.isFound).toBe(true)
    await script.write(900)
    expect(await readExactly(reader, 1800)).toEqual(textAt(0, 1800))
    expect(await present(scene.streams, ['key'])).toBe('')
    await script.write(100)
    script.finish()
    expect(await readRest(joined.reader)).toEqual(textAt(0, 1900))
    expect(await readRest(reader)).toEqual(textAt(1800, 100))
    await Promise.all([reader.close(), joined.reader.close()])
    await turns()
    expect([files.open, files.names.size]).toEqual([0, 0])
    // Its bytes are not counted any more: there is room again.
    await fill(scene.streams, ['a', 'b'], 500)
    expect(await present(scene.streams, ['a', 'b'])).toBe('a b')
  })

  test('a piece that is larger than all room takes nothing else along', async () => {
    await using scene = openFileScene({ files: createMemoryFiles(), maxBytes: 1000, aheadBytes: 5000 })
    await fill(scene.streams, ['small'], 100)
    await fill(scene.streams, ['large'], 2000)
    expect(await present(scene.streams, ['small', 'large'])).toBe('small')
  })

  test('without any room each stream is still shared until its first bytes are there', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files, maxBytes: 0 })
    const text = createText(500, 100)
    const both = await Promise.all([fetchAll(scene.streams, 'a', text), fetchAll(scene.streams, 'a', never)])
    expect(both).toEqual([
      { isFound: false, bytes: textAt(0, 500) },
      { isFound: true, bytes: textAt(0, 500) },
    ])
    expect(files.names.size).toBe(0)
  })
})

describe('by age', () => {
  test('what nobody has asked for or read during `maxAgeMs` goes', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files, maxAgeMs: 1000 })
    await fill(scene.streams, ['a', 'b'], 10)
    scene.clock.advance(600)
    await fetchAll(scene.streams, 'a', never)
    scene.clock.advance(400)
    await turns()
    expect([files.open, evictions(scene, 'age')]).toEqual([1, 1])
    expect(await present(scene.streams, ['a', 'b'])).toBe('a')
    scene.clock.advance(999)
    expect(files.names.size).toBe(1)
    scene.clock.advance(1)
    await turns()
    expect([files.open, files.names.size]).toEqual([0, 0])
    // The timer for the sweep.
    expect(scene.clock.timers).toBe(1)
  })

  test('what is read or written stays, and its age begins when its last reader goes', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files, maxAgeMs: 1000, runOnBytes: 1000, quietMs: 1e9 })
    await fill(scene.streams, ['read'], 10)
    const { reader } = await scene.streams.findOrCreate('read', never)
    const script = createScript()
    await (await scene.streams.findOrCreate('written', script.create)).reader.close()
    scene.clock.advance(100_500)
    await turns()
    expect(files.open).toBe(2)
    script.finish()
    await reader.close()
    await turns()
    scene.clock.advance(999)
    await turns()
    expect([...files.names]).toEqual(['file 0'])
    scene.clock.advance(1)
    await turns()
    expect(files.open).toBe(0)
  })
})

test('by number: there are never more than 1,024', async () => {
  const files = createMemoryFiles()
  await using scene = openFileScene({ files })
  const keys = Array.from({ length: 1030 }, (_, n) => `key ${n}`)
  await fill(scene.streams, keys, 1)
  await turns()
  expect([files.open, files.names.size]).toEqual([1024, 1024])
  expect(await present(scene.streams, [keys[6]!, keys[5]!])).toBe('key 6')
})

describe('the sweep', () => {
  const foreign = ['README', '2f1c', 'store.sqlite', 'F47AC10B-58CC-4372-A567-0E02B2C3D479', 'file.tmp']
  const names = ['f47ac10b-58cc-4372-a567-0e02b2c3d479', '00000000-0000-4000-8000-000000000000']

  const inFolder = async (run: (folder: string) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), 'streams-'))
    try {
      await run(folder)
      expect(await openHandles(folder)).toBe(0)
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  test('at the start removes what an earlier process left, and nothing that is no file of a stream', async () => {
    await inFolder(async folder => {
      for (const name of [...foreign, ...names]) await writeFile(join(folder, name), 'left')
      // A folder of such a name cannot be removed, and keeps nothing else from being.
      await mkdir(join(folder, '00000000-0000-4000-8000-00000000000a'))
      const scene = openFileScene({ files: createStreamFiles(folder) })
      await scene.streams.sweep()
      expect((await readdir(folder)).sort()).toEqual([...foreign, '00000000-0000-4000-8000-00000000000a'].sort())
      expect(scene.log.lines[0]).toMatchObject({ level: 'warn', message: expect.stringContaining('cannot be removed') })
      await scene[Symbol.asyncDispose]()
    })
  })

  test('from time to time removes files that belong to no stream, and leaves those that do', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files, maxAgeMs: 1e9 })
    await fill(scene.streams, ['a'], 10)
    await files.create('left over').then(file => file.close())
    scene.clock.advance(9 * 60_000)
    await turns()
    expect([...files.names].sort()).toEqual(['file 0', 'left over'])
    scene.clock.advance(60_000)
    await turns()
    expect([...files.names]).toEqual(['file 0'])
    await files.create('again').then(file => file.close())
    scene.clock.advance(10 * 60_000)
    await turns()
    expect([...files.names]).toEqual(['file 0'])
    expect(await present(scene.streams, ['a'])).toBe('a')
  })

  test('of one instance harms no reader of another in the same folder', async () => {
    await inFolder(async folder => {
      const first = openFileScene({ files: createStreamFiles(folder), aheadBytes: 1e6 })
      const script = createScript()
      const { reader } = await first.streams.findOrCreate('key', script.create)
      await script.write(1000)
      await readExactly(reader, 1)
      const second = openFileScene({ files: createStreamFiles(folder) })
      await second.streams.sweep()
      expect(await readdir(folder)).toEqual(['CACHEDIR.TAG'])
      await script.write(1000)
      script.finish()
      expect(await readRest(reader)).toEqual(textAt(1, 1999))
      await reader.close()
      expect(await fetchAll(first.streams, 'key', never)).toEqual({ isFound: true, bytes: textAt(0, 2000) })
      expect((await fetchAll(second.streams, 'key', createText(2000))).isFound).toBe(false)
      await Promise.all([first, second].map(scene => scene[Symbol.asyncDispose]()))
      expect(await readdir(folder)).toEqual(['CACHEDIR.TAG'])
      expect([...first.log.lines, ...second.log.lines]).toEqual([])
    })
  })

  test('where there is no folder makes none', async () => {
    await inFolder(async folder => {
      const scene = openFileScene({ files: createStreamFiles(join(folder, 'none')) })
      await scene.streams.sweep()
      await scene[Symbol.asyncDispose]()
      expect(await readdir(folder)).toEqual([])
      expect(scene.log.lines).toEqual([])
    })
  })
})
