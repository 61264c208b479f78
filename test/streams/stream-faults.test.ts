/** What may be wrong with the files of streams: those who read get their bytes or a reason, and nothing is left behind. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StreamReader } from '../../src/streams/stream-cache.ts'
import { createStreamFiles } from '../../src/streams/stream-files.ts'
import {
  createMemoryFiles,
  createScript,
  createText,
  type FileScene,
  type FileSceneOptions,
  type FileTrouble,
  fetchAll,
  fileError,
  isPending,
  type MemoryFiles,
  openFileScene,
  openHandles,
  readExactly,
  readRest,
  textAt,
  turns,
} from './scene.ts'

const failures = (scene: FileScene) => scene.measures.sum('gitbugviewer_stream_failures_total')
const messages = (scene: FileScene) => scene.log.lines.map(({ level, message }) => `${level}: ${message}`)
const worksAgain = 'info: files of long answers can be used again'
const isOnItsOwn = 'warn: the file of a long answer cannot be used; nobody new gets that answer from it'

describe('files of memory', () => {
  let files: MemoryFiles
  let scene: FileScene
  const open = (trouble: FileTrouble, options: FileSceneOptions = {}) => {
    files = createMemoryFiles(trouble)
    scene = openFileScene({ ...options, files })
    return scene.streams
  }
  afterEach(async () => {
    await scene[Symbol.asyncDispose]()
    expect([files.open, scene.clock.timers]).toEqual([0, 0])
  })

  describe('that cannot be made', () => {
    const trouble: FileTrouble = {
      create() {
        throw fileError('EROFS')
      },
    }

    test('leave the stream in memory, for all who asked before that was known', async () => {
      const streams = open(trouble)
      const script = createScript()
      const both = await Promise.all([1, 2].map(() => streams.findOrCreate('key', script.create)))
      void script.write(3000)
      const reading = both.map(({ reader }) => readExactly(reader, 3000))
      expect(await Promise.all(reading)).toEqual([textAt(0, 3000), textAt(0, 3000)])
      script.finish()
      for (const { reader } of both) expect(await readRest(reader)).toHaveLength(0)
      for (const { reader } of both) await reader.close()
      expect(script.calls).toBe(1)
      expect(messages(scene)).toEqual([isOnItsOwn])
      expect(failures(scene)).toBe(1)
      expect(scene.measures.read('gitbugviewer_stream_entries')).toBe(0)
    })

    test('make the writer wait for the slowest reader, since memory keeps what that one has not seen', async () => {
      const streams = open(trouble, { runOnBytes: 1e6 })
      const script = createScript()
      const both = await Promise.all([1, 2].map(() => streams.findOrCreate('key', script.create)))
      const [fast, slow] = both.map(({ reader }) => reader) as [StreamReader, StreamReader]
      await script.write(1000)
      await readExactly(fast, 1000)
      const held = script.write(1)
      expect(await isPending(held)).toBe(true)
      expect(await readExactly(fast, 1)).toEqual(textAt(1000, 1))
      await readExactly(slow, 1)
      await held
      const next = script.write(1000)
      expect(await isPending(next)).toBe(true)
      await slow.close()
      await next
      await fast.close()
      expect((await script.begun).signal.aborted).toBe(true)
    })

    test('are tried again for the next stream', async () => {
      let tries = 0
      const streams = open({
        create() {
          if (tries++ === 0) throw fileError('EMFILE')
        },
      })
      const [first, second] = [createText(5), createText(6)]
      expect((await fetchAll(streams, 'key', first)).bytes).toEqual(textAt(0, 5))
      expect(await fetchAll(streams, 'key', second)).toEqual({ isFound: false, bytes: textAt(0, 6) })
      expect((await fetchAll(streams, 'key', second)).isFound).toBe(true)
    })
  })

  test('that are opened slowly: those who come meanwhile share the stream', async () => {
    const opening = Promise.withResolvers<void>()
    const streams = open({ create: () => opening.promise })
    const script = createScript()
    const both = [streams.findOrCreate('key', script.create), streams.findOrCreate('key', script.create)]
    expect(await isPending(Promise.race(both))).toBe(true)
    opening.resolve()
    const [first, second] = await Promise.all(both)
    expect([first?.isFound, second?.isFound, script.calls]).toEqual([false, true, 1])
    await first?.reader.close()
    await second?.reader.close()
  })

  test('that are opened when all is over are gone at once, and nothing was begun', async () => {
    const opening = Promise.withResolvers<void>()
    const streams = open({ create: () => opening.promise })
    const script = createScript()
    const asked = streams.findOrCreate('key', script.create)
    const leaving = streams[Symbol.asyncDispose]()
    const { reader } = await asked
    await expect(reader.read(1)).rejects.toThrow(expect.objectContaining({ code: 'SHUTTING_DOWN' }))
    opening.resolve()
    await leaving
    expect([script.calls, files.open, files.names.size]).toEqual([0, 0, 0])
  })

  describe('on a disk that is full', () => {
    test('the room of what nobody reads is used, when all of that is closed and removed', async () => {
      let capacity = 1500
      const removing = Promise.withResolvers<void>()
      const streams = open({
        write() {
          if (files.bytes >= capacity) throw fileError('ENOSPC')
        },
        remove: () => removing.promise,
      })
      for (const key of ['a', 'b']) await fetchAll(streams, key, createText(750))
      capacity = 1000
      const fetching = fetchAll(streams, 'c', createText(900))
      expect(await isPending(fetching)).toBe(true)
      removing.resolve()
      expect(await fetching).toEqual({ isFound: false, bytes: textAt(0, 900) })
      expect((await fetchAll(streams, 'c', createText(1))).isFound).toBe(true)
      expect([...files.names]).toEqual(['file 2'])
      expect(failures(scene)).toBe(0)
    })

    test('two that find it full at the same time both get the room', async () => {
      const capacity = 1500
      const streams = open({
        write() {
          if (files.bytes >= capacity) throw fileError('ENOSPC')
        },
      })
      for (const key of ['a', 'b']) await fetchAll(streams, key, createText(750))
      await Promise.all(['c', 'd'].map(key => fetchAll(streams, key, createText(500))))
      expect(failures(scene)).toBe(0)
      expect(scene.measures.read('gitbugviewer_stream_entries')).toBe(2)
    })

    test.each(['ENOSPC', 'EDQUOT', 'EIO', 'EFBIG'])(
      'a stream goes on in memory from there, to its end and for each of its readers (%s)',
      async code => {
        const streams = open(
          {
            write(at) {
              if (at >= 2000) throw fileError(code)
            },
          },
          { aheadBytes: 4000 },
        )
        const script = createScript()
        const [fast, slow] = [
          (await streams.findOrCreate('key', script.create)).reader,
          (await streams.findOrCreate('key', script.create)).reader,
        ]
        for (let n = 0; n < 4; n++) {
          await script.write(1000)
          await readExactly(fast, 1000)
        }
        const held = script.write(1)
        expect(await isPending(held)).toBe(true)
        expect(await readExactly(slow, 3500)).toEqual(textAt(0, 3500))
        await held
        await script.write(3000)
        script.finish()
        expect(await readRest(slow)).toEqual(textAt(3500, 3501))
        expect(await readRest(fast)).toEqual(textAt(4000, 3001))
        // Nobody new finds it.
        expect((await fetchAll(streams, 'key', createText(5))).isFound).toBe(false)
        await Promise.all([slow.close(), fast.close()])
        expect(messages(scene)).toEqual([isOnItsOwn, worksAgain])
      },
    )

    test('a stream that all have left is stopped', async () => {
      const streams = open(
        {
          write(at) {
            if (at > 0) throw fileError('ENOSPC')
          },
        },
        { runOnBytes: 1e6 },
      )
      const script = createScript()
      await (await streams.findOrCreate('key', script.create)).reader.close()
      await script.write(10)
      await turns()
      expect((await script.begun).signal.aborted).toBe(false)
      await script.write(10).catch(() => {})
      await turns()
      expect((await script.begun).signal.aborted).toBe(true)
      expect(files.names.size).toBe(0)
    })
  })

  test.each<[string, NonNullable<FileTrouble['read']>]>([
    ['an error', () => Promise.reject(fileError('EIO'))],
    ['fewer bytes than were written', () => files.damage()],
  ])('that cannot be read (%s) fail their reader, and the next one has the stream made anew', async (_what, read) => {
    const streams = open({})
    await fetchAll(streams, 'key', createText(3000))
    const { reader } = await streams.findOrCreate('key', createText(1))
    files.trouble.read = read
    await expect(readRest(reader)).rejects.toThrow(expect.objectContaining({ code: 'STREAM_FAILED' }))
    delete files.trouble.read
    expect(await fetchAll(streams, 'key', createText(7))).toEqual({ isFound: false, bytes: textAt(0, 7) })
    await reader.close()
    expect(failures(scene)).toBe(1)
    expect(messages(scene)).toEqual([isOnItsOwn, worksAgain])
  })

  test('that cannot be closed or removed are a line in the log at most', async () => {
    const streams = open({
      close: () => Promise.reject(fileError('EIO')),
      remove: () => Promise.reject(fileError('EACCES')),
    })
    expect((await fetchAll(streams, 'a', createText(5))).bytes).toEqual(textAt(0, 5))
    await scene[Symbol.asyncDispose]()
    expect(messages(scene)).toEqual(['warn: the file of a long answer cannot be removed'])
  })

  test('that cannot be listed are a line in the log', async () => {
    const streams = open({
      list() {
        throw fileError('EACCES')
      },
    })
    expect((await fetchAll(streams, 'a', createText(5))).bytes).toEqual(textAt(0, 5))
    expect(messages(scene)).toEqual(['warn: files of earlier long answers cannot be removed'])
  })

  test('on a disk that hangs: the stream is given up after `quietMs`, also while its writer waits for the disk', async () => {
    const hanging = Promise.withResolvers<void>()
    const streams = open({ write: () => hanging.promise })
    const script = createScript()
    const { reader } = await streams.findOrCreate('key', script.create)
    const reading = reader.read(1)
    void script.write(600 * 1024).catch(() => {})
    void script.write(600 * 1024).catch(() => {})
    await turns()
    scene.clock.advance(10_000)
    await expect(reading).rejects.toThrow(expect.objectContaining({ code: 'STREAM_TIMEOUT' }))
    hanging.resolve()
    await reader.close()
  })
})

describe('a real folder', () => {
  let parent: string
  let folder: string
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'streams-'))
    folder = join(parent, 'streams-v1')
  })
  afterEach(async () => {
    expect(await openHandles(folder)).toBe(0)
    rmSync(parent, { recursive: true })
  })

  test('that is removed while streams are read and written harms none of them, and is made anew', async () => {
    const scene = openFileScene({ files: createStreamFiles(folder), aheadBytes: 1e6 })
    const script = createScript()
    const { reader } = await scene.streams.findOrCreate('key', script.create)
    await script.write(5000)
    await readExactly(reader, 100)
    await rm(folder, { recursive: true })
    await script.write(5000)
    script.finish()
    expect(await readRest(reader)).toEqual(textAt(100, 9900))
    await reader.close()
    expect((await fetchAll(scene.streams, 'key', createText(1))).isFound).toBe(true)
    expect((await fetchAll(scene.streams, 'other', createText(3))).bytes).toEqual(textAt(0, 3))
    expect(await readdir(folder)).toHaveLength(2)
    await scene[Symbol.asyncDispose]()
    expect(await readdir(folder)).toEqual(['CACHEDIR.TAG'])
    expect(scene.log.lines).toEqual([])
  })

  test('where a file stands instead: streams go through memory, and through files when it has gone', async () => {
    await writeFile(folder, 'in the way')
    const scene = openFileScene({ files: createStreamFiles(folder) })
    expect((await fetchAll(scene.streams, 'key', createText(9000, 100))).bytes).toEqual(textAt(0, 9000))
    expect((await fetchAll(scene.streams, 'key', createText(9000, 100))).isFound).toBe(false)
    await rename(folder, join(parent, 'aside'))
    await fetchAll(scene.streams, 'key', createText(5))
    expect((await fetchAll(scene.streams, 'key', createText(5))).isFound).toBe(true)
    await scene[Symbol.asyncDispose]()
  })

  test('in which a file is cut short: its reader is told, the next one has it made anew', async () => {
    const scene = openFileScene({ files: createStreamFiles(folder), aheadBytes: 1e7 })
    await fetchAll(scene.streams, 'key', createText(3_000_000))
    const [name = ''] = (await readdir(folder)).filter(one => one !== 'CACHEDIR.TAG')
    await truncate(join(folder, name), 1000)
    await expect(fetchAll(scene.streams, 'key', createText(1))).rejects.toThrow('the file of a stream cannot be read')
    expect((await fetchAll(scene.streams, 'key', createText(4))).bytes).toEqual(textAt(0, 4))
    await scene[Symbol.asyncDispose]()
  })

  test('is for its owner only, and is marked as one that need not be backed up', async () => {
    await mkdir(parent, { recursive: true })
    const scene = openFileScene({ files: createStreamFiles(folder) })
    await fetchAll(scene.streams, 'key', createText(4))
    const modes = execFileSync('stat', ['-c', '%a', folder, ...(await readdir(folder)).map(name => join(folder, name))])
    expect(modes.toString().trim().split('\n')).toEqual(['700', '600', '600'])
    await scene[Symbol.asyncDispose]()
  })

  test('on which no file may grow beyond a size: answers are whole all the same', () => {
    const script = join(import.meta.dirname, 'limited-process.ts')
    const printed = execFileSync('prlimit', ['--fsize=1000000', process.execPath, script, folder], { encoding: 'utf8' })
    expect(JSON.parse(printed)).toEqual({ isWhole: [true, true], isFound: false, warnings: 1, left: ['CACHEDIR.TAG'] })
  })
})
