/**
 * One mirror: brought here when somebody needs it, fetched again when it is old, removed when the room is needed. One
 * clone or fetch goes on at a time, however many ask; it goes on when they leave, and ends with the program.
 *
 *     away ── obtain ──► cloning ──► here ◄──► fetching        a failure leaves what is here as it is, and the
 *       ▲                   │          │                       next attempt waits, twice as long each time
 *       └── failed ─────────┘          │
 *       └── removed ◄── leaving ◄──────┘                       whoever asks meanwhile waits, and it is brought again
 */
import fs from 'node:fs/promises'
import type { Timer } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import { parseRemoteUrl } from '../base/remote-url.ts'
import { waitFor } from '../base/single-flight.ts'
import type { RepositoryLocation } from '../git/repository.ts'
import { Attempts } from './attempts.ts'
import { cloneMirror, fetchMirror } from './bring.ts'
import { freeze } from './freezer.ts'
import type { CloneProgress, Mirror, MirrorPlace, MirrorStatus } from './mirror.ts'
import type { ListedMirror, MirrorTools } from './mirror-tools.ts'

/** A hook may call as often as it likes; the remote is asked again this long after the last time. */
const hookPauseMs = 2000

export class KeptMirror implements Mirror, MirrorPlace {
  readonly name: string
  readonly href: string
  readonly description: string | undefined
  readonly owner: string | undefined
  readonly hidden: boolean
  readonly neverEvict: boolean
  readonly #target: ListedMirror
  readonly #tools: MirrorTools
  readonly #attempts: Attempts
  readonly #stop: AbortSignal
  #cloning: Promise<void> | undefined
  #fetching: Promise<void> | undefined
  #leaving: Promise<boolean> | undefined
  #progress: CloneProgress | undefined
  #status: MirrorStatus | undefined
  /** When the last fetch ended, by the monotonic clock. */
  #fetchedAtMs = Number.NEGATIVE_INFINITY
  /** The same, whatever became of it. */
  #fetchEndedMs = Number.NEGATIVE_INFINITY
  /** A hook has called while something else was done: that may have begun before what the hook tells of. */
  #isWantedAgain = false
  /** Nobody uses it any more, and it is on its way out. */
  #isGoing = false
  /** A fetch that a hook has asked for, soon after another. */
  #soon: Timer | undefined

  /** @param stop fires when the program ends */
  constructor(target: ListedMirror, tools: MirrorTools, stop: AbortSignal) {
    const { name, url, description, owner, hidden, neverEvict } = target
    this.name = name
    this.href = url.href
    this.description = description
    this.owner = owner
    this.hidden = hidden
    this.neverEvict = neverEvict
    this.#target = target
    this.#tools = tools
    this.#stop = stop
    this.#attempts = new Attempts(tools.clock, tools.options.emptyMs)
  }

  get mirror(): Mirror {
    return this
  }

  get location(): RepositoryLocation {
    return this.#tools.folder.location(this.name)
  }

  /** False while anything is done with it: it must not be removed then. */
  get isAtRest(): boolean {
    return !this.#cloning && !this.#fetching && !this.#leaving
  }

  /** True where the last attempt has failed, and the next one has to wait. */
  get isPaused(): boolean {
    return this.#attempts.paused !== undefined
  }

  isHere(): boolean {
    const record = this.#tools.folder.get(this.name)
    return record !== undefined && !this.#isGoing && this.#isCopyOf(record.href)
  }

