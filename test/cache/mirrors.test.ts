/** Mirrors as the cache manager has them: brought when they are asked for, shown with their age, let go when they leave. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLog } from '../../src/base/log.ts'
import type { CacheManager } from '../../src/cache/cache-manager.ts'
import { createOverview } from '../../src/cache/overview.ts'
import { createSurvey } from '../../src/cache/survey.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import {
  type MirrorScene,
  openMirrorScene,
  openRemote,
  type Remote,
  refreshIntervalMs,
} from '../mirrors/mirror-scene.ts'
import { applyTo, buildRepository } from '../support/tracker-builder.ts'
import { openManager, titles } from './manager-scene.ts'

let remote: Remote
beforeAll(async () => {
  remote = await openRemote('one.git', 'two.git')
})
afterAll(async () => {
  await remote[Symbol.asyncDispose]()
})

/** Mirrors of a server that are listed, and a manager of them. */
async function open(server = remote.server, paths: readonly string[] = ['one.git', 'two.git']) {
  const later: { manager?: CacheManager } = {}
  const scene: MirrorScene = await openMirrorScene(server, {
    listed: paths.map(path => ({ path, name: path.replace('.git', '') })),
    release: async name => (await later.manager?.release(name)) ?? true,
    moved: name => void later.manager?.invalidate(name),
  })
  const setup = await openManager([], { mirrors: scene.mirrors })
  later.manager = setup.manager
  return {
    scene,
    manager: setup.manager,
    setup,
    async [Symbol.asyncDispose]() {
      await scene[Symbol.asyncDispose]()
      await setup[Symbol.asyncDispose]()
    },
  }
}

test('a mirror is cloned for its first readers, once, and open afterwards', async () => {
  await using own = await open()
  const asked = remote.server.requests.filter(({ kind }) => kind === 'fetch').length
  const leases = await Promise.all(Array.from({ length: 10 }, () => own.manager.acquire('one')))
  expect(remote.server.requests.filter(({ kind }) => kind === 'fetch').length - asked).toBe(1)
  expect(leases[0]!.tracker.bugs).toHaveLength(5)
  for (const lease of leases) lease[Symbol.dispose]()
  expect(own.manager.openNames()).toEqual(['one'])
})

test('how far the clone is can be asked, and then how far the reading is', async () => {
  await using own = await open()
  const { promise: go, resolve } = Promise.withResolvers<void>()
  const { asked } = remote.server
  remote.server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: 0, until: go } : {})
  const opening = titles(own.manager, 'one')
  await remote.server.askedFor(asked + 3)
  expect(own.manager.progress('one')).toMatchObject({ done: 0, total: 0, clone: { bytes: 0 } })
  resolve()
  expect(await opening).toHaveLength(5)
  remote.server.behave = () => ({})
  expect(own.manager.progress('one')).toBeUndefined()
})

test('neither an index nor a search nor a watcher brings a mirror here', async () => {
  await using own = await open()
  const { asked } = remote.server
  const { manager, setup } = own
  const overview = createOverview(manager, {
    clock: setup.clock,
    log: silentLog,
    gitProgram: 'git',
    readGitConfig: true,
  })
  expect((await overview.list(60_000)).map(({ name, card }) => [name, card])).toEqual([
    ['one', undefined],
    ['two', undefined],
  ])
  const survey = createSurvey({ manager, overview, clock: setup.clock, log: silentLog })
  using surveyed = await survey.run({
    waitMs: 60_000,
    signal: new AbortController().signal,
    look: async () => true,
  })
  expect([surveyed.found, surveyed.late]).toEqual([[], ['one', 'two']])
  await expect(manager.currentCard('one')).rejects.toMatchObject({ code: 'MIRROR_AWAY' })
  await expect(manager.acquireBriefly('one')).rejects.toMatchObject({ code: 'MIRROR_AWAY' })
  expect(remote.server.asked).toBe(asked)
})

