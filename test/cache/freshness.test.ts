/** When a look at the files of refs is enough, and when the refs are listed: real repositories, a clock of the test's. */
import { chmod, rename, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { Freshness } from '../../src/cache/freshness.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { locateRepository } from '../../src/git/repository.ts'
import { nextTick } from '../git/next-tick.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { buildRepository, deleteRef, runGit } from '../support/tracker-builder.ts'

const start = 1_700_000_000
const hourMs = 3_600_000

/** A repository with two bugs, and what watches it. The wall clock is right, but for `aheadMs`. */
async function watch(options: { readonly aheadMs?: number; readonly coarse?: boolean; readonly bare?: boolean } = {}) {
  const t = createTrackerWriter({ seed: 'freshness' })
  const ada = t.identity({ name: 'Ada', at: start })
  const bugs = [1, 2].map(n => t.bug(ada, { title: `Bug ${n}`, message: '', at: start + n }))
  const built = await buildRepository(t, { bare: options.bare ?? true })
  const location = (await locateRepository(built.path))!
  if (options.coarse) {
    const second = Math.floor(Date.now() / 1000)
    for (const name of ['refs/bugs', 'refs/identities']) await utimes(join(location.commonDir, name), second, second)
  }
  const clock = createManualClock(Date.now() + (options.aheadMs ?? 0))
  const freshness = new Freshness(location, clock)
  return {
    path: built.path,
    bugs,
    clock,
    freshness,
    list: async (folders: readonly string[] = []) => (await freshness.beginListing())(folders),
    [Symbol.asyncDispose]: () => built[Symbol.asyncDispose](),
  }
}

describe('refs that were never listed', () => {
  test('have moved, however long ago that was', async () => {
    await using watched = await watch({ aheadMs: 2 * hourMs })
    expect(await watched.freshness.look()).toBe('moved')
    watched.clock.advance(hourMs)
    expect(await watched.freshness.look()).toBe('moved')
  })

  test('have moved still when the listing of them has failed', async () => {
    await using watched = await watch({ aheadMs: 2 * hourMs })
    await watched.freshness.beginListing()
    expect(await watched.freshness.look()).not.toBe('same')
  })
})

describe('a listing', () => {
  test('right after a change is made once more, and then the matter is settled', async () => {
    await using watched = await watch()
    await watched.list()
    expect(await watched.freshness.look()).toBe('unsettled')
    watched.clock.advance(20)
    expect(await watched.freshness.look()).toBe('unsettled')
    await watched.list()
    expect(await watched.freshness.look()).toBe('same')
    watched.clock.advance(hourMs)
    expect(await watched.freshness.look()).toBe('same')
  })

  test('is trusted no sooner than the resolution of the times allows', async () => {
    await using watched = await watch()
    await watched.freshness.look()
    watched.clock.advance(19)
    await watched.list()
    expect(await watched.freshness.look()).toBe('unsettled')
    watched.clock.advance(1)
    await watched.list()
    expect(await watched.freshness.look()).toBe('same')
  })

  test('waits for two seconds where the times are those of whole seconds', async () => {
    await using watched = await watch({ coarse: true })
    await watched.freshness.look()
    watched.clock.advance(1999)
    await watched.list()
    expect(await watched.freshness.look()).toBe('unsettled')
    watched.clock.advance(1)
    await watched.list()
    expect(await watched.freshness.look()).toBe('same')
  })

  test('is trusted at once where the last change is long ago', async () => {
    await using watched = await watch({ aheadMs: 2 * hourMs })
    await watched.list()
    expect(await watched.freshness.look()).toBe('same')
  })

  test('is made once more where the file server’s clock is behind by most of an hour', async () => {
    await using watched = await watch({ aheadMs: 0.9 * hourMs })
    await watched.list()
    expect(await watched.freshness.look()).toBe('unsettled')
  })

  test('is made once more however far behind the wall clock is, and then trusted', async () => {
    await using watched = await watch({ aheadMs: -20 * 365 * 24 * hourMs })
    await watched.list()
    expect(await watched.freshness.look()).toBe('unsettled')
    watched.clock.advance(20)
    await watched.list()
    expect(await watched.freshness.look()).toBe('same')
  })

  test('of a repository without any file of refs is made once more as well', async () => {
    await using built = await buildRepository(createTrackerWriter({ seed: 'nothing' }))
    const clock = createManualClock()
    const freshness = new Freshness((await locateRepository(built.path))!, clock)
    const list = async () => (await freshness.beginListing())([])
    await list()
    expect(await freshness.look()).toBe('unsettled')
    clock.advance(20)
    await list()
    expect(await freshness.look()).toBe('same')
  })
})

describe('refs that were listed', () => {
  test('have moved when they move, and that has to settle anew', async () => {
    await using watched = await watch({ aheadMs: 2 * hourMs })
    await watched.list()
    await nextTick()
    await deleteRef(watched.path, watched.bugs[0]!.ref)
    expect(await watched.freshness.look()).toBe('moved')
    watched.clock.advance(20)
    await watched.list()
    expect(await watched.freshness.look()).toBe('same')
  })

  test('have moved when they did so while they were listed', async () => {
    await using watched = await watch({ aheadMs: 2 * hourMs })
    const noteListed = await watched.freshness.beginListing()
    await nextTick()
    await deleteRef(watched.path, watched.bugs[0]!.ref)
    noteListed([])
    expect(await watched.freshness.look()).toBe('moved')
  })

  test('have not moved when a branch has', async () => {
    await using watched = await watch({ aheadMs: 2 * hourMs, bare: false })
    await watched.list()
    const person = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
    await runGit(watched.path, [...person, 'commit', '--quiet', '--allow-empty', '-m', 'work'])
    expect(await watched.freshness.look()).toBe('same')
  })

  test('are listed once more when folders of them are found, and watched there from then on', async () => {
    await using watched = await watch({ aheadMs: 2 * hourMs })
    const [one, two] = watched.bugs
    await runGit(watched.path, ['update-ref', 'refs/bugs/group/one', one!.tip])
    await watched.list(['refs/bugs/group'])
    expect(await watched.freshness.look()).toBe('moved')
    await watched.list(['refs/bugs/group'])
    expect(await watched.freshness.look()).toBe('same')
    await nextTick()
    await runGit(watched.path, ['update-ref', 'refs/bugs/group/one', two!.tip])
    expect(await watched.freshness.look()).toBe('moved')
  })

  test('have moved when they can no longer be looked at, and again when they can', async () => {
    await using watched = await watch({ aheadMs: 2 * hourMs })
    await watched.list()
    const refs = join(watched.path, 'refs')
    await rename(refs, `${refs}.away`)
    // root may read what it has no right to, so a file stands in the way.
    await writeFile(refs, '')
    await chmod(refs, 0)
    expect(await watched.freshness.look()).toBe('moved')
    await watched.list()
    await rename(refs, `${refs}.file`)
    await rename(`${refs}.away`, refs)
    expect(await watched.freshness.look()).toBe('moved')
  })
})

describe('the last look', () => {
  test('is as old as the clock says, and a listing is a look', async () => {
    await using watched = await watch()
    const { freshness, clock } = watched
    expect(freshness.wasLookedAt(Number.POSITIVE_INFINITY)).toBe(false)
    await watched.list()
    expect(freshness.wasLookedAt(1)).toBe(true)
    clock.advance(100)
    expect([freshness.wasLookedAt(100), freshness.wasLookedAt(101)]).toEqual([false, true])
    await freshness.look()
    expect(freshness.wasLookedAt(1)).toBe(true)
    expect(freshness.wasLookedAt(0)).toBe(false)
  })

  test('counts from the start of the listing, since what came later was not seen', async () => {
    await using watched = await watch()
    const noteListed = await watched.freshness.beginListing()
    watched.clock.advance(500)
    noteListed([])
    expect(watched.freshness.wasLookedAt(500)).toBe(false)
    expect(watched.freshness.wasLookedAt(501)).toBe(true)
  })
})

// Since Linux 6.13 a folder that was looked at gets an exact time with its next change; it is the older ones that this
// is about.
test('two changes within one tick of the file system’s clock are never taken for one', async () => {
  await using watched = await watch()
  const folder = join(watched.path, 'refs/bugs')
  const freshness = new Freshness((await locateRepository(watched.path))!, systemClock)
  /** As git does it: written beside its place, renamed into it. */
  const change = async (round: number) => {
    await writeFile(join(folder, 'moving.lock'), `${watched.bugs[round % 2]!.tip}\n`)
    await rename(join(folder, 'moving.lock'), join(folder, 'moving'))
  }
  const looks: string[] = []
  for (let round = 0; round < 200; round += 2) {
    await change(round)
    const noteListed = await freshness.beginListing()
    noteListed([])
    await change(round + 1)
    looks.push(await freshness.look())
  }
  expect(looks).not.toContain('same')
})
