/** What becomes of mirrors: opened, looked at, fetched again, in trouble, evicted, and found again by the next start. */
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import type { ColdStorage } from '../../src/mirrors/cold-storage.ts'
import { openHttpGitServer } from '../support/git-servers.ts'
import { applyTo, buildRepository, runGit } from '../support/tracker-builder.ts'
import { emptyMs, openMirrorScene, openRemote, type Remote, refreshIntervalMs } from './mirror-scene.ts'

const signal = new AbortController().signal
const refsOf = async (path: string) =>
  (await runGit(path, ['for-each-ref', '--format=%(objectname) %(refname)'])).trim()

let remote: Remote
beforeAll(async () => {
  remote = await openRemote('group/tool.git', 'group/other.git', 'group/third.git', 'group/fourth.git')
})
afterAll(async () => {
  await remote[Symbol.asyncDispose]()
})

describe('opened by a visitor', () => {
  test('a repository comes with all bugs and people, and under the name of its host and path', async () => {
    await using scene = await openMirrorScene(remote.server)
    const { name } = await scene.mirrors.open(` ${scene.address('group/tool.git')} `, signal)
    expect(name).toBe(`127.0.0.1:${remote.server.port}/group/tool`)
    const place = scene.mirrors.find(name)!
    expect(place.mirror.isHere()).toBe(false)
    await place.mirror.obtain()
    expect(place.mirror.isHere()).toBe(true)
    expect(await refsOf(place.location.gitDir)).toBe(await refsOf(remote.built.path))
    expect(place.mirror.status()).toMatchObject({
      href: scene.address('group/tool.git'),
      fetchedMs: scene.clock.nowMs(),
    })
    expect(place.mirror.status().bytes).toBeGreaterThan(10_000)
    expect(scene.mirrors.all().map(one => one.name)).toEqual([name])
  })

  test('however many ask, it is cloned once, and goes on when all have left', async () => {
    await using scene = await openMirrorScene(remote.server)
    const before = remote.server.requests.filter(({ kind }) => kind === 'fetch').length
    const { promise: go, resolve } = Promise.withResolvers<void>()
    remote.server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: 0, until: go } : {})
    const { name } = await scene.mirrors.open(scene.address('group/tool.git'), signal)
    const { mirror } = scene.mirrors.find(name)!
    const leave = new AbortController()
    const waiting = Array.from({ length: 20 }, () => mirror.obtain(leave.signal))
    leave.abort(new Error('left'))
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(Array(20).fill('rejected'))
    expect(mirror.progress()).toBeDefined()
    resolve()
    await mirror.obtain()
    remote.server.behave = () => ({})
    expect(mirror.progress()).toBeUndefined()
    expect(remote.server.requests.filter(({ kind }) => kind === 'fetch').length - before).toBe(1)
  })

  test('an address that no pattern allows is refused, and so is one that is none', async () => {
    await using scene = await openMirrorScene(remote.server, { open: [`${remote.server.origin}/group/tool*`] })
    await expect(scene.mirrors.open(scene.address('group/other.git'), signal)).rejects.toMatchObject({
      code: 'REMOTE_NOT_ALLOWED',
    })
    await expect(scene.mirrors.open('file:///etc', signal)).rejects.toMatchObject({ code: 'PARAMETER_INVALID' })
    expect(scene.mirrors.find(scene.nameOf('group/other.git'))).toBeUndefined()
    expect((await scene.mirrors.open(scene.address('group/tool.git'), signal)).name).toBe(
      scene.nameOf('group/tool.git'),
    )
  })

  test('an address that leads into a network of its own is refused before anything is asked', async () => {
    await using scene = await openMirrorScene(remote.server, { allow: [] })
    const { asked } = remote.server
    await expect(scene.mirrors.open(scene.address('group/tool.git'), signal)).rejects.toMatchObject({
      code: 'REMOTE_REFUSED',
    })
    expect(remote.server.asked).toBe(asked)
  })

  test('one that the settings do not allow any more is not shown, though it is on disk', async () => {
    const scene = await openMirrorScene(remote.server)
    const { name } = await scene.bring('group/tool.git')
    await scene.end()
    await using later = await openMirrorScene(remote.server, {
      home: scene.home,
      open: ['https://elsewhere.example/**'],
    })
    expect(later.folder.get(name)).toBeDefined()
    expect(later.mirrors.find(name)).toBeUndefined()
    expect(later.mirrors.all()).toEqual([])
  })

  test('a remote without bugs is told so, and is not asked again for a while', async () => {
    const empty = await buildRepository(createTrackerWriter({ seed: 'empty' }))
    await using server = await openHttpGitServer({ 'empty.git': empty.path })
    await using scene = await openMirrorScene(server)
    await expect(scene.bring('empty.git')).rejects.toMatchObject({ code: 'REPOSITORY_EMPTY' })
    const { asked } = server
    const { mirror } = scene.mirrors.find(scene.nameOf('empty.git'))!
    scene.clock.advance(emptyMs - 1)
    await expect(mirror.obtain()).rejects.toMatchObject({ code: 'REPOSITORY_EMPTY' })
    expect(server.asked).toBe(asked)
    const { t } = remote
    await applyTo(empty.path, t)
    scene.clock.advance(1)
    await mirror.obtain()
    expect(mirror.isHere()).toBe(true)
    expect(scene.folder.all()).toHaveLength(1)
    await empty[Symbol.asyncDispose]()
  })

  test('what was opened before is found by its name after a restart, though it had to leave the disk', async () => {
    const scene = await openMirrorScene(remote.server)
    const { name } = await scene.bring('group/tool.git')
    expect(await scene.mirrors.evict(name)).toBe(true)
    await scene.end()
    await using later = await openMirrorScene(remote.server, { home: scene.home })
    expect(later.mirrors.all()).toEqual([])
    const { mirror } = later.mirrors.find(name)!
    await mirror.obtain()
    expect(mirror.isHere()).toBe(true)
  })
})

