/**
 * A state that is made from the one before must say what a fresh one would say, whatever has happened in between, and
 * must take over what has not moved instead of reading it again.
 */
import { rename } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isHealthy } from '../../src/cache/assemble.ts'
import type { RepositoryState } from '../../src/cache/load-tracker.ts'
import { applyTo, buildRepository, deleteRef, moveRef, runGit, writeLooseRef } from '../support/tracker-builder.ts'
import { badClocks, badIdentities, badOperations } from './bad-bugs.ts'
import { contents, createScene, fewBugs, load, looseFile, type Scene, walkedBugs } from './tracker-scene.ts'

/** Refreshes a state and expects what a fresh load gives, with all records kept whose tips have not moved. */
async function refresh(path: string, previous: RepositoryState): Promise<RepositoryState> {
  const refreshed = await load(path, { previous })
  const fresh = await load(path)
  expect(contents(refreshed)).toEqual(contents(fresh))
  expect(refreshed.tracker.digest).toBe(fresh.tracker.digest)
  expect([...refreshed.records.keys()].toSorted()).toEqual([...fresh.records.keys()].toSorted())
  const kept = [...previous.records].filter(
    ([ref, record]) => isHealthy(record) && fresh.records.get(ref)?.tip === record.tip,
  )
  for (const [ref, record] of kept) expect(refreshed.records.get(ref)).toBe(record)
  return refreshed
}

/** What can happen to a repository between two looks at it. `pick` chooses among what there is. */
type Change = (world: Scene & { readonly path: string; at: number }, pick: number) => Promise<void>

const changes: Readonly<Record<string, Change>> = {
  async 'a new bug'(world) {
    world.at++
    world.t.bug(world.bob, { title: `New ${world.at}`, message: 'm', at: world.at })
    await applyTo(world.path, world.t)
  },
  async 'a new comment'(world, pick) {
    world.at++
    world.bugs[pick % world.bugs.length]!.comment(world.ada, { message: `comment ${world.at}`, at: world.at })
    await applyTo(world.path, world.t)
  },
  async 'a merge'(world, pick) {
    world.at++
    const line = world.bugs[pick % world.bugs.length]!
    const fork = line.fork()
    fork.title(world.bob, { title: `Fork ${world.at}`, at: world.at })
    line.status(world.ada, 'closed', world.at)
    line.merge(world.ada, fork, { at: world.at })
    await applyTo(world.path, world.t)
  },
  async 'a new version of a person'(world, pick) {
    world.at++
    world.t.identityVersion(pick % 2 === 0 ? world.ada : world.bob, { name: `Name ${world.at}`, at: world.at })
    await applyTo(world.path, world.t)
  },
  async 'a deleted bug'(world, pick) {
    await deleteRef(world.path, world.bugs[pick % world.bugs.length]!.ref)
  },
  async 'a deleted person'(world) {
    await deleteRef(world.path, world.bob.ref)
  },
  async 'a rewound bug'(world, pick) {
    const line = world.bugs[pick % world.bugs.length]!
    const commits = line.commits.filter((_, index) => index <= pick % line.commits.length)
    await applyTo(world.path, world.t)
    await moveRef(world.path, line.ref, commits.at(-1)!)
  },
  async 'a bad bug'(world, pick) {
    const all = [...badClocks, ...badOperations]
    all[pick % all.length]!.write(world)
    await applyTo(world.path, world.t)
  },
  async 'a bad person'(world, pick) {
    badIdentities.filter(({ limits }) => limits === undefined)[pick % 4]!.write(world)
    await applyTo(world.path, world.t)
  },
  async 'a ref to nothing'(world, pick) {
    await writeLooseRef(world.path, `refs/bugs/${`${pick % 10}`.repeat(64)}`, `${'d'.repeat(40)}\n`)
  },
  async nothing() {},
  async 'git gc'(world) {
    // git refuses to collect where a ref points to nothing.
    await runGit(world.path, ['gc', '--quiet', '--prune=now']).catch(() => '')
  },
  async 'git pack-refs'(world) {
    await runGit(world.path, ['pack-refs', '--all'])
  },
}

