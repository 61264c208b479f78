/**
 * Buckets that all instances share: `<prefix>:v1:rate:<party>` holds the server's time, in microseconds, at which a
 * bucket is full again, and is gone then. The server reckons, in one step and by its own clock.
 *
 * Where it cannot be asked, each instance has buckets of its own, which begin full; nobody waits for longer than the
 * connection waits for an answer, and once it has given up nobody waits at all.
 */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import { createLocalRateBuckets, microsecondsOfOne, type RateBuckets } from './rate-buckets.ts'
import type { RedisConnection } from './redis-connection.ts'
import { createRedisFaults } from './redis-faults.ts'
import { createRedisScript, runRedisScript } from './redis-script.ts'

export interface RedisRateBucketsOptions {
  readonly prefix: string
  /** At least 1. */
  readonly perMinute: number
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
}

/** Answers how many microseconds it is too early; as `rate-buckets.ts`. Numbers of that size are exact there. */
const takeScript = createRedisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
local cost = tonumber(ARGV[1])
-- Somebody has set the clock back: no bucket is emptier than empty.
full = math.min(full, now + 60000000)
local next = math.max(full, now) + cost
local early = next - now - 60000000
if cost > 0 and early > 0 then return early end
if next <= now then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000))
end
return 0`)

/** The connection stays with whoever made it. */
export function createRedisRateBuckets(connection: RedisConnection, options: RedisRateBucketsOptions): RateBuckets {
  const { prefix, perMinute, clock } = options
  const own = createLocalRateBuckets(perMinute, clock)
  const one = microsecondsOfOne(perMinute)
  const faults = createRedisFaults('limit', 'limits of requests', options)
  const ask = async (party: string, amount: number): Promise<number> => {
    try {
      const script = { key: `${prefix}:v1:rate:${party}`, args: [String(amount * one)] }
      const early = await runRedisScript(connection, takeScript, script)
      faults.worked()
      return Number(early) / 1000
    } catch (error) {
      faults.failed(error)
      return await own.take(party, amount)
    }
  }
  return { take: (party, amount) => (connection.isConnected ? ask(party, amount) : own.take(party, amount)) }
}
