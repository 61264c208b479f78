/**
 * What became of the last attempts at a remote, and when the next one may be made: after each failure in a row the pause
 * is twice as long. A remote that holds no bugs has its own pause.
 */
import type { Clock } from '../base/clock.ts'
import { isViewerError, ViewerError } from '../base/errors.ts'
import { type MirrorFailure, type RemoteFailure, remoteFailures } from './mirror.ts'

const firstPauseMs = 30_000
const longestPauseMs = 6 * 3_600_000

export class Attempts {
  readonly #clock: Clock
  readonly #emptyMs: number
  #last: { readonly error: ViewerError; readonly atMs: number; readonly untilMs: number } | undefined
  #pauseMs = 0
  #failure: MirrorFailure | undefined

  constructor(clock: Clock, emptyMs: number) {
    this.#clock = clock
    this.#emptyMs = emptyMs
  }

  /** Since when and why it fails; undefined where the last attempt has not. */
  get failure(): MirrorFailure | undefined {
    return this.#failure
  }

  /** The last failure, while it is too early for another attempt; says in how many seconds it is not. */
  get paused(): ViewerError | undefined {
    if (!this.#last) return undefined
    const { error, untilMs } = this.#last
    const leftMs = untilMs - this.#clock.monotonicMs()
    if (leftMs <= 0) return undefined
    const data = { ...error.data, retryAfterSeconds: Math.ceil(leftMs / 1000) }
    return new ViewerError(error.code, error.message, { cause: error.cause, data })
  }

  failed(cause: unknown): ViewerError {
    const error =
      cause instanceof ViewerError
        ? cause
        : new ViewerError('REMOTE_UNREACHABLE', 'the remote cannot be fetched', { cause })
    const isEmpty = isViewerError(error, 'REPOSITORY_EMPTY')
    this.#pauseMs = isEmpty ? this.#emptyMs : Math.min(Math.max(this.#pauseMs * 2, firstPauseMs), longestPauseMs)
    const atMs = this.#clock.monotonicMs()
    this.#last = { error, atMs, untilMs: atMs + this.#pauseMs }
    // Pages of the last state say since when it fails, and why it does now.
    const sinceMs = this.#failure?.sinceMs ?? this.#clock.nowMs()
    this.#failure = { reason: reasonOf(error), sinceMs }
    return this.paused ?? error
  }

  worked() {
    this.#last = undefined
    this.#pauseMs = 0
    this.#failure = undefined
  }

  /** Something has changed over there: the next attempt may be made so long after the last one. */
  shortenPause(toMs: number) {
    if (!this.#last) return
    const { error, atMs, untilMs } = this.#last
    this.#last = { error, atMs, untilMs: Math.min(untilMs, atMs + toMs) }
  }
}

/** An error as a reason. */
export function reasonOf(error: unknown): RemoteFailure {
  if (!(error instanceof ViewerError)) return 'failed'
  if (error.code === 'REMOTE_TOO_LARGE') return 'large'
  if (error.code === 'REMOTE_REFUSED') return 'forbidden'
  if (error.code === 'MIRROR_NO_ROOM') return 'room'
  return remoteFailures.find(reason => reason === error.data.reason) ?? 'failed'
}
