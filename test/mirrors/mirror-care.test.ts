/** What an administrator does to mirrors between two starts and beside the program, and what happens to them at once. */
import { readdir, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ColdStorage, noColdStorage } from '../../src/mirrors/cold-storage.ts'
import { openHttpGitServer } from '../support/git-servers.ts'
import { canMount, mountSmallDisk } from '../support/small-disk.ts'
import { applyTo, runGit } from '../support/tracker-builder.ts'
import { openMirrorScene, openRemote, type Remote, refreshIntervalMs } from './mirror-scene.ts'

const signal = new AbortController().signal
const refsOf = async (path: string) => await runGit(path, ['for-each-ref', '--format=%(objectname) %(refname)'])

let remote: Remote
beforeAll(async () => {
  remote = await openRemote('one.git', 'two.git')
})
afterAll(async () => {
  await remote[Symbol.asyncDispose]()
})

async function push({ t, bugs, ada, built }: Remote) {
  bugs[0]!.comment(ada, { message: 'Later.', at: 1_800_000_000 })
  await applyTo(built.path, t)
}

describe('between two starts', () => {
  test('where a name is given to another repository, nothing of the one that had it is shown', async () => {
    await using other = await openRemote('other.git')
    const scene = await openMirrorScene(remote.server, { listed: [{ path: 'one.git', name: 'site' }] })
    await scene.mirrors.find('site')!.mirror.obtain()
    await scene.end()
    await using later = await openMirrorScene(other.server, {
      home: scene.home,
      listed: [{ path: 'other.git', name: 'site' }],
    })
    const { mirror, location } = later.mirrors.find('site')!
    expect([mirror.isHere(), mirror.status().fetchedMs]).toEqual([false, undefined])
    await mirror.obtain()
    expect(await refsOf(location.gitDir)).toBe(await refsOf(other.built.path))
    expect(later.folder.all().map(({ href }) => href)).toEqual([later.address('other.git')])
  })

  test('what had a name before makes room as any other', async () => {
    const scene = await openMirrorScene(remote.server, { listed: [{ path: 'one.git', name: 'site' }] })
    await scene.mirrors.find('site')!.mirror.obtain()
    await scene.end()
    await using later = await openMirrorScene(remote.server, {
      home: scene.home,
      listed: [{ path: 'two.git', name: 'site' }],
      maxBytes: 0,
    })
    await later.mirrors.refreshAll(signal)
    expect(later.folder.all()).toEqual([])
  })

  test('the same repository at an address of another scheme or ending is not brought anew', async () => {
    await using server = await openHttpGitServer({ tool: remote.built.path, 'tool.git': remote.built.path })
    const scene = await openMirrorScene(server, { listed: [{ path: 'tool.git' }] })
    const { name } = await scene.bring('tool.git')
    await scene.end()
    await using later = await openMirrorScene(server, { home: scene.home, listed: [{ path: 'tool' }] })
    expect(later.mirrors.find(name)!.mirror.isHere()).toBe(true)
  })
})

describe('a copy that is damaged on this disk', () => {
  const harms = {
    'has lost its packs': async (gitDir: string) => {
      const packs = join(gitDir, 'objects/pack')
      for (const file of await readdir(packs)) await rm(join(packs, file))
    },
    'has a pack that ends too early': async (gitDir: string) => {
      const packs = join(gitDir, 'objects/pack')
      const pack = (await readdir(packs)).find(file => file.endsWith('.pack'))!
      await truncate(join(packs, pack), 100)
    },
    'has a list of refs that ends too early': async (gitDir: string) =>
      await truncate(join(gitDir, 'packed-refs'), 200),
    'is no repository any more': async (gitDir: string) => await rm(join(gitDir, 'HEAD')),
  }
  test.each(Object.entries(harms))('is made anew by the next fetch: one that %s', async (_, harm) => {
    await using own = await openRemote('tool.git')
    await using scene = await openMirrorScene(own.server)
    const { mirror, location, name } = await scene.bring('tool.git')
    await harm(location.gitDir)
    await push(own)
    mirror.refreshNow()
    await expect.poll(() => scene.moved).toEqual([name])
    expect(mirror.status().failure).toBeUndefined()
    expect(await refsOf(location.gitDir)).toBe(await refsOf(own.built.path))
    expect((await runGit(location.gitDir, ['fsck'])).trim()).toBe('')
  })

  test('stays where it is the remote that is damaged', async () => {
    await using own = await openRemote('tool.git')
    await using scene = await openMirrorScene(own.server)
    const { mirror, location } = await scene.bring('tool.git')
    const refs = await refsOf(location.gitDir)
    await push(own)
    own.server.behave = ({ kind }) => (kind === 'fetch' ? { cutAfterBytes: 300 } : {})
    const before = own.server.requests.filter(({ kind }) => kind === 'fetch').length
    mirror.refreshNow()
    await expect.poll(() => mirror.status().failure).toBeDefined()
    expect(await refsOf(location.gitDir)).toBe(refs)
    expect(own.server.requests.filter(({ kind }) => kind === 'fetch').length - before).toBe(1)
  })
})

