/**
 * The promise that the product is known for: a manager that is told nothing shows after each change what one that
 * starts then would show, whatever changes came before and however little time has passed.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextTick } from '../git/next-tick.ts'
import { buildRepository } from '../support/tracker-builder.ts'
import { changes } from './changes.ts'
import { openManager } from './manager-scene.ts'
import { contents, createScene, fewBugs, loadWithTexts, textsAfter, walkedBugs } from './tracker-scene.ts'

/** Time that passes, by the manager's clock, between a change and the look after it: too little to trust the files, and enough. */
const passing = fc.constantFrom(0, 1, 19, 25, 3000)
const step = fc.tuple(fc.constantFrom(...Object.keys(changes)), fc.nat(99), passing)

test.for([
  ['in this thread', { threads: 0, workersFrom: 1 }, 12],
  ['in worker threads', { threads: 1, workersFrom: 1 }, 4],
] as const)(
  'after any changes a manager that reads %s and is told nothing shows what is there',
  async ([_where, workers, numRuns]) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(fewBugs, walkedBugs),
        fc.array(step, { minLength: 1, maxLength: 7 }),
        fc.boolean(),
        async (bugs, steps, loose) => {
          const scene = createScene(bugs)
          await using built = await buildRepository(scene.t, { loose })
          // The time of day is right, as it is for those who run this.
          await using setup = await openManager([built.path], { lookAfterMs: 0, workers, startMs: Date.now() })
          const world = { ...scene, path: built.path, at: 1_800_000_000 }
          for (const [name, pick, passes] of [['nothing', 0, 0] as const, ...steps]) {
            await changes[name]!(world, pick)
            setup.clock.advance(passes)
            using lease = await setup.manager.acquire('r0')
            const { state: fresh, texts } = await loadWithTexts(built.path)
            expect(contents(lease)).toEqual(contents(fresh))
            expect(lease.tracker.digest).toBe(fresh.tracker.digest)
            expect(setup.told.texts('r0')).toEqual(textsAfter(new Map(), texts!))
            // The manager's clock is not that of the file system, which must have moved on as well.
            await nextTick()
          }
        },
      ),
      { numRuns, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
    )
  },
)
