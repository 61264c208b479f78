/** What tests of streams need: bytes that tell where they belong, writers that wait for their cue, files that fail on demand. */
import { readdir, readlink } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type FileStreams, openFileStreams } from '../../src/streams/file-streams.ts'
import type { CreateStream, StreamCache, StreamReader, StreamSink } from '../../src/streams/stream-cache.ts'
import type { StreamFile, StreamFiles } from '../../src/streams/stream-files.ts'
import { createTestLog, createTestMeasures, type TestMeasures } from '../store/contract.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'

/** Bytes from a place of an endless text that does not repeat itself soon. @param seed another text */
export function textAt(at: number, length: number, seed = 0): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let n = 0; n < length; n++) bytes[n] = (at + n) * 31 + ((at + n) >> 8) * 7 + seed * 101
  return bytes
}

/** Gives everything time that needs no more than turns of the event loop. */
export async function turns(count = 12): Promise<void> {
  for (let n = 0; n < count; n++) await nextTurn()
}

/** True where a promise has not settled although nothing else is going on. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let hasSettled = false
  const settle = () => {
    hasSettled = true
  }
  promise.then(settle, settle)
  await turns()
  return !hasSettled
}

/** The rest of a stream. */
export async function readRest(reader: StreamReader, maxBytes = 64 * 1024): Promise<Buffer> {
  const parts: Buffer[] = []
  for (;;) {
    const part = await reader.read(maxBytes)
    if (part.length === 0) return Buffer.concat(parts)
    parts.push(Buffer.from(part))
  }
}

/** Exactly so many bytes. */
export async function readExactly(reader: StreamReader, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let left = bytes; left > 0; ) {
    const part = await reader.read(left)
    if (part.length === 0) throw new Error(`the stream ends ${left} bytes too early`)
    parts.push(Buffer.from(part))
    left -= part.length
  }
  return Buffer.concat(parts)
}

/** A writer that does what the test says, when it says so, until it is told to stop. */
export interface Script {
  readonly create: CreateStream
  /** Writes the next bytes of the text, once it was begun. */
  write(bytes: number): Promise<void>
  /** Bytes that were given to the sink. */
  readonly written: number
  finish(): void
  fail(error: unknown): void
  /** How many streams were begun with it. */
  readonly calls: number
  /** Of the latest one. */
  readonly begun: Promise<{ readonly sink: StreamSink; readonly signal: AbortSignal }>
}

/** @param seed of the text; isDeaf: it does not listen to its signal */
export function createScript(seed = 0, { isDeaf = false } = {}): Script {
  let begun = Promise.withResolvers<{ sink: StreamSink; signal: AbortSignal }>()
  const end = Promise.withResolvers<void>()
  end.promise.catch(() => {})
  let written = 0
  let calls = 0
  return {
    get calls() {
      return calls
    },
    get written() {
      return written
    },
    get begun() {
      return begun.promise
    },
    async create(sink, signal) {
      if (calls++ > 0) begun = Promise.withResolvers()
      begun.resolve({ sink, signal })
      const stopped = new Promise<void>((_, stop) => {
        if (!isDeaf) signal.addEventListener('abort', () => stop(signal.reason))
      })
      await Promise.race([end.promise, stopped])
    },
    async write(bytes) {
      const { sink } = await begun.promise
      const part = textAt(written, bytes, seed)
      written += bytes
      await sink.write(part)
    },
    finish: () => end.resolve(),
    fail: error => end.reject(error),
  }
}

/** A stream that is written at once, in pieces. */
export function createText(bytes: number, pieceBytes = bytes, seed = 0): CreateStream {
  return async sink => {
    for (let at = 0; at < bytes; at += pieceBytes) {
      await sink.write(textAt(at, Math.min(pieceBytes, bytes - at), seed))
    }
  }
}

/** What is done to files of memory; each may throw, or wait. */
export interface FileTrouble {
  create?: () => void | Promise<void>
  write?: (at: number) => void | Promise<void>
  read?: (at: number) => void | Promise<void>
  close?: () => void | Promise<void>
  remove?: (name: string) => void | Promise<void>
  list?: () => void
}

