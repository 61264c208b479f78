/**
 * A state that is made from the one before must say what a fresh one would say, whatever has happened in between, and
 * must take over what has not moved instead of reading it again.
 */
import { rename } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isHealthy } from '../../src/cache/entity-record.ts'
import type { RepositoryState } from '../../src/cache/load-tracker.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'
import { badIdentities, badOperations } from './bad-bugs.ts'
import { changes } from './changes.ts'
import { contents, createScene, fewBugs, load, looseFile, recordsByRef, walkedBugs } from './tracker-scene.ts'

/** Refreshes a state and expects what a fresh load gives, with all records kept whose tips have not moved. */
async function refresh(path: string, previous: RepositoryState): Promise<RepositoryState> {
  const refreshed = await load(path, { previous })
  const fresh = await load(path)
  expect(contents(refreshed)).toEqual(contents(fresh))
  expect(refreshed.tracker.digest).toBe(fresh.tracker.digest)
  const records = { before: recordsByRef(previous), refreshed: recordsByRef(refreshed), fresh: recordsByRef(fresh) }
  expect([...records.refreshed.keys()]).toEqual([...records.fresh.keys()])
  const kept = [...records.before].filter(
    ([ref, record]) => isHealthy(record) && records.fresh.get(ref)?.tip === record.tip,
  )
  for (const [ref, record] of kept) expect(records.refreshed.get(ref)).toBe(record)
  return refreshed
}

describe('a refresh', () => {
  test('after any sequence of changes says what a fresh load says', async () => {
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
