/**
 * Leaves alone for a while what has failed several times in a row, so that nobody waits for it. Promises to keep no
 * timer, and to let through one trial at a time until one has succeeded.
 *
 *     closed ── failures in a row ──► open ── pause is over, and somebody asks ──► trial
 *       ▲                              ▲                                             │
 *       │                              └───── failed: the pause is twice as long ────┤
 *       └────────────────────────────────────────────────────── succeeded ───────────┘
 *
 * What an attempt tells counts only while nothing has changed since it began: the failures of a hundred calls that were
 * under way together open the circuit once, and a late success does not close it.
 */
import type { Clock } from '../base/clock.ts'

/** A call that was let through. One of the three is called at its end; whatever comes after that changes nothing. */
export interface Attempt {
  succeeded(): void
  failed(error: unknown): void
  /** It was ended before it could tell. */
  abandoned(): void
}

export interface CircuitBreaker {
  /** Whether it is anything but closed. */
  readonly isOpen: boolean
  /** Asks to be let through. @returns undefined where it is left alone */
  enter(): Attempt | undefined
}

export interface CircuitBreakerOptions {
  readonly clock: Clock
  /** In a row, until it opens. */
  readonly maxFailures?: number
  readonly firstPauseMs?: number
  readonly maxPauseMs?: number
  /** It was closed until now. */
  onOpen?(error: unknown): void
  /** It was open until now. */
  onClose?(): void
}

export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { clock, maxFailures = 3, firstPauseMs = 1000, maxPauseMs = 4000 } = options
  let failures = 0
  /** Undefined while it is closed. */
  let openUntilMs: number | undefined
  let pauseMs = firstPauseMs
  let trial: Attempt | undefined
  /** Grows whenever it opens or closes. */
  let era = 0

  const open = () => {
    era++
    openUntilMs = clock.monotonicMs() + pauseMs
    pauseMs = Math.min(2 * pauseMs, maxPauseMs)
  }
  const close = () => {
    era++
    failures = 0
    openUntilMs = undefined
    pauseMs = firstPauseMs
  }
  const startAttempt = (): Attempt => {
    const begun = era
    let isOver = false
    const end = (tell: () => void) => {
      if (!isOver && era === begun) tell()
      isOver = true
    }
    return {
      succeeded: () =>
        end(() => {
          failures = 0
          if (openUntilMs === undefined) return
          trial = undefined
          close()
          options.onClose?.()
        }),
      failed: error =>
        end(() => {
          trial = undefined
          const wasOpen = openUntilMs !== undefined
          if (!wasOpen && ++failures < maxFailures) return
          open()
          if (!wasOpen) options.onOpen?.(error)
        }),
      abandoned: () =>
        end(() => {
          // The next one that asks is the trial.
          trial = undefined
        }),
    }
  }
  return {
    get isOpen() {
      return openUntilMs !== undefined
    },
    enter() {
      if (openUntilMs === undefined) return startAttempt()
      if (trial || clock.monotonicMs() < openUntilMs) return undefined
      trial = startAttempt()
      return trial
    },
  }
}
