/**
 * How much of something each party may have: a bucket for each, which fills evenly and holds what comes in a minute.
 * What is known of one is a single number, the time at which it will be full again:
 *
 *     full again at ──► taken one: a part of a minute later ──► later than a minute from now? then it was empty
 *
 * A party that has a full bucket is one that is not known, so nothing has to be forgotten. All numbers are whole
 * microseconds: fractions would not add up.
 */
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/clock.ts'

export interface RateBuckets {
  /**
   * Takes out of a party's bucket.
   * @param amount what is taken; below 0 it is put back
   * @returns 0 where there was enough, else the milliseconds after which there will be, and nothing is taken then. At
   *   once where nobody has to be asked. Never rejects
   */
  take(party: string, amount: number): number | Promise<number>
}

const minuteUs = 60_000_000
/** Parties that are remembered; one that was forgotten begins with a full bucket. */
const maxParties = 10_000

/** What taking one costs, in microseconds. */
export function microsecondsOfOne(perMinute: number): number {
  return Math.floor(minuteUs / perMinute)
}

/** Makes buckets that this process has for itself. @param perMinute at least 1 */
export function createLocalRateBuckets(perMinute: number, clock: Clock): RateBuckets {
  const fullAt = new LRUCache<string, number>({ max: maxParties })
  const one = microsecondsOfOne(perMinute)
  return {
    take(party, amount) {
      const nowUs = Math.floor(clock.monotonicMs() * 1000)
      const next = Math.max(fullAt.get(party) ?? 0, nowUs) + amount * one
      const tooEarlyUs = next - nowUs - minuteUs
      if (amount > 0 && tooEarlyUs > 0) return tooEarlyUs / 1000
      fullAt.set(party, Math.max(next, nowUs))
      return 0
    },
  }
}