test('its state says where it is from and how old it is, and changes with that and with nothing else', async () => {
  await using own = await openRemote('one.git')
  await using here = await open(own.server, ['one.git'])
  const { manager, scene } = here
  const state = async () => {
    using lease = await manager.acquire('one')
    return lease.tracker
  }
  const first = await state()
  expect(first.origin).toMatchObject({
    href: scene.address('one.git'),
    fetchedMs: scene.clock.nowMs(),
    failure: undefined,
  })
  expect(await state()).toBe(first)
  expect(manager.digestNow('one')).toBe(first.digest)
  // Nothing new over there: another age, the same refs.
  scene.clock.advance(refreshIntervalMs)
  await expect.poll(async () => (await state()).origin?.fetchedMs).toBe(scene.clock.nowMs())
  const second = await state()
  expect(second.digest).not.toBe(first.digest)
  expect(second.origin?.refsDigest).toBe(first.origin?.refsDigest)
  expect(second.bugs).toBe(first.bugs)
  // Gone over there: the same age, and since when.
  await own.server.remove('one.git')
  scene.clock.advance(refreshIntervalMs)
  await expect.poll(async () => (await state()).origin?.failure?.reason).toBe('gone')
  expect((await state()).origin?.fetchedMs).toBe(second.origin?.fetchedMs)
  // A push that a hook tells of.
  await own.server.serve('one.git', own.built.path)
  own.bugs[0]!.comment(own.ada, { message: 'Later.', at: 1_800_000_000 })
  await applyTo(own.built.path, own.t)
  scene.mirrors.find('one')!.mirror.refreshNow()
  scene.clock.advance(2000)
  await expect.poll(async () => (await state()).origin?.refsDigest).not.toBe(first.origin?.refsDigest)
  expect((await state()).origin?.failure).toBeUndefined()
})

test('one that is being read does not leave the disk; one that is open and not read does, and comes again', async () => {
  await using own = await open()
  const lease = await own.manager.acquire('one')
  expect(await own.scene.mirrors.evict('one')).toBe(false)
  expect(await lease.readBug(lease.tracker.bugs[0]!)).toBeDefined()
  lease[Symbol.dispose]()
  expect(own.manager.openNames()).toEqual(['one'])
  expect(await own.scene.mirrors.evict('one')).toBe(true)
  expect(own.manager.openNames()).toEqual([])
  expect(own.scene.folder.all()).toEqual([])
  expect(await titles(own.manager, 'one')).toHaveLength(5)
})

test('a slow reader of one that is closing holds up nobody: it does not leave the disk yet', async () => {
  await using own = await openRemote('one.git')
  await using here = await open(own.server, ['one.git'])
  const { manager, scene } = here
  await using empty = await buildRepository(createTrackerWriter({ seed: 'empty' }))
  const lease = await manager.acquire('one')
  // It has lost its last bug, and is closed; the reader goes on.
  await own.server.serve('one.git', empty.path)
  scene.mirrors.find('one')!.mirror.refreshNow()
  await expect.poll(() => manager.openNames()).toEqual([])
  expect(await scene.mirrors.evict('one')).toBe(false)
  expect(await lease.readBug(lease.tracker.bugs[0]!)).toBeDefined()
  lease[Symbol.dispose]()
  expect(await scene.mirrors.evict('one')).toBe(true)
})

test('one that has lost its bugs, or cannot be read, is fetched again when somebody asks for it', async () => {
  await using own = await openRemote('one.git')
  await using here = await open(own.server, ['one.git'])
  const { manager, scene } = here
  await using empty = await buildRepository(createTrackerWriter({ seed: 'empty' }))
  expect(await titles(manager, 'one')).toHaveLength(5)
  await own.server.serve('one.git', empty.path)
  scene.mirrors.find('one')!.mirror.refreshNow()
  await expect.poll(() => manager.openNames()).toEqual([])
  await own.server.serve('one.git', own.built.path)
  await expect(titles(manager, 'one')).rejects.toMatchObject({ code: 'REPOSITORY_EMPTY' })
  scene.clock.advance(refreshIntervalMs)
  await expect.poll(() => titles(manager, 'one').catch(() => [])).toHaveLength(5)
})
