/**
 * An open repository in the manager's table: who uses it, and when it was used last. It closes after its last user has
 * gone, and is idle from then on; a use costs no more than a number.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { Tracker } from '../bug/model.ts'
import type { OpenRepository } from './open-repository.ts'
import { createShownTracker } from './shown-tracker.ts'

export class Entry {
  readonly open: OpenRepository
  /** A state of it as pages show it. */
  readonly shown: (tracker: Tracker) => Tracker
  readonly #clock: Clock
  readonly #onIdle: () => void
  #users = 0
  #uses = 0
  #usedMs: number
  #idleMs = 0
  /** The idle time that a first reader brings back. */
  #normalIdleMs: number | undefined
  #timer: Timer | undefined
  #unused = Promise.withResolvers<void>()
  #isClosing = false

  /** @param onIdle called when nobody has used it for the idle time */
  constructor(open: OpenRepository, clock: Clock, onIdle: () => void) {
    this.open = open
    this.shown = createShownTracker(open.repository)
    this.#clock = clock
    this.#onIdle = onIdle
    this.#usedMs = clock.monotonicMs()
  }

  get isInUse(): boolean {
    return this.#users > 0
  }

  /** When it was used last, by the monotonic clock. */
  get usedMs(): number {
    return this.#usedMs
  }

  /** A use that is over at once. */
  use() {
    this.#uses++
    this.#usedMs = this.#clock.monotonicMs()
    if (this.#normalIdleMs !== undefined) this.startIdle(this.#normalIdleMs)
  }

  /** Somebody reads in it: a mirror stays on disk for that, and is fetched again when it is old. */
  noteReader() {
    this.open.repository.mirror?.used()
  }

  hold() {
    this.#users++
    this.use()
  }

  release() {
    this.#users--
    this.#usedMs = this.#clock.monotonicMs()
    if (this.#isClosing && this.#users === 0) this.#unused.resolve()
  }

  /** Calls `onIdle` when it was not used for so long; 0 never. A later call replaces an earlier one. */
  startIdle(idleMs: number) {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#idleMs = idleMs
    this.#normalIdleMs = undefined
    if (idleMs > 0) this.#arm(idleMs)
  }

  /** It was opened by somebody who needs it for a moment only: a shorter time, until it is used again. */
  startBriefIdle(idleMs: number) {
    const normalMs = this.#idleMs
    // Somebody else uses it too.
    if (this.#uses > 1) return
    if (normalMs > 0 && normalMs <= idleMs) return
    this.startIdle(idleMs)
    this.#normalIdleMs = normalMs
  }

  /** One timer that looks back is cheaper than a new one for each use. */
  #arm(delayMs: number) {
    this.#timer = this.#clock.startTimer(delayMs, () => {
      const leftMs = this.#usedMs + this.#idleMs - this.#clock.monotonicMs()
      if (this.isInUse) this.#arm(this.#idleMs)
      else if (leftMs > 0) this.#arm(leftMs)
      else this.#onIdle()
    })
  }

  /** Closes the repository when its last user has gone. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#timer?.cancel()
    if (this.#users > 0) await this.#unused.promise
    await this.open[Symbol.asyncDispose]()
  }

  /** Does not wait for those who still use it. Call it after `close`. */
  closeNow() {
    this.#unused.resolve()
  }
}

/** Those that have to go for the rest to fit: the ones that were not used for longest, and none that is in use. */
export function chooseOverBudget(entries: readonly Entry[], maxBytes: number): Entry[] {
  let bytes = entries.reduce((total, { open }) => total + open.bytes, 0)
  const chosen: Entry[] = []
  for (const entry of entries.filter(({ isInUse }) => !isInUse).sort((a, b) => a.usedMs - b.usedMs)) {
    if (bytes <= maxBytes) break
    bytes -= entry.open.bytes
    chosen.push(entry)
  }
  return chosen
}
