import { expect, test } from 'vitest'
import { createSingleFlight, waitFor } from '../../src/base/single-flight.ts'

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
