/**
 * Keeps what fails from being tried again too soon: after each failure in a row the pause is twice as long. Until it is
 * over, whoever asks gets the failure that there was.
 */
import type { Clock } from '../base/clock.ts'

export interface Backoff {
  /** The last failure, and how long it is to be left alone; undefined where it may be tried now. */
  check(key: string): { readonly error: unknown; readonly leftMs: number } | undefined
  failed(key: string, error: unknown): void
  /** It has worked, or something has changed: the next one may try at once. */
  forget(key: string): void
}

const firstPauseMs = 250
/** What has ended its fault is shown again within seconds; a git process each few seconds costs next to nothing. */
const longestPauseMs = 4000
/** Failures that are remembered; beyond it the oldest is forgotten. */
const maxFailures = 10_000

interface Failure {
  readonly error: unknown
  readonly pauseMs: number
  readonly untilMs: number
}

export function createBackoff(clock: Clock): Backoff {
  const failures = new Map<string, Failure>()
  return {
    check(key) {
      const failure = failures.get(key)
      const leftMs = (failure?.untilMs ?? 0) - clock.monotonicMs()
      return failure && leftMs > 0 ? { error: failure.error, leftMs } : undefined
    },
    failed(key, error) {
      const before = failures.get(key)
      const pauseMs = before ? Math.min(before.pauseMs * 2, longestPauseMs) : firstPauseMs
      failures.delete(key)
      failures.set(key, { error, pauseMs, untilMs: clock.monotonicMs() + pauseMs })
      const [oldest] = failures.keys()
      if (failures.size > maxFailures && oldest !== undefined) failures.delete(oldest)
    },
    forget: key => void failures.delete(key),
  }
}
