/** The end of the program waits for writers that were told to stop, and not for those that do not listen. */
import type { Clock } from '../base/clock.ts'

const patienceMs = 5_000

/** Settles when all have settled, or after five seconds. None of them may reject. */
export async function farewell(clock: Clock, leaving: readonly Promise<unknown>[]): Promise<void> {
  const { promise: overdue, resolve } = Promise.withResolvers<void>()
  const timer = clock.startTimer(patienceMs, resolve)
  await Promise.race([Promise.all(leaving), overdue])
  timer.cancel()
}
