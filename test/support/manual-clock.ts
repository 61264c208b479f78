/** A clock that stands still until a test moves it. */
import type { Clock } from '../../src/base/clock.ts'

export interface ManualClock extends Clock {
  /** Moves time on and runs the timers that are due, in their order. */
  advance(byMs: number): void
  /** Timers that are running. */
  readonly timers: number
}

export function createManualClock(startMs = 1_700_000_000_000): ManualClock {
  let elapsedMs = 0
  const timers = new Set<{ dueMs: number; run: () => void }>()
  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    startTimer(delayMs, run) {
      const timer = { dueMs: elapsedMs + delayMs, run }
      timers.add(timer)
      return { cancel: () => void timers.delete(timer) }
    },
    get timers() {
      return timers.size
    },
    advance(byMs) {
      const endMs = elapsedMs + byMs
      for (;;) {
        const due = [...timers].filter(timer => timer.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0]
        if (!due) break
        timers.delete(due)
        elapsedMs = Math.max(elapsedMs, due.dueMs)
        due.run()
      }
      elapsedMs = endMs
    },
  }
}