describe('on disk', () => {
  test('it is opened without any network, by this process and the next one', async () => {
    const scene = await openMirrorScene(remote.server)
    const { mirror, name } = await scene.bring('group/tool.git')
    const { asked } = remote.server
    mirror.used()
    await mirror.obtain()
    await scene.end()
    await using later = await openMirrorScene(remote.server, { home: scene.home })
    const again = later.mirrors.find(name)!.mirror
    await again.obtain()
    again.used()
    expect(again.status().fetchedMs).toBe(scene.clock.nowMs())
    expect(remote.server.asked).toBe(asked)
  })

  test('a look fetches it when the last time is long enough ago, and not before', async () => {
    await using own = await openRemote('tool.git')
    await using scene = await openMirrorScene(own.server)
    const { mirror, name, location } = await scene.bring('tool.git')
    own.bugs[0]!.comment(own.ada, { message: 'Later.', at: 1_800_000_000 })
    await applyTo(own.built.path, own.t)
    const { asked } = own.server
    scene.clock.advance(refreshIntervalMs - 1)
    mirror.used()
    expect(own.server.asked).toBe(asked)
    const before = mirror.status()
    scene.clock.advance(1)
    for (let look = 0; look < 100; look++) mirror.used()
    await expect.poll(() => scene.moved).toEqual([name])
    expect(await refsOf(location.gitDir)).toBe(await refsOf(own.built.path))
    await expect.poll(() => mirror.status().fetchedMs).toBe(scene.clock.nowMs())
    expect(mirror.status()).not.toBe(before)
    const after = own.server.asked
    mirror.used()
    await scene.end()
    expect(own.server.asked).toBe(after)
  })

  test('a hook has it fetched at once; many calls are two fetches, some time apart', async () => {
    await using own = await openRemote('tool.git')
    await using scene = await openMirrorScene(own.server)
    const { mirror, name, location } = await scene.bring('tool.git')
    const fetches = () => own.server.requests.filter(({ kind }) => kind === 'capabilities').length
    const before = fetches()
    own.bugs[0]!.comment(own.ada, { message: 'Later.', at: 1_800_000_000 })
    await applyTo(own.built.path, own.t)
    for (let call = 0; call < 50; call++) mirror.refreshNow()
    await expect.poll(() => scene.moved).toEqual([name])
    expect(await refsOf(location.gitDir)).toBe(await refsOf(own.built.path))
    await expect.poll(() => scene.clock.timers).toBeGreaterThan(0)
    expect(fetches() - before).toBe(1)
    own.bugs[0]!.comment(own.ada, { message: 'Later still.', at: 1_800_000_001 })
    await applyTo(own.built.path, own.t)
    scene.clock.advance(2000)
    await expect.poll(() => scene.moved).toEqual([name, name])
    expect(fetches() - before).toBe(2)
    await expect.poll(() => mirror.status().fetchedMs).toBe(scene.clock.nowMs())
    scene.clock.advance(1999)
    mirror.refreshNow()
    mirror.refreshNow()
    expect(scene.clock.timers).toBe(1)
    expect(fetches() - before).toBe(2)
    scene.clock.advance(1)
    await expect.poll(() => fetches() - before).toBe(3)
  })

  test('all that are old are fetched on schedule, and those that always stay are brought', async () => {
    await using scene = await openMirrorScene(remote.server, {
      listed: [{ path: 'group/third.git', neverEvict: true }, { path: 'group/fourth.git' }],
    })
    const one = await scene.bring('group/tool.git')
    const third = scene.mirrors.find(scene.nameOf('group/third.git'))!
    const fourth = scene.mirrors.find(scene.nameOf('group/fourth.git'))!
    scene.clock.advance(refreshIntervalMs)
    await scene.mirrors.refreshAll(signal)
    expect(one.mirror.status().fetchedMs).toBe(scene.clock.nowMs())
    expect([third.mirror.isHere(), fourth.mirror.isHere()]).toEqual([true, false])
    const { asked } = remote.server
    await scene.mirrors.refreshAll(signal)
    expect(remote.server.asked).toBe(asked)
  })

  test('on schedule one comes after the other, and after each a rest that is three times as long', async () => {
    await using own = await openRemote('one.git', 'two.git')
    await using scene = await openMirrorScene(own.server)
    await scene.bring('one.git')
    await scene.bring('two.git')
    const fetches = () => own.server.requests.filter(({ kind }) => kind === 'capabilities').length
    const before = fetches()
    const { promise: go, resolve } = Promise.withResolvers<void>()
    own.server.behave = () => ({ holdAfterBytes: 0, until: go })
    scene.clock.advance(refreshIntervalMs)
    const { asked } = own.server
    const refreshed = scene.mirrors.refreshAll(signal)
    await own.server.askedFor(asked + 1)
    scene.clock.advance(200)
    resolve()
    const restedFrom = scene.clock.monotonicMs()
    const onward = (until: () => boolean) =>
      expect
        .poll(() => {
          scene.clock.advance(50)
          return until()
        })
        .toBe(true)
    await onward(() => fetches() === before + 2)
    expect(scene.clock.monotonicMs() - restedFrom).toBeGreaterThanOrEqual(600)
    let isOver = false
    void refreshed.then(() => {
      isOver = true
    })
    await onward(() => isOver)
  })

  test('one that somebody has removed by hand is brought again', async () => {
    await using scene = await openMirrorScene(remote.server)
    const { mirror, location } = await scene.bring('group/tool.git')
    await rm(location.gitDir, { recursive: true })
    await mirror.obtain()
    expect(await refsOf(location.gitDir)).toBe(await refsOf(remote.built.path))
  })
})

