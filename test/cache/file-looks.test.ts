import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createFileLooks, type LookOptions } from '../../src/cache/file-looks.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type Git, openGit } from '../../src/git/git.ts'
import type { ObjectReader } from '../../src/git/object-reader.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { gifHead, greyPng, jpegHead } from '../support/small-pictures.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'

const t = createTrackerWriter({ seed: 'looks' })
const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
const picture = t.attach(greyPng(640, 480))
const log = t.attach('a log')
const data = t.attach(Buffer.alloc(500))
const large = t.attach(Buffer.alloc(5000, 'x'))
const photo = t.attach(jpegHead({ width: 30, height: 20, orientation: 6 }))
const many = Array.from({ length: 60 }, (_, n) => t.attach(gifHead(n + 1, 1)))
t.bug(ada, { title: 'x', message: '', at: 1_700_000_000, files: [picture, log, data, large, photo, ...many] })

let built: BuiltRepository
let git: Git
let reader: ObjectReader
beforeAll(async () => {
  built = await buildRepository(t)
  git = await openGit()
  reader = git.openReader(built.path)
})
afterAll(async () => {
  await reader[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

const options = (more: Partial<LookOptions> = {}): LookOptions => ({
  maxBytes: 4000,
  patienceMs: 60_000,
  signal: new AbortController().signal,
  ...more,
})

/** Looks, and what they have asked of git. */
function openLooks(clock = systemClock) {
  const asked: string[] = []
  const looks = createFileLooks(
    {
      clock,
      git: {
        readObjectSizes: (at, signal) => {
          asked.push(...at.hashes.map(hash => `size ${hash}`))
          return git.readObjectSizes(at, signal)
        },
      },
    },
    {
      folder: built.path,
      reader: {
        ...reader,
        read: (hash: string, maxBytes: number) => {
          asked.push(`read ${hash}`)
          return reader.read(hash, maxBytes)
        },
      } as ObjectReader,
    },
  )
  return { looks, asked }
}

test('size, kind and measures are told, of large files the size', async () => {
  const { looks } = openLooks()
  const { files, isComplete } = await looks.look([picture, log, data, large, photo], options())
  expect(isComplete).toBe(true)
  expect(files.get(picture)).toMatchObject({ kind: 'png', picture: { width: 640, height: 480 } })
  expect(files.get(log)).toEqual({ size: 5, kind: 'text', picture: undefined })
  expect(files.get(data)).toEqual({ size: 500, kind: undefined, picture: undefined })
  expect(files.get(large)).toEqual({ size: 5000 })
  expect(files.get(photo)).toMatchObject({ kind: 'jpeg', picture: { width: 20, height: 30 } })
})

test('what is known is not asked for again, and the large one is never read', async () => {
  const { looks, asked } = openLooks()
  await looks.look([picture, large], options())
  await looks.look([large, picture, picture], options())
  expect(asked).toEqual([`size ${picture}`, `size ${large}`, `read ${picture}`])
})

test('many who look at the same time cost one look', async () => {
  const { looks, asked } = openLooks()
  await Promise.all(Array.from({ length: 20 }, () => looks.look([picture], options())))
  expect(asked).toEqual([`size ${picture}`, `read ${picture}`])
})

test('of many files the first ones are looked at, whatever was known before', async () => {
  const { looks } = openLooks()
  await looks.look(many.slice(50), options())
  const first = await looks.look(many, options())
  const kinds = many.map(hash => first.files.get(hash)?.kind)
  expect(kinds).toEqual(many.map((_, index) => (index < 40 ? 'gif' : undefined)))
  expect([first.files.size, first.isComplete]).toEqual([60, true])
  const other = await openLooks().looks.look(many, options())
  expect(other.files).toEqual(first.files)
})

test('what is no blob is none, for good', async () => {
  const { looks } = openLooks()
  expect(await looks.look([ada.tip], options())).toEqual({ files: new Map(), isComplete: true })
})

test('a file that is missing may come: nothing says that this was all, and a while later it is looked for again', async () => {
  const clock = createManualClock()
  const { looks, asked } = openLooks(clock)
  const content = 'a file that comes late'
  const late = execFileSync('git', ['hash-object', '--stdin'], { input: content, encoding: 'utf8' }).trim()
  expect(await looks.look([late], options())).toEqual({ files: new Map(), isComplete: false })
  execFileSync('git', ['hash-object', '-w', '--stdin'], { input: content, cwd: built.path })
  expect((await looks.look([late], options())).isComplete).toBe(false)
  expect(asked).toHaveLength(1)
  clock.advance(10_001)
  const { files, isComplete } = await looks.look([late], options())
  expect([files.get(late)?.kind, isComplete]).toEqual(['text', true])
})

test('nobody waits for longer than he wants to, and whoever comes back finds what was looked at meanwhile', async () => {
  const clock = createManualClock()
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const looks = createFileLooks(
    {
      clock,
      git: {
        async readObjectSizes(at, signal) {
          await gate
          return await git.readObjectSizes(at, signal)
        },
      },
    },
    { folder: built.path, reader },
  )
  const first = looks.look([log], options({ patienceMs: 100 }))
  clock.advance(100)
  expect(await first).toEqual({ files: new Map(), isComplete: false })
  const second = looks.look([log], options())
  open()
  expect((await second).files.get(log)?.kind).toBe('text')
})

test('a git that fails is nothing that a page fails of; a client that has gone hears its own reason', async () => {
  const readObjectSizes = async () => {
    throw new Error('no git')
  }
  const looks = createFileLooks({ clock: systemClock, git: { readObjectSizes } }, { folder: built.path, reader })
  expect(await looks.look([log], options())).toEqual({ files: new Map(), isComplete: false })
  const signal = AbortSignal.abort(new Error('gone'))
  await expect(looks.look([log], options({ signal }))).rejects.toThrow('gone')
})
