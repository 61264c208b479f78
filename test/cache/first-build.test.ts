/** The first build of a repository: how far it has come, what happens when its readers leave, and when it fails. */
import { rename } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { applyTo, buildRepository } from '../support/tracker-builder.ts'
import { openManager, type Setup, settle, smallTracker, start, titles } from './manager-scene.ts'

/** Comes, and goes again while the first build is held up. */
async function visitBriefly({ manager }: Setup, come: Promise<void>) {
  const leaving = new AbortController()
  const visit = manager.acquire('r0', leaving.signal)
  await come
  leaving.abort(new Error('gone'))
  await expect(visit).rejects.toThrow('gone')
}

describe('while a first build goes on', () => {
  test('its progress is told, from the listing to the last entity, and never beside it', async () => {
    await using built = await buildRepository(smallTracker('progress').t)
    await using setup = await openManager([built.path])
    expect(setup.manager.progress('r0')).toBeUndefined()
    const [listed, read] = [setup.holds.holdListings(), setup.holds.holdObjects()]
    const opening = titles(setup.manager)
    await listed
    expect(setup.manager.progress('r0')).toEqual({ done: 0, total: 0 })
    expect(setup.manager.progress('r1')).toBeUndefined()
    expect(setup.told.gauge('gitbugviewer_builds_running')).toBe(1)
    setup.holds.letListingsGo()
    await read
    expect(setup.manager.progress('r0')).toEqual({ done: 0, total: 2 })
    setup.holds.letGo()
    await opening
    expect(setup.manager.progress('r0')).toBeUndefined()
    expect(setup.told.gauge('gitbugviewer_builds_running')).toBe(0)
    expect(setup.told.builds).toEqual(['first done'])
  })

  test('other repositories open beside it', async () => {
    await using slow = await buildRepository(smallTracker('slow').t)
    await using quick = await buildRepository(smallTracker('quick').t)
    await using setup = await openManager([slow.path, quick.path])
    const listed = setup.holds.holdListings()
    const opening = titles(setup.manager, 'r0')
    await listed
    // What is held stays held; who comes now is not.
    const letSlowGo = setup.holds.split()
    expect(await titles(setup.manager, 'r1')).toEqual(['First'])
    expect(setup.manager.openNames()).toEqual(['r1'])
    letSlowGo()
    expect(await opening).toEqual(['First'])
  })

  test('that all have left, it goes on, and the next one finds it done', async () => {
    await using built = await buildRepository(smallTracker('left').t)
    await using setup = await openManager([built.path])
    await visitBriefly(setup, setup.holds.holdListings())
    setup.clock.advance(9_999)
    expect(setup.manager.progress('r0')).toEqual({ done: 0, total: 0 })
    const back = titles(setup.manager)
    await settle()
    setup.clock.advance(60_000)
    setup.holds.letGo()
    expect(await back).toEqual(['First'])
    expect(setup.counts).toMatchObject({ listings: 1, readers: 1 })
  })

  test('that all have left, it may be done before anybody comes back', async () => {
    await using built = await buildRepository(smallTracker('alone').t)
    await using setup = await openManager([built.path])
    await visitBriefly(setup, setup.holds.holdListings())
    setup.holds.letGo()
    while (setup.manager.openNames().length === 0) await settle()
    expect(await titles(setup.manager)).toEqual(['First'])
    expect(setup.counts.readers).toBe(1)
  })

  test('that all have left, it is stopped after ten seconds, leaves nothing, and is no failure', async () => {
    await using built = await buildRepository(smallTracker('stopped').t)
    await using setup = await openManager([built.path])
    await visitBriefly(setup, setup.holds.holdListings())
    setup.clock.advance(10_000)
    await settle()
    expect(setup.manager.progress('r0')).toBeUndefined()
    expect(setup.manager.openNames()).toEqual([])
    expect([setup.told.builds, setup.told.count('gitbugviewer_errors_total')]).toEqual([['first stopped'], 0])
    setup.holds.letGo()
    expect(await titles(setup.manager)).toEqual(['First'])
    expect(setup.counts.readers).toBe(2)
  })

  test('a push that was told of is in what its readers get', async () => {
    const { t, ada } = smallTracker('pushed')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    const listed = setup.holds.holdListings()
    const opening = titles(setup.manager)
    await listed
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    expect(setup.manager.invalidate('r0').isMerged).toBe(true)
    setup.holds.letGo()
    expect(await opening).toEqual(['Second', 'First'])
  })
})

describe('a first build that fails', () => {
  test('is tried again after pauses that double, and whoever asks meanwhile gets its failure at no cost', async () => {
    await using built = await buildRepository(smallTracker('double').t)
    await using setup = await openManager([built.path])
    await rename(built.path, `${built.path}.away`)
    const tries = async () => {
      const failure = await setup.manager.acquire('r0').catch((error: { code?: unknown }) => error.code)
      expect(failure).toBe('REPOSITORY_UNREADABLE')
      return setup.counts.listings
    }
    expect([await tries(), await tries()]).toEqual([1, 1])
    for (const [round, pauseMs] of [250, 500, 1000, 2000].entries()) {
      setup.clock.advance(pauseMs - 1)
      expect(await tries()).toBe(round + 1)
      setup.clock.advance(1)
      expect(await tries()).toBe(round + 2)
    }
    await rename(`${built.path}.away`, built.path)
    setup.clock.advance(4000)
    expect(await titles(setup.manager)).toEqual(['First'])
  })

  test('is forgotten once it has worked: the next failure has a short pause again', async () => {
    await using built = await buildRepository(smallTracker('forgotten').t)
    await using setup = await openManager([built.path])
    const away = `${built.path}.away`
    const fail = () => expect(setup.manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_UNREADABLE' })
    await rename(built.path, away)
    await fail()
    setup.clock.advance(250)
    await fail()
    setup.clock.advance(500)
    await rename(away, built.path)
    await titles(setup.manager)
    setup.clock.advance(600_000)
    expect(setup.manager.openNames()).toEqual([])
    await rename(built.path, away)
    await fail()
    setup.clock.advance(250)
    await rename(away, built.path)
    expect(await titles(setup.manager)).toEqual(['First'])
  })

  test.each(['invalidate', 'drop'] as const)('is tried at once after %s', async how => {
    await using built = await buildRepository(smallTracker(how).t)
    await using setup = await openManager([built.path])
    await rename(built.path, `${built.path}.away`)
    await expect(setup.manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_UNREADABLE' })
    await rename(`${built.path}.away`, built.path)
    await expect(setup.manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_UNREADABLE' })
    setup.manager[how]('r0')
    expect(await titles(setup.manager)).toEqual(['First'])
  })

  test('is counted once, however many have waited for it', async () => {
    await using built = await buildRepository(smallTracker('counted').t)
    await using setup = await openManager([built.path])
    await rename(built.path, `${built.path}.away`)
    await Promise.allSettled([1, 2, 3].map(() => setup.manager.acquire('r0')))
    await rename(`${built.path}.away`, built.path)
    expect(setup.told.count('gitbugviewer_errors_total', { code: 'REPOSITORY_UNREADABLE' })).toBe(1)
    expect(setup.told.builds).toEqual(['first failed'])
  })
})
