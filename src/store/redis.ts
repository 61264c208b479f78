/**
 * Redis for all that instances share: values, task keys, news. Two connections, because a server hangs up on listeners
 * that take large answers too slowly. Promises to be there at once, whether the server is or not, and that nothing here
 * fails or holds up its callers.
 */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import type { Bus, BusListener } from './bus.ts'
import { guardStore } from './guard-store.ts'
import type { RateBuckets } from './rate-buckets.ts'
import { createRedisBus } from './redis-bus.ts'
import { createRedisConnection, type RedisConnection } from './redis-connection.ts'
import type { RedisAddress } from './redis-options.ts'
import { createRedisRateBuckets } from './redis-rate-buckets.ts'
import { createRedisStore } from './redis-store.ts'
import { createRedisTaskKeys } from './redis-task-keys.ts'
import { sealValues } from './sealed.ts'
import type { Store, StoreLimits } from './store.ts'
import type { TaskKeys } from './task-keys.ts'

export interface RedisOptions extends RedisAddress {
  /** What all keys begin with. */
  readonly prefix: string
  readonly limits: StoreLimits
  readonly leaseMs: number
}

interface RedisDeps {
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
}

export interface Redis extends AsyncDisposable {
  readonly store: Store
  readonly taskKeys: TaskKeys
  openBus(listener: BusListener): Bus
  /** @param perMinute at least 1 */
  rateBuckets(perMinute: number): RateBuckets
}

/** Puts may wait for those before them. */
const writeTimeouts = 4

export function openRedis(options: RedisOptions, deps: RedisDeps): Redis {
  const { prefix, limits, leaseMs, timeoutMs } = options
  const { clock, log, measures } = deps
  const asking = createRedisConnection(options, { clock, log })
  // What happens to one happens to the other, so one of them is enough to read of.
  const listening = createRedisConnection(options, { clock, log: createWhisper(log) })
  const inner = createRedisStore(asking, { prefix, limits, measures })
  const guarded = guardStore(inner, {
    backend: 'redis',
    clock,
    log: createPatientLog(log, asking),
    measures,
    timeoutMs,
    writeTimeoutMs: timeoutMs * writeTimeouts,
  })
  const store = sealValues(guarded, { measures, backend: 'redis' })
  const taskKeys = createRedisTaskKeys({ asking, listening }, { prefix, leaseMs, clock, log, measures })
  return {
    store,
    taskKeys,
    openBus: listener => createRedisBus({ asking, listening }, { prefix, listener, log, measures }),
    rateBuckets: perMinute => createRedisRateBuckets(asking, { prefix, perMinute, clock, log, measures }),
    async [Symbol.asyncDispose]() {
      await Promise.all([store[Symbol.asyncDispose](), taskKeys[Symbol.asyncDispose]()])
      await Promise.all([asking[Symbol.asyncDispose](), listening[Symbol.asyncDispose]()])
    },
  }
}

/** Everything as debug messages. */
function createWhisper(log: Log): Log {
  const whisper: Log['debug'] = (data, message) => log.debug(data, message)
  return { debug: whisper, info: whisper, warn: whisper, error: whisper }
}

/** For the guard: that it fails without a connection is no news, since the connection has told of that. */
function createPatientLog(log: Log, connection: RedisConnection): Log {
  const whisper = createWhisper(log)
  let told = false
  return {
    ...whisper,
    warn: (data, message) => log.warn(data, message),
    error(data, message) {
      told = connection.isConnected
      if (told) log.error(data, message)
      else whisper.error(data, message)
    },
    info(data, message) {
      if (told) log.info(data, message)
      else whisper.info(data, message)
      told = false
    },
  }
}
