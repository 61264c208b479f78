import { describe, expect, test } from 'vitest'
import { createSingleFlight, waitFor } from '../../src/base/single-flight.ts'
import { createManualClock } from '../support/manual-clock.ts'

test('many who ask at the same time share one piece of work', async () => {
  const flight = createSingleFlight<string, number>()
  const gate = Promise.withResolvers<number>()
  let started = 0
  const work = () => {
    started++
    return gate.promise
  }
  const waiters = Array.from({ length: 50 }, () => flight.run('a', work))
  gate.resolve(7)
  expect(await Promise.all(waiters)).toEqual(Array(50).fill(7))
  expect(started).toBe(1)
})

test('different keys are different pieces of work', async () => {
  const flight = createSingleFlight<string, string>()
  const results = await Promise.all(['a', 'b'].map(key => flight.run(key, async () => key)))
  expect(results).toEqual(['a', 'b'])
})

test('a waiter that leaves does not end the work of the others', async () => {
  const flight = createSingleFlight<string, string>()
  const gate = Promise.withResolvers<string>()
  let stopped = false
  const work = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => {
      stopped = true
    })
    return gate.promise
  }
  const leaving = new AbortController()
  const first = flight.run('a', work, leaving.signal)
  const second = flight.run('a', work)
  leaving.abort(new Error('gone'))
  await expect(first).rejects.toThrow('gone')
  expect(stopped).toBe(false)
  gate.resolve('done')
  expect(await second).toBe('done')
})

test('the last waiter to leave stops the work, and the next one starts anew', async () => {
  const flight = createSingleFlight<string, string>()
  let stopped = 0
  const work = (signal: AbortSignal) =>
    new Promise<string>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        stopped++
        reject(signal.reason)
      })
    })
  const leaving = new AbortController()
  const waiters = [1, 2].map(() => flight.run('a', work, leaving.signal))
  leaving.abort(new Error('gone'))
  for (const waiter of waiters) await expect(waiter).rejects.toThrow('gone')
  expect(stopped).toBe(1)
  expect(flight.has('a')).toBe(false)
  expect(await flight.run('a', async () => 'fresh')).toBe('fresh')
})

test('a failure reaches every waiter, is not remembered, and is out of the index before they hear of it', async () => {
  const flight = createSingleFlight<string, string>()
  const known: boolean[] = []
  const gate = Promise.withResolvers<string>()
  const waiters = [1, 2].map(() =>
    flight
      .run('a', () => gate.promise)
      .catch((error: Error) => {
        known.push(flight.has('a'))
        return error.message
      }),
  )
  gate.reject(new Error('broken'))
  expect(await Promise.all(waiters)).toEqual(['broken', 'broken'])
  expect(known).toEqual([false, false])
  expect(await flight.run('a', async () => 'works now')).toBe('works now')
})

test('stopping all waits until the work has ended', async () => {
  const flight = createSingleFlight<string, string>()
  let ended = false
  const waiting = flight.run('a', async signal => {
    await new Promise<void>(resolve => signal.addEventListener('abort', () => setImmediate(resolve)))
    ended = true
    throw signal.reason
  })
  const outcome = expect(waiting).rejects.toThrow('shutting down')
  await flight.stopAll(new Error('shutting down'))
  expect(ended).toBe(true)
  await outcome
})

test('who waits with a signal that has fired already does not wait', async () => {
  await expect(waitFor(new Promise(() => {}), AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
})

describe('work that lingers', () => {
  /** A flight whose work ends when it is told to, or when it is stopped. */
  function createLingering() {
    const clock = createManualClock()
    const flight = createSingleFlight<string, string>({ lingerMs: 1000, clock })
    const end = Promise.withResolvers<string>()
    const counts = { started: 0, stopped: 0 }
    const work = (signal: AbortSignal) => {
      counts.started++
      signal.addEventListener('abort', () => {
        counts.stopped++
        end.reject(signal.reason)
      })
      return end.promise
    }
    const visit = async () => {
      const leaving = new AbortController()
      const waiting = flight.run('a', work, leaving.signal)
      leaving.abort(new Error('gone'))
      await expect(waiting).rejects.toThrow('gone')
    }
    return { clock, flight, work, visit, end, counts }
  }

  test('goes on for those who come back in time, and their leaving starts the time anew', async () => {
    const { clock, flight, work, visit, end, counts } = createLingering()
    await visit()
    clock.advance(999)
    await visit()
    clock.advance(999)
    const last = flight.run('a', work)
    clock.advance(5000)
    expect(counts).toEqual({ started: 1, stopped: 0 })
    end.resolve('done')
    expect(await last).toBe('done')
    expect([flight.has('a'), clock.timers]).toEqual([false, 0])
  })

  test('is stopped when nobody has come back, and the next one starts anew', async () => {
    const { clock, flight, visit, counts } = createLingering()
    await visit()
    clock.advance(999)
    expect([flight.has('a'), counts.stopped]).toEqual([true, 0])
    clock.advance(1)
    expect([flight.has('a'), counts.stopped]).toEqual([false, 1])
    expect(await flight.run('a', async () => 'fresh')).toBe('fresh')
    expect(clock.timers).toBe(0)
  })

  test('leaves the index and its time behind when it ends while nobody waits', async () => {
    const { clock, flight, visit, end } = createLingering()
    await visit()
    end.resolve('done')
    await new Promise(setImmediate)
    expect([flight.has('a'), clock.timers]).toEqual([false, 0])
  })

  test('that fails while nobody waits is nobody’s unhandled failure', async () => {
    const { flight, visit, end } = createLingering()
    await visit()
    end.reject(new Error('broken'))
    await new Promise(setImmediate)
    expect(flight.has('a')).toBe(false)
  })

  test('is stopped at once with all others, and leaves no time running', async () => {
    const { clock, flight, work, visit, counts } = createLingering()
    await visit()
    const other = flight.run('b', () => new Promise<string>(() => {}))
    other.catch(() => {})
    const ended = expect(flight.run('a', work)).rejects.toThrow('shutting down')
    // The other one never ends of itself, so it is not waited for here.
    void flight.stopAll(new Error('shutting down'))
    await ended
    expect([counts.stopped, clock.timers]).toEqual([1, 0])
  })

  test('is waited for by whoever stops all while it lingers', async () => {
    const { clock, flight, visit, counts } = createLingering()
    await visit()
    await flight.stopAll(new Error('shutting down'))
    expect([counts.stopped, flight.has('a'), clock.timers]).toEqual([1, false, 0])
  })
})
