/** Any order of writes, reads, looks, skips, joins, departures and failures: readers see the bytes of their stream, and nothing hangs. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBlockPool } from '../../src/streams/blocks.ts'
import { createByteWindow } from '../../src/streams/byte-window.ts'
import { createGathered } from '../../src/streams/gathered.ts'
import type { StreamCache, StreamReader } from '../../src/streams/stream-cache.ts'
import { createUncachedStreams } from '../../src/streams/uncached-streams.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import {
  createMemoryFiles,
  createScript,
  type FileTrouble,
  fileError,
  openFileScene,
  type Script,
  textAt,
  turns,
} from './scene.ts'

type Step =
  | { readonly do: 'join' | 'finish' | 'fail' | 'turn' }
  | { readonly do: 'write'; readonly bytes: number }
  | { readonly do: 'read' | 'lend' | 'peek' | 'skip'; readonly who: number; readonly bytes: number }
  | { readonly do: 'close'; readonly who: number }

const who = fc.nat(4)
const bytes = fc.integer({ min: 1, max: 150 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), bytes: fc.nat(150) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('read' as const, 'lend' as const), who, bytes }) },
  // Not more than a writer may be ahead: it would wait for the one who waits for it.
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('peek' as const), who, bytes: fc.integer({ min: 1, max: 10 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('skip' as const), who, bytes }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('join' as const, 'turn' as const, 'turn' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('finish' as const, 'fail' as const) }) },
)

const failure = new Error('the writer has failed')

/** A stream that was made, and what it should hold. */
interface Made {
  readonly seed: number
  readonly script: Script
  readonly writes: Promise<void>[]
  ends: 'well' | 'badly' | undefined
}

/** A reader that does one thing after the other, and checks what it sees. */
class Follower {
  readonly made: Made
  readonly #reader: StreamReader
  #doing: Promise<void> = Promise.resolve()
  hasFailed = false
  #isClosed = false

  constructor(made: Made, reader: StreamReader) {
    this.made = made
    this.#reader = reader
  }

  read(bytes: number) {
    this.#then(async () => {
      const at = this.#reader.position
      const read = await this.#reader.read(bytes)
      expect(read.length).toBeLessThanOrEqual(bytes)
      this.#expectText(at, read)
      expect(this.#reader.position).toBe(at + read.length)
      if (read.length === 0) this.#expectEnd(at)
    })
  }

  /** What is lent is there until the reader is asked again, or closed. */
  lend(bytes: number) {
    this.#then(async () => {
      const at = this.#reader.position
      const lent = await this.#reader.lend(bytes)
      await turns(1)
      if (this.#isClosed) return
      this.#expectText(at, lent)
      expect(this.#reader.position).toBe(at + lent.length)
      if (lent.length === 0) this.#expectEnd(at)
    })
  }

  peek(bytes: number) {
    this.#then(async () => {
      const at = this.#reader.position
      const seen = await this.#reader.peek(bytes)
      this.#expectText(at, seen)
      expect(this.#reader.position).toBe(at)
      if (seen.length < bytes) this.#expectEnd(at + seen.length)
    })
  }

  skip(bytes: number) {
    this.#then(async () => this.#reader.skipTo(this.#reader.position + bytes))
  }

  /** To the end, and away. */
  async leaveAtTheEnd() {
    this.#then(async () => {
      for (;;) {
        const at = this.#reader.position
        const read = await this.#reader.read(40)
        this.#expectText(at, read)
        if (read.length === 0) return this.#expectEnd(at)
      }
    })
    await this.#doing
    await this.close()
  }

  async close() {
    this.#isClosed = true
    await this.#reader.close()
    await this.#doing
  }

  #then(act: () => Promise<void>) {
    this.#doing = this.#doing.then(async () => {
      if (this.hasFailed) return
      await act().catch((error: unknown) => this.#expectReason(error))
    })
  }

  #expectText(at: number, read: Buffer) {
    expect(read.equals(textAt(at, read.length, this.made.seed))).toBe(true)
    expect(at + read.length).toBeLessThanOrEqual(Math.max(at, this.made.script.written))
  }

  #expectEnd(at: number) {
    expect(this.made.ends).toBe('well')
    expect(at).toBeGreaterThanOrEqual(this.made.script.written)
  }

  #expectReason(error: unknown) {
    this.hasFailed = true
    const told = error as Error
    const isClosed = told.name === 'AbortError'
    expect(isClosed || this.made.ends === 'badly' ? undefined : told).toBeUndefined()
    expect(isClosed ? failure : told.cause).toBe(failure)
  }
}

/** Carries out a schedule. */
class Scene {
  readonly #streams: StreamCache
  readonly #all: Made[] = []
  readonly #followers: Follower[] = []

  constructor(streams: StreamCache) {
    this.#streams = streams
  }

