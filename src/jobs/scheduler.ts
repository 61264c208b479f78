/** Named tasks on a cron schedule. A task never overlaps itself; its failure is logged and does not end the schedule. */
import cron from 'node-cron'
import type { Log } from '../base/log.ts'

export interface Job {
  readonly name: string
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly schedule: string
  run(signal: AbortSignal): Promise<void>
}

/** Starts the jobs. Disposing it stops them and waits for the one that runs. */
export function startJobs(jobs: readonly Job[], log: Log): AsyncDisposable {
  const stop = new AbortController()
  const running = new Set<Promise<void>>()
  const tasks = jobs.map(job =>
    cron.schedule(
      job.schedule,
      () => {
        const run = job
          .run(stop.signal)
          .catch((error: unknown) => {
            if (!stop.signal.aborted) log.error({ err: error, job: job.name }, 'a job failed')
          })
          .finally(() => running.delete(run))
        running.add(run)
        return run
      },
      { name: job.name, noOverlap: true, logger: cronLogger(log) },
    ),
  )
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new DOMException('the server is shutting down', 'AbortError'))
      for (const task of tasks) await task.destroy()
      await Promise.all(running)
    },
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
