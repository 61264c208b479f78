/**
 * `npm run proof:decoder -- --inputs 1000000 --seed N`: worse and worse data for everything that decodes, in two worker
 * threads. Prints its seed, how far it is, and what it found; exit status 1 where something threw, said one thing and
 * then another, took too long, or kept memory. The seed of an input, given with `--inputs 1`, tries it again.
 */
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { Report, Task } from './decoder/worker.ts'

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string' },
    workers: { type: 'string', default: '2' },
  },
})
const inputs = Number(values.inputs)
const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const workers = Math.min(Number(values.workers), inputs)
/** An input that takes this long is said to hang. */
const hangMs = 120_000
/** What is kept of a million inputs beyond what a tenth of them needed, in each thread. */
const maxGrowthBytes = 32 * 1024 * 1024

console.log(`seed ${first}`)
const startedAt = performance.now()
const reports = await Promise.all(Array.from({ length: workers }, (_, index) => run(index)))
const seconds = (performance.now() - startedAt) / 1000

const outcomes = new Map<string, number>()
for (const [outcome, count] of reports.flatMap(report => Object.entries(report.outcomes))) {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count)
}
const slowest = reports.map(report => report.slowest).reduce((a, b) => (a.ms > b.ms ? a : b))
const findings = reports.flatMap(report => report.findings)
const growth = Math.max(...reports.map(report => report.growthBytes))
const isGrowing = growth > maxGrowthBytes
if (isGrowing) console.log(`more than ${maxGrowthBytes} bytes were kept`)
console.log(
  [
    `${inputs} inputs in ${seconds.toFixed(0)} s, ${(inputs / seconds).toFixed(0)} a second`,
    [...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', '),
    `slowest ${slowest.ms.toFixed(0)} ms (seed ${slowest.seed}), ${(growth / 2 ** 20).toFixed(1)} MiB kept`,
    `${findings.length} findings`,
  ].join('\n'),
)
process.exitCode = findings.length === 0 && !isGrowing ? 0 : 1

/** A thread's share: every so many-th input. Ends it where an input does not end. */
function run(index: number): Promise<Report> {
  const current = new Int32Array(new SharedArrayBuffer(4))
  const workerData: Task = { first: first + index, step: workers, last: first + inputs - 1, current }
  const worker = new Worker(new URL('./decoder/worker.ts', import.meta.url), { workerData })
  let told = 0
  let seen = { done: -1, at: performance.now() }
  return new Promise((resolve, reject) => {
    const watch = setInterval(() => {
      const done = Atomics.load(current, 0)
      if (done !== seen.done) seen = { done, at: performance.now() }
      if (performance.now() - seen.at < hangMs) return
      void worker.terminate()
      reject(new Error(`seed ${workerData.first + done * workers} hangs`))
    }, 1000)
    worker.on('message', (report: Report) => {
      for (const { seed, what } of report.findings.slice(told)) console.log(`\nseed ${seed}: ${what}\n`)
      told = report.findings.length
      console.log(`thread ${index}: ${report.done} inputs, ${told} findings`)
      if (report.isLast) resolve(report)
    })
    worker.on('error', reject)
    worker.on('exit', () => clearInterval(watch))
  })
}
