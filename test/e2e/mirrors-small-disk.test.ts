/** Mirrors of the real process on a real disk of some megabytes, which they may never fill. */
import { randomBytes } from 'node:crypto'
import { statfsSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type HttpGitServer, openHttpGitServer } from '../support/git-servers.ts'
import { canMount, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { type MirrorProgram, startMirrorProgram } from './mirror-program.ts'

const MB = 1024 ** 2
const diskBytes = 64 * MB
const minFreeBytes = 12 * MB
/** What a promise is rounded to. */
const slackBytes = 2 * 4096
const sizes = [1, 2, 3, 5, 7] as const
const paths = Array.from({ length: 20 }, (_, index) => `group/m${index}.git`)

const trackers: BuiltRepository[] = []
let server: HttpGitServer
beforeAll(async () => {
  for (const size of sizes) {
    const t = createTrackerWriter({ seed: `of ${size} MB` })
    const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
    const file = t.attach(randomBytes(size * MB))
    t.bug(ada, { title: `A bug of ${size} MB`, message: 'see', at: 1_700_000_000, files: [file] })
    trackers.push(await buildRepository(t))
  }
  server = await openHttpGitServer(
    Object.fromEntries(paths.map((path, index) => [path, trackers[index % trackers.length]!.path])),
  )
}, 60_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  for (const built of trackers) await built[Symbol.asyncDispose]()
})

let disk: SmallDisk
beforeEach(() => {
  disk = mountSmallDisk(diskBytes)
})
afterEach(() => disk[Symbol.dispose]())

/** Looks at the disk all the while. */
function watchFreeBytes(path: string) {
  let least = Number.POSITIVE_INFINITY
  let looks = 0
  const look = () => {
    const { bavail, bsize } = statfsSync(path)
    least = Math.min(least, bavail * bsize)
    looks++
  }
  const timer = setInterval(look, 1)
  return { leastBytes: () => least, looks: () => looks, [Symbol.dispose]: () => clearInterval(timer) }
}

/** Whose data folder is the small disk, with nothing there but mirrors. */
const start = (mirrors: Readonly<Record<string, unknown>> = {}) =>
  startMirrorProgram({
    home: disk.path,
    mirrors: { open: [`${server.origin}/**`], minFreeBytes, maxBytes: 1024 * MB, ...mirrors },
    settings: { store: { enabled: false }, logs: { level: 'debug' } },
  })

const pageOf = (path: string) => `/127.0.0.1%3A${server.port}/${path.replace(/\.git$/, '')}/-/bugs`

/** Opens it as a visitor does. @returns what the list is answered with */
async function visit(program: MirrorProgram, path: string): Promise<{ status: number; text: string }> {
  const { status } = await program.open(server.url(path))
  expect(status).toBe(303)
  const answer = await program.get(pageOf(path))
  return { status: answer.status, text: await answer.text() }
}

describe.skipIf(!canMount())('a small disk', () => {
  test('that is filled one after the other keeps free what it must, and everybody gets what they came for', async () => {
    using free = watchFreeBytes(disk.path)
    await using program = await start()
    for (const [index, path] of paths.entries()) {
      const { status, text } = await visit(program, path)
      expect([path, status]).toEqual([path, 200])
      expect(text).toContain(`A bug of ${sizes[index % sizes.length]} MB`)
    }
    const evictions = (await program.measures()).samples.filter(
      ({ name }) => name === 'gitbugviewer_mirror_evictions_total',
    )
    expect(evictions.reduce((sum, { value }) => sum + value, 0)).toBeGreaterThan(4)
    await program.stop()
    expect(free.looks()).toBeGreaterThan(100)
    expect(free.leastBytes()).toBeGreaterThanOrEqual(minFreeBytes - slackBytes)
    expect(program.output().stderr).not.toMatch(/ENOSPC|No space left|nearly full/)
  }, 120_000)

  test('that many fill at once keeps free what it must; whoever comes too early comes again', async () => {
    using free = watchFreeBytes(disk.path)
    await using program = await start({ maxFetches: 6 })
    const waves = [paths.slice(0, 6), paths.slice(6, 12), paths.slice(12)]
    for (const wave of waves) {
      const answers = await Promise.all(wave.map(path => visit(program, path)))
      for (const { status } of answers) expect([200, 507]).toContain(status)
      expect(answers.some(({ status }) => status === 200)).toBe(true)
    }
    await program.stop()
    expect(free.leastBytes()).toBeGreaterThanOrEqual(minFreeBytes - slackBytes)
    expect(program.output().stderr).not.toMatch(/ENOSPC|No space left|nearly full/)
  }, 120_000)

  test('on which nothing may go takes no more than fits: then visitors are told so, and what is there stays', async () => {
    using free = watchFreeBytes(disk.path)
    await using program = await start({ neverEvict: ['**'] })
    const opened: string[] = []
    const refused: string[] = []
    for (const path of paths) {
      const { status, text } = await visit(program, path)
      const those = status === 200 ? opened : refused
      those.push(path)
      expect(text).toContain(status === 200 ? 'A bug of' : 'No room on disk')
      expect([200, 507]).toContain(status)
    }
    expect(opened.length).toBeGreaterThan(4)
    expect(refused.length).toBeGreaterThan(0)
    for (const path of opened) expect((await program.get(pageOf(path))).status).toBe(200)
    expect((await program.measures()).value('gitbugviewer_mirrors')).toBe(opened.length)
    await program.stop()
    expect(free.leastBytes()).toBeGreaterThanOrEqual(minFreeBytes - slackBytes)
    expect(program.output().stderr).not.toMatch(/ENOSPC|No space left|nearly full/)
  }, 120_000)
})