describe('a refresh', () => {
  test('after any sequence of changes says what a fresh load says', { timeout: 300_000 }, async () => {
    const step = fc.tuple(fc.constantFrom(...Object.keys(changes)), fc.nat(99))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(fewBugs, walkedBugs),
        fc.array(step, { minLength: 1, maxLength: 7 }),
        fc.boolean(),
        async (bugs, steps, loose) => {
          const scene = createScene(bugs)
          await using repository = await buildRepository(scene.t, { loose })
          const world = { ...scene, path: repository.path, at: 1_800_000_000 }
          let state = await load(repository.path)
          for (const [name, pick] of steps) {
            await changes[name]!(world, pick)
            state = await refresh(repository.path, state)
          }
        },
      ),
      { numRuns: 15, interruptAfterTimeLimit: 240_000 },
    )
  })

  test.each(Object.keys(changes))('after %s says what a fresh load says', async name => {
    const scene = createScene(walkedBugs)
    await using repository = await buildRepository(scene.t)
    const before = await load(repository.path)
    await changes[name]!({ ...scene, path: repository.path, at: 1_800_000_000 }, 4)
    await refresh(repository.path, before)
  })

  test.each(['git gc', 'git pack-refs', 'nothing'])('after %s is the very state that there was', async name => {
    const scene = createScene(fewBugs)
    await using repository = await buildRepository(scene.t, { loose: true })
    const before = await load(repository.path)
    await changes[name]!({ ...scene, path: repository.path, at: 0 }, 0)
    expect(await load(repository.path, { previous: before })).toBe(before)
  })
})

describe('what could not be read', () => {
  test('is read as soon as its object is there, though no ref has moved', async () => {
    const scene = createScene(fewBugs)
    const victim = scene.bugs[1]!
    await using repository = await buildRepository(scene.t, { loose: true })
    const whole = await load(repository.path)
    const ops = (await runGit(repository.path, ['rev-parse', `${victim.tip}:ops`])).trim()
    const file = looseFile(repository.path, ops)
    await rename(file, `${file}.away`)
    const broken = await load(repository.path)
    expect(broken.tracker.problems.map(({ ref }) => ref)).toEqual([victim.ref])
    await rename(`${file}.away`, file)
    const healed = await refresh(repository.path, broken)
    expect(contents(healed)).toEqual(contents(whole))
    expect(await load(repository.path, { previous: healed })).toBe(healed)
  })

  test('a person heals as a bug does, and the lines of the person’s bugs go', async () => {
    const scene = createScene(fewBugs)
    await using repository = await buildRepository(scene.t, { loose: true })
    const whole = await load(repository.path)
    const file = looseFile(repository.path, scene.bob.tip)
    await rename(file, `${file}.away`)
    const broken = await load(repository.path)
    expect(broken.tracker.problems.map(({ ref }) => ref).toSorted()).toEqual(
      [scene.bob.ref, ...scene.bugs.map(({ ref }) => ref)].toSorted(),
    )
    await rename(`${file}.away`, file)
    expect(contents(await refresh(repository.path, broken))).toEqual(contents(whole))
  })

  // Pages carry an ETag made from the digest: with an old one, browsers keep showing the bug as missing.
  test('gives, once it is read, a digest that differs from that of the state without it', async () => {
    const scene = createScene(fewBugs)
    await using repository = await buildRepository(scene.t, { loose: true })
    const file = looseFile(repository.path, scene.bugs[1]!.tip)
    await rename(file, `${file}.away`)
    const broken = await load(repository.path)
    await rename(`${file}.away`, file)
    const healed = await load(repository.path, { previous: broken })
    expect(healed.tracker.bugs).toHaveLength(fewBugs)
    expect(healed.tracker.digest).not.toBe(broken.tracker.digest)
  })

  test('and stays so is told again, and the rest is taken over', async () => {
    const scene = createScene(walkedBugs)
    const refs = [badOperations[0]!.write(scene), badIdentities[0]!.write(scene)]
    await using repository = await buildRepository(scene.t)
    const state = await refresh(repository.path, await load(repository.path))
    expect(state.tracker.problems.map(({ ref }) => ref)).toEqual(refs)
  })
})
