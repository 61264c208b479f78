/** Watching a repository: what is handed on, what is looked at, and that it holds nothing. */
import { describe, expect, test } from 'vitest'
import { createWatchers, tickMs } from '../../src/cache/watchers.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { applyTo, buildRepository } from '../support/tracker-builder.ts'
import { openManager, settle, smallTracker, start, tenMinutesMs } from './manager-scene.ts'

/** A watcher that keeps what it is told. */
function listener() {
  const digests: string[] = []
  let ticks = 0
  const waiting = new Set<() => void>()
  return {
    seen(digest: string) {
      digests.push(digest)
      for (const wake of waiting) wake()
    },
    /** Settles when it was told of so many states. */
    async heard(states: number): Promise<void> {
      while (new Set(digests).size < states) await new Promise<void>(wake => waiting.add(wake))
    },
    tick: () => void ticks++,
    digests,
    get last() {
      return digests.at(-1)
    },
    get ticks() {
      return ticks
    },
  }
}

/** Lets time pass until nothing is open; a repository that something holds would keep it waiting for ever. */
async function closes({ clock, manager }: Awaited<ReturnType<typeof openManager>>): Promise<void> {
  while (manager.openNames().length > 0) {
    clock.advance(tenMinutesMs)
    await settle()
  }
}

describe('those who watch', () => {
  test('share one timer for each repository, which goes with the last of them', async () => {
    const clock = createManualClock()
    const looked: string[] = []
    const watchers = createWatchers({
      clock,
      look: async name => {
        looked.push(name)
        return `${name}-1`
      },
    })
    const [a, b, c] = [listener(), listener(), listener()]
    const watching = [watchers.watch('x', a), watchers.watch('x', b), watchers.watch('y', c)]
    await settle()
    expect(clock.timers).toBe(2)
    looked.length = 0
    clock.advance(tickMs)
    await settle()
    expect(looked).toEqual(['x', 'y'])
    expect([a.ticks, b.ticks, c.ticks]).toEqual([1, 1, 1])
    for (const one of watching) one[Symbol.dispose]()
    expect(clock.timers).toBe(0)
    watchers.seen('x', 'x-2')
    expect(a.last).toBe('x-1')
  })

  test('hear of what moved while somebody was looking, by one more look', async () => {
    const looks: PromiseWithResolvers<string>[] = []
    const watchers = createWatchers({
      clock: createManualClock(),
      look: () => {
        const look = Promise.withResolvers<string>()
        looks.push(look)
        return look.promise
      },
    })
    const a = listener()
    watchers.watch('x', a)
    for (let n = 0; n < 5; n++) watchers.hint('x')
    looks[0]!.resolve('before')
    await settle()
    expect(looks.length).toBe(2)
    looks[1]!.resolve('after')
    await settle()
    expect([looks.length, a.digests]).toEqual([2, ['before', 'after']])
  })

  test('are told nothing of a look that fails, and of the next one all the same', async () => {
    let works = false
    const watchers = createWatchers({
      clock: createManualClock(),
      look: async () => {
        if (!works) throw new Error('gone')
        return 'there'
      },
    })
    const a = listener()
    watchers.watch('x', a)
    await settle()
    expect(a.digests).toEqual([])
    works = true
    watchers.hint('x')
    await settle()
    expect(a.digests).toEqual(['there'])
  })
})

describe('a repository that is watched', () => {
  test('tells of a push, without being looked at in between', async () => {
    const { t, ada } = smallTracker('watch')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    const a = listener()
    using _watching = setup.manager.watch('r0', a)
    await a.heard(1)
    await settle()
    const before = [a.digests.length, setup.counts.listings]
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    await settle()
    expect([a.digests.length, setup.counts.listings]).toEqual(before)
    await setup.manager.invalidate('r0').done
    expect(new Set(a.digests).size).toBe(2)
  })

  test('is closed when nobody reads it, and tells of a push to it all the same', async () => {
    const { t, ada } = smallTracker('watch closed')
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    const a = listener()
    using _watching = setup.manager.watch('r0', a)
    await a.heard(1)
    await closes(setup)
    t.bug(ada, { title: 'Second', message: '', at: start + 1 })
    await applyTo(built.path, t)
    setup.manager.invalidate('r0')
    await a.heard(2)
    await closes(setup)
  })

  test.each(['a hook that drops it', 'another instance', 'nobody but the timer'])(
    'is looked at after %s',
    async who => {
      const { t, ada } = smallTracker(who)
      await using built = await buildRepository(t)
      await using setup = await openManager([built.path], { lookAfterMs: 0 })
      const a = listener()
      using _watching = setup.manager.watch('r0', a)
      await a.heard(1)
      t.bug(ada, { title: 'Second', message: '', at: start + 1 })
      await applyTo(built.path, t)
      const tell: Record<string, () => void> = {
        'a hook that drops it': () => setup.manager.drop('r0'),
        'another instance': () => setup.manager.heard({ repository: 'r0', digest: undefined }),
        'nobody but the timer': () => setup.clock.advance(tickMs),
      }
      tell[who]!()
      await a.heard(2)
    },
  )
})