describe.skipIf(!canMount())('on a disk that becomes read-only', () => {
  test('the last state stays, the remote is not blamed, none leaves, and all goes on when it can be written again', async () => {
    await using own = await openRemote('tool.git', 'other.git')
    using disk = mountSmallDisk(64 * 1024 ** 2)
    const scene = await openMirrorScene(own.server, { home: disk.path })
    const { mirror, location, name } = await scene.bring('tool.git')
    await scene.mirrors.refreshAll(signal)
    const refs = await refsOf(location.gitDir)
    await push(own)
    scene.clock.advance(refreshIntervalMs)
    disk.makeReadOnly()
    await scene.mirrors.refreshAll(signal)
    expect(mirror.status().failure?.reason).toBe('failed')
    await expect(scene.bring('other.git')).rejects.toMatchObject({ code: 'SETTING_INVALID' })
    await expect(scene.mirrors.evict(name)).rejects.toMatchObject({ code: 'SETTING_INVALID' })
    expect([mirror.isHere(), await refsOf(location.gitDir)]).toEqual([true, refs])
    disk.makeWritable()
    scene.clock.advance(30_000)
    await scene.mirrors.refreshAll(signal)
    expect(mirror.status().failure).toBeUndefined()
    expect(await refsOf(location.gitDir)).toBe(await refsOf(own.built.path))
    await scene.end()
  })
})

describe('at the same time', () => {
  test('a hook that calls during a clone brings what was pushed meanwhile', async () => {
    await using own = await openRemote('tool.git')
    await using scene = await openMirrorScene(own.server, { listed: [{ path: 'tool.git', name: 'tool' }] })
    const { mirror, location } = scene.mirrors.find('tool')!
    const { promise: go, resolve } = Promise.withResolvers<void>()
    own.server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: 0, until: go } : {})
    const obtained = mirror.obtain()
    await own.server.askedFor(3)
    await push(own)
    mirror.refreshNow()
    resolve()
    await obtained
    scene.clock.advance(2000)
    await expect.poll(() => scene.moved).toEqual(['tool'])
    expect(await refsOf(location.gitDir)).toBe(await refsOf(own.built.path))
  })

  test('a hook ends the wait after a clone that failed, but for two seconds: nobody has a server asked on and on', async () => {
    await using scene = await openMirrorScene(remote.server)
    await expect(scene.bring('none.git')).rejects.toMatchObject({ data: { retryAfterSeconds: 30 } })
    const { mirror } = scene.mirrors.find(scene.nameOf('none.git'))!
    const { asked } = remote.server
    mirror.refreshNow()
    mirror.refreshNow()
    await expect(mirror.obtain()).rejects.toMatchObject({ data: { retryAfterSeconds: 2 } })
    expect(remote.server.asked).toBe(asked)
    scene.clock.advance(2000)
    await expect(mirror.obtain()).rejects.toMatchObject({ data: { retryAfterSeconds: 60 } })
    expect(remote.server.asked).toBeGreaterThan(asked)
  })

  test('the schedule does not bring back what left the disk while others were fetched', async () => {
    await using scene = await openMirrorScene(remote.server)
    const one = await scene.bring('one.git')
    const two = await scene.bring('two.git')
    scene.clock.advance(refreshIntervalMs)
    const { promise: go, resolve } = Promise.withResolvers<void>()
    const { asked } = remote.server
    remote.server.behave = () => ({ holdAfterBytes: 0, until: go })
    const refreshed = scene.mirrors.refreshAll(signal)
    await remote.server.askedFor(asked + 1)
    expect(await scene.mirrors.evict(two.name)).toBe(true)
    resolve()
    await refreshed
    remote.server.behave = () => ({})
    expect([one.mirror.isHere(), two.mirror.isHere()]).toEqual([true, false])
  })

  test('the schedule ends when it is told to, though a remote stands still', async () => {
    await using scene = await openMirrorScene(remote.server)
    await scene.bring('one.git')
    scene.clock.advance(refreshIntervalMs)
    const { asked } = remote.server
    remote.server.behave = () => ({ holdAfterBytes: 0 })
    const stop = new AbortController()
    const refreshed = scene.mirrors.refreshAll(stop.signal)
    await remote.server.askedFor(asked + 1)
    stop.abort(new Error('the server is shutting down'))
    await expect(refreshed).rejects.toThrow('shutting down')
    remote.server.behave = () => ({})
  })

  test('one on its way into cold storage is not here; whoever wants it waits, and gets it', async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>()
    const { promise: put, resolve: isPut } = Promise.withResolvers<void>()
    const cold: ColdStorage = {
      ...noColdStorage,
      isOn: true,
      get: async () => undefined,
      async put() {
        isPut()
        await go
      },
    }
    await using scene = await openMirrorScene(remote.server, { cold })
    const { mirror, name } = await scene.bring('one.git')
    const leaving = scene.mirrors.evict(name)
    await put
    expect([mirror.isHere(), mirror.status().fetchedMs]).toEqual([false, undefined])
    const obtained = mirror.obtain()
    resolve()
    expect(await leaving).toBe(true)
    await obtained
    expect(mirror.isHere()).toBe(true)
  })

  test('that one cannot leave is nothing to those who want it', async () => {
    const { promise: go, reject } = Promise.withResolvers<boolean>()
    await using scene = await openMirrorScene(remote.server, { release: () => go })
    const { mirror, name } = await scene.bring('one.git')
    const leaving = scene.mirrors.evict(name)
    const obtained = mirror.obtain()
    reject(new Error('it cannot be closed'))
    await expect(leaving).rejects.toThrow('it cannot be closed')
    await obtained
    expect(mirror.isHere()).toBe(true)
  })

  test('two who see that it was removed by hand bring it once', async () => {
    await using scene = await openMirrorScene(remote.server)
    const { mirror, location } = await scene.bring('one.git')
    await rm(location.gitDir, { recursive: true })
    const before = remote.server.requests.filter(({ kind }) => kind === 'fetch').length
    await Promise.all([mirror.obtain(), mirror.obtain(), mirror.obtain()])
    expect(remote.server.requests.filter(({ kind }) => kind === 'fetch').length - before).toBe(1)
    expect(await refsOf(location.gitDir)).toBe(await refsOf(remote.built.path))
  })
})
