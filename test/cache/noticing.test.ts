/** A manager that is told nothing: it looks at the files of refs by itself, and reads what has moved. */
import { rename } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { nextTick } from '../git/next-tick.ts'
import { applyTo, buildRepository, deleteRef, moveRef, runGit } from '../support/tracker-builder.ts'
import { openManager, settle, smallTracker, start, titles, twoHoursMs } from './manager-scene.ts'
import { createScene, fewBugs, looseFile } from './tracker-scene.ts'

const checks = 'gitbugviewer_fingerprint_checks_total'

describe('a request', () => {
  test('shows what was pushed before it, though nobody has said so', async () => {
    const { t, ada, bug } = smallTracker('push')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path], { lookAfterMs: 0 })
    expect(await titles(setup.manager)).toEqual(['First'])
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    expect(await titles(setup.manager)).toEqual(['Second', 'First'])
    bug.title(ada, { title: 'First, renamed', at: start + 2 })
    await applyTo(built.path, t)
    expect(await titles(setup.manager)).toEqual(['Second', 'First, renamed'])
    await moveRef(built.path, bug.ref, bug.commits[0]!)
    expect(await titles(setup.manager)).toEqual(['Second', 'First'])
    await runGit(built.path, ['pack-refs', '--all'])
    await deleteRef(built.path, bug.ref)
    expect(await titles(setup.manager)).toEqual(['Second'])
  })

  test('shows what was pushed from elsewhere with git, into a repository with a work tree', async () => {
    const { t, ada } = smallTracker('elsewhere')
    await using built = await buildRepository(t, { bare: false })
    await using elsewhere = await buildRepository(t)
    await using setup = await openManager([built.path], { lookAfterMs: 0 })
    await titles(setup.manager)
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(elsewhere.path, t)
    await runGit(elsewhere.path, ['push', '--quiet', built.path, 'refs/bugs/*:refs/bugs/*'])
    expect(await titles(setup.manager)).toEqual(['Second', 'First'])
  })

  test('within the time after a look gets what was seen then; after it, what there is', async () => {
    const { t, ada } = smallTracker('within')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path], { lookAfterMs: 100 })
    await titles(setup.manager)
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    setup.clock.advance(99)
    expect(await titles(setup.manager)).toEqual(['First'])
    using now = setup.manager.acquireNow('r0')
    expect(now?.tracker.digest).toBe(setup.manager.digestNow('r0'))
    expect(setup.told.count(checks)).toBe(0)
    setup.clock.advance(1)
    expect([setup.manager.acquireNow('r0'), setup.manager.digestNow('r0')]).toEqual([undefined, undefined])
    expect(await titles(setup.manager)).toEqual(['Second', 'First'])
    expect(setup.manager.digestNow('r0')).not.toBe(now?.tracker.digest)
  })

  test('of a repository that rests lists the refs twice and from then on looks at files only', async () => {
    await using built = await buildRepository(smallTracker('rest').t)
    await using setup = await openManager([built.path], { lookAfterMs: 100 })
    await titles(setup.manager)
    expect(setup.counts.listings).toBe(1)
    for (let n = 0; n < 10; n++) {
      setup.clock.advance(100)
      await titles(setup.manager)
    }
    expect(setup.counts.listings).toBe(2)
    expect([setup.told.count(checks, { result: 'unsettled' }), setup.told.count(checks, { result: 'same' })]).toEqual([
      1, 9,
    ])
  })

  test('looks at the files once for all who come at the same time', async () => {
    await using built = await buildRepository(smallTracker('shared').t)
    await using setup = await openManager([built.path], { lookAfterMs: 0, startMs: Date.now() + twoHoursMs })
    await titles(setup.manager)
    const before = setup.told.count(checks)
    await Promise.all(Array.from({ length: 20 }, () => titles(setup.manager)))
    expect(setup.told.count(checks) - before).toBe(1)
    expect(setup.counts.listings).toBe(1)
  })

  test('after a commit on a branch lists nothing', async () => {
    const { t, bug } = smallTracker('branch')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path], { lookAfterMs: 0, startMs: Date.now() + twoHoursMs })
    await titles(setup.manager)
    await runGit(built.path, ['update-ref', 'refs/heads/main', bug.tip])
    await titles(setup.manager)
    expect(setup.counts.listings).toBe(1)
  })

  test('after a push sees a ref that moves while the refs are listed, with the next one', async () => {
    const { t, ada } = smallTracker('while')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path], { lookAfterMs: 0 })
    await titles(setup.manager)
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    const listed = setup.holds.holdListings()
    const reader = titles(setup.manager)
    await listed
    t.bug(ada, { title: 'Third', message: '', at: start + 2 })
    await applyTo(built.path, t)
    setup.holds.letGo()
    expect(await reader).toEqual(['Second', 'First'])
    expect(await titles(setup.manager)).toEqual(['Third', 'Second', 'First'])
  })
})

test('of a hundred entities, only the one that has moved is read', async () => {
  const { t, ada, bug } = smallTracker('hundred')
  for (let n = 0; n < 100; n++) t.bug(ada, { title: `Bug ${n}`, message: '', at: start + n })
  await using built = await buildRepository(t)
  await using setup = await openManager([built.path], { lookAfterMs: 0 })
  using before = await setup.manager.acquire('r0')
  bug.title(ada, { title: 'First, renamed', at: start + 200 })
  await applyTo(built.path, t)
  const reached = await runGit(built.path, ['rev-list', '--objects', bug.tip])
  setup.counts.objects.length = 0
  using after = await setup.manager.acquire('r0')
  const known = new Set(reached.split('\n').map(line => line.split(' ')[0]))
  expect(setup.counts.objects.length).toBeGreaterThan(0)
  expect(setup.counts.objects.filter(hash => !known.has(hash))).toEqual([])
  expect(setup.counts.walks).toBe(1)
  const read = setup.told.count('gitbugviewer_entities_total', { result: 'read' })
  const reused = setup.told.count('gitbugviewer_entities_total', { result: 'reused' })
  expect([read, reused]).toEqual([102 + 1, 101])
  const kept = after.tracker.bugs.filter(one => one.id !== bug.id)
  expect(kept.every(one => before.tracker.bugById.get(one.id) === one)).toBe(true)
  expect(after.tracker.bugById.get(bug.id)?.title).toBe('First, renamed')
})

