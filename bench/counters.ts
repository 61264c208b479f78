/** What a running viewer has counted, from its `/metrics`. */
import type { HttpClient } from './http-client.ts'

export interface Counters {
  /** The sum over all labels, or over those samples whose labels hold this text; 0 where there is none. */
  sum(name: string, labels?: string): number
}

export async function readCounters(client: HttpClient): Promise<Counters> {
  const answer = await client.get('/metrics')
  if (answer.status !== 200) throw new Error(`/metrics answered ${answer.status}`)
  const lines = answer.body.toString().split('\n')
  return {
    sum(name, labels = '') {
      const samples = lines.filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      const values = samples.filter(line => line.includes(labels)).map(line => Number(line.split(' ').at(-1)))
      return values.reduce((sum, value) => sum + value, 0)
    },
  }
}

/** How many git processes were started since `before`, by any of these commands. */
export function countStarted(before: Counters, after: Counters, command: string): number {
  const of = (counters: Counters) => counters.sum('gitbugviewer_git_processes_started_total', `command="${command}"`)
  return of(after) - of(before)
}
