import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLog } from '../../src/base/log.ts'
import { openRegistry } from '../../src/cache/registry.ts'
import { createTrackerWriter, type TrackerWriter } from '../../src/demo/writer.ts'
import { openGit } from '../../src/git/git.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { applyTo, buildRepository, deleteRef, runGit } from '../support/tracker-builder.ts'
import { openManager, smallTracker, start, tenMinutesMs, titles } from './manager-scene.ts'

describe('opening', () => {
  test('is done once for all who ask at the same time, and not again while it is open', async () => {
    await using built = await buildRepository(smallTracker('open').t)
    await using setup = await openManager([built.path])
    const leases = await Promise.all(Array.from({ length: 20 }, () => setup.manager.acquire('r0')))
    expect(new Set(leases.map(lease => lease.tracker)).size).toBe(1)
    for (const lease of leases) lease[Symbol.dispose]()
    expect(await titles(setup.manager)).toEqual(['First'])
    expect(setup.counts).toMatchObject({ listings: 1, walks: 0, readers: 1 })
  })

  test('of a thousand repositories opens none before it is asked', async () => {
    await using built = await buildRepository(smallTracker('many').t)
    await using setup = await openManager(Array.from({ length: 1000 }, () => built.path))
    expect([setup.manager.openNames(), setup.counts.listings]).toEqual([[], 0])
  })

  test('a repository without bugs costs one listing and is not kept open', async () => {
    await using built = await buildRepository(createTrackerWriter({ seed: 'empty' }))
    await using setup = await openManager([built.path])
    for (let n = 0; n < 2; n++) {
      await expect(setup.manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_EMPTY' })
    }
    expect(setup.counts).toMatchObject({ listings: 2, walks: 0 })
    expect(setup.manager.openNames()).toEqual([])
  })

  test('a failure is told to all who wait, is tried again after a short pause, and leaves other repositories alone', async () => {
    await using good = await buildRepository(smallTracker('good').t)
    await using bad = await buildRepository(smallTracker('bad').t)
    await using setup = await openManager([good.path, bad.path])
    const away = `${bad.path}.away`
    await rename(bad.path, away)
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => setup.manager.acquire('r1')))
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'REPOSITORY_UNREADABLE' } })
    expect(await titles(setup.manager, 'r0')).toEqual(['First'])
    await rename(away, bad.path)
    await expect(setup.manager.acquire('r1')).rejects.toMatchObject({ code: 'REPOSITORY_UNREADABLE' })
    setup.clock.advance(250)
    expect(await titles(setup.manager, 'r1')).toEqual(['First'])
  })

  test('a client that leaves alone stops the opening; the next one starts it anew', async () => {
    await using built = await buildRepository(smallTracker('leave').t)
    await using setup = await openManager([built.path])
    const leaving = new AbortController()
    const first = setup.manager.acquire('r0', leaving.signal)
    leaving.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    expect(await titles(setup.manager)).toEqual(['First'])
  })

  test('a client that leaves does not stop the opening for the others', async () => {
    await using built = await buildRepository(smallTracker('stay').t)
    await using setup = await openManager([built.path])
    const leaving = new AbortController()
    const first = setup.manager.acquire('r0', leaving.signal)
    const second = setup.manager.acquire('r0')
    leaving.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    using lease = await second
    expect(lease.tracker.bugs).toHaveLength(1)
    expect(setup.counts.readers).toBe(1)
  })
})

describe('idle time', () => {
  test('closes a repository after its last use, and each use starts the time anew', async () => {
    await using built = await buildRepository(smallTracker('idle').t)
    await using setup = await openManager([built.path])
    await titles(setup.manager)
    setup.clock.advance(tenMinutesMs - 1)
    await titles(setup.manager)
    setup.clock.advance(tenMinutesMs - 1)
    expect(setup.manager.openNames()).toEqual(['r0'])
    setup.clock.advance(1)
    expect(setup.manager.openNames()).toEqual([])
    expect(await titles(setup.manager)).toEqual(['First'])
    expect(setup.counts.readers).toBe(2)
  })

  test('never closes a repository that is in use', async () => {
    await using built = await buildRepository(smallTracker('use').t)
    await using setup = await openManager([built.path])
    const lease = await setup.manager.acquire('r0')
    setup.clock.advance(10 * tenMinutesMs)
    expect(setup.manager.openNames()).toEqual(['r0'])
    lease[Symbol.dispose]()
    lease[Symbol.dispose]()
    setup.clock.advance(tenMinutesMs)
    expect(setup.manager.openNames()).toEqual([])
  })

  test('0 keeps it open', async () => {
    await using built = await buildRepository(smallTracker('never').t)
    await using setup = await openManager([built.path], { idleMs: 0 })
    await titles(setup.manager)
    setup.clock.advance(1000 * tenMinutesMs)
    expect(setup.manager.openNames()).toEqual(['r0'])
  })
})

