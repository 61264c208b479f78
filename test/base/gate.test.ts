import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createGate } from '../../src/base/gate.ts'

/** Works that go on until they are told to end, by the names under which they were started. */
function createWorks() {
  const started: string[] = []
  const ends = new Map<string, PromiseWithResolvers<string>>()
  return {
    started,
    work: (name: string) => () => {
      started.push(name)
      const end = Promise.withResolvers<string>()
      ends.set(name, end)
      return end.promise
    },
    end: (name: string) => ends.get(name)!.resolve(name),
    fail: (name: string) => ends.get(name)!.reject(new Error(name)),
  }
}

/** Lets everything happen that waits for nothing but its turn. */
const settle = () => new Promise(setImmediate)

describe('a gate', () => {
  test('lets as many in at once as it is wide, and the others in the order in which they came', async () => {
    const gate = createGate(2)
    const { started, work, end } = createWorks()
    const results = ['a', 'b', 'c', 'd', 'e'].map(name => gate.run(work(name)))
    await settle()
    expect([started, gate.running, gate.waiting]).toEqual([['a', 'b'], 2, 3])
    end('b')
    await settle()
    expect([started, gate.running, gate.waiting]).toEqual([['a', 'b', 'c'], 2, 2])
    end('a')
    end('c')
    await settle()
    expect([started, gate.running, gate.waiting]).toEqual([['a', 'b', 'c', 'd', 'e'], 2, 0])
    end('d')
    end('e')
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect([gate.running, gate.waiting]).toEqual([0, 0])
  })

  test('gives the place of a work that failed to the next one', async () => {
    const gate = createGate(1)
    const { started, work, end, fail } = createWorks()
    const failing = gate.run(work('a'))
    const next = gate.run(work('b'))
    const outcome = expect(failing).rejects.toThrow('a')
    await settle()
    fail('a')
    await outcome
    await settle()
    expect(started).toEqual(['a', 'b'])
    end('b')
    await next
    expect(gate.running).toBe(0)
  })

  test('gives the place of a work that threw before it waited for anything to the next one', async () => {
    const gate = createGate(1)
    const failing = gate.run(() => {
      throw new Error('at once')
    })
    await expect(failing).rejects.toThrow('at once')
    expect(await gate.run(async () => 'next')).toBe('next')
  })

  test('lets those go who no longer want to wait, and keeps the order of the others', async () => {
    const gate = createGate(1)
    const { started, work, end } = createWorks()
    const leaving = new AbortController()
    const first = gate.run(work('a'))
    const second = gate.run(work('b'), leaving.signal)
    const third = gate.run(work('c'))
    await settle()
    leaving.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    expect(gate.waiting).toBe(1)
    end('a')
    await first
    await settle()
    expect(started).toEqual(['a', 'c'])
    end('c')
    await third
    expect([gate.running, gate.waiting]).toEqual([0, 0])
  })

  test('passes a turn on that has come to somebody who is just leaving', async () => {
    const gate = createGate(1)
    const { work, end } = createWorks()
    const leaving = new AbortController()
    const first = gate.run(async () => {
      await settle()
      // Within the same turn: the abort is heard before the turn that `a` hands on is.
      queueMicrotask(() => leaving.abort(new Error('gone')))
    })
    const second = gate.run(work('b'), leaving.signal).catch((error: Error) => error.message)
    const third = gate.run(work('c'))
    await first
    await settle()
    expect(gate.running).toBe(1)
    end('c')
    expect(await third).toBe('c')
    expect([await second, gate.running, gate.waiting]).toEqual(['gone', 0, 0])
  })

  test('is never wider than it may be and loses no place, whoever leaves and whatever fails', async () => {
    const visitor = fc.record({ leavesAt: fc.option(fc.nat(20)), turns: fc.nat(5), fails: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(visitor, { maxLength: 20 }),
        async (limit, visitors) => {
          const gate = createGate(limit)
          let [inside, widest] = [0, 0]
          const work = async (turns: number, fails: boolean) => {
            widest = Math.max(widest, ++inside)
            for (let turn = 0; turn < turns; turn++) await settle()
            inside--
            if (fails) throw new Error('failed')
          }
          const leaving = visitors.map(() => new AbortController())
          const runs = visitors.map(({ turns, fails }, index) =>
            gate.run(() => work(turns, fails), leaving[index]!.signal),
          )
          const ended = Promise.allSettled(runs)
          for (let turn = 0; turn <= 20; turn++) {
            for (const [index, { leavesAt }] of visitors.entries()) {
              if (leavesAt === turn) leaving[index]!.abort(new Error('gone'))
            }
            await settle()
          }
          await ended
          expect(widest).toBeLessThanOrEqual(limit)
          expect([gate.running, gate.waiting, inside]).toEqual([0, 0, 0])
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('a work that steps aside', () => {
  test('lets the next one in, and goes on when it is its turn again', async () => {
    const gate = createGate(1)
    const [wait, second] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()]
    const log: string[] = []
    const first = gate.run(async () => {
      log.push('first begins')
      log.push(await gate.stepAside(() => wait.promise))
      return 'done'
    })
    const other = gate.run(async () => {
      log.push('second begins')
      await second.promise
      log.push('second ends')
    })
    await settle()
    expect(log).toEqual(['first begins', 'second begins'])
    wait.resolve('first goes on')
    await settle()
    expect([log.length, gate.running, gate.waiting]).toEqual([2, 1, 1])
    second.resolve()
    expect(await first).toBe('done')
    await other
    expect(log.slice(2)).toEqual(['second ends', 'first goes on'])
    expect([gate.running, gate.waiting]).toEqual([0, 0])
  })

  test('and fails, or is not waited for any more, leaves the gate as it was', async () => {
    const gate = createGate(1)
    const failing = gate.run(() => gate.stepAside(() => Promise.reject(new Error('no'))))
    await expect(failing).rejects.toThrow('no')
    expect([gate.running, gate.waiting]).toEqual([0, 0])

    const stop = new AbortController()
    const [hold, wait] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const aside = gate.run(() => gate.stepAside(() => wait.promise, stop.signal))
    const holding = gate.run(() => hold.promise)
    await settle()
    wait.resolve()
    await settle()
    stop.abort(new Error('left'))
    await expect(aside).rejects.toThrow('left')
    hold.resolve()
    await holding
    expect([gate.running, gate.waiting]).toEqual([0, 0])
  })

  test('gives one party no more places than it may have, and the others pass it', async () => {
    const gate = createGate(3, 2)
    const { started, work, end } = createWorks()
    const results = ['a1', 'a2', 'a3', 'b1', 'a4', 'b2'].map(name => gate.of(name[0]!).run(work(name)))
    await settle()
    expect([started, gate.running, gate.waiting]).toEqual([['a1', 'a2', 'b1'], 3, 3])
    expect([gate.ownWaiting, gate.of('a').ownWaiting, gate.of('b').ownWaiting]).toEqual([0, 2, 1])
    end('b1')
    await settle()
    expect(started).toEqual(['a1', 'a2', 'b1', 'b2'])
    end('b2')
    await settle()
    expect([started.length, gate.running]).toEqual([4, 2])
    end('a2')
    await settle()
    expect(started.slice(4)).toEqual(['a3'])
    end('a1')
    end('a3')
    await settle()
    end('a4')
    await Promise.all(results)
    expect([gate.running, gate.waiting]).toEqual([0, 0])
  })

  test('keeps the bound of a party whose works step aside, are dropped, or stop waiting', async () => {
    const gate = createGate(2, 1)
    const a = gate.of('a')
    const { started, work, end } = createWorks()
    const dropped = a.run(() => a.stepAside(() => new Promise<string>(() => {})))
    const next = a.run(work('a2'))
    const gone = new AbortController()
    const left = a.run(work('a3'), gone.signal)
    await settle()
    expect([started, gate.aside]).toEqual([['a2'], 1])
    gone.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    gate.dropAside(new Error('made way'))
    await expect(dropped).rejects.toThrow('made way')
    const last = a.run(work('a4'))
    await settle()
    expect([started, gate.running, a.ownWaiting]).toEqual([['a2'], 1, 1])
    end('a2')
    await settle()
    end('a4')
    await Promise.all([next, last])
    expect([gate.running, gate.waiting, gate.aside]).toEqual([0, 0, 0])
  })
})
