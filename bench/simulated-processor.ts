/**
 * The processors of an instance, in virtual time: jobs share them as threads share them, each in proportion to the
 * threads that it has, and none gets more than those.
 */
import type { VirtualTime } from './simulated-time.ts'

export interface Processor {
  /**
   * @param work of all its threads together
   * @returns ends it before it is done
   */
  run(work: { readonly ms: number; readonly threads: number }, done: () => void): () => void
  /** Time that jobs were given until now. */
  readonly usedMs: number
  /** Ends all jobs. */
  stop(): void
}

interface Job {
  leftMs: number
  readonly threads: number
  readonly done: () => void
  /** It was ended from outside. */
  isOver: boolean
}

/** Less than this is nothing: sums of fractions do not come out exactly. */
const nothingMs = 1e-6

export function createProcessor(time: VirtualTime, processors: number): Processor {
  const jobs = new Set<Job>()
  let threads = 0
  let usedMs = 0
  let seenMs = time.nowMs
  let cancelNext = () => {}

  const speed = () => Math.min(1, processors / threads)
  const pass = () => {
    const passedMs = (time.nowMs - seenMs) * speed()
    seenMs = time.nowMs
    if (passedMs === 0) return
    for (const job of jobs) {
      job.leftMs -= passedMs * job.threads
      usedMs += passedMs * job.threads
    }
  }
  const plan = () => {
    cancelNext()
    let nextMs = Number.POSITIVE_INFINITY
    for (const job of jobs) nextMs = Math.min(nextMs, job.leftMs / (job.threads * speed()))
    cancelNext = jobs.size === 0 ? () => {} : time.after(nextMs, finish)
  }
  const remove = (job: Job) => {
    if (jobs.delete(job)) threads -= job.threads
  }
  const end = (job: Job) => {
    pass()
    job.isOver = true
    remove(job)
    plan()
  }
  const finish = () => {
    pass()
    const ended = [...jobs].filter(({ leftMs }) => leftMs <= nothingMs)
    for (const job of ended) remove(job)
    plan()
    // One may end another.
    for (const job of ended) if (!job.isOver) job.done()
  }
  return {
    run(work, done) {
      pass()
      const job: Job = { leftMs: work.ms, threads: work.threads, done, isOver: false }
      jobs.add(job)
      threads += job.threads
      plan()
      return () => end(job)
    },
    get usedMs() {
      pass()
      return usedMs
    },
    stop() {
      pass()
      for (const job of jobs) end(job)
    },
  }
}
