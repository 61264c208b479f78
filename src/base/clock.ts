/**
 * Time as a parameter: whatever has an idle time, a limit or a schedule takes a Clock, so that tests decide what time
 * it is and none has to sleep.
 */

/** A timer that is running; disposing it twice does no harm. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Wall-clock time in milliseconds since 1970. For people; it may jump. */
  nowMs(): number
  /** Milliseconds that only ever grow. For measuring and for ages. */
  monotonicMs(): number
  /** Calls `run` once, `delayMs` from now. The timer does not keep the process alive. */
  startTimer(delayMs: number, run: () => void): Timer
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  startTimer(delayMs, run) {
    const handle = setTimeout(run, delayMs)
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}
