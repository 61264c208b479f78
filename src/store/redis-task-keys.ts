/**
 * Task keys in Redis: `<prefix>:v1:task:<task>` holds the token of its holder and how far the work has come, and expires
 * with the lease. Renewing and giving back compare the token on the server.
 *
 *     tryTake ──► SET NX PX ──► held ──► renewed at each third of the lease ──► given back: DEL, PUBLISH
 *                    │                      └─ another one's token, or no answer for a whole lease: lost
 *                    └─ taken ──► changed ──► message, end of the lease, or some seconds ──► tryTake …
 *
 * Where the server cannot be asked, whoever asks holds the key, here only; as soon as the server answers again it is
 * taken there too, or lost to another holder. A key that is gone (a server that was restarted) is taken again.
 */
import { randomUUID } from 'node:crypto'
import type { Clock, Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import { waitFor } from '../base/single-flight.ts'
import { accepted, type RedisConnection } from './redis-connection.ts'
import { createRedisFaults, type RedisFaults } from './redis-faults.ts'
import { giveBackKey, openRedisTask, type TakenKey } from './redis-held-task.ts'
import type { HeldTask, TaskKeys, TaskProgress } from './task-keys.ts'

export interface RedisTaskKeysOptions {
  readonly prefix: string
  readonly leaseMs: number
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
  /** Whoever waits looks again after this long, in case a message was lost. */
  readonly lookAgainMs?: number
}

const standardLookAgainMs = 3000
/** Keys that could not be given back are tried again so often, until their leases are over. */
const giveBackAgainMs = 1000
/** A server counts whole milliseconds; a key is gone after its last one. */
const expiryMarginMs = 5

/**
 * The connections stay with whoever made them.
 * @param connections.listening the one that hears messages
 */
export function createRedisTaskKeys(
  connections: { readonly asking: RedisConnection; readonly listening: RedisConnection },
  options: RedisTaskKeysOptions,
): TaskKeys {
  return new RedisTaskKeys(connections, options)
}

class RedisTaskKeys implements TaskKeys {
  readonly isShared = true
  readonly #connection: RedisConnection
  readonly #options: RedisTaskKeysOptions
  readonly #faults: RedisFaults
  readonly #channel: string
  readonly #held = new Set<HeldTask>()
  /** Of those who wait, by the name of the task as messages have it. */
  readonly #waiting = new Map<string, Set<() => void>>()
  /** Those that could not be given back: a server that was away may yet carry out that they were taken. */
  readonly #kept = new Set<TakenKey>()
  #keptTimer: Timer | undefined
  #disposed = false

  constructor(
    { asking, listening }: { asking: RedisConnection; listening: RedisConnection },
    options: RedisTaskKeysOptions,
  ) {
    this.#connection = asking
    this.#options = options
    this.#faults = createRedisFaults('task', 'task keys', options)
    this.#channel = `${options.prefix}:v1:free`
    listening.subscribe(this.#channel, {
      message: name => this.#wake(name),
      // Messages may have been missed: everybody looks.
      subscribed: () => {
        for (const name of this.#waiting.keys()) this.#wake(name)
      },
    })
  }

  async tryTake(task: string, signal?: AbortSignal): Promise<HeldTask | undefined> {
    signal?.throwIfAborted()
    const { leaseMs } = this.#options
    const token = randomUUID()
    await this.#connection.attempted(signal)
    const askedAtMs = this.#options.clock.monotonicMs()
    if (!this.#disposed) {
      try {
        const command = ['SET', this.#keyOf(task), token, 'NX', 'PX', String(leaseMs)]
        // The caller's signal ends its waiting below, and not what becomes of the key.
        const taking = this.#connection.send([command]).then(([reply]) => accepted(reply) !== null)
        taking.then(
          isTaken => signal?.aborted && isTaken && void this.#hold(task, token, askedAtMs)[Symbol.asyncDispose](),
          () => {},
        )
        if (!(await waitFor(taking, signal))) return undefined
        this.#faults.worked()
      } catch (error) {
        signal?.throwIfAborted()
        this.#faults.failed(error)
      }
    }
    return this.#hold(task, token, askedAtMs)
  }

  async changed(task: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#disposed) return
    const name = nameOf(task)
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(name) ?? new Set()
    this.#waiting.set(name, waiting.add(resolve))
    // After the message is listened for, so that a key that was given back before is not waited for.
    const left = this.#leftMs(task)
    const { clock, lookAgainMs = standardLookAgainMs } = this.#options
    const timer = clock.startTimer(lookAgainMs, resolve)
    try {
      const leftMs = await waitFor(Promise.race([left, promise.then(() => 0)]), signal)
      if (leftMs === 0) return
      const end = clock.startTimer(Math.min(leftMs, lookAgainMs), resolve)
      await waitFor(promise, signal).finally(() => end.cancel())
    } finally {
      timer.cancel()
      waiting.delete(resolve)
      if (waiting.size === 0 && this.#waiting.get(name) === waiting) this.#waiting.delete(name)
    }
  }

  async progress(task: string): Promise<TaskProgress | undefined> {
    if (this.#disposed) return undefined
    try {
      const [reply] = await this.#connection.send([['GET', this.#keyOf(task)]])
      const value = accepted(reply)
      this.#faults.worked()
      return Buffer.isBuffer(value) ? parseProgress(value.toString('latin1', 0, 100)) : undefined
    } catch (error) {
      this.#faults.failed(error)
      return undefined
    }
  }

  async [Symbol.asyncDispose]() {
    this.#disposed = true
    this.#keptTimer?.cancel()
    for (const name of this.#waiting.keys()) this.#wake(name)
    await Promise.all([...this.#held].map(held => held[Symbol.asyncDispose]()))
  }

  #hold(task: string, token: string, takenAtMs: number): HeldTask {
    const taken = { key: this.#keyOf(task), name: nameOf(task), token, channel: this.#channel, takenAtMs }
    const held = openRedisTask(taken, {
      connection: this.#connection,
      faults: this.#faults,
      clock: this.#options.clock,
      leaseMs: this.#options.leaseMs,
      onEnd: () => this.#held.delete(held),
      onKept: () => {
        this.#kept.add(taken)
        this.#giveBackLater()
      },
    })
    this.#held.add(held)
    return held
  }

  #giveBackLater(): void {
    if (this.#disposed || this.#keptTimer) return
    this.#keptTimer = this.#options.clock.startTimer(giveBackAgainMs, () => void this.#giveBackKept())
  }

  /** One after the other: the first that fails says what would become of the rest. */
  async #giveBackKept(): Promise<void> {
    const { clock, leaseMs } = this.#options
    try {
      for (const taken of this.#kept) {
        if (clock.monotonicMs() - taken.takenAtMs < leaseMs) await giveBackKey(this.#connection, taken)
        this.#kept.delete(taken)
      }
    } catch (error) {
      this.#faults.failed(error)
    }
    this.#keptTimer = undefined
    if (this.#kept.size > 0) this.#giveBackLater()
  }

  /** Milliseconds until the key may be free; 0 where it is, or the server cannot be asked. */
  async #leftMs(task: string): Promise<number> {
    try {
      const [reply] = await this.#connection.send([['PTTL', this.#keyOf(task)]])
      const leftMs = accepted(reply)
      this.#faults.worked()
      // -2 is no such key. -1 is one without an end, which is none of ours: only looking again helps.
      if (typeof leftMs !== 'number' || leftMs === -2) return 0
      return leftMs < 0 ? Number.POSITIVE_INFINITY : leftMs + expiryMarginMs
    } catch (error) {
      this.#faults.failed(error)
      return 0
    }
  }

  #wake(name: string): void {
    const waiting = this.#waiting.get(name)
    this.#waiting.delete(name)
    for (const resolve of waiting ?? []) resolve()
  }

  #keyOf(task: string): string {
    return `${this.#options.prefix}:v1:task:${nameOf(task)}`
  }
}

/** The task as a key and a message have it: JSON, because a name may hold anything, halves of characters too. */
function nameOf(task: string): string {
  return JSON.stringify(task)
}

/** `<token> <done> <total>` */
function parseProgress(value: string): TaskProgress | undefined {
  const [, done, total] = /^\S+ (\d{1,15}) (\d{1,15})$/.exec(value) ?? []
  return done === undefined || total === undefined ? undefined : { done: Number(done), total: Number(total) }
}
