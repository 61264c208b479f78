/** What hooks and the clock ask for: forgetting a repository, building it anew beside its state, and the end. */
import { rename } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { nextTick } from '../git/next-tick.ts'
import { applyTo, buildRepository } from '../support/tracker-builder.ts'
import { openManager, settle, smallTracker, start, titles, twoHoursMs } from './manager-scene.ts'
import { contents } from './tracker-scene.ts'

const read = 'gitbugviewer_entities_total'

describe('dropping a repository', () => {
  test('closes it and forgets its counts; the next request builds it from nothing', async () => {
    await using built = await buildRepository(smallTracker('drop').t)
    await using setup = await openManager([built.path])
    await titles(setup.manager)
    setup.manager.drop('r0')
    expect([setup.manager.openNames(), setup.manager.card('r0')]).toEqual([[], undefined])
    expect(setup.told.count('gitbugviewer_evictions_total', { reason: 'hook' })).toBe(1)
    expect(await titles(setup.manager)).toEqual(['First'])
    expect(setup.counts.readers).toBe(2)
    expect([setup.told.count(read, { result: 'read' }), setup.told.count(read, { result: 'reused' })]).toEqual([4, 0])
  })

  test('leaves a lease that is in use what it needs, and closes after it', async () => {
    const { t, ada } = smallTracker('lease')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    const lease = await setup.manager.acquire('r0')
    setup.manager.drop('r0')
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    expect(await titles(setup.manager)).toEqual(['Second', 'First'])
    expect(lease.tracker.bugs.map(({ title }) => title)).toEqual(['First'])
    const bug = await lease.readBug(lease.tracker.bugs[0]!)
    expect(bug.comments.map(({ message }) => message)).toEqual(['text'])
    lease[Symbol.dispose]()
    expect(setup.manager.openNames()).toEqual(['r0'])
  })

  test('while it is opened gives its readers a state that is newer than the call', async () => {
    const { t, ada } = smallTracker('opening')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    const listed = setup.holds.holdListings()
    const opening = titles(setup.manager)
    await listed
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    setup.manager.drop('r0')
    setup.holds.letGo()
    expect(await opening).toEqual(['Second', 'First'])
  })

  test('that is not open, or that nobody knows, does nothing', async () => {
    await using built = await buildRepository(smallTracker('closed').t)
    await using setup = await openManager([built.path])
    setup.manager.drop('r0')
    setup.manager.drop('other')
    expect(setup.told.count('gitbugviewer_evictions_total')).toBe(0)
  })
})

describe('a rebuild from nothing', () => {
  test('reads everything beside the old state, which goes on being served, and swaps when it is complete', async () => {
    const { t, ada } = smallTracker('full')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    using before = await setup.manager.acquire('r0')
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    const reading = setup.holds.holdObjects()
    const rebuilding = setup.manager.refreshAll({ full: true })
    await reading
    using meanwhile = await setup.manager.acquire('r0')
    expect(meanwhile.tracker).toBe(before.tracker)
    expect(setup.manager.acquireNow('r0')?.tracker).toBe(before.tracker)
    setup.holds.letGo()
    await rebuilding
    using after = await setup.manager.acquire('r0')
    expect(after.tracker.bugs.map(({ title }) => title)).toEqual(['Second', 'First'])
    expect(after.tracker.bugs[1]).not.toBe(before.tracker.bugs[0])
    expect(setup.told.count(read, { result: 'read' })).toBe(2 + 3)
    expect(setup.told.builds).toEqual(['first done', 'full done', 'refresh done'])
  })

  test('of what has not moved gives an equal state with the same digest', async () => {
    await using built = await buildRepository(smallTracker('equal').t)
    await using setup = await openManager([built.path])
    using before = await setup.manager.acquire('r0')
    await setup.manager.refreshAll({ full: true })
    using after = await setup.manager.acquire('r0')
    expect(after.tracker).not.toBe(before.tracker)
    expect(contents(after)).toEqual(contents(before))
    expect(after.tracker.digest).toBe(before.tracker.digest)
  })

  test('that fails leaves the old state', async () => {
    await using built = await buildRepository(smallTracker('fails').t)
    await using setup = await openManager([built.path])
    using before = await setup.manager.acquire('r0')
    await rename(built.path, `${built.path}.away`)
    await setup.manager.refreshAll({ full: true })
    await rename(`${built.path}.away`, built.path)
    using after = await setup.manager.acquire('r0')
    expect(after.tracker).toBe(before.tracker)
    expect(setup.told.builds).toEqual(['first done', 'full failed'])
  })

  test('of a repository that is closed meanwhile ends with it, and opens nothing', async () => {
    await using built = await buildRepository(smallTracker('meanwhile').t)
    await using setup = await openManager([built.path])
    await titles(setup.manager)
    const reading = setup.holds.holdObjects()
    const rebuilding = setup.manager.refreshAll({ full: true })
    await reading
    setup.manager.drop('r0')
    setup.holds.letGo()
    await rebuilding
    expect(setup.manager.openNames()).toEqual([])
  })
})

describe('the end', () => {
  test('stops a first build that waits for git, one that lingers, and a refresh', async () => {
    const { t, ada } = smallTracker('refreshing')
    await using refreshing = await buildRepository(t)
    await using opening = await buildRepository(smallTracker('opening').t)
    await using lingering = await buildRepository(smallTracker('lingering').t)
    const paths = [refreshing.path, opening.path, lingering.path]
    await using setup = await openManager(paths, { lookAfterMs: 0, startMs: Date.now() + twoHoursMs })
    await nextTick()
    await titles(setup.manager, 'r0')
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(refreshing.path, t)
    void setup.holds.holdListings()
    const leaving = new AbortController()
    const outcomes = Promise.allSettled([
      setup.manager.acquire('r0'),
      setup.manager.acquire('r1'),
      setup.manager.acquire('r2', leaving.signal),
    ])
    while (setup.counts.listings < 4) await settle()
    leaving.abort(new Error('gone'))
    await setup.manager[Symbol.asyncDispose]()
    const codes = (await outcomes).map(outcome =>
      outcome.status === 'rejected' ? ((outcome.reason as { code?: unknown }).code ?? String(outcome.reason)) : 'lease',
    )
    expect(codes).toEqual(['SHUTTING_DOWN', 'SHUTTING_DOWN', 'Error: gone'])
    expect([setup.clock.timers, setup.told.gauge('gitbugviewer_builds_running')]).toEqual([0, 0])
    expect(setup.manager.openNames()).toEqual([])
  })

  test('does not wait for a lease that is still in use', async () => {
    await using built = await buildRepository(smallTracker('in use').t)
    await using setup = await openManager([built.path])
    using lease = await setup.manager.acquire('r0')
    await setup.manager[Symbol.asyncDispose]()
    expect(lease.tracker.bugs).toHaveLength(1)
  })

  test('does not wait for a lease of a repository that was dropped', async () => {
    await using built = await buildRepository(smallTracker('dropped').t)
    await using setup = await openManager([built.path])
    using lease = await setup.manager.acquire('r0')
    setup.manager.drop('r0')
    await setup.manager[Symbol.asyncDispose]()
    expect(lease.tracker.bugs).toHaveLength(1)
  })
})