describe('with a remote that fails', () => {
  test('the last state stays, with the reason and since when; retries back off, and success ends it', async () => {
    await using own = await openRemote('tool.git')
    await using scene = await openMirrorScene(own.server)
    const { mirror, location } = await scene.bring('tool.git')
    const refs = await refsOf(location.gitDir)
    const fetched = mirror.status().fetchedMs
    await own.server.remove('tool.git')
    scene.clock.advance(refreshIntervalMs)
    const sinceMs = scene.clock.nowMs()
    mirror.used()
    await expect.poll(() => mirror.status().failure).toEqual({ reason: 'gone', sinceMs })
    expect(mirror.status().fetchedMs).toBe(fetched)
    expect(await refsOf(location.gitDir)).toBe(refs)
    const pauses = []
    for (let failures = 0; failures < 4; failures++) {
      const { asked } = own.server
      let waitedMs = 0
      while (own.server.asked === asked) {
        scene.clock.advance(10_000)
        waitedMs += 10_000
        await scene.mirrors.refreshAll(signal)
      }
      pauses.push(waitedMs)
    }
    expect(pauses).toEqual([30_000, 60_000, 120_000, 240_000])
    expect(mirror.status().failure).toEqual({ reason: 'gone', sinceMs })
    await own.server.serve('tool.git', own.built.path)
    // It may be too soon after the last attempt, for that is not repeated at once.
    scene.clock.advance(2000)
    mirror.refreshNow()
    await expect.poll(() => mirror.status().failure).toBeUndefined()
    expect(mirror.status().fetchedMs).toBe(scene.clock.nowMs())
  })

  test('nothing is left of a clone that fails, and whoever asks soon again is told the same and when to come back', async () => {
    await using scene = await openMirrorScene(remote.server)
    await expect(scene.bring('group/none.git')).rejects.toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      data: { reason: 'gone', retryAfterSeconds: 30 },
    })
    const { asked } = remote.server
    scene.clock.advance(10_000)
    await expect(scene.bring('group/none.git')).rejects.toMatchObject({
      data: { reason: 'gone', retryAfterSeconds: 20 },
    })
    expect(remote.server.asked).toBe(asked)
    expect(scene.folder.all()).toEqual([])
    expect(await scene.folder.bytes()).toBeLessThan(20_000)
  })

  test('one that is larger than the settings allow is refused', async () => {
    await using scene = await openMirrorScene(remote.server, { maxRepositoryBytes: 4096 })
    await expect(scene.bring('group/tool.git')).rejects.toMatchObject({ code: 'REMOTE_TOO_LARGE' })
    await using few = await openMirrorScene(remote.server, { maxObjects: 5 })
    await expect(few.bring('group/tool.git')).rejects.toMatchObject({
      code: 'REMOTE_TOO_LARGE',
      data: { limit: 'objects' },
    })
  })

  test('the end of the program ends a clone, and nothing of it is there at the next start', async () => {
    const scene = await openMirrorScene(remote.server)
    remote.server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: 100 } : {})
    const { asked } = remote.server
    const { name } = await scene.mirrors.open(scene.address('group/tool.git'), signal)
    const obtained = scene.mirrors.find(name)!.mirror.obtain()
    await remote.server.askedFor(asked + 3)
    await Promise.all([scene.end(), expect(obtained).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })])
    remote.server.behave = () => ({})
    await using later = await openMirrorScene(remote.server, { home: scene.home })
    expect(later.folder.all()).toEqual([])
    expect(await later.folder.bytes()).toBeLessThan(20_000)
  })
})

