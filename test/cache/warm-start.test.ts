/** A manager that finds what another one has left: after a restart, and beside it. */
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { noMeasures } from '../../src/base/measures.ts'
import { openStorage } from '../../src/store/open-storage.ts'
import type { Store } from '../../src/store/store.ts'
import { applyTo, buildRepository } from '../support/tracker-builder.ts'
import { openManager, settle, smallTracker, start, titles, twoHoursMs } from './manager-scene.ts'
import { createScene, looseFile, walkedBugs } from './tracker-scene.ts'

const tier = { seconds: 3600, maxBytes: 1 << 24 }
const limits = { permanent: { ...tier, seconds: undefined }, intermediate: tier, result: tier }

/** A data folder, and the store in it as each process opens it anew. */
async function openFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'warm-start-'))
  return {
    openStore: async (): Promise<Store & AsyncDisposable> => {
      const options = { enabled: true, backend: 'sqlite', folder, limits, redis: undefined, leaseMs: 1000 } as const
      const storage = await openStorage(options, { clock: systemClock, log: silentLog, measures: noMeasures })
      return { ...bind(storage.store), [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

function bind(store: Store): Omit<Store, typeof Symbol.asyncDispose> {
  return {
    getMany: (which, keys, signal) => store.getMany(which, keys, signal),
    setMany: (which, entries) => store.setMany(which, entries),
    settled: () => store.settled(),
  }
}

/** Opens the repository in a process of its own, and says what it saw and what it asked of git. */
async function visit(path: string, openStore: () => Promise<Store & AsyncDisposable>) {
  await using store = await openStore()
  await using setup = await openManager([path], { store })
  const { manager, counts, told } = setup
  using lease = await manager.acquire('r0')
  const { digest, bugs, labels, problems, identities } = lease.tracker
  const { objects, walks } = counts
  const read = told.count('gitbugviewer_entities_total', { result: 'read' })
  const stored = told.count('gitbugviewer_entities_total', { result: 'stored' })
  const seen = { digest, titles: bugs.map(({ title }) => title), labels, problems, people: identities.size }
  return { seen, objects: objects.length, walks, read, stored, texts: told.texts('r0') }
}

test('after a restart nothing is read from git but the list of refs, and everything is as it was', async () => {
  await using folder = await openFolder()
  await using built = await buildRepository(createScene(walkedBugs).t)
  const first = await visit(built.path, folder.openStore)
  expect(first.read).toBe(walkedBugs + 2)
  const second = await visit(built.path, folder.openStore)
  expect(second.seen).toEqual(first.seen)
  expect(second).toMatchObject({ objects: 0, walks: 0, read: 0, stored: walkedBugs + 2 })
  // The search index has them from before, or asks for them.
  expect([...second.texts!.values()].map(({ text }) => text)).toEqual(Array(walkedBugs).fill(undefined))
})

test('after a restart only the bugs are read that have moved meanwhile', async () => {
  await using folder = await openFolder()
  const { t, ada, bug } = smallTracker('moved meanwhile')
  await using built = await buildRepository(t)
  await visit(built.path, folder.openStore)
  bug.title(ada, { title: 'Second', at: start + 10 })
  await applyTo(built.path, t)
  const second = await visit(built.path, folder.openStore)
  expect(second).toMatchObject({ seen: { titles: ['Second'] }, read: 1, stored: 1 })
  const third = await visit(built.path, folder.openStore)
  expect(third).toMatchObject({ seen: { titles: ['Second'] }, read: 0, stored: 2 })
})

test('a rebuild from nothing reads everything from git, whatever is kept', async () => {
  await using folder = await openFolder()
  await using built = await buildRepository(smallTracker('full').t)
  await visit(built.path, folder.openStore)
  await using store = await folder.openStore()
  await using setup = await openManager([built.path], { store })
  expect(await titles(setup.manager)).toEqual(['First'])
  expect(setup.counts.objects).toEqual([])
  await setup.manager.refreshAll({ full: true })
  expect(setup.counts.objects).not.toEqual([])
  expect(await titles(setup.manager)).toEqual(['First'])
})

test('the counts of a repository that has not moved are there after a restart without opening it', async () => {
  await using folder = await openFolder()
  const { t, ada, bug } = smallTracker('cards')
  await using built = await buildRepository(t)
  const startMs = Date.now() + twoHoursMs
  const countAll = async () => {
    await using store = await folder.openStore()
    await using setup = await openManager([built.path], { store, startMs })
    const { openBugs, closedBugs } = await setup.manager.currentCard('r0')
    return { openBugs, closedBugs, listings: setup.counts.listings }
  }
  expect(await countAll()).toEqual({ openBugs: 1, closedBugs: 0, listings: 1 })
  expect(await countAll()).toEqual({ openBugs: 1, closedBugs: 0, listings: 0 })
  bug.status(ada, 'closed', start + 10)
  await applyTo(built.path, t)
  expect(await countAll()).toEqual({ openBugs: 0, closedBugs: 1, listings: 1 })
})

test('a hook and a change that was found are told to the others, and what they tell is not told again', async () => {
  const { t, ada, bug } = smallTracker('news')
  await using built = await buildRepository(t)
  await using setup = await openManager([built.path])
  const { manager, sent, counts } = setup
  expect(await titles(manager)).toEqual(['First'])
  manager.invalidate('r0')
  expect(await titles(manager)).toEqual(['First'])
  expect(sent).toEqual([{ repository: 'r0', digest: undefined }])

  bug.title(ada, { title: 'Second', at: start + 10 })
  await applyTo(built.path, t)
  manager.heard({ repository: 'r0', digest: 'of another state' })
  expect(await titles(manager)).toEqual(['Second'])
  const [, news, ...more] = sent
  expect(news).toEqual({ repository: 'r0', digest: expect.stringMatching(/^[0-9a-f]{40,}$/) })
  expect(more).toEqual([])

  // That state is known here already.
  const { listings } = counts
  manager.heard(news!)
  await settle()
  expect(await titles(manager)).toEqual(['Second'])
  expect(counts.listings).toBe(listings)
})

test('news of a repository that is not open, or not served, open nothing', async () => {
  await using built = await buildRepository(smallTracker('not open').t)
  await using setup = await openManager([built.path])
  setup.manager.heard({ repository: 'r0', digest: undefined })
  setup.manager.heard({ repository: 'who knows', digest: undefined })
  await settle()
  expect([setup.manager.openNames(), setup.counts.listings]).toEqual([[], 0])
})

test('counts of a repository that misses an object, or that a hook has dropped, are not taken from the store', async () => {
  await using folder = await openFolder()
  const { t, bug } = smallTracker('not for ever')
  await using built = await buildRepository(t, { loose: true })
  const startMs = Date.now() + twoHoursMs
  await using store = await folder.openStore()
  const open = () => openManager([built.path], { store, startMs })
  const object = looseFile(built.path, bug.tip)
  await rename(object, `${object}.away`)
  {
    await using setup = await open()
    expect(await setup.manager.currentCard('r0')).toMatchObject({ openBugs: 0 })
  }
  await rename(`${object}.away`, object)
  {
    await using setup = await open()
    expect(await setup.manager.currentCard('r0')).toMatchObject({ openBugs: 1 })
  }
  await using setup = await open()
  setup.manager.drop('r0')
  expect(await setup.manager.currentCard('r0')).toMatchObject({ openBugs: 1 })
  expect(setup.counts.listings).toBe(1)
})

test('a rebuild from nothing gives bugs that have not moved the numbers that they had', async () => {
  await using built = await buildRepository(createScene(3).t)
  await using setup = await openManager([built.path])
  const numbers = async () => {
    using lease = await setup.manager.acquire('r0')
    return lease.tracker.bugs.map(({ id, textNumber }) => [id, textNumber])
  }
  const before = await numbers()
  await setup.manager.refreshAll({ full: true })
  expect(await numbers()).toEqual(before)
})
