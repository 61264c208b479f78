/**
 * Named tasks on a cron schedule. A task never overlaps itself; its failure is logged and does not end the schedule.
 * The schedule follows the clock also where somebody sets it, by hours or days, back or forth.
 */
import cron from 'node-cron'
import { systemClock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { type Measures, noMeasures } from '../base/measures.ts'
import { watchClockSteps } from './clock-steps.ts'

export interface Job {
  readonly name: string
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly schedule: string
  /** Whether it runs once before that, as soon as it is started. */
  readonly isFirstNow?: boolean
  run(signal: AbortSignal): Promise<void>
}

/** Starts the jobs. Disposing it stops them and waits for the one that runs. */
export function startJobs(jobs: readonly Job[], log: Log, measures: Measures = noMeasures): AsyncDisposable {
  const stop = new AbortController()
  const running = new Set<Promise<void>>()
  const tasks = jobs.map(job => {
    const skip = () => measures.count('gitbugviewer_job_skips_total', { task: job.name })
    let isRunning = false
    const begin = async () => {
      isRunning = true
      const run = runJob(job, { signal: stop.signal, log, measures }).finally(() => running.delete(run))
      running.add(run)
      await run
      isRunning = false
    }
    // Not the scheduler's own rule: it forgets what runs when it is started again, and knows nothing of the first run.
    const task = cron.schedule(job.schedule, () => (isRunning ? skip() : begin()), {
      name: job.name,
      logger: cronLogger(log),
    })
    if (job.isFirstNow === true) void begin()
    return task
  })
  // The scheduler waits for a time of day, and would wait for the hour twice when the clock is set back by one. It
  // takes no clock, so this is the machine's too.
  const steps = watchClockSteps(systemClock, async () => {
    for (const task of tasks) {
      await task.stop()
      if (!stop.signal.aborted) await task.start()
    }
  })
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new DOMException('the server is shutting down', 'AbortError'))
      await steps[Symbol.asyncDispose]()
      for (const task of tasks) await task.destroy()
      await Promise.all(running)
    },
  }
}

interface RunDeps {
  readonly signal: AbortSignal
  readonly log: Log
  readonly measures: Measures
}

/** Runs a job once. Never rejects. */
async function runJob(job: Job, { signal, log, measures }: RunDeps): Promise<void> {
  const startMs = performance.now()
  const tell = (result: 'done' | 'failed' | 'stopped') => {
    const seconds = (performance.now() - startMs) / 1000
    measures.observe('gitbugviewer_job_duration_seconds', seconds, { task: job.name, result })
  }
  try {
    await job.run(signal)
    tell('done')
  } catch (error) {
    tell(signal.aborted ? 'stopped' : 'failed')
    if (!signal.aborted) log.error({ err: error, job: job.name }, 'a job failed')
  }
}

/** node-cron prints to the console by itself where it is given no logger. */
function cronLogger(log: Log) {
  const text = (message: string | Error) => (typeof message === 'string' ? message : message.message)
  return {
    info: (message: string) => log.debug({}, message),
    warn: (message: string) => log.warn({}, message),
    error: (message: string | Error, error?: Error) => log.error({ err: error ?? message }, text(message)),
    debug: (message: string | Error) => log.debug({}, text(message)),
  }
}
