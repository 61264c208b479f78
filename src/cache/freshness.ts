/**
 * Whether a repository's refs have moved since they were listed, told by their fingerprint (`git/fingerprint.ts`).
 *
 *     time ───────────────────────────────────────────────────────►
 *     fingerprint:  A A A │ B first seen      B         B
 *                         │ listed (unsettled)│ listed  │ nothing to do
 *                         └─── resolution ────┘ settled
 *
 * A change in the same tick of the file system's clock as the one before leaves the same fingerprint. So a listing that
 * began less than a tick after its fingerprint was first seen is not trusted for ever: it is made once more. The time
 * is measured on this machine's own clock and not by the files' times, since file servers have clocks of their own.
 */
import type { Clock } from '../base/clock.ts'
import { type RefFingerprint, readFingerprint } from '../git/fingerprint.ts'
import type { RepositoryLocation } from '../git/repository.ts'

/** What a look at the files says; `listing`: it has moved, and the listing that is under way began with what is there. */
export type Look = 'same' | 'moved' | 'unsettled' | 'listing'

/** Files whose last change is older than this are not in the middle of one, however wrong a file server's clock is. */
const surelyOldMs = 3_600_000

export class Freshness {
  readonly #location: RepositoryLocation
  readonly #clock: Clock
  #folders: readonly string[] = []
  /** The fingerprint that was last seen, and since when. */
  #seen: { readonly key: string; readonly sinceMs: number } | undefined
  /** The fingerprint that the last listing began with. */
  #listed: { readonly key: string; readonly isSettled: boolean } | undefined
  /** The fingerprint that a refresh under way began with. */
  #listing: string | undefined
  #lookedMs = Number.NEGATIVE_INFINITY

  constructor(location: RepositoryLocation, clock: Clock) {
    this.#location = location
    this.#clock = clock
  }

  /** Goes on from what was seen of the same repository before: its files may have rested since then. */
  takeOver(earlier: Freshness) {
    this.#folders = earlier.#folders
    this.#seen = earlier.#seen
  }

  /**
   * The fingerprint that says for ever what the last listing has seen; undefined where it may have changed in the same
   * tick of the clock, or where it is not one of the usual files and folders alone.
   */
  get settledKey(): string | undefined {
    return this.#listed?.isSettled && this.#folders.length === 0 ? this.#listed.key : undefined
  }

  /** Takes it that the refs were listed when they had that fingerprint, one that `settledKey` gave. */
  trust(key: string) {
    this.#listed = { key, isSettled: true }
  }

  /** The fingerprint as it is now. */
  async readKey(): Promise<string> {
    return (await this.#read()).key
  }

  /** True where the files were looked at within so many milliseconds. */
  wasLookedAt(withinMs: number): boolean {
    return this.#clock.monotonicMs() - this.#lookedMs < withinMs
  }

  /** Looks at the files. Costs a few `stat` calls and starts no process. */
  async look(): Promise<Look> {
    const startedMs = this.#clock.monotonicMs()
    const { key } = await this.#read()
    this.#lookedMs = startedMs
    if (key !== this.#listed?.key) return key === this.#listing ? 'listing' : 'moved'
    return this.#listed.isSettled ? 'same' : 'unsettled'
  }

  /**
   * Says that the refs are about to be listed.
   * @param isRefresh false for a listing that readers do not wait for
   * @returns what to call when that has succeeded, with the folders of refs whose names have more parts than usual
   */
  async beginListing({ isRefresh = true } = {}): Promise<(folders: readonly string[]) => void> {
    if (isRefresh) this.#listing = undefined
    const startedMs = this.#clock.monotonicMs()
    const { key, newestMs, resolutionMs } = await this.#read()
    const beganMs = this.#clock.monotonicMs()
    const isOld = newestMs > 0 && this.#clock.nowMs() - newestMs > surelyOldMs
    const isSettled = isOld || beganMs - (this.#seen?.sinceMs ?? beganMs) >= resolutionMs
    if (isRefresh) this.#listing = key
    return folders => {
      if (isRefresh) this.#listing = undefined
      this.#listed = { key, isSettled }
      this.#lookedMs = Math.max(this.#lookedMs, startedMs)
      this.#folders = folders
    }
  }

  async #read(): Promise<RefFingerprint> {
    const fingerprint = await readFingerprint(this.#location, this.#folders)
    if (fingerprint.key !== this.#seen?.key) this.#seen = { key: fingerprint.key, sinceMs: this.#clock.monotonicMs() }
    return fingerprint
  }
}
