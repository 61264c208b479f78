/**
 * What the search thread does next. Work is cut into steps of some milliseconds, and between two steps messages are
 * taken in. Works of one lane, which is a repository, go one after the other in the order in which they came; lanes
 * take turns. A lane in which somebody waits for an answer goes first, but everything gets its share:
 *
 *     of 8 steps   6 lanes with a match in them    1 other lanes    1 background: filling the index
 *                  a share that nobody needs goes to the next one
 */

/** A piece of work. */
export interface Job {
  readonly lane: string
  /** Whether somebody waits for it. */
  readonly isAwaited: boolean
  /** Each call does a step. @returns true when it was the last one. A throw ends the job. */
  step(): boolean
  /** A step has thrown; the job is out of the queue. */
  fail(error: unknown): void
  /** It will not be done, since what it works on is gone; the job is out of the queue. */
  abandon(): void
}

interface Lane {
  readonly jobs: Job[]
  awaited: number
}

export interface WorkQueueOptions {
  /** Does a step of what is to be done when there is time. @returns false where there is nothing */
  stepBackground(): boolean
  /** Nothing is left to be done; told after each time that there was something. */
  onIdle(): void
  /** No job is left; the background may go on. */
  onDrained(): void
}

const rounds = ['awaited', 'awaited', 'awaited', 'other', 'awaited', 'awaited', 'awaited', 'background'] as const

export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #lanes = new Map<string, Lane>()
  #round = 0
  #isScheduled = false
  #isStopped = false

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  get hasJobs(): boolean {
    return this.#lanes.size > 0
  }

  add(job: Job) {
    const lane = this.#lanes.get(job.lane) ?? { jobs: [], awaited: 0 }
    lane.jobs.push(job)
    if (job.isAwaited) lane.awaited++
    this.#lanes.set(job.lane, lane)
    this.wake()
  }

  /** Takes out a job, whether it has begun or not. */
  remove(job: Job) {
    const lane = this.#lanes.get(job.lane)
    const place = lane?.jobs.indexOf(job) ?? -1
    if (!lane || place < 0) return
    lane.jobs.splice(place, 1)
    if (job.isAwaited) lane.awaited--
    if (lane.jobs.length === 0) this.#lanes.delete(job.lane)
  }

  /** Takes out every job, and tells each. */
  clear() {
    const jobs = [...this.#lanes.values()].flatMap(lane => lane.jobs)
    this.#lanes.clear()
    for (const job of jobs) job.abandon()
  }

  /** Does nothing any more, and tells nobody. */
  stop() {
    this.#isStopped = true
    this.#lanes.clear()
  }

  /** There may be something to do. */
  wake() {
    if (this.#isScheduled || this.#isStopped) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      if (!this.#isStopped) this.#turn()
    })
  }

  #turn() {
    const round = rounds[this.#round++ % rounds.length]
    const lane = round === 'background' ? undefined : this.#choose(round === 'awaited')
    if (lane) this.#step(lane)
    else if (!this.#options.stepBackground() && !this.hasJobs) return this.#options.onIdle()
    this.wake()
  }

  /** The lane whose turn it is; it goes to the end of the row. */
  #choose(isAwaited: boolean): Lane | undefined {
    let chosen: string | undefined
    for (const [name, lane] of this.#lanes) {
      chosen ??= name
      if (lane.awaited > 0 !== isAwaited) continue
      chosen = name
      break
    }
    const lane = chosen === undefined ? undefined : this.#lanes.get(chosen)
    if (chosen === undefined || !lane) return undefined
    this.#lanes.delete(chosen)
    this.#lanes.set(chosen, lane)
    return lane
  }

  #step({ jobs }: Lane) {
    const [job] = jobs
    if (!job) return
    try {
      if (!job.step()) return
      this.remove(job)
    } catch (error) {
      this.remove(job)
      job.fail(error)
    }
    if (!this.hasJobs) this.#options.onDrained()
  }
}
