/** What all task keys promise, as tests. */
import { describe, expect, test } from 'vitest'
import type { TaskKeys } from '../../src/store/task-keys.ts'
import { lookUntil, timeOf } from './redis-setting.ts'

/** Keys of two who share them; in one process they are the same. */
export interface SharedTaskKeys extends AsyncDisposable {
  readonly one: TaskKeys
  readonly other: TaskKeys
}

export function describeTaskKeys(name: string, open: () => Promise<SharedTaskKeys>): void {
  describe(`the task keys ${name}`, () => {
    test('a key is held by one at a time', async () => {
      await using keys = await open()
      await using held = await keys.one.tryTake('build a')
      expect(held).toBeDefined()
      expect(await keys.other.tryTake('build a')).toBeUndefined()
      expect(await keys.one.tryTake('build a')).toBeUndefined()
      expect(held!.lost.aborted).toBe(false)
    })

    test('of many who ask at once one gets it', async () => {
      await using keys = await open()
      const asked = Array.from({ length: 20 }, (_, n) => (n % 2 ? keys.one : keys.other).tryTake('build a'))
      const held = (await Promise.all(asked)).filter(one => one !== undefined)
      expect(held).toHaveLength(1)
    })

    test('other keys are free meanwhile, whatever their names hold', async () => {
      await using keys = await open()
      const names = ['a', 'A', '', ' ', 'a b', '"', '\\', '\n', 'ä/日本', '\ud800', '\ud801', '\ufffd', 'x'.repeat(512)]
      for (const name of names) expect(await keys.one.tryTake(name)).toBeDefined()
      for (const name of names) expect(await keys.other.tryTake(name)).toBeUndefined()
    })

    test('a key that was given back is free, and giving back twice takes it from nobody', async () => {
      await using keys = await open()
      const held = await keys.one.tryTake('build a')
      await held![Symbol.asyncDispose]()
      await using next = await keys.other.tryTake('build a')
      expect(next).toBeDefined()
      await held![Symbol.asyncDispose]()
      expect(await keys.one.tryTake('build a')).toBeUndefined()
      expect(held!.lost.aborted).toBe(false)
    })

    test('those who wait hear at once that a key is free', async () => {
      await using keys = await open()
      // In the first round somebody may not be listening yet, and looks again when that has begun. In the second a
      // message comes before the three seconds after which everybody looks again.
      for (const limitMs of [30_000, 2900]) {
        const held = await keys.one.tryTake('build a')
        const changed = Promise.all([keys.other.changed('build a'), keys.one.changed('build a')])
        // What was asked before this is answered by now: both wait.
        await Promise.all([keys.other.progress('build a'), keys.one.progress('build a')])
        await held![Symbol.asyncDispose]()
        expect(await timeOf(changed)).toBeLessThan(limitMs)
        const next = await keys.other.tryTake('build a')
        expect(next).toBeDefined()
        await next![Symbol.asyncDispose]()
      }
    })

    test('a key that is free is not waited for', async () => {
      await using keys = await open()
      await keys.other.changed('build a')
      const held = await keys.one.tryTake('build a')
      await held![Symbol.asyncDispose]()
      await keys.other.changed('build a')
    })

    test('a signal ends the wait with its reason, before and while it lasts', async () => {
      await using keys = await open()
      await using held = await keys.one.tryTake('build a')
      expect(held).toBeDefined()
      const gone = new AbortController()
      const waiting = keys.other.changed('build a', gone.signal)
      gone.abort(new Error('gone'))
      await expect(waiting).rejects.toThrow('gone')
      await expect(keys.other.changed('build a', gone.signal)).rejects.toThrow('gone')
      await expect(keys.other.tryTake('build b', gone.signal)).rejects.toThrow('gone')
      expect(await keys.one.tryTake('build b')).toBeDefined()
    })

    test('a key is not held by whoever left while it was asked for', async ({ signal }) => {
      await using keys = await open()
      const gone = new AbortController()
      const asked = keys.one.tryTake('build a', gone.signal)
      gone.abort(new Error('gone'))
      // Who had it at once may have it.
      const held = await asked.catch(() => undefined)
      await held?.[Symbol.asyncDispose]()
      const mine = await lookUntil(signal, async () => {
        await keys.other.changed('build a', signal)
        return keys.other.tryTake('build a')
      })
      expect(mine.lost.aborted).toBe(false)
    })

    test('what the holder reports is seen by the others, and gone with the key', async ({ signal }) => {
      await using keys = await open()
      expect(await keys.other.progress('build a')).toBeUndefined()
      const held = await keys.one.tryTake('build a')
      expect(await keys.other.progress('build a')).toBeUndefined()
      held!.report({ done: 1, total: 100 })
      held!.report({ done: 2, total: 100 })
      // It goes out with a renewal, so it is looked for until it is there.
      const seen = await lookUntil(signal, () => keys.other.progress('build a'))
      expect(seen).toEqual({ done: 2, total: 100 })
      await held![Symbol.asyncDispose]()
      expect(await keys.other.progress('build a')).toBeUndefined()
    })

    test('keys are given back, and those who wait are let go, when all ends', async () => {
      await using keys = await open()
      await keys.one.tryTake('build a')
      const waiting = keys.one.changed('build a')
      await keys.one[Symbol.asyncDispose]()
      await waiting
      expect(await keys.other.tryTake('build a')).toBeDefined()
      await keys.one[Symbol.asyncDispose]()
    })

    test('work is not held up by keys that have ended', async () => {
      await using keys = await open()
      await keys.one[Symbol.asyncDispose]()
      await keys.one.changed('build a')
      expect(await keys.one.progress('build a')).toBeUndefined()
      const held = await keys.one.tryTake('build a')
      expect(held).toBeDefined()
      await held![Symbol.asyncDispose]()
    })
  })
}
