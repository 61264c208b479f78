/**
 * When something may be tried again: after so many times what the last try has taken, within bounds. So it costs a part
 * of the time that does not grow with the work.
 */
import type { Clock } from '../base/clock.ts'

export interface RestOptions {
  /** Times what the last try has taken. */
  readonly times: number
  readonly shortestMs: number
  readonly longestMs: number
}

export interface Rest {
  /** False during a try, and until the rest after it is over. */
  readonly isOver: boolean
  /** A try begins. @returns what to call at its end */
  begin(): () => void
}

export function createRest(clock: Clock, { times, shortestMs, longestMs }: RestOptions): Rest {
  let dueMs = Number.NEGATIVE_INFINITY
  return {
    get isOver() {
      return clock.monotonicMs() >= dueMs
    },
    begin() {
      const startedMs = clock.monotonicMs()
      dueMs = Number.POSITIVE_INFINITY
      return () => {
        const endedMs = clock.monotonicMs()
        dueMs = endedMs + Math.min(Math.max(shortestMs, times * (endedMs - startedMs)), longestMs)
      }
    },
  }
}
