/** A manager that goes over to other bounds and another choice of repositories while it runs. */
import { expect, test } from 'vitest'
import type { CacheManager } from '../../src/cache/cache-manager.ts'
import type { RegistryChoice } from '../../src/cache/registry.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'
import { openManager, smallTracker, tenMinutesMs } from './manager-scene.ts'

const bounds = { idleMs: tenMinutesMs, maxBytes: 0, lookAfterMs: Number.POSITIVE_INFINITY }

function choiceOf(list: RegistryChoice['list'], scan: RegistryChoice['scan'] = []): RegistryChoice {
  return { list, scan, accepts: () => true, requireExportOk: false, rescanAfterMs: 0 }
}

async function titles(manager: CacheManager, name = 'r0') {
  using lease = await manager.acquire(name)
  return lease.tracker.bugs.map(({ title }) => title)
}

test('a repository that is chosen no more is closed and not found; one that stays is not read again', async () => {
  await using kept = await buildRepository(smallTracker('kept').t)
  await using lost = await buildRepository(smallTracker('lost').t)
  await using added = await buildRepository(smallTracker('added').t)
  await using setup = await openManager([kept.path, lost.path])
  const { manager, counts } = setup
  await titles(manager, 'r0')
  await titles(manager, 'r1')
  const { readers } = counts
  await manager.registry.reconfigure(
    choiceOf([
      { name: 'r0', path: kept.path },
      { name: 'new', path: added.path, description: 'The new one' },
    ]),
  )
  manager.reconfigure(bounds)
  expect(manager.openNames()).toEqual(['r0'])
  await expect(manager.acquire('r1')).rejects.toMatchObject({ code: 'REPOSITORY_UNKNOWN' })
  await titles(manager, 'r0')
  expect(counts.readers).toBe(readers)
  expect(await titles(manager, 'new')).toEqual(['First'])
  expect(manager.registry.all().map(({ name, description }) => [name, description])).toEqual([
    ['new', 'The new one'],
    ['r0', undefined],
  ])
})

test('a name that leads to another repository now shows that one', async () => {
  await using before = await buildRepository(smallTracker('before').t)
  const other = smallTracker('after')
  other.t.bug(other.ada, { title: 'Second', message: 'text', at: 1_700_000_001 })
  await using after = await buildRepository(other.t)
  await using setup = await openManager([before.path])
  expect(await titles(setup.manager)).toEqual(['First'])
  await setup.manager.registry.reconfigure(choiceOf([{ name: 'r0', path: after.path }]))
  setup.manager.reconfigure(bounds)
  expect(await titles(setup.manager)).toHaveLength(2)
})

test('a choice with a mistake changes nothing', async () => {
  await using built = await buildRepository(smallTracker('mistake').t)
  await using setup = await openManager([built.path])
  const { registry } = setup.manager
  const nowhere = { name: 'nowhere', path: `${built.path}/nowhere` }
  await expect(registry.reconfigure(choiceOf([nowhere]))).rejects.toMatchObject({ code: 'SETTING_INVALID' })
  const scan = [{ path: nowhere.path, depth: 1 }]
  await expect(registry.reconfigure(choiceOf([], scan))).rejects.toMatchObject({ code: 'SETTING_INVALID' })
  expect(registry.all().map(({ name }) => name)).toEqual(['r0'])
})

test('a search of the folders that began before does not bring back what was chosen then', async () => {
  await using built = await buildRepository(smallTracker('race').t)
  await using setup = await openManager([built.path])
  const { registry } = setup.manager
  const searching = registry.rescan()
  await registry.reconfigure(choiceOf([]))
  await searching
  expect(registry.all()).toEqual([])
})

test('other times count from now on, for repositories that are open too', async () => {
  await using built = await buildRepository(smallTracker('times').t)
  await using setup = await openManager([built.path])
  const { manager, clock, counts } = setup
  await titles(manager)
  manager.reconfigure({ ...bounds, idleMs: 1000, lookAfterMs: 0 })
  await runGit(built.path, ['update-ref', '-d', `refs/bugs/${smallTracker('times').bug.id}`])
  const { listings } = counts
  expect(await titles(manager)).toEqual([])
  expect(counts.listings).toBe(listings + 1)
  clock.advance(1000)
  expect(manager.openNames()).toEqual([])
})

test('other bounds of memory count with the next repository', async () => {
  await using one = await buildRepository(smallTracker('one').t)
  await using two = await buildRepository(smallTracker('two').t)
  await using setup = await openManager([one.path, two.path])
  await titles(setup.manager, 'r0')
  setup.manager.reconfigure({ ...bounds, maxBytes: 1 })
  await titles(setup.manager, 'r1')
  expect(setup.manager.openNames()).toEqual(['r1'])
})

test('a repository that is withdrawn while it is read for the first time is not served', async () => {
  await using built = await buildRepository(smallTracker('withdrawn').t)
  await using setup = await openManager([built.path])
  const { manager } = setup
  const isListing = setup.holds.holdListings()
  const asked = manager.acquire('r0')
  await isListing
  await manager.registry.reconfigure(choiceOf([]))
  manager.reconfigure(bounds)
  setup.holds.letGo()
  await expect(asked).rejects.toMatchObject({ code: 'REPOSITORY_UNKNOWN' })
  expect(manager.openNames()).toEqual([])
})

test('one whose name leads elsewhere by then is read there', async () => {
  await using before = await buildRepository(smallTracker('here').t)
  const other = smallTracker('there')
  other.t.bug(other.ada, { title: 'Second', message: 'text', at: 1_700_000_001 })
  await using after = await buildRepository(other.t)
  await using setup = await openManager([before.path])
  const { manager } = setup
  const isListing = setup.holds.holdListings()
  const asked = titles(manager)
  await isListing
  await manager.registry.reconfigure(choiceOf([{ name: 'r0', path: after.path }]))
  manager.reconfigure(bounds)
  setup.holds.letGo()
  expect(await asked).toHaveLength(2)
})

test('what was known of a folder is not believed of another one that has its name now', async () => {
  await using empty = await buildRepository(createTrackerWriter({ seed: 'empty' }))
  await using full = await buildRepository(smallTracker('full').t)
  await using setup = await openManager([empty.path])
  const { manager, counts, clock } = setup
  await expect(manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_EMPTY' })
  // Files that are at rest for long are believed from the next listing on.
  clock.advance(60_000)
  for (let n = 0; n < 2; n++) await expect(manager.acquire('r0')).rejects.toMatchObject({ code: 'REPOSITORY_EMPTY' })
  expect(counts.listings).toBe(2)
  await manager.registry.reconfigure(choiceOf([{ name: 'r0', path: full.path }]))
  manager.reconfigure(bounds)
  expect(await manager.currentCard('r0')).toMatchObject({ openBugs: 1 })
  expect(await titles(manager)).toEqual(['First'])
})