describe('room', () => {
  /** Room for two of them, and not for three. */
  async function openNarrow(options: Parameters<typeof openMirrorScene>[1] = {}) {
    await using wide = await openMirrorScene(remote.server)
    const { mirror } = await wide.bring('group/tool.git')
    const { bytes } = mirror.status()
    // A clone begins with 16 MiB of room.
    return await openMirrorScene(remote.server, { maxBytes: 16 * 1024 ** 2 + 2.5 * bytes, ...options })
  }
  const names = (scene: Awaited<ReturnType<typeof openMirrorScene>>) =>
    scene.folder
      .all()
      .map(({ name }) => name.slice(name.lastIndexOf('/') + 1))
      .sort((a, b) => (a < b ? -1 : 1))

  test('the one that was not used for longest leaves before another one comes', async () => {
    await using scene = await openNarrow()
    const tool = await scene.bring('group/tool.git')
    scene.clock.advance(5000)
    await scene.bring('group/other.git')
    scene.clock.advance(5000)
    tool.mirror.used()
    scene.clock.advance(5000)
    await scene.bring('group/third.git')
    expect(names(scene)).toEqual(['other', 'third', 'tool'])
    await scene.bring('group/fourth.git')
    expect(names(scene)).toEqual(['fourth', 'third', 'tool'])
  })

  test('none that always stays and none that is in use leaves; with no other there is no room', async () => {
    await using scene = await openNarrow({ neverEvict: ['*/group/tool'] })
    await scene.bring('group/tool.git')
    const other = await scene.bring('group/other.git')
    const third = await scene.bring('group/third.git')
    scene.used.add(other.name).add(third.name)
    await expect(scene.bring('group/fourth.git')).rejects.toMatchObject({ code: 'MIRROR_NO_ROOM' })
    expect(names(scene)).toEqual(['other', 'third', 'tool'])
    scene.used.delete(third.name)
    scene.clock.advance(30_000)
    await scene.bring('group/fourth.git')
    expect(names(scene)).toEqual(['fourth', 'other', 'tool'])
  })

  test('whoever asks for one that is leaving waits, and gets it again', async () => {
    await using scene = await openMirrorScene(remote.server)
    const { mirror, name } = await scene.bring('group/tool.git')
    const leaving = scene.mirrors.evict(name)
    await mirror.obtain()
    expect(await leaving).toBe(true)
    expect(mirror.isHere()).toBe(true)
  })
})

