/**
 * Which mirror was used when: exact in memory, and on disk within a second, so that the order survives whatever happens
 * to the process. Each use counts as later than all others before it, also when the clock is set back.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { isMissing, writeUse } from './mirror-record.ts'

interface Use {
  readonly folder: string
  usedMs: number
  /** Runs for a while after the file was written: until then it is not written again. */
  timer: Timer | undefined
  isToBeWritten: boolean
  writing: Promise<void>
}

const writeEveryMs = 1000

export class MirrorUses {
  readonly #clock: Clock
  readonly #log: Log
  readonly #uses = new Map<string, Use>()
  #latestMs = 0
  #hasFailed = false

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** The time for a use that is made now. */
  nextMs(): number {
    this.#latestMs = Math.max(Math.floor(this.#clock.nowMs()), this.#latestMs + 1)
    return this.#latestMs
  }

  /** Takes in what the file in the folder of a mirror says. */
  add(name: string, folder: string, usedMs: number) {
    this.forget(name)
    this.#latestMs = Math.max(this.#latestMs, usedMs)
    this.#uses.set(name, { folder, usedMs, timer: undefined, isToBeWritten: false, writing: Promise.resolve() })
  }

  forget(name: string) {
    this.#uses.get(name)?.timer?.cancel()
    this.#uses.delete(name)
  }

  usedMs(name: string): number {
    return this.#uses.get(name)?.usedMs ?? 0
  }

  touch(name: string) {
    const use = this.#uses.get(name)
    if (!use) return
    use.usedMs = this.nextMs()
    if (use.timer) use.isToBeWritten = true
    else this.#write(name, use)
  }

  /** Writes what was not written yet. */
  async flush() {
    for (const [name, use] of this.#uses) {
      use.timer?.cancel()
      if (use.isToBeWritten) this.#write(name, use)
      use.timer?.cancel()
    }
    await Promise.all([...this.#uses.values()].map(({ writing }) => writing))
  }

  #write(name: string, use: Use) {
    use.isToBeWritten = false
    use.timer = this.#clock.startTimer(writeEveryMs, () => {
      use.timer = undefined
      if (use.isToBeWritten) this.#write(name, use)
    })
    const { usedMs } = use
    use.writing = use.writing.then(async () => {
      try {
        if (this.#uses.get(name) === use) await writeUse(use.folder, usedMs)
        this.#hasFailed = false
      } catch (error) {
        this.#failed(error, name)
      }
    })
  }

  /** On a disk that cannot be written, one line is enough. */
  #failed(error: unknown, name: string) {
    if (isMissing(error) || this.#hasFailed) return
    this.#hasFailed = true
    this.#log.warn({ err: error, mirror: name }, 'when a mirror was used cannot be noted on disk')
  }
}
