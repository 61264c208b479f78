/** A logical clock as the client keeps it: it starts at 1, counts up before each use, and never goes back. */
import type { Lamport } from '../bug/model.ts'

export interface LamportClock {
  /** The time now, without moving it. */
  readonly time: Lamport
  /** The next time, for something that happens. */
  increment(): Lamport
  /** Takes note of a time that something else has. */
  witness(time: Lamport): void
}

/** A clock that shows `start`. Above 2^53 - 1 the times are bigints, as in the data model. */
export function createLamportClock(start: Lamport = 1): LamportClock {
  let now = BigInt(start)
  const show = (): Lamport => (now <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(now) : now)
  return {
    get time() {
      return show()
    },
    increment() {
      now += 1n
      return show()
    },
    witness(time) {
      const seen = BigInt(time)
      if (seen > now) now = seen
    },
  }
}
