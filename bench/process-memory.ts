/** What the system says of a running process: its memory, open files and children. Linux only, read from `/proc`. */
import { readdir, readFile, writeFile } from 'node:fs/promises'

export interface ProcessFigures {
  /** Resident memory now, in bytes. */
  readonly rss: number
  /** The most it ever was. */
  readonly peak: number
  /** Open file descriptors. */
  readonly files: number
  /** Processes that it started and that still run. */
  readonly children: number
}

export async function readProcess(pid: number): Promise<ProcessFigures> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024
  const files = (await readdir(`/proc/${pid}/fd`)).length
  return { rss: kib('VmRSS'), peak: kib('VmHWM'), files, children: await countChildren(pid) }
}

/** What it has used of the processor so far, in milliseconds: all its threads, without the processes that it started. */
export async function readProcessorMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // `pid (name) state parent …`, and the name may hold anything; ticks are hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Waits until it has nothing to do by itself any more, such as indexing what it has opened. */
export async function waitUntilIdle(pid: number): Promise<void> {
  const startMs = performance.now()
  for (let lastMs = await readProcessorMs(pid); performance.now() - startMs < idleLimitMs; ) {
    await new Promise(resolve => setTimeout(resolve, stepMs))
    const nowMs = await readProcessorMs(pid)
    if (nowMs - lastMs < idleShare * stepMs) return
    lastMs = nowMs
  }
  throw new Error('the process is still busy')
}

/** From now on `peak` is the most since now. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5')
}

async function countChildren(pid: number): Promise<number> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const parents = await Promise.all(
    pids.map(async child => {
      // A process that has ended meanwhile is nobody's child.
      const stat = await readFile(`/proc/${child}/stat`, 'utf8').catch(() => '')
      // `pid (name) state parent …`, and the name may hold anything.
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    }),
  )
  return parents.filter(parent => parent === pid).length
}

const stepMs = 500
const steadyShare = 0.01
const steadySteps = 4
const idleShare = 0.05
const idleLimitMs = 120_000

/**
 * Waits until the memory has stopped changing, and says what it is then.
 * @param between called between two looks
 */
export async function waitUntilSteady(pid: number, between: () => Promise<unknown>): Promise<ProcessFigures> {
  const limitMs = 30_000
  const startMs = performance.now()
  let last = await readProcess(pid)
  for (let steady = 0; steady < steadySteps && performance.now() - startMs < limitMs; ) {
    await new Promise(resolve => setTimeout(resolve, stepMs))
    await between()
    const now = await readProcess(pid)
    steady = Math.abs(now.rss - last.rss) < steadyShare * last.rss ? steady + 1 : 0
    last = now
  }
  return last
}
