/** The git processes that a program has started and that work in one repository. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

interface Served {
  /** Of the program. */
  readonly pid: number
  /** Of the repository. */
  readonly path: string
}

/** @returns their ids */
function gitProcesses({ pid, path }: Served): number[] {
  const ids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return ids.map(Number).filter(id => {
    try {
      return readlinkSync(`/proc/${id}/cwd`) === path && isBelow(id, pid)
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
}

function isBelow(id: number, ancestor: number): boolean {
  for (let at = id; at > 1; ) {
    // Behind the name, which may hold anything: state, parent, …
    const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${at}/stat`, 'latin1'))?.[1])
    if (parent === ancestor) return true
    at = parent
  }
  return false
}

/** Kills them. @returns how many there were */
export function killGit(served: Served): number {
  const ids = gitProcesses(served)
  for (const id of ids) {
    try {
      process.kill(id, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
  return ids.length
}
