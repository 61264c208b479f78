/** One thread of the long run: tries its inputs one after the other and reports. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { keptMemory } from '../../support/kept-memory.ts'
import { readCorpus } from './corpus.ts'
import { tryInput } from './trial.ts'

export interface Task {
  /** Seeds of the first input and of the last one that may be tried, and how far they are apart. */
  readonly first: number
  readonly last: number
  readonly step: number
  /** How many are done, for whoever watches. */
  readonly current: Int32Array
}

export interface Report {
  readonly isLast: boolean
  readonly done: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly findings: readonly { readonly seed: number; readonly what: string }[]
  readonly slowest: { readonly seed: number; readonly ms: number }
  /** Of the heap and buffers, since a tenth of the inputs was done. */
  readonly growthBytes: number
}

/** Of the processor. Most inputs have some kilobytes, are read five times and take a millisecond or two. */
const maxMs = 1000
const maxFindings = 20

async function work({ first, last, step, current }: Task, report: (report: Report) => void): Promise<void> {
  const corpus = await readCorpus()
  const total = Math.floor((last - first) / step) + 1
  const outcomes: Record<string, number> = {}
  const findings: { seed: number; what: string }[] = []
  let slowest = { seed: first, ms: 0 }
  let settledBytes = 0
  const state = (done: number) => ({ done, outcomes, findings, slowest })
  for (let done = 0; done < total && findings.length < maxFindings; done += 1) {
    const seed = first + done * step
    Atomics.store(current, 0, done)
    try {
      const { outcome, ms } = await timed(() => tryInput(corpus, seed))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      if (ms > slowest.ms) slowest = { seed, ms }
      if (ms > maxMs) findings.push({ seed, what: `took ${ms.toFixed(0)} ms` })
    } catch (error) {
      findings.push({ seed, what: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
    // Keeps the event loop alive, as a server would.
    if (done % 100 === 0) await nextTurn()
    if (done === Math.floor(total / 10)) settledBytes = await keptMemory()
    if (done % 10_000 === 9999) report({ ...state(done + 1), isLast: false, growthBytes: 0 })
  }
  report({ ...state(total), isLast: true, growthBytes: (await keptMemory()) - settledBytes })
}

/** Time of this thread only: the machine may be busy with something else. */
async function timed<T>(attempt: () => Promise<T>): Promise<{ outcome: T; ms: number }> {
  const before = process.threadCpuUsage()
  const outcome = await attempt()
  const { user, system } = process.threadCpuUsage(before)
  return { outcome, ms: (user + system) / 1000 }
}

if (!isMainThread) await work(workerData as Task, report => parentPort?.postMessage(report))
