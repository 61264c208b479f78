/** What the tests of Redis have in common. */
import type { Clock } from '../../src/base/clock.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createRedisConnection, type RedisConnection } from '../../src/store/redis-connection.ts'
import type { RedisAddress } from '../../src/store/redis-options.ts'
import { createTestLog } from './contract.ts'

export type TestLog = ReturnType<typeof createTestLog> & {
  /** Settles when a line with that message is there; also one that was written before. */
  written(message: string, times?: number): Promise<void>
  /** Messages of a level, with the reason where there is one. */
  at(level: string): string[]
}

/** A log that can be waited for. */
export function createAwaitableLog(): TestLog {
  const inner = createTestLog()
  const waiting = new Set<() => void>()
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (data: object, message: string) => {
    inner[level](data, message)
    for (const look of waiting) look()
  }
  return {
    lines: inner.lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    written(message, times = 1) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => {
        if (inner.lines.filter(line => line.message === message).length < times) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      return promise
    },
    at: level =>
      inner.lines
        .filter(line => line.level === level)
        .map(({ message, data }) => [message, 'reason' in data ? String(data.reason) : ''].join(' ').trim()),
  }
}

export interface TestConnection extends AsyncDisposable {
  readonly connection: RedisConnection
  readonly log: TestLog
}

export function openConnection(
  address: Partial<RedisAddress> & { readonly url: string },
  clock: Clock = systemClock,
): TestConnection {
  const log = createAwaitableLog()
  const connection = createRedisConnection({ timeoutMs: 5000, ...address }, { clock, log })
  return { connection, log, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() }
}

/** How long something takes to settle, whichever way. */
export async function timeOf(work: PromiseLike<unknown>): Promise<number> {
  const startMs = performance.now()
  await Promise.allSettled([work])
  return performance.now() - startMs
}

/** Looks again and again until something is there. @param signal of the test, which ends it with the test's time */
export async function lookUntil<T>(signal: AbortSignal, look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (;;) {
    signal.throwIfAborted()
    const found = await look()
    if (found !== null && found !== undefined && found !== false) return found
    // Answers of a store that is left alone come without any waiting: others must have their turn.
    await new Promise(resolve => setImmediate(resolve))
  }
}
