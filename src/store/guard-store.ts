/**
 * A store that cannot fail, around one that can. Promises that no call rejects, but for the caller's own signal, or takes
 * longer than its limit: a value that cannot be had in time is not there, one that cannot be put is not kept. After some
 * failures in a row the inner store is left alone for a while, and calls are answered at once.
 *
 * Reading and writing fail apart (a full disk can be read), so each has a circuit breaker of its own; the log has a line
 * when the first of them opens and one when none is open any more.
 */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.ts'
import type { Store, StoreBackend, StoreEntry, StoreTier } from './store.ts'

/**
 * The shape of a store, and any of its calls may reject, or never settle. `getMany` is given a signal that fires when
 * nobody waits for the answer any more. It is not called again once it is disposed.
 */
export type FallibleStore = Store

export interface GuardOptions {
  readonly backend: StoreBackend
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
  /** Limit of a call. */
  readonly timeoutMs: number
  /** Limit of a call that writes, or waits for writes; the same where it is not given. */
  readonly writeTimeoutMs?: number
  /** Failures of reading in a row, or of writing, until it is left alone. */
  readonly maxFailures?: number
}

export function guardStore(inner: FallibleStore, options: GuardOptions): Store {
  return new GuardedStore(inner, options)
}

type Operation = 'read' | 'write'

class GuardedStore implements Store {
  readonly #inner: FallibleStore
  readonly #options: GuardOptions
  readonly #breakers: Readonly<Record<Operation, CircuitBreaker>>
  /** Fires on disposal. */
  readonly #end = new AbortController()
  #disposal: Promise<void> | undefined

  constructor(inner: FallibleStore, options: GuardOptions) {
    this.#inner = inner
    this.#options = options
    this.#breakers = { read: this.#createBreaker('read'), write: this.#createBreaker('write') }
    const { backend, measures } = options
    measures.gauge('gitbugviewer_store_breaker_open', () => [
      { labels: { backend }, value: this.#openOnes > 0 ? 1 : 0 },
    ])
  }

  get #openOnes(): number {
    return Number(this.#breakers.read.isOpen) + Number(this.#breakers.write.isOpen)
  }

  #createBreaker(operation: Operation): CircuitBreaker {
    const { backend, clock, log, maxFailures } = this.#options
    return createCircuitBreaker({
      clock,
      ...(maxFailures === undefined ? {} : { maxFailures }),
      onOpen: error => {
        if (this.#openOnes > 1) return
        log.error(
          { err: error, backend, operation },
          'the store fails and is left alone for a while: git is read instead',
        )
      },
      onClose: () => {
        if (this.#openOnes === 0) log.info({ backend, operation }, 'the store works again')
      },
    })
  }

  async getMany(
    tier: StoreTier,
    keys: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly (Uint8Array | undefined)[]> {
    signal?.throwIfAborted()
    if (keys.length === 0) return []
    const work = (stop: AbortSignal) => this.#inner.getMany(tier, keys, stop)
    return (await this.#attempt('read', work, signal)) ?? keys.map(() => undefined)
  }

  async setMany(tier: StoreTier, entries: readonly StoreEntry[]): Promise<void> {
    if (entries.length > 0) await this.#attempt('write', () => this.#inner.setMany(tier, entries))
  }

  async settled(): Promise<void> {
    await this.#attempt('write', () => this.#inner.settled())
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose() {
    this.#end.abort()
    try {
      await this.#limit('write', () => this.#inner[Symbol.asyncDispose]())
    } catch (error) {
      this.#options.log.warn({ err: error, backend: this.#options.backend }, 'the store was not closed in order')
    }
  }

  /** Undefined where it fails, or is not tried. */
  async #attempt<T>(
    operation: Operation,
    work: (stop: AbortSignal) => PromiseLike<T>,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    if (this.#end.signal.aborted) return undefined
    const attempt = this.#breakers[operation].enter()
    if (!attempt) return undefined
    try {
      const result = await this.#limit(operation, work, signal ? [signal, this.#end.signal] : [this.#end.signal])
      attempt.succeeded()
      return result
    } catch (error) {
      if (signal?.aborted) {
        attempt.abandoned()
        throw signal.reason
      }
      if (this.#end.signal.aborted) {
        attempt.abandoned()
        return undefined
      }
      const { backend, measures } = this.#options
      measures.count('gitbugviewer_store_errors_total', { backend, operation })
      attempt.failed(error)
      return undefined
    }
  }

  /** Waits no longer than the limit, and no longer than the signals want. */
  async #limit<T>(
    operation: Operation,
    work: (stop: AbortSignal) => PromiseLike<T>,
    signals: readonly AbortSignal[] = [],
  ): Promise<T> {
    const { clock, timeoutMs, writeTimeoutMs = timeoutMs } = this.#options
    const limitMs = operation === 'read' ? timeoutMs : writeTimeoutMs
    const stop = new AbortController()
    const stopped = Promise.withResolvers<never>()
    const end = (reason: unknown) => {
      stopped.reject(reason)
      stop.abort(reason)
    }
    const timer = clock.startTimer(limitMs, () => end(new Error(`the store did not answer within ${limitMs} ms`)))
    const onAbort = (event: Event) => end((event.target as AbortSignal).reason)
    for (const signal of signals) signal.addEventListener('abort', onAbort)
    try {
      // Of those that settle later, race takes no notice.
      return await Promise.race([stopped.promise, work(stop.signal)])
    } finally {
      timer.cancel()
      for (const signal of signals) signal.removeEventListener('abort', onAbort)
    }
  }
}
