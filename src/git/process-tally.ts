/** Counts the git processes of one program: how many were started, and how many run now, by command. */
import type { Measures } from '../base/measures.ts'

export interface ProcessTally {
  /** A process was started. @returns what to call, once, when it has ended */
  started(args: readonly string[]): () => void
}

/** Makes a tally that tells `measures`. */
export function createProcessTally(measures: Measures): ProcessTally {
  const running = new Map<string, number>()
  measures.gauge('gitbugviewer_git_processes_running', () =>
    [...running].map(([command, value]) => ({ labels: { command }, value })),
  )
  return {
    started(args) {
      const command = args[0] ?? ''
      const change = (by: number) => running.set(command, (running.get(command) ?? 0) + by)
      measures.count('gitbugviewer_git_processes_started_total', { command })
      change(1)
      return () => void change(-1)
    },
  }
}