  /** The settings may have given its name to another repository since it was cloned. */
  #isCopyOf(href: string): boolean {
    if (href === this.href) return true
    const url = parseRemoteUrl(href)
    return !('mistake' in url) && url.name === this.#target.url.name
  }

  status(): MirrorStatus {
    // Somebody may have removed it by hand.
    const isRight = this.#status && (this.#status.fetchedMs !== undefined) === this.isHere()
    if (!this.#status || !isRight) this.#status = this.#makeStatus()
    return this.#status
  }

  #makeStatus(): MirrorStatus {
    const record = this.isHere() ? this.#tools.folder.get(this.name) : undefined
    const { failure } = this.#attempts
    return { href: this.href, fetchedMs: record?.fetchedMs, failure, bytes: record?.bytes ?? 0 }
  }

  progress(): CloneProgress | undefined {
    return this.#cloning && this.#progress
  }

  used() {
    if (!this.isHere()) return
    this.#tools.folder.used(this.name)
    if (this.isDue && !this.isPaused) this.#fetchInBackground()
  }

  /** True where it was fetched so long ago that somebody who looks at it has it fetched again. */
  get isDue(): boolean {
    const { clock, options, folder } = this.#tools
    const { fetchedMs = 0 } = folder.get(this.name) ?? {}
    // Both clocks: one knows of the time before this start, the other is not set back.
    const age = Math.min(clock.nowMs() - fetchedMs, clock.monotonicMs() - this.#fetchedAtMs)
    return age >= options.refreshIntervalMs || clock.nowMs() < fetchedMs
  }

  refreshNow() {
    this.#attempts.shortenPause(hookPauseMs)
    if (!this.isAtRest) this.#isWantedAgain = true
    else if (!this.isHere()) return
    else if (this.#sinceFetchMs < hookPauseMs) this.#fetchAgainSoon()
    else this.#fetchInBackground()
  }

  /** A clone, a fetch or an attempt to remove it is over. */
  #ended() {
    const isWanted = this.#isWantedAgain
    this.#isWantedAgain = false
    if (isWanted && this.isHere() && !this.#stop.aborted) this.#fetchAgainSoon()
  }

  get #sinceFetchMs(): number {
    return this.#tools.clock.monotonicMs() - this.#fetchEndedMs
  }

  #fetchInBackground() {
    this.refresh().catch(() => {})
  }

  /** Fetches it now, once for all who ask. Rejects with what went wrong, which was logged. */
  async refresh(): Promise<void> {
    if (this.#stop.aborted || this.#leaving || this.#cloning || !this.isHere()) return
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
      this.#fetchEndedMs = this.#tools.clock.monotonicMs()
      this.#ended()
    })
    await this.#fetching
  }

  #fetchAgainSoon() {
    this.#soon ??= this.#tools.clock.startTimer(Math.max(0, hookPauseMs - this.#sinceFetchMs), () => {
      this.#soon = undefined
      // A fetch that runs has begun since.
      if (!this.#fetching) this.refreshNow()
    })
  }

  async #fetch(): Promise<void> {
    const { gate, moved, clock } = this.#tools
    const options = { signal: this.#stop, lastReason: this.#attempts.failure?.reason }
    const hasMoved = await this.#attempt('fetch', () =>
      gate.run(async () => await fetchMirror(this.#tools, this.#target, options), this.#stop),
    )
    this.#fetchedAtMs = clock.monotonicMs()
    if (hasMoved) moved(this.name)
  }

  async obtain(signal?: AbortSignal): Promise<void> {
    do {
      // One that could not leave is here: why is nothing to those who want it.
      while (this.#leaving) await waitFor(Promise.allSettled([this.#leaving]), signal)
      if (!this.#cloning && (await this.#isReallyHere())) return
    } while (this.#leaving)
    if (this.#stop.aborted) throw shuttingDown()
    const { paused } = this.#attempts
    if (paused && !this.#cloning) throw paused
    this.#cloning ??= this.#clone().finally(() => {
      this.#cloning = undefined
      this.#progress = undefined
      this.#ended()
    })
    // Whoever waits is told; where nobody does, it was logged.
    this.#cloning.catch(() => {})
    await waitFor(this.#cloning, signal)
  }

  /** Somebody may have removed it by hand. */
  async #isReallyHere(): Promise<boolean> {
    if (!this.isHere()) return false
    const there = await fs.stat(this.location.gitDir).catch(() => undefined)
    if (there?.isDirectory()) return this.isHere()
    // Others have seen it too, and have begun to bring it.
    if (!this.isAtRest) return false
    await this.#tools.folder.remove(this.name)
    this.#status = undefined
    return false
  }

  async #clone(): Promise<void> {
    const { gate, clock } = this.#tools
    this.#progress = { step: 'waiting', done: 0, total: 0, bytes: 0 }
    const onProgress = (progress: CloneProgress) => {
      this.#progress = progress
    }
    const late = await this.#attempt('clone', () =>
      gate.run(
        async () => await cloneMirror(this.#tools, this.#target, { signal: this.#stop, onProgress }),
        this.#stop,
      ),
    )
    this.#fetchedAtMs = clock.monotonicMs()
    this.#tools.log.info({ mirror: this.name, bytes: this.#tools.folder.get(this.name)?.bytes }, 'mirror cloned')
    if (late === undefined) return
    this.#note(late, 'clone')
    this.#status = undefined
  }

  /** Does it, and keeps account of how it went. */
  async #attempt<T>(kind: 'clone' | 'fetch', work: () => Promise<T>): Promise<T> {
    const { clock, measures } = this.#tools
    const startedMs = clock.monotonicMs()
    const tell = (result: 'done' | 'failed' | 'stopped') => {
      const seconds = (clock.monotonicMs() - startedMs) / 1000
      measures.observe('gitbugviewer_mirror_fetch_duration_seconds', seconds, { kind, result })
    }
    try {
      const result = await work()
      this.#attempts.worked()
      tell('done')
      return result
    } catch (error) {
      if (this.#stop.aborted) {
        tell('stopped')
        throw shuttingDown()
      }
      tell('failed')
      throw this.#note(error, kind)
    } finally {
      this.#status = undefined
    }
  }

  #note(error: unknown, kind: 'clone' | 'fetch'): ViewerError {
    this.#tools.log.warn({ err: error, mirror: this.name, kind }, 'a remote repository cannot be fetched')
    return this.#attempts.failed(error)
  }

  /** Removes it from the disk, into cold storage where there is one. @returns false where it is needed, and stays */
  async leave(): Promise<boolean> {
    if (this.#stop.aborted || !this.isAtRest || !this.#tools.folder.get(this.name)) return false
    this.#leaving = this.#leave().finally(() => {
      this.#leaving = undefined
      this.#isGoing = false
      this.#status = undefined
      this.#ended()
    })
    return await this.#leaving
  }

  async #leave(): Promise<boolean> {
    const { folder, log, measures, release } = this.#tools
    if (!(await release(this.name))) return false
    this.#isGoing = true
    const isFrozen = await freeze(this.#tools, this.name, this.#stop)
    await folder.remove(this.name)
    measures.count('gitbugviewer_mirror_evictions_total', { to: isFrozen ? 'cold' : 'nowhere' })
    log.info({ mirror: this.name, isFrozen }, 'mirror removed from the disk')
    return true
  }

  /** Settles when nothing is done with it any more. Call it when the program ends. */
  async settled(): Promise<void> {
    this.#soon?.cancel()
    while (!this.isAtRest) await Promise.allSettled([this.#cloning, this.#fetching, this.#leaving])
  }
}

function shuttingDown(): ViewerError {
  return new ViewerError('SHUTTING_DOWN', 'the server is shutting down')
}