describe('refreshing', () => {
  test('an invalidated repository is read again by the next reader; what did not move is not read again', async () => {
    const { t, ada } = smallTracker('refresh')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    using before = await setup.manager.acquire('r0')
    const kept = before.tracker.bugs[0]
    t.bug(ada, { title: 'Second', message: '', at: start + 10 })
    await applyTo(built.path, t)
    expect(await titles(setup.manager)).toEqual(['First'])
    await setup.manager.invalidate('r0').done
    using after = await setup.manager.acquire('r0')
    expect(after.tracker.bugs.map(bug => bug.title)).toEqual(['Second', 'First'])
    expect(after.tracker.bugs[1]).toBe(kept)
    expect(after.tracker.digest).not.toBe(before.tracker.digest)
    expect(before.tracker.bugs).toHaveLength(1)
  })

  test('a push that comes while a refresh runs is not missed', async () => {
    const { t, ada } = smallTracker('during')
    await using built = await buildRepository(t)
    const git = await openGit()
    const listed = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    let hold = false
    await using setup = await openManager([built.path], {
      git: {
        ...git,
        async listRefs(folder, options) {
          const listing = await git.listRefs(folder, options)
          if (hold) {
            hold = false
            listed.resolve()
            await gate.promise
          }
          return listing
        },
      },
    })
    await titles(setup.manager)
    hold = true
    const first = setup.manager.invalidate('r0').done
    await listed.promise
    t.bug(ada, { title: 'Pushed meanwhile', message: '', at: start + 10 })
    await applyTo(built.path, t)
    const second = setup.manager.invalidate('r0').done
    const reader = titles(setup.manager)
    gate.resolve()
    expect(await reader).toEqual(['Pushed meanwhile', 'First'])
    await Promise.all([first, second])
  })

  test('the timed refresh covers every open repository and opens none; one that fails does not end it', async () => {
    const { t, ada } = smallTracker('timed')
    await using built = await buildRepository(t)
    await using broken = await buildRepository(smallTracker('broken').t)
    await using closed = await buildRepository(smallTracker('closed').t)
    await using setup = await openManager([broken.path, built.path, closed.path])
    await titles(setup.manager, 'r0')
    await titles(setup.manager, 'r1')
    t.bug(ada, { title: 'Second', message: '', at: start + 10 })
    await applyTo(built.path, t)
    await runGit(broken.path, ['config', 'core.repositoryFormatVersion', '999'])
    await setup.manager.refreshAll()
    expect(await titles(setup.manager, 'r1')).toEqual(['Second', 'First'])
    expect(await titles(setup.manager, 'r0')).toEqual(['First'])
    expect(setup.manager.openNames()).toEqual(['r0', 'r1'])
  })

  test('a refresh that finds nothing moved keeps the state as it is', async () => {
    await using built = await buildRepository(smallTracker('same').t)
    await using setup = await openManager([built.path])
    using before = await setup.manager.acquire('r0')
    await setup.manager.refreshAll()
    using after = await setup.manager.acquire('r0')
    expect(after.tracker).toBe(before.tracker)
  })

  test('a failed refresh is told to the one who waits for it, and is tried again after a short pause', async () => {
    const { t, ada, bug } = smallTracker('fail')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    await titles(setup.manager)
    const away = `${built.path}.away`
    await rename(built.path, away)
    await setup.manager.invalidate('r0').done
    await expect(setup.manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_UNREADABLE' })
    await rename(away, built.path)
    t.bug(ada, { title: 'Second', message: '', at: start + 10 })
    await applyTo(built.path, t)
    await deleteRef(built.path, bug.ref)
    setup.clock.advance(250)
    expect(await titles(setup.manager)).toEqual(['Second'])
  })
})

test('a bug is read in full once, however many ask, and again only when it has moved', async () => {
  const { t, ada, bug } = smallTracker('full')
  await using built = await buildRepository(t)
  await using setup = await openManager([built.path])
  using lease = await setup.manager.acquire('r0')
  const summary = lease.tracker.bugById.get(bug.id)!
  const [one, two] = await Promise.all([lease.readBug(summary), lease.readBug(summary)])
  expect(one).toBe(two)
  expect(one.comments.map(comment => comment.message)).toEqual(['text'])
  bug.comment(ada, { message: 'more', at: start + 5 })
  await applyTo(built.path, t)
  await setup.manager.invalidate('r0').done
  using later = await setup.manager.acquire('r0')
  const moved = await later.readBug(later.tracker.bugById.get(bug.id)!)
  expect(moved.comments.map(comment => comment.message)).toEqual(['text', 'more'])
})

test('shutdown closes every repository, ends what is being opened, and refuses what comes after', async () => {
  await using built = await buildRepository(smallTracker('shutdown').t)
  await using setup = await openManager([built.path, built.path])
  await titles(setup.manager, 'r0')
  const opening = setup.manager.acquire('r1').then(
    lease => lease[Symbol.dispose](),
    (error: { code?: string }) => error.code,
  )
  await setup.manager[Symbol.asyncDispose]()
  expect([undefined, 'SHUTTING_DOWN']).toContain(await opening)
  expect(setup.manager.openNames()).toEqual([])
  await expect(setup.manager.acquire('r1')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  expect(setup.clock.timers).toBe(0)
})

describe('the table of repositories', () => {
  let home: string
  const clock = createManualClock()
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'registry-'))
  })
  afterAll(() => rm(home, { recursive: true, force: true }))

  async function makeBare(path: string, t: TrackerWriter = smallTracker(path).t) {
    await mkdir(join(home, path), { recursive: true })
    await buildRepository(t, { dir: join(home, path) })
  }

  test('a repository that appears later is found by its name, at most so often, and a lost folder empties nothing', async () => {
    await makeBare('scan/one.git')
    const registry = await openRegistry(
      {
        list: [],
        scan: [{ path: join(home, 'scan'), depth: 3 }],
        accepts: () => true,
        requireExportOk: false,
        rescanAfterMs: 1000,
      },
      { clock, log: silentLog },
    )
    expect(await registry.find('group/two')).toBeUndefined()
    await makeBare('scan/group/two.git')
    expect(await registry.find('group/two')).toBeUndefined()
    clock.advance(1000)
    expect((await registry.find('group/two'))?.name).toBe('group/two')
    await chmod(join(home, 'scan'), 0o755)
    await rename(join(home, 'scan'), join(home, 'gone'))
    await registry.rescan()
    expect(registry.all().map(({ name }) => name)).toEqual(['group/two', 'one'])
    await rename(join(home, 'gone'), join(home, 'scan'))
  })

  test('what is listed goes before what is found, prefixes are put before names, and the export file can be asked for', async () => {
    await makeBare('more/one.git')
    await makeBare('more/public.git')
    await writeFile(join(home, 'more/public.git/git-daemon-export-ok'), '')
    const options = {
      list: [{ name: 'one', path: join(home, 'more/public.git'), description: 'listed' }],
      scan: [
        { path: join(home, 'more'), depth: 1 },
        { path: join(home, 'more'), depth: 1, prefix: 'm' },
      ],
      accepts: (name: string) => name !== 'm/one',
      rescanAfterMs: 0,
    }
    const open = await openRegistry({ ...options, requireExportOk: false }, { clock, log: silentLog })
    await open.filled()
    expect(open.all().map(({ name, description }) => [name, description])).toEqual([
      ['m/public', undefined],
      ['one', 'listed'],
      ['public', undefined],
    ])
    const strict = await openRegistry({ ...options, list: [], requireExportOk: true }, { clock, log: silentLog })
    await strict.filled()
    expect(strict.all().map(({ name }) => name)).toEqual(['m/public', 'public'])
  })

  test('a listed path that is no repository is a mistake in the settings', async () => {
    const options = {
      list: [{ name: 'x', path: home }],
      scan: [],
      accepts: () => true,
      requireExportOk: false,
      rescanAfterMs: 0,
    }
    await expect(openRegistry(options, { clock, log: silentLog })).rejects.toMatchObject({ code: 'SETTING_INVALID' })
  })
})

test('an opening that has just begun when all is closed starts no git', async () => {
  await using built = await buildRepository(smallTracker('just begun').t)
  await using setup = await openManager([built.path])
  const opening = setup.manager.acquire('r0')
  const closed = setup.manager[Symbol.asyncDispose]()
  await expect(opening).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  await closed
  expect(setup.counts).toMatchObject({ listings: 0, readers: 0 })
})