describe('cold storage', () => {
  /** What a bucket does, in this process. */
  function createShelf(): ColdStorage & { readonly kept: Map<string, Buffer>; isBroken: boolean; puts: number } {
    const kept = new Map<string, Buffer>()
    const shelf = {
      kept,
      puts: 0,
      isBroken: false,
      isOn: true,
      async put(key: string, content: AsyncIterable<Uint8Array>) {
        if (shelf.isBroken) throw new Error('the shelf is broken')
        const pieces = []
        for await (const piece of content) pieces.push(Buffer.from(piece))
        kept.set(key, Buffer.concat(pieces))
        shelf.puts++
      },
      async get(key: string) {
        if (shelf.isBroken) throw new Error('the shelf is broken')
        const found = kept.get(key)
        return (
          found && {
            bytes: found.length,
            content: (async function* () {
              yield found
            })(),
          }
        )
      },
      delete: async (key: string) => void kept.delete(key),
    }
    return shelf
  }

  test('one that left comes back from there, with what was pushed meanwhile on top', async () => {
    await using own = await openRemote('tool.git')
    const cold = createShelf()
    await using scene = await openMirrorScene(own.server, { cold })
    const { mirror, name, location } = await scene.bring('tool.git')
    expect(await scene.mirrors.evict(name)).toBe(true)
    const put = cold.puts
    expect([...cold.kept.values()].some(value => value.subarray(0, 15).toString() === '# v2 git bundle')).toBe(true)
    own.bugs[0]!.comment(own.ada, { message: 'Later.', at: 1_800_000_000 })
    await applyTo(own.built.path, own.t)
    // Enough for what was pushed, and not for all of it.
    const bundleBytes = Math.max(...[...cold.kept.values()].map(({ length }) => length))
    own.server.behave = ({ kind }) => (kind === 'fetch' ? { cutAfterBytes: bundleBytes / 2 } : {})
    await mirror.obtain()
    expect(await refsOf(location.gitDir)).toBe(await refsOf(own.built.path))
    // What came back and has not moved since need not be sent there again.
    own.server.behave = () => ({})
    await scene.mirrors.evict(name)
    expect(cold.puts - put).toBe(put)
    await mirror.obtain()
    await scene.mirrors.evict(name)
    expect(cold.puts - put).toBe(put)
  })

  test('where the remote is gone, the last state comes back with its age', async () => {
    await using own = await openRemote('tool.git')
    await using scene = await openMirrorScene(own.server, { cold: createShelf() })
    const { mirror, name, location } = await scene.bring('tool.git')
    const { fetchedMs } = mirror.status()
    expect(await scene.mirrors.evict(name)).toBe(true)
    await own.server.remove('tool.git')
    scene.clock.advance(3_600_000)
    await mirror.obtain()
    expect(await refsOf(location.gitDir)).toBe(await refsOf(own.built.path))
    expect(mirror.status()).toMatchObject({ fetchedMs, failure: { reason: 'gone', sinceMs: scene.clock.nowMs() } })
  })

  test('what cannot be put there leaves all the same, and what cannot be had from there comes from the remote', async () => {
    const cold = createShelf()
    await using scene = await openMirrorScene(remote.server, { cold })
    const { mirror, name } = await scene.bring('group/tool.git')
    cold.isBroken = true
    expect(await scene.mirrors.evict(name)).toBe(true)
    await mirror.obtain()
    cold.isBroken = false
    expect(await scene.mirrors.evict(name)).toBe(true)
    for (const [key, value] of cold.kept) if (key.endsWith('.bundle')) value.fill(0, value.length - 200)
    await mirror.obtain()
    expect(await refsOf(mirror.isHere() ? scene.folder.location(name).gitDir : '')).toBe(
      await refsOf(remote.built.path),
    )
  })
})