test('a ref of a longer name than usual is noticed, wherever below the refs of bugs it is', async () => {
  const { t, bug } = smallTracker('longer')
  await using built = await buildRepository(t)
  await using setup = await openManager([built.path], { lookAfterMs: 0, startMs: Date.now() + twoHoursMs })
  const problems = async () => {
    using lease = await setup.manager.acquire('r0')
    return lease.tracker.problems.map(({ ref }) => ref)
  }
  const names = [
    'refs/bugs/a/b/one',
    'refs/bugs/a/b/two',
    'refs/bugs/a/c/three',
    'refs/bugs/a/four',
    'refs/bugs/d/five',
  ]
  for (const [index, name] of names.entries()) {
    await nextTick()
    await runGit(built.path, ['update-ref', name, bug.tip])
    expect(await problems()).toEqual(names.slice(0, index + 1).toSorted())
  }
})

describe('a refresh', () => {
  test('that takes longer than a second leaves its readers with the last complete state, and goes on', async () => {
    const { t, ada } = smallTracker('patience')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path], { lookAfterMs: 0 })
    await titles(setup.manager)
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    const listed = setup.holds.holdListings()
    let isAnswered = false
    const reader = titles(setup.manager).finally(() => {
      isAnswered = true
    })
    await listed
    setup.clock.advance(999)
    await settle()
    expect(isAnswered).toBe(false)
    setup.clock.advance(1)
    expect(await reader).toEqual(['First'])
    const later = titles(setup.manager)
    setup.holds.letGo()
    expect(await later).toEqual(['Second', 'First'])
  })

  test('is not waited for by a reader that leaves, and goes on for the others', async () => {
    const { t, ada } = smallTracker('leaving')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path], { lookAfterMs: 0 })
    await titles(setup.manager)
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    const listed = setup.holds.holdListings()
    const leaving = new AbortController()
    const first = setup.manager.acquire('r0', leaving.signal)
    const second = titles(setup.manager)
    await listed
    leaving.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    setup.holds.letGo()
    expect(await second).toEqual(['Second', 'First'])
  })

  test('that fails is told to the readers, is tried again after a pause, and finds the repository that is back', async () => {
    await using built = await buildRepository(smallTracker('away').t)
    await using setup = await openManager([built.path], { lookAfterMs: 0 })
    await titles(setup.manager)
    await rename(built.path, `${built.path}.away`)
    await expect(setup.manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_UNREADABLE' })
    const { listings } = setup.counts
    await expect(setup.manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_UNREADABLE' })
    expect(setup.counts.listings).toBe(listings)
    await rename(`${built.path}.away`, built.path)
    setup.clock.advance(250)
    expect(await titles(setup.manager)).toEqual(['First'])
    expect(setup.manager.openNames()).toEqual(['r0'])
  })

  test('that finds the last entity gone closes the repository, and a push brings it back', async () => {
    const { t, ada, bug } = smallTracker('last')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path], { lookAfterMs: 0 })
    await titles(setup.manager)
    await deleteRef(built.path, bug.ref)
    await deleteRef(built.path, ada.ref)
    await expect(setup.manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_EMPTY' })
    expect(setup.manager.openNames()).toEqual([])
    await expect(setup.manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_EMPTY' })
    await applyTo(built.path, t)
    expect(await titles(setup.manager)).toEqual(['First'])
  })
})

test('an empty repository that rests is told without a listing, until something comes', async () => {
  const { t } = smallTracker('filled')
  await using empty = await buildRepository(smallTracker('unused').t)
  const deletions = await runGit(empty.path, ['for-each-ref', '--format=delete %(refname)'])
  await runGit(empty.path, ['update-ref', '--stdin'], { input: deletions })
  await using setup = await openManager([empty.path], { startMs: Date.now() + twoHoursMs })
  for (let n = 0; n < 5; n++) {
    await expect(setup.manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_EMPTY' })
  }
  expect(setup.counts).toMatchObject({ listings: 1, walks: 0, objects: [] })
  await nextTick()
  await applyTo(empty.path, t)
  expect(await titles(setup.manager)).toEqual(['First'])
})

test('an object that arrives without any ref moving is read within seconds, and nobody waits for it', async () => {
  const { t, bugs } = createScene(fewBugs)
  await using built = await buildRepository(t, { loose: true })
  const file = looseFile(built.path, bugs[0]!.tip)
  await rename(file, `${file}.away`)
  await using setup = await openManager([built.path], { lookAfterMs: 0 })
  expect(await titles(setup.manager)).toHaveLength(fewBugs - 1)
  setup.clock.advance(1000)
  // The listing settles.
  expect(await titles(setup.manager)).toHaveLength(fewBugs - 1)
  await rename(`${file}.away`, file)
  const { listings } = setup.counts
  setup.clock.advance(1999)
  expect(await titles(setup.manager)).toHaveLength(fewBugs - 1)
  expect(setup.counts.listings).toBe(listings)
  setup.clock.advance(1)
  expect(await titles(setup.manager)).toHaveLength(fewBugs - 1)
  await expect.poll(() => titles(setup.manager)).toHaveLength(fewBugs)
  expect(setup.counts.listings).toBe(listings + 1)
})
