/** The real program as a bare child process, for signals that come before it is ready and ends that are no ends in order. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../support/program.ts'

export interface Launched extends AsyncDisposable {
  readonly child: ChildProcess
  /** Where it listens, with a slash at the end. Rejects where it ends before that. */
  readonly ready: Promise<string>
  /** Exit status, or the name of the signal. */
  readonly ended: Promise<number | string>
  /** What it has written on standard error. */
  log(): string
}

/** Starts the program and waits for nothing. It is killed on disposal. */
export function launch({ cwd, args }: { readonly cwd: string; readonly args: readonly string[] }): Launched {
  const child = spawn(process.execPath, [join(projectRoot, 'bin/git-bug-viewer.js'), '--port', '0', ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: cwd, GIT_BUG_VIEWER_CACHE_PROGRESS_AFTER_SECONDS: '600' },
  })
  const ended = once(child, 'exit').then(
    ([status, signal]: (number | string | null)[]) => status ?? signal ?? 'unknown',
  )
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const ready = new Promise<string>((found, failed) => {
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const url = /ready: (http:\S+)\n/.exec(output)?.[1]
      if (url !== undefined) found(url)
    })
    void ended.then(status => failed(new Error(`the program ended with ${status}: ${log}`)))
  })
  // Whoever ends it while it starts does not wait for it.
  ready.catch(() => {})
  return {
    child,
    ready,
    ended,
    log: () => log,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Ids of the processes whose current folder is that one, whoever has started them. */
export function processesIn(path: string): string[] {
  return readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === path
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
}
