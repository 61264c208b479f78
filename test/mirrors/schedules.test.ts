/**
 * Everything that can happen to mirrors, in any order and much of it at once: looks, hooks, pushes, clones, evictions, the
 * schedule, a remote that fails, and the end of the program in the middle of all that.
 */
import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isViewerError } from '../../src/base/errors.ts'
import { settle } from '../cache/manager-scene.ts'
import { applyTo, runGit } from '../support/tracker-builder.ts'
import { openMirrorScene, openRemote, type Remote, refreshIntervalMs } from './mirror-scene.ts'

const paths = ['one.git', 'two.git']
const expectedCodes = ['REMOTE_UNREACHABLE', 'GIT_TIMEOUT', 'SHUTTING_DOWN'] as const
const signal = new AbortController().signal
const kinds = [
  'open',
  'obtain',
  'look',
  'hook',
  'evict',
  'schedule',
  'push',
  'breaks',
  'mends',
  'moment',
  'later',
] as const
type Step = readonly [kind: (typeof kinds)[number], path: string]
const steps = fc.array(fc.tuple(fc.constantFrom(...kinds), fc.constantFrom(...paths)), { minLength: 6, maxLength: 16 })

let remote: Remote
beforeAll(async () => {
  remote = await openRemote(...paths)
})
afterAll(async () => {
  await remote[Symbol.asyncDispose]()
})

let pushes = 0
async function push() {
  remote.bugs[0]!.comment(remote.ada, { message: `Push ${++pushes}.`, at: 1_800_000_000 + pushes })
  await applyTo(remote.built.path, remote.t)
}

const refsOf = async (path: string) => await runGit(path, ['for-each-ref', '--format=%(objectname) %(refname)'])

/** A program that things happen to. What it is asked for goes on while the next thing happens. */
async function openPlay() {
  /** How many wait for a mirror: as the cache manager, which lets go of none that it is opening. */
  const waiting = new Map<string, number>()
  const scene = await openMirrorScene(remote.server, {
    listed: paths.map(path => ({ path, name: path })),
    async release(name) {
      await settle()
      return !waiting.get(name)
    },
  })
  const works = new Set<Promise<unknown>>()
  /** Those that somebody has asked for since they left. */
  const wanted = new Set<string>()
  const surprises: unknown[] = []
  const goOn = (work: Promise<unknown>) => {
    const done = work.finally(() => works.delete(done))
    works.add(done)
  }
  const mirrorOf = (name: string) => scene.mirrors.find(name)!.mirror

  async function obtain(name: string) {
    wanted.add(name)
    waiting.set(name, (waiting.get(name) ?? 0) + 1)
    try {
      await mirrorOf(name).obtain(signal)
      if (!mirrorOf(name).isHere()) surprises.push(`${name} is said to be here`)
    } catch (error) {
      // The remote may be broken, time may have jumped, and the program be ending.
      const isExpected = expectedCodes.some(code => isViewerError(error, code))
      if (!isExpected) surprises.push(error)
    } finally {
      waiting.set(name, waiting.get(name)! - 1)
    }
  }
  async function evict(name: string) {
    wanted.delete(name)
    if (!(await scene.mirrors.evict(name))) wanted.add(name)
  }

  async function schedule() {
    try {
      await scene.mirrors.refreshAll(signal)
    } catch (error) {
      if (!isViewerError(error, 'SHUTTING_DOWN')) surprises.push(error)
    }
  }

  const does: Record<Step[0], (path: string) => unknown> = {
    open: async path => {
      wanted.add(path)
      await scene.mirrors.open(scene.address(path), signal)
    },
    obtain: path => goOn(obtain(path)),
    look: path => mirrorOf(path).used(),
    hook: path => mirrorOf(path).refreshNow(),
    evict: path => goOn(evict(path)),
    schedule: () => goOn(schedule()),
    push,
    breaks: () => {
      remote.server.behave = () => ({ status: 500 })
    },
    mends: () => {
      remote.server.behave = () => ({})
    },
    moment: async () => {
      await new Promise(done => setTimeout(done, 40))
      scene.clock.advance(3000)
    },
    later: () => scene.clock.advance(refreshIntervalMs),
  }
  return {
    scene,
    wanted,
    async play(schedule: readonly Step[]) {
      for (const [kind, path] of schedule) {
        await does[kind](path)
        for (const { name, location, mirror } of scene.mirrors.all()) {
          if (mirror.isHere()) expect([name, existsSync(join(location.gitDir, 'packed-refs'))]).toEqual([name, true])
        }
      }
    },
    /** Lets all that goes on come to its end, and no more time pass than hooks wait. */
    async comeToRest() {
      for (let round = 0; round < 3; round++) {
        await expect
          .poll(() => paths.every(name => scene.mirrors.mayGo(name)) && works.size === 0, { timeout: 20_000 })
          .toBe(true)
        scene.clock.advance(2000)
      }
      expect(surprises).toEqual([])
    },
    async end() {
      await scene.end()
      await Promise.all(works)
      expect(surprises).toEqual([])
    },
  }
}

test('whatever has happened, a hook after a push brings what was pushed to all that are here, and none comes unasked', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async schedule => {
      const { scene, wanted, play, comeToRest, end } = await openPlay()
      await play([...schedule, ['mends', ''], ['push', '']])
      for (const path of paths) await play([['hook', path]])
      await comeToRest()
      const here = scene.mirrors.all().filter(({ mirror }) => mirror.isHere())
      for (const { name, location, mirror } of here) {
        expect([name, await refsOf(location.gitDir)]).toEqual([name, await refsOf(remote.built.path)])
        expect(mirror.status()).toMatchObject({ failure: undefined, bytes: scene.folder.get(name)!.bytes })
      }
      expect(paths.filter(path => wanted.has(path))).toEqual(expect.arrayContaining(here.map(({ name }) => name)))
      await end()
      await rm(scene.home, { recursive: true })
    }),
    { numRuns: 8 },
  )
}, 120_000)

test('it can end at any moment: nothing goes on, nothing half-finished is left, and what is there is whole', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async schedule => {
      const { scene, play, end } = await openPlay()
      remote.server.behave = () => ({})
      await play(schedule)
      await end()
      expect(scene.clock.timers).toBe(0)
      const left = await readdir(scene.home)
      expect(left.filter(name => name === 'lock' || /^(unfinished|leaving)-/.test(name))).toEqual([])
      remote.server.behave = () => ({})
      await using later = await openMirrorScene(remote.server, { home: scene.home })
      for (const { name } of scene.folder.all()) {
        expect((await runGit(later.folder.location(name).gitDir, ['fsck', '--connectivity-only'])).trim()).toBe('')
      }
    }),
    { numRuns: 8 },
  )
}, 120_000)
