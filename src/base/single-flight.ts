/**
 * The same work asked for by many at once is done once.
 *
 *     waiter ──┐                        a waiter's signal ends its waiting, never the work of the others;
 *     waiter ──┼──► flight ──► work     the last waiter to leave stops the work,
 *     waiter ──┘                        or stops it some time later, where it lingers;
 *                                       a flight is out of the index before its waiters hear how it ended,
 *                                       so whoever asks again after a failure starts anew
 */

import type { Clock, Timer } from './clock.ts'

interface Flight<V> {
  readonly result: Promise<V>
  readonly stop: AbortController
  waiters: number
  /** Runs while nobody waits. */
  linger: Timer | undefined
}

export interface SingleFlight<K, V> {
  /**
   * Joins the flight of `key`, or starts one.
   * @param work gets a signal that fires when nobody waits any more
   * @param signal ends this caller's waiting, with the signal's reason
   */
  run(key: K, work: (signal: AbortSignal) => Promise<V>, signal?: AbortSignal): Promise<V>
  /** True while a flight of that key is under way. */
  has(key: K): boolean
  /** Stops every flight and waits until its work has ended. */
  stopAll(reason: unknown): Promise<void>
}

export interface SingleFlightOptions {
  /** Work that nobody waits for goes on for this long, for those who said that they will come back. */
  readonly lingerMs: number
  readonly clock: Clock
}

/** Makes an index of flights. Without options the work stops when its last waiter leaves. */
export function createSingleFlight<K, V>(options?: SingleFlightOptions): SingleFlight<K, V> {
  const flights = new Map<K, Flight<V>>()
  const working = new Set<Promise<unknown>>()

  const start = (key: K, work: (signal: AbortSignal) => Promise<V>): Flight<V> => {
    const stop = new AbortController()
    const leave = () => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    const done = work(stop.signal)
    const result = done.finally(() => {
      flight.linger?.cancel()
      leave()
    })
    // Waiters get the rejection; a flight that all have left must not count as unhandled.
    result.catch(() => {})
    working.add(result)
    const settle = () => void working.delete(result)
    result.then(settle, settle)
    const flight: Flight<V> = { result, stop, waiters: 0, linger: undefined }
    flights.set(key, flight)
    return flight
  }

  const abandon = (key: K, flight: Flight<V>) => {
    // A flight without waiters is on its way down: the next one to ask must not board it.
    flights.delete(key)
    flight.stop.abort(new DOMException('nobody waits for this any more', 'AbortError'))
  }

  return {
    has: key => flights.has(key),
    async run(key, work, signal) {
      signal?.throwIfAborted()
      const flight = flights.get(key) ?? start(key, work)
      flight.waiters++
      flight.linger?.cancel()
      try {
        return await waitFor(flight.result, signal)
      } finally {
        if (--flight.waiters === 0 && flights.get(key) === flight) {
          if (options) flight.linger = options.clock.startTimer(options.lingerMs, () => abandon(key, flight))
          else abandon(key, flight)
        }
      }
    },
    async stopAll(reason) {
      for (const flight of flights.values()) {
        flight.linger?.cancel()
        flight.stop.abort(reason)
      }
      await Promise.allSettled(working)
    },
  }
}

/** Waits for a promise, or until the signal fires. */
export async function waitFor<V>(promise: Promise<V>, signal?: AbortSignal): Promise<V> {
  if (!signal) return await promise
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
