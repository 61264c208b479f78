/** Lets a bounded number of works go on at once; the others wait in the order in which they came. */
import { waitFor } from './single-flight.ts'

export interface Gate {
  /** Runs `work` when it is its turn. @param signal ends the wait, with the signal's reason */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /**
   * For a work that runs: lets another one in while `wait` goes on, and waits for its turn again afterwards.
   * @param signal ends the wait for its turn, with the signal's reason
   */
  stepAside<T>(wait: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Ends the wait of the work that has let others in for longest: it gets `reason`. */
  dropAside(reason: unknown): void
  readonly running: number
  readonly waiting: number
  /** Works that have let another one in. */
  readonly aside: number
}

/** @param limit of works at once, at least 1 */
export function createGate(limit: number): Gate {
  const queue: (() => void)[] = []
  let running = 0
  /** How to drop each work that is aside, in the order in which they stepped there. */
  const aside = new Set<(reason: unknown) => void>()
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
    async stepAside(wait, signal) {
      leave()
      const { promise: dropped, reject: drop } = Promise.withResolvers<never>()
      aside.add(drop)
      try {
        const result = await Promise.race([wait(), dropped])
        aside.delete(drop)
        await enter(signal)
        return result
      } catch (error) {
        // It ends now, and `run` gives back a place that it must have.
        running++
        throw error
      } finally {
        aside.delete(drop)
      }
    },
    dropAside(reason) {
      const [drop] = aside
      if (!drop) return
      aside.delete(drop)
      drop(reason)
    },
    get running() {
      return running
    },
    get waiting() {
      return queue.length
    },
    get aside() {
      return aside.size
    },
  }
}
