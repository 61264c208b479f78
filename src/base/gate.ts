/**
 * Lets a bounded number of works go on at once; the others wait in the order in which they came. Works of one party may
 * be bounded further: whoever has all that it may have is passed by those who come after it.
 */
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
  /** Of all parties. */
  readonly waiting: number
  /** Of the party alone whose gate this is; 0 where it is nobody's. */
  readonly ownWaiting: number
  /** Works that have let another one in. */
  readonly aside: number
}

/** A gate that parties share. */
export interface SharedGate extends Gate {
  /** The same gate, for the works of one party. */
  of(party: string): Gate
}

interface Waiting {
  readonly party: string | undefined
  readonly admit: () => void
}

/**
 * @param limit of works at once, at least 1
 * @param mostOfOne of the works of one party, at least 1
 */
export function createGate(limit: number, mostOfOne = limit): SharedGate {
  const queue: Waiting[] = []
  let running = 0
  /** Of those that have works. */
  const runningOf = new Map<string, number>()
  /** How to drop each work that is aside, in the order in which they stepped there. */
  const aside = new Set<(reason: unknown) => void>()

  const hasPlace = (party: string | undefined) =>
    running < limit && (party === undefined || (runningOf.get(party) ?? 0) < mostOfOne)
  const add = (party: string | undefined, works: 1 | -1) => {
    running += works
    if (party === undefined) return
    const now = (runningOf.get(party) ?? 0) + works
    if (now === 0) runningOf.delete(party)
    else runningOf.set(party, now)
  }
  const enter = async (party: string | undefined, signal?: AbortSignal) => {
    if (hasPlace(party)) return add(party, 1)
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = { party, admit: resolve }
    queue.push(waiting)
    try {
      await waitFor(promise, signal)
    } catch (error) {
      const place = queue.indexOf(waiting)
      if (place >= 0) queue.splice(place, 1)
      // Its turn had come already: the next one gets it.
      else leave(party)
      throw error
    }
  }
  const leave = (party: string | undefined) => {
    add(party, -1)
    // One at most: whoever else waits, waits for another party's place or for one more of its own.
    const next = queue.findIndex(waiting => hasPlace(waiting.party))
    const [admitted] = next < 0 ? [] : queue.splice(next, 1)
    if (!admitted) return
    add(admitted.party, 1)
    admitted.admit()
  }

  const gateOf = (party: string | undefined): Gate => ({
    async run(work, signal) {
      await enter(party, signal)
      try {
        return await work()
      } finally {
        leave(party)
      }
    },
    async stepAside(wait, signal) {
      leave(party)
      const { promise: dropped, reject: drop } = Promise.withResolvers<never>()
      aside.add(drop)
      try {
        const result = await Promise.race([wait(), dropped])
        aside.delete(drop)
        await enter(party, signal)
        return result
      } catch (error) {
        // It ends now, and `run` gives back a place that it must have.
        add(party, 1)
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
    get ownWaiting() {
      return party === undefined ? 0 : queue.reduce((n, waiting) => n + Number(waiting.party === party), 0)
    },
    get aside() {
      return aside.size
    },
  })
  return Object.assign(gateOf(undefined), { of: (party: string) => gateOf(party) })
}
