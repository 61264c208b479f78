/** Lets a bounded number of works go on at once; the others wait in the order in which they came. */
import { waitFor } from './single-flight.ts'

export interface Gate {
  /** Runs `work` when it is its turn. @param signal ends the wait, with the signal's reason */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  readonly running: number
  readonly waiting: number
}

/** @param limit of works at once, at least 1 */
export function createGate(limit: number): Gate {
  const queue: (() => void)[] = []
  let running = 0
  const enter = async (signal?: AbortSignal) => {
    if (running < limit) {
      running++
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    queue.push(resolve)
    try {
      await waitFor(promise, signal)
    } catch (error) {
      const place = queue.indexOf(resolve)
      if (place >= 0) queue.splice(place, 1)
      // Its turn had come already: the next one gets it.
      else leave()
      throw error
    }
  }
  const leave = () => {
    const next = queue.shift()
    if (next) next()
    else running--
  }
  return {
    async run(work, signal) {
      await enter(signal)
      try {
        return await work()
      } finally {
        leave()
      }
    },
    get running() {
      return running
    },
    get waiting() {
      return queue.length
    },
  }
}
