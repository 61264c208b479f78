/**
 * What is counted over all instances. Counters only grow, so what happened between two moments is the difference of two
 * copies.
 */

export const answerKinds = ['open', 'local', 'redis', 'git', 'left'] as const
/** Where an answer came from; `left`: whoever asked was told of the progress only, and did not come back. */
export type AnswerKind = (typeof answerKinds)[number]

/** Of a reading from git. */
export interface GitReading {
  readonly instance: number
  readonly repository: number
  readonly version: number
  readonly bugs: number
  /** Whether it opens a repository, and not makes an open one new. */
  readonly isFirst: boolean
}

export interface GitSpan {
  readonly instance: number
  readonly repository: number
  readonly fromMs: number
  /** Undefined while it goes on. */
  toMs: number | undefined
}

export type Numbers = ReturnType<typeof createNumbers>

function createNumbers() {
  return {
    open: 0,
    local: 0,
    redis: 0,
    git: 0,
    left: 0,
    /** Readings from git that opened a repository. */
    gitBuilds: 0,
    /** Of these and of refreshes: everything had been read by somebody in this run before. */
    gitAgain: 0,
    /** Somebody else was reading the same repository at that moment. */
    gitBeside: 0,
    gitBugs: 0,
    refreshes: 0,
    progressPages: 0,
    /** Requests that were under way in an instance that went down, or found none, and were sent to another one. */
    moved: 0,
    closedIdle: 0,
    closedForMemory: 0,
    redisInBytes: 0,
    redisOutBytes: 0,
  }
}

export class Tally {
  readonly numbers = createNumbers()
  /** Of all answers, in the order of answering. */
  readonly waitsMs: number[] = []
  readonly spans: GitSpan[] = []
  readonly #reading = new Map<number, number>()
  readonly #wasRead = new Map<number, number>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  answer(kind: AnswerKind, askedMs: number) {
    this.numbers[kind]++
    this.waitsMs.push(this.#now() - askedMs)
  }

  beginGit({ instance, repository, version, bugs, isFirst }: GitReading) {
    const { numbers } = this
    const beside = this.#reading.get(repository) ?? 0
    this.#reading.set(repository, beside + 1)
    if (beside > 0) numbers.gitBeside++
    if (isFirst) numbers.gitBuilds++
    if ((this.#wasRead.get(repository) ?? -1) >= version) numbers.gitAgain++
    numbers.gitBugs += bugs
    this.spans.push({ instance, repository, fromMs: this.#now(), toMs: undefined })
  }

  /** It came to its end. */
  finishGit(repository: number, version: number) {
    this.#wasRead.set(repository, Math.max(version, this.#wasRead.get(repository) ?? -1))
  }

  /** It goes on no longer, done or not. */
  endGit(instance: number, repository: number) {
    this.#reading.set(repository, (this.#reading.get(repository) ?? 1) - 1)
    const span = this.spans.findLast(
      one => one.instance === instance && one.repository === repository && one.toMs === undefined,
    )
    if (span) span.toMs = this.#now()
  }
}
