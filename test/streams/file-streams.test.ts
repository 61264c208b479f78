/** The cache in files: the contract, on a real folder and on files of memory, and what follows from keeping. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promiseHooks, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test } from 'vitest'
import { openFileStreams } from '../../src/streams/file-streams.ts'
import type { CreateStream, StreamReader } from '../../src/streams/stream-cache.ts'
import { createStreamFiles } from '../../src/streams/stream-files.ts'
import { createTestLog, createTestMeasures } from '../store/contract.ts'
import { describeStreams } from './contract.ts'
import {
  createMemoryFiles,
  createScript,
  createText,
  type FileScene,
  fetchAll,
  isPending,
  openFileScene,
  openHandles,
  readExactly,
  readRest,
  textAt,
  turns,
} from './scene.ts'

const bounds = { maxBytes: 1e9, maxAgeMs: 60_000 }

describe('in a folder', () => {
  const folders: string[] = []
  const newFolder = () => {
    folders.push(mkdtempSync(join(tmpdir(), 'streams-')))
    return join(folders.at(-1)!, 'streams-v1')
  }
  let folder = ''
  afterEach(async () => {
    // Writers that do not listen have just been told that their streams are over.
    while ((await openHandles(folder)) > 0) await turns(1)
    expect(readdirSync(folder).filter(name => name !== 'CACHEDIR.TAG')).toEqual([])
    for (const one of folders.splice(0)) rmSync(one, { recursive: true })
  })

  describeStreams('in files', ({ limits, clock }) => {
    folder = newFolder()
    const files = createStreamFiles(folder)
    mkdirSync(folder)
    const tools = { files, clock, measures: createTestMeasures(), log: createTestLog() }
    return openFileStreams({ ...limits, ...bounds }, tools)
  })
})

describe('in files of memory', () => {
  let files = createMemoryFiles()
  afterEach(async () => {
    await turns()
    expect(files.open).toBe(0)
    expect([...files.names]).toEqual([])
    expect(new Set(files.given).size).toBe(files.given.length)
  })

  describeStreams('in files of memory', ({ limits, clock }) => {
    files = createMemoryFiles()
    const tools = { files, clock, measures: createTestMeasures(), log: createTestLog() }
    return openFileStreams({ ...limits, ...bounds }, tools)
  })
})

describe('those who ask for the same thing', () => {
  test('get one stream while it is written, each at its own pace and from the first byte', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files, aheadBytes: 10_000 })
    const { streams } = scene
    const script = createScript()
    const early = await streams.findOrCreate('key', script.create)
    await script.write(1000)
    expect(await readExactly(early.reader, 1000)).toEqual(textAt(0, 1000))
    const late = await streams.findOrCreate('key', script.create)
    expect([early.isFound, late.isFound]).toEqual([false, true])
    expect(await readExactly(late.reader, 10)).toEqual(textAt(0, 10))
    await script.write(500)
    expect(await readExactly(early.reader, 500)).toEqual(textAt(1000, 500))
    script.finish()
    expect(await readRest(early.reader)).toEqual(Buffer.alloc(0))
    expect(await readRest(late.reader)).toEqual(textAt(10, 1490))
    expect(script.calls).toBe(1)
    await early.reader.close()
    await late.reader.close()
    expect(await fetchAll(streams, 'key', script.create)).toEqual({ isFound: true, bytes: textAt(0, 1500) })
    expect(await fetchAll(streams, 'other', createText(5))).toEqual({ isFound: false, bytes: textAt(0, 5) })
    expect(scene.measures.sum('gitbugviewer_stream_lookups_total', { result: 'hit' })).toBe(2)
    expect(scene.measures.sum('gitbugviewer_stream_lookups_total', { result: 'miss' })).toBe(2)
    expect(scene.measures.read('gitbugviewer_stream_entries')).toBe(2)
    expect(scene.measures.read('gitbugviewer_stream_bytes')).toBe(1505)
  })

  test('see bytes when these are in the file and not before', async () => {
    const writing = Promise.withResolvers<void>()
    const files = createMemoryFiles({ write: () => writing.promise })
    await using scene = openFileScene({ files })
    const script = createScript()
    const { reader } = await scene.streams.findOrCreate('key', script.create)
    await script.write(10)
    const reading = reader.read(10)
    expect(await isPending(reading)).toBe(true)
    writing.resolve()
    expect(await reading).toEqual(textAt(0, 10))
    await reader.close()
  })

  test('hold the writer back by the fastest of them, which may change', async () => {
    await using scene = openFileScene({ files: createMemoryFiles() })
    const script = createScript()
    const open = async () => (await scene.streams.findOrCreate('key', script.create)).reader
    const [slow, fast] = [await open(), await open()]
    await script.write(1000)
    await readExactly(fast, 600)
    await readExactly(slow, 100)
    await script.write(600)
    const held = script.write(1)
    expect(await isPending(held)).toBe(true)
    await readExactly(slow, 499)
    expect(await isPending(held)).toBe(true)
    await readExactly(slow, 2)
    await held
    // Far ahead of the one who stays.
    await readExactly(fast, 1001)
    await fast.close()
    const heldBySlow = script.write(1)
    expect(await isPending(heldBySlow)).toBe(true)
    await slow.close()
    await expect(heldBySlow).rejects.toThrow('nobody reads')
  })

  test('are not held back by what is on its way to the file: it counts as ahead', async () => {
    const writing = Promise.withResolvers<void>()
    const files = createMemoryFiles({ write: () => writing.promise })
    await using scene = openFileScene({ files })
    const script = createScript()
    const { reader } = await scene.streams.findOrCreate('key', script.create)
    await script.write(1000)
    await turns()
    expect(await isPending(script.write(1))).toBe(true)
    writing.resolve()
    await reader.close()
  })

  test('may leave while the file is being read: the read ends, and their place counts no more', async () => {
    const reading = Promise.withResolvers<void>()
    const files = createMemoryFiles({ read: () => reading.promise })
    await using scene = openFileScene({ files, aheadBytes: 4e6 })
    const script = createScript()
    const open = async () => (await scene.streams.findOrCreate('key', script.create)).reader
    const [goes, stays] = [await open(), await open()]
    // Far more than is in memory besides.
    await script.write(4e6)
    await turns(50)
    const read = goes.read(1e6)
    expect(await isPending(read)).toBe(true)
    await goes.close()
    reading.resolve()
    await expect(read).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
    expect(await isPending(script.write(1))).toBe(true)
    await stays.close()
  })

  test('may leave one by one: the last one stops it, and the next one begins anew at once', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files })
    const first = createScript(1)
    const open = () => scene.streams.findOrCreate('key', first.create)
    const readers = [(await open()).reader, (await open()).reader]
    await first.write(10)
    const { signal } = await first.begun
    await readers[0]!.close()
    expect(signal.aborted).toBe(false)
    await readers[1]!.close()
    expect(signal.aborted).toBe(true)
    const second = await scene.streams.findOrCreate('key', createText(7, 7, 2))
    expect(second.isFound).toBe(false)
    expect(await readRest(second.reader)).toEqual(textAt(0, 7, 2))
    await second.reader.close()
    expect(files.given).toHaveLength(2)
    expect(scene.measures.sum('gitbugviewer_stream_failures_total')).toBe(0)
  })
})

test('those who are at about the same place read it from the file once', async () => {
  let reads = 0
  const files = createMemoryFiles({
    read() {
      reads++
    },
  })
  await using scene = openFileScene({ files, aheadBytes: 1e7 })
  const bytes = 3 * 1024 * 1024
  await fetchAll(scene.streams, 'key', createText(bytes, 1e5))
  const before = reads
  const all = await Promise.all(
    Array.from({ length: 10 }, () => fetchAll(scene.streams, 'key', () => Promise.reject(new Error('it is there')))),
  )
  expect(all.every(one => one.bytes.equals(textAt(0, bytes)))).toBe(true)
  expect(reads - before).toBe(6)
  // Nothing of it is kept behind the last of them.
  await fetchAll(scene.streams, 'key', createText(1))
  expect(reads - before).toBe(12)
})

describe('what all have left', () => {
  test('goes on to its end where it has less than `runOnBytes`', async () => {
    await using scene = openFileScene({ files: createMemoryFiles(), runOnBytes: 5000 })
    const script = createScript()
    const { reader } = await scene.streams.findOrCreate('key', script.create)
    for (let n = 0; n < 4; n++) await script.write(1000)
    await reader.close()
    await script.write(999)
    script.finish()
    await turns()
    expect(await fetchAll(scene.streams, 'key', createText(0))).toEqual({ isFound: true, bytes: textAt(0, 4999) })
  })

  test('is stopped as soon as it has more', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files, runOnBytes: 5000 })
    const script = createScript()
    const { reader } = await scene.streams.findOrCreate('key', script.create)
    await reader.close()
    await script.write(4999)
    await turns()
    expect((await script.begun).signal.aborted).toBe(false)
    await script.write(1).catch(() => {})
    await turns()
    expect((await script.begun).signal.aborted).toBe(true)
    expect([files.open, files.names.size]).toEqual([0, 0])
  })

  test('can be joined again while it goes on', async () => {
    await using scene = openFileScene({ files: createMemoryFiles(), runOnBytes: 5000 })
    const script = createScript()
    await (await scene.streams.findOrCreate('key', script.create)).reader.close()
    const { reader, isFound } = await scene.streams.findOrCreate('key', script.create)
    expect(isFound).toBe(true)
    const writing = script.write(6000)
    expect(await readExactly(reader, 6000)).toEqual(textAt(0, 6000))
    await writing
    expect((await script.begun).signal.aborted).toBe(false)
    await reader.close()
  })

  test('is stopped when it has to make room, however little it has', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files, runOnBytes: 5000, maxBytes: 1000 })
    const script = createScript()
    const { reader } = await scene.streams.findOrCreate('key', script.create)
    await script.write(500)
    await reader.close()
    await fetchAll(scene.streams, 'other', createText(600))
    await turns()
    expect((await script.begun).signal.aborted).toBe(true)
    expect([files.open, files.names.size]).toEqual([1, 1])
  })

  test('is stopped at once where nobody can find it any more', async () => {
    await using scene = openFileScene({ files: createMemoryFiles(), runOnBytes: 5000, maxBytes: 100 })
    const script = createScript()
    const { reader } = await scene.streams.findOrCreate('key', script.create)
    await script.write(101)
    await readExactly(reader, 101)
    await reader.close()
    expect((await script.begun).signal.aborted).toBe(true)
  })

  test('waits for a reader only behind `runOnBytes`', async () => {
    await using scene = openFileScene({ files: createMemoryFiles(), runOnBytes: 5000 })
    const script = createScript()
    const { reader } = await scene.streams.findOrCreate('key', script.create)
    await script.write(4999)
    const held = script.write(1)
    expect(await isPending(held)).toBe(true)
    await readExactly(reader, 4000)
    await held
    await reader.close()
  })
})

describe('a failure', () => {
  test('is out of the index when its readers hear of it, and is counted', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files })
    const script = createScript()
    const { reader } = await scene.streams.findOrCreate('key', script.create)
    const again = reader.read(1).catch(() => scene.streams.findOrCreate('key', createText(3)))
    await script.begun
    script.fail(new Error('no more'))
    const found = (await again) as { reader: typeof reader; isFound: boolean }
    expect(found.isFound).toBe(false)
    expect(await readRest(found.reader)).toEqual(textAt(0, 3))
    await found.reader.close()
    await reader.close()
    expect(scene.measures.sum('gitbugviewer_stream_failures_total')).toBe(1)
    await turns()
    expect([files.open, files.names.size]).toEqual([1, 1])
  })

  test('closes and removes the file also where the writer does not listen', async () => {
    const files = createMemoryFiles()
    await using scene = openFileScene({ files, quietMs: 1000 })
    const script = createScript(0, { isDeaf: true })
    const { reader } = await scene.streams.findOrCreate('key', script.create)
    await script.write(5)
    scene.clock.advance(1000)
    await turns()
    expect([files.open, files.names.size]).toEqual([0, 0])
    await reader.close()
    script.finish()
  })
})

test('a stream that is found for the millionth time leaves nothing: one timer, one file', async () => {
  const files = createMemoryFiles()
  const scene = openFileScene({ files })
  for (let n = 0; n < 1000; n++) await fetchAll(scene.streams, 'key', createText(10))
  expect([files.given.length, files.open]).toEqual([1, 1])
  // For its age, and for the next sweep.
  expect(scene.clock.timers).toBe(2)
  await scene[Symbol.asyncDispose]()
  expect([files.open, files.names.size, scene.clock.timers]).toEqual([0, 0, 0])
})

describe('a thousand readers', () => {
  /** Steps of all async functions meanwhile: what takes no time of its own, and shows who is woken in vain. */
  const countSteps = async (work: () => Promise<unknown>) => {
    let steps = 0
    const stop = promiseHooks.onBefore(() => {
      steps++
    })
    await work()
    stop()
    return steps
  }
  const open = async (scene: FileScene, create: CreateStream) => {
    const opening = Array.from({ length: 1000 }, () => scene.streams.findOrCreate('key', create))
    return (await Promise.all(opening)).map(({ reader }) => reader)
  }

  test('are each woken once for what is new', async () => {
    await using scene = openFileScene({ files: createMemoryFiles(), aheadBytes: 100 })
    const script = createScript()
    const readers = await open(scene, script.create)
    const reads: number[] = []
    const follow = async (reader: StreamReader) => {
      let count = 0
      while ((await reader.read(100)).length > 0) count++
      reads.push(count)
    }
    const steps = await countSteps(async () => {
      const following = readers.map(follow)
      for (let n = 0; n < 100; n++) {
        await script.write(100)
        await turns(2)
      }
      script.finish()
      await Promise.all(following)
    })
    expect(reads).toEqual(Array.from({ length: 1000 }, () => 100))
    expect(steps).toBeLessThan(12 * 1000 * 100)
    await Promise.all(readers.map(reader => reader.close()))
  })

  test('that leave wake nobody else', async () => {
    await using scene = openFileScene({ files: createMemoryFiles() })
    const script = createScript()
    const readers = await open(scene, script.create)
    const reading = readers.map(reader => reader.read(1).catch(() => {}))
    await turns()
    const steps = await countSteps(async () => {
      for (const reader of readers) await reader.close()
      await Promise.all(reading)
    })
    expect(steps).toBeLessThan(30 * 1000)
  })
})

test('a stream that is kept does not keep what it was made from', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const collected = new Set<string>()
  const registry = new FinalizationRegistry<string>(name => collected.add(name))
  await using scene = openFileScene({ files: createMemoryFiles() })
  const { streams } = scene
  const make = async (key: string) => {
    // Such as a lease: it leads to all that was read of a repository.
    const source = { bytes: textAt(0, 1000) }
    registry.register(source, key)
    const { reader } = await streams.findOrCreate(key, async sink => await sink.write(source.bytes))
    expect((await readRest(reader)).length).toBe(1000)
    await reader.close()
  }
  await make('first')
  await make('second')
  await expect
    .poll(() => {
      collect()
      return collected
    })
    .toEqual(new Set(['first', 'second']))
  const again = await fetchAll(streams, 'first', () => Promise.reject(new Error('it is there')))
  expect([again.isFound, again.bytes.length]).toEqual([true, 1000])
})
