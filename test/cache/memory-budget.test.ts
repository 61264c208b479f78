/** What the manager closes before its time, and what it knows of repositories that are closed. */
import { describe, expect, test } from 'vitest'
import { nextTick } from '../git/next-tick.ts'
import { applyTo, type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openManager, smallTracker, start, tenMinutesMs, titles, twoHoursMs } from './manager-scene.ts'

const bytesHeld = 'gitbugviewer_cache_bytes'

/** Repositories of one size, and what one of them takes when it is open. */
async function buildSame(count: number) {
  const stack = new AsyncDisposableStack()
  const repositories: BuiltRepository[] = []
  for (let n = 0; n < count; n++) repositories.push(stack.use(await buildRepository(smallTracker('same').t)))
  const paths = repositories.map(({ path }) => path)
  await using setup = await openManager(paths)
  await titles(setup.manager)
  const bytes = setup.told.gauge(bytesHeld, { tier: 'repository' })
  expect(bytes).toBeGreaterThan(100)
  return { paths, bytes, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

describe('the memory budget', () => {
  test('closes what was not used for longest', async () => {
    await using same = await buildSame(3)
    await using setup = await openManager(same.paths, { maxBytes: 2.5 * same.bytes })
    for (const name of ['r0', 'r1', 'r0']) {
      await titles(setup.manager, name)
      setup.clock.advance(1000)
    }
    await titles(setup.manager, 'r2')
    expect(setup.manager.openNames()).toEqual(['r0', 'r2'])
    expect(setup.told.count('gitbugviewer_evictions_total', { tier: 'repository', reason: 'memory' })).toBe(1)
    expect(setup.told.gauge(bytesHeld, { tier: 'repository' })).toBe(2 * same.bytes)
    setup.clock.advance(1000)
    await titles(setup.manager, 'r1')
    expect(setup.manager.openNames()).toEqual(['r2', 'r1'])
  })

  test('counts a use that took a finished answer as one', async () => {
    await using same = await buildSame(3)
    await using setup = await openManager(same.paths, { maxBytes: 2.5 * same.bytes })
    for (const name of ['r0', 'r1']) {
      await titles(setup.manager, name)
      setup.clock.advance(1000)
    }
    expect(setup.manager.digestNow('r0')).toBeDefined()
    await titles(setup.manager, 'r2')
    expect(setup.manager.openNames()).toEqual(['r0', 'r2'])
  })

  test('never closes what was opened just now, however large it is', async () => {
    await using same = await buildSame(2)
    await using setup = await openManager(same.paths, { maxBytes: 1 })
    expect(await titles(setup.manager, 'r0')).toEqual(['First'])
    expect(setup.manager.openNames()).toEqual(['r0'])
    expect(await titles(setup.manager, 'r1')).toEqual(['First'])
    expect(setup.manager.openNames()).toEqual(['r1'])
  })

  test('never closes what is in use, and may do so when it is no longer', async () => {
    await using same = await buildSame(3)
    await using setup = await openManager(same.paths, { maxBytes: 1 })
    const lease = await setup.manager.acquire('r0')
    await titles(setup.manager, 'r1')
    expect(setup.manager.openNames()).toEqual(['r0', 'r1'])
    const [bug] = lease.tracker.bugs
    expect((await lease.readBug(bug!)).comments).toHaveLength(1)
    lease[Symbol.dispose]()
    await titles(setup.manager, 'r2')
    expect(setup.manager.openNames()).toEqual(['r2'])
  })

  test('is kept when a refresh makes a repository larger', async () => {
    const { t, ada } = smallTracker('grows')
    await using same = await buildSame(1)
    await using grows = await buildRepository(t)
    await using setup = await openManager([...same.paths, grows.path], { maxBytes: 3 * same.bytes })
    await titles(setup.manager, 'r0')
    setup.clock.advance(1000)
    await titles(setup.manager, 'r1')
    expect(setup.manager.openNames()).toEqual(['r0', 'r1'])
    t.bug(ada, { title: 'Large', message: '', at: start + 1, metadata: { note: 'x'.repeat(10_000) } })
    await applyTo(grows.path, t)
    await setup.manager.invalidate('r1').done
    expect(setup.manager.openNames()).toEqual(['r1'])
    expect(setup.told.gauge(bytesHeld, { tier: 'repository' })).toBeGreaterThan(10_000)
  })

  test('is none where it is 0', async () => {
    await using same = await buildSame(3)
    await using setup = await openManager(same.paths, { maxBytes: 0 })
    for (const name of ['r0', 'r1', 'r2']) await titles(setup.manager, name)
    expect(setup.manager.openNames()).toEqual(['r0', 'r1', 'r2'])
  })
})

describe('the counts of a repository', () => {
  test('are told without opening it where its refs have not moved, and anew where they have', async () => {
    const { t, ada } = smallTracker('card')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path], { lookAfterMs: 0, startMs: Date.now() + twoHoursMs })
    expect(setup.manager.card('r0')).toBeUndefined()
    await titles(setup.manager)
    setup.clock.advance(tenMinutesMs)
    expect(setup.manager.openNames()).toEqual([])
    const { listings, readers } = setup.counts
    const card = await setup.manager.currentCard('r0')
    expect(card).toMatchObject({ openBugs: 1, closedBugs: 0, lastActivity: start })
    expect([setup.counts.listings, setup.counts.readers]).toEqual([listings, readers])
    expect(setup.manager.openNames()).toEqual([])
    await nextTick()
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    expect(setup.manager.card('r0')).toEqual(card)
    expect(await setup.manager.currentCard('r0')).toMatchObject({ openBugs: 2, lastActivity: start + 1 })
    expect(setup.manager.card('r0')).toMatchObject({ openBugs: 2 })
  })

  test('of a repository that is open are those of its latest state', async () => {
    const { t, ada } = smallTracker('open')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path], { lookAfterMs: 0 })
    await titles(setup.manager)
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    expect(await setup.manager.currentCard('r0')).toMatchObject({ openBugs: 2 })
  })

  test('leave a repository that was opened for them open for half a minute only', async () => {
    await using built = await buildRepository(smallTracker('brief').t)
    await using setup = await openManager([built.path])
    await setup.manager.currentCard('r0')
    setup.clock.advance(29_999)
    expect(setup.manager.openNames()).toEqual(['r0'])
    setup.clock.advance(1)
    expect(setup.manager.openNames()).toEqual([])
  })

  test.each([
    ['a visit', (setup: Awaited<ReturnType<typeof openManager>>) => titles(setup.manager)],
    ['a finished answer', async (setup: Awaited<ReturnType<typeof openManager>>) => setup.manager.digestNow('r0')],
  ])('bring no short time to a repository that gets %s after them', async (_what, use) => {
    await using built = await buildRepository(smallTracker('used').t)
    await using setup = await openManager([built.path])
    await setup.manager.currentCard('r0')
    setup.clock.advance(20_000)
    await use(setup)
    setup.clock.advance(tenMinutesMs - 1)
    expect(setup.manager.openNames()).toEqual(['r0'])
    setup.clock.advance(1)
    expect(setup.manager.openNames()).toEqual([])
  })

  test('bring no short time to a repository that somebody opens together with them', async () => {
    await using built = await buildRepository(smallTracker('together').t)
    await using setup = await openManager([built.path])
    await Promise.all([titles(setup.manager), setup.manager.currentCard('r0')])
    setup.clock.advance(tenMinutesMs - 1)
    expect(setup.manager.openNames()).toEqual(['r0'])
  })

  test('bring no short time to a repository that is never closed', async () => {
    await using built = await buildRepository(smallTracker('never').t)
    await using setup = await openManager([built.path], { idleMs: 0 })
    await setup.manager.currentCard('r0')
    await titles(setup.manager)
    setup.clock.advance(1000 * tenMinutesMs)
    expect(setup.manager.openNames()).toEqual(['r0'])
  })

  test('of one without bugs are a refusal, and so are those of one that nobody knows', async () => {
    await using setup = await openManager([])
    await expect(setup.manager.currentCard('other')).rejects.toMatchObject({ code: 'REPOSITORY_UNKNOWN' })
  })
})
