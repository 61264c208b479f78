/**
 * Counts failures of what is asked of Redis beside the store, and logs the ones that the connection does not tell of: a
 * server that refuses. One line when that begins and one when it is over.
 */
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import { RedisRefusal } from './redis-connection.ts'

export interface RedisFaults {
  failed(error: unknown): void
  worked(): void
}

/** @param what for the log, as "task keys" */
export function createRedisFaults(
  operation: 'task' | 'bus' | 'limit',
  what: string,
  { log, measures }: { readonly log: Log; readonly measures: Measures },
): RedisFaults {
  let isRefused = false
  return {
    failed(error) {
      measures.count('gitbugviewer_store_errors_total', { backend: 'redis', operation })
      if (!(error instanceof RedisRefusal) || isRefused) return
      isRefused = true
      log.warn({ reason: error.code }, `redis refuses ${what}; work goes on without`)
    },
    worked() {
      if (!isRefused) return
      isRefused = false
      log.info({}, `redis takes ${what} again`)
    },
  }
}