  async run(steps: readonly Step[]) {
    await this.#join()
    for (const step of steps) await this.#take(step)
    for (const made of this.#all) this.#end(made, 'well')
    await Promise.all(this.#followers.map(one => one.leaveAtTheEnd()))
  }

  async #take(step: Step) {
    const latest = this.#all.at(-1)!
    const follower = this.#followers[('who' in step ? step.who : 0) % this.#followers.length]!
    switch (step.do) {
      case 'join':
        return this.#followers.length < 6 ? await this.#join() : undefined
      case 'turn':
        return await turns(1)
      case 'write':
        return latest.ends ? undefined : this.#write(latest, step.bytes)
      case 'close':
        return await follower.close()
      case 'finish':
        return this.#end(latest, 'well')
      case 'fail':
        return this.#end(latest, 'badly')
      default:
        return follower[step.do](step.bytes)
    }
  }

  async #join() {
    const seed = this.#all.length
    const script = createScript(seed)
    const { reader, isFound } = await this.#streams.findOrCreate('key', script.create)
    if (!isFound) this.#all.push({ seed, script, writes: [], ends: undefined })
    this.#followers.push(new Follower(this.#all.at(-1)!, reader))
  }

  #write({ script, writes }: Made, bytes: number) {
    writes.push(script.write(bytes).catch(() => {}))
  }

  #end(made: Made, ends: 'well' | 'badly') {
    if (made.ends) return
    made.ends = ends
    if (ends === 'well') void Promise.all(made.writes).then(() => made.script.finish())
    else made.script.fail(failure)
  }
}

const troubles: readonly FileTrouble[] = [
  {},
  {
    create() {
      throw fileError('EROFS')
    },
  },
  {
    write(at) {
      if (at > 60) throw fileError('ENOSPC')
    },
  },
  { write: () => turns(2), read: () => turns(1) },
  { create: () => turns(3), close: () => turns(1) },
]

const schedule = fc.array(step, { maxLength: 80, size: 'max' })

test('in files, on disks that are well, slow, full or read-only', async () => {
  const limits = fc.record({
    aheadBytes: fc.constantFrom(10, 100),
    runOnBytes: fc.constantFrom(0, 200),
    maxBytes: fc.constantFrom(0, 150, 1e9),
  })
  const surroundings = fc.record({ limits, trouble: fc.constantFrom(...troubles) })
  const check = async (
    { limits: options, trouble }: typeof surroundings extends fc.Arbitrary<infer V> ? V : never,
    steps: Step[],
  ) => {
    const files = createMemoryFiles(trouble)
    const scene = openFileScene({ files, ...options })
    await new Scene(scene.streams).run(steps)
    await scene[Symbol.asyncDispose]()
    expect([files.open, files.names.size, scene.clock.timers]).toEqual([0, 0, 0])
    expect(new Set(files.given).size).toBe(files.given.length)
  }
  await fc.assert(fc.asyncProperty(surroundings, schedule, check), { numRuns: 500 })
})

test('not kept', async () => {
  const check = async (steps: Step[]) => {
    const clock: ManualClock = createManualClock()
    const streams = createUncachedStreams({ aheadBytes: 100, runOnBytes: 0, quietMs: 1000 }, clock)
    await new Scene(streams).run(steps)
    await streams[Symbol.asyncDispose]()
    expect(clock.timers).toBe(0)
  }
  await fc.assert(fc.asyncProperty(schedule, check), { numRuns: 200 })
})

test('what was gathered leaves in its order, in pieces that are full but for the last one', () => {
  const parts = fc.array(fc.nat(35), { maxLength: 40 })
  const check = (sizes: number[]) => {
    const gathered = createGathered(createBlockPool(10, 2), 10)
    let added = 0
    for (const size of sizes) {
      gathered.add(textAt(added, size))
      added += size
    }
    for (let at = 0; at < added; ) {
      expect(gathered.bytes).toBe(added - at)
      const { bytes, block } = gathered.take()!
      expect(bytes).toHaveLength(Math.min(10, added - at))
      expect(bytes).toEqual(textAt(at, bytes.length))
      at += bytes.length
      block.giveBack()
    }
    expect(gathered.bytes).toBe(0)
    expect(gathered.take()).toBeUndefined()
  }
  fc.assert(fc.property(parts, check))
})

test('a window has what was not forgotten, in few pieces however small they come', () => {
  const window = createByteWindow()
  const block = createBlockPool(1024, 0)
  const blocks = Array.from({ length: 5 }, () => block.take(1024))
  const found = (at: number, maxBytes: number) => window.find(at, maxBytes)?.bytes
  for (let at = 0; at < 5000; at++) {
    const one = blocks[Math.floor(at / 1024)]!
    one.memory.set(textAt(at, 1), at % 1024)
    one.hold()
    window.push(at, { block: one, bytes: one.memory.subarray(at % 1024, (at % 1024) + 1) })
  }
  for (const one of blocks) one.giveBack()
  expect(found(0, 1e6)).toEqual(textAt(0, 1024))
  expect(found(1000, 1e6)).toEqual(textAt(1000, 24))
  expect(found(4999, 10)).toEqual(textAt(4999, 1))
  window.forgetBefore(1023)
  expect(found(0, 1)).toEqual(textAt(0, 1))
  window.forgetBefore(1024)
  expect(found(1023, 1)).toBeUndefined()
  expect(found(1024, 1)).toEqual(textAt(1024, 1))
  expect(found(5000, 1)).toBeUndefined()
})
