/**
 * Which git processes descend from a process, looked at every few milliseconds. Linux only, read from `/proc`. What lives
 * shorter than the time between two looks may be missed.
 */
import { readdirSync, readFileSync } from 'node:fs'

export interface SeenGit {
  readonly pid: number
  /** `fetch`, `cat-file`. */
  readonly command: string
}

export interface GitLook {
  /** In milliseconds of the system's clock. */
  readonly atMs: number
  /** git processes that no other git has started. */
  readonly own: readonly SeenGit[]
  /** All that descend from it, those that git has started among them. */
  readonly all: number
}

export interface GitWatch extends Disposable {
  readonly looks: readonly GitLook[]
}

const eachMs = 4

/** Begins to look. */
export function watchGit(pid: number): GitWatch {
  let known = new Map<number, string>()
  const looks: GitLook[] = []
  const look = () => {
    // Numbers are given again: what was not seen last time is looked at anew.
    const seen = new Map<number, string>()
    const own: SeenGit[] = []
    let all = 0
    for (let parents = [pid]; parents.length > 0; ) {
      const children = parents.flatMap(parent => childrenOf(parent).map(child => ({ parent, child })))
      for (const { parent, child } of children) {
        const command = known.get(child) ?? readCommand(child)
        if (command === undefined) continue
        seen.set(child, command)
        all++
        if (!seen.has(parent)) own.push({ pid: child, command })
      }
      parents = children.map(({ child }) => child)
    }
    known = seen
    looks.push({ atMs: performance.timeOrigin + performance.now(), own, all })
  }
  const timer = setInterval(look, eachMs)
  return { looks, [Symbol.dispose]: () => clearInterval(timer) }
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap(thread =>
      (readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').match(/\d+/g) ?? []).map(Number),
    )
  } catch {
    // It has ended.
    return []
  }
}

/** What git does there; undefined where it is another program, or has ended. */
function readCommand(pid: number): string | undefined {
  try {
    const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
    return /(?:^|\/)git(?:-[a-z-]+)?$/.test(program) ? (args[0] ?? '') : undefined
  } catch {
    return undefined
  }
}
