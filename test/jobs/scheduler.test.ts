import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silentLog } from '../../src/base/log.ts'
import { startJobs } from '../../src/jobs/scheduler.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { parseExposition } from '../support/exposition.ts'

const everySecond = '* * * * * *'

// node-cron takes no clock, so the timers under it are the test's own.
beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }))
afterEach(() => void vi.useRealTimers())

test('a job runs on its schedule, never beside itself, and a failure does not end the schedule', async () => {
  const failures: unknown[] = []
  const log = { ...silentLog, error: (data: object) => void failures.push(data) }
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let runs = 0
  const run = async () => await gates[runs++]?.promise
  await using _jobs = startJobs([{ name: 'count', schedule: everySecond, run }], log)
  await vi.advanceTimersByTimeAsync(5000)
  expect(runs).toBe(1)
  gates[0]?.reject(new Error('the first run failed'))
  await vi.advanceTimersByTimeAsync(2000)
  expect(runs).toBe(2)
  expect(failures).toMatchObject([{ job: 'count', err: { message: 'the first run failed' } }])
  gates[1]?.resolve()
})

test('stopping tells the job that runs, waits for it, and starts none afterwards', async () => {
  const failures: unknown[] = []
  const log = { ...silentLog, error: (data: object) => void failures.push(data) }
  let runs = 0
  let ended = false
  const run = async (signal: AbortSignal) => {
    runs++
    await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
    ended = true
    throw signal.reason
  }
  const jobs = startJobs([{ name: 'wait', schedule: everySecond, run }], log)
  await vi.advanceTimersByTimeAsync(1500)
  await jobs[Symbol.asyncDispose]()
  expect(ended).toBe(true)
  await vi.advanceTimersByTimeAsync(5000)
  expect([runs, failures]).toEqual([1, []])
})

test('runs are measured by how they ended, and those that were left out are counted', async () => {
  const metrics = createMetrics()
  const gate = Promise.withResolvers<void>()
  let runs = 0
  const outcomes = [async () => {}, () => Promise.reject(new Error('no')), () => gate.promise]
  const run = async () => await outcomes[runs++]?.()
  const jobs = startJobs([{ name: 'look', schedule: everySecond, run }], silentLog, metrics)
  await vi.advanceTimersByTimeAsync(5000)
  const stopped = jobs[Symbol.asyncDispose]()
  gate.reject(new Error('stopped'))
  await stopped
  vi.useRealTimers()
  const read = parseExposition(await metrics.readText())
  const count = (result: string) => read.value('gitbugviewer_job_duration_seconds_count', { task: 'look', result })
  expect(['done', 'failed', 'stopped'].map(count)).toEqual([1, 1, 1])
  expect(read.value('gitbugviewer_job_skips_total', { task: 'look' })).toBe(2)
})

test.each([
  ['back by an hour', -3_600_000],
  ['forward by a day', 86_400_000],
])('a clock that is set %s does not keep a job from its schedule', async (_step, byMs) => {
  let runs = 0
  const run = async () => void runs++
  await using _jobs = startJobs([{ name: 'count', schedule: '* * * * *', run }], silentLog)
  await vi.advanceTimersByTimeAsync(90_000)
  expect(runs).toBeGreaterThan(0)
  const before = runs
  vi.setSystemTime(Date.now() + byMs)
  await vi.advanceTimersByTimeAsync(120_000)
  expect(runs - before).toBe(2)
})

test('a clock that is set while a job runs does not start it beside itself', async () => {
  const gate = Promise.withResolvers<void>()
  let runs = 0
  const run = async () => {
    runs++
    await gate.promise
  }
  await using _jobs = startJobs([{ name: 'count', schedule: everySecond, run }], silentLog)
  await vi.advanceTimersByTimeAsync(2000)
  vi.setSystemTime(Date.now() - 3_600_000)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(runs).toBe(1)
  gate.resolve()
  await vi.advanceTimersByTimeAsync(2000)
  expect(runs).toBeGreaterThan(1)
})