export interface MemoryFiles extends StreamFiles {
  readonly trouble: FileTrouble
  readonly names: ReadonlySet<string>
  /** Files that are open. */
  readonly open: number
  /** All names that were ever given. */
  readonly given: readonly string[]
  /** Bytes that files hold whose name is there, or that are open. */
  readonly bytes: number
  /** Cuts all files short. */
  damage(): void
}

/** Files that are memory, with trouble on demand. A file is there until its name is gone and it is closed. */
export function createMemoryFiles(trouble: FileTrouble = {}): MemoryFiles {
  const files = new Map<string, { memory: Buffer; bytes: Buffer }>()
  const names = new Set<string>()
  const given: string[] = []
  const opened = new Set<string>()
  return {
    trouble,
    names,
    given,
    get open() {
      return opened.size
    },
    get bytes() {
      const held = [...files].filter(([name]) => names.has(name) || opened.has(name))
      return held.reduce((sum, [, { bytes }]) => sum + bytes.length, 0)
    },
    damage() {
      for (const file of files.values()) file.bytes = file.bytes.subarray(0, 1)
    },
    newName() {
      given.push(`file ${given.length}`)
      return given.at(-1)!
    },
    async create(name): Promise<StreamFile> {
      await trouble.create?.()
      const file = { memory: Buffer.alloc(0), bytes: Buffer.alloc(0) }
      files.set(name, file)
      names.add(name)
      opened.add(name)
      const check = () => {
        if (!opened.has(name)) throw new Error('EBADF: the file is closed')
      }
      return {
        async write(bytes, at) {
          check()
          await trouble.write?.(at)
          const end = at + bytes.length
          if (end > file.memory.length) {
            const larger = Buffer.alloc(2 * end)
            file.memory.copy(larger)
            file.memory = larger
          }
          file.memory.set(bytes, at)
          file.bytes = file.memory.subarray(0, end)
        },
        async read(into, at) {
          check()
          await trouble.read?.(at)
          check()
          return file.bytes.copy(into, 0, at)
        },
        async close() {
          opened.delete(name)
          await trouble.close?.()
        },
      }
    },
    async list() {
      trouble.list?.()
      return [...names]
    },
    async remove(name) {
      await trouble.remove?.(name)
      names.delete(name)
    },
  }
}

/** An error as the file system has them. */
export function fileError(code: string): Error {
  return Object.assign(new Error(`${code}: said by a test`), { code })
}

export interface FileSceneOptions {
  readonly files?: StreamFiles
  readonly maxBytes?: number
  readonly maxAgeMs?: number
  readonly aheadBytes?: number
  readonly runOnBytes?: number
  readonly quietMs?: number
}

export interface FileScene extends AsyncDisposable {
  readonly streams: FileStreams
  readonly clock: ManualClock
  readonly measures: TestMeasures
  readonly log: ReturnType<typeof createTestLog>
}

/** The cache with a clock, a log and measures of the test's. */
export function openFileScene(options: FileSceneOptions & { readonly files: StreamFiles }): FileScene {
  const { files, ...rest } = options
  const [clock, measures, log] = [createManualClock(), createTestMeasures(), createTestLog()]
  const defaults = { maxBytes: 1e9, maxAgeMs: 60_000, aheadBytes: 1000, runOnBytes: 0, quietMs: 10_000 }
  const streams = openFileStreams({ ...defaults, ...rest }, { files, clock, measures, log })
  return { streams, clock, measures, log, [Symbol.asyncDispose]: () => streams[Symbol.asyncDispose]() }
}

/** Asks, and reads all of it. */
export async function fetchAll(streams: StreamCache, key: string, create: CreateStream) {
  const { reader, isFound } = await streams.findOrCreate(key, create)
  try {
    return { isFound, bytes: await readRest(reader) }
  } finally {
    await reader.close()
  }
}

/** Files of a folder that this process has open. */
export async function openHandles(folder: string): Promise<number> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map(fd => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return links.filter(link => link.startsWith(`${folder}/`)).length
}
