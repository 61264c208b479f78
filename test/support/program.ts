/**
 * The real program in a process of its own, for tests of what only a process has: signals, accounts, ports. It
 * promises a port of the system's choice, an environment without the settings and the git configuration of whoever
 * runs the tests, and an end of the process on disposal. Waiting is for lines that the program writes, never for time.
 */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

export const projectRoot = resolve(import.meta.dirname, '../..')

export interface ProgramOptions {
  readonly args: readonly string[]
  /** The folder that holds `bin/`; the project's own where it is not given. */
  readonly folder?: string
  /** The Node that runs it; the one of the tests where it is not given. */
  readonly node?: string
  /** Also its home folder. */
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** User and group to run as; needs root. */
  readonly account?: number | undefined
  /** Puts it at the head of a process group of its own, whose number is its `pid`. */
  readonly ownGroup?: boolean
}

/** One line of its log. */
type LogLine = Readonly<Record<string, unknown>>

export interface RunningProgram extends AsyncDisposable {
  /** Where it listens, as it said itself: ends with a slash. */
  readonly url: string
  readonly pid: number
  /** What it has logged so far. */
  log(): readonly LogLine[]
  /** The first line of the log that fits, be it written already or not. Rejects when the program ends before it. */
  logged(fits: (line: LogLine) => boolean): Promise<LogLine>
  /** Sends SIGTERM. Settles with the exit status, or the name of the signal that ended it, once its output is closed. */
  stop(): Promise<number | string>
}

/** Starts the program and waits until it says where it is. Rejects with what it wrote on standard error if it ends. */
export async function startProgram(options: ProgramOptions): Promise<RunningProgram> {
  const { args, folder = projectRoot, node = process.execPath, cwd, env = {}, account, ownGroup = false } = options
  const child = spawn(node, [join(folder, 'bin/git-bug-viewer.js'), ...args], {
    cwd,
    env: { ...cleanEnvironment(cwd), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: ownGroup,
    ...(account === undefined ? {} : { uid: account, gid: account }),
  })
  const log: string[] = []
  const listeners = new Set<(line: string) => void>()
  createInterface({ input: child.stderr }).on('line', line => {
    log.push(line)
    for (const listener of listeners) listener(line)
  })
  const ended = new Promise<number | string>((settle, fail) => {
    child.on('error', fail)
    child.on('close', (status, signal) => settle(status ?? signal ?? 'unknown'))
  })
  // Who waits for the end hears of it; when nobody does, it is not an error.
  ended.catch(() => {})
  const failure = async () => new Error(`the program ended with ${await ended}:\n${log.join('\n')}`)

  const url = await new Promise<string>((settle, fail) => {
    createInterface({ input: child.stdout }).on('line', line => {
      const ready = /^git-bug-viewer is ready: (\S+)$/.exec(line)
      if (ready?.[1] !== undefined) settle(ready[1])
    })
    failure().then(fail, fail)
  })

  return {
    url,
    pid: child.pid!,
    log: () => log.map(line => JSON.parse(line) as LogLine),
    logged(fits) {
      const { promise, resolve: settle, reject } = Promise.withResolvers<LogLine>()
      const listen = (text: string) => {
        const line = JSON.parse(text) as LogLine
        if (!fits(line)) return
        listeners.delete(listen)
        settle(line)
      }
      listeners.add(listen)
      for (const text of log) listen(text)
      failure().then(reject, reject)
      return promise
    },
    stop() {
      child.kill('SIGTERM')
      return ended
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** What a service gets: a path for programs, a home, and no git configuration. */
function cleanEnvironment(home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    // On a busy machine a first page may take longer than a visitor's patience.
    GIT_BUG_VIEWER_CACHE_PROGRESS_AFTER_SECONDS: '600',
  }
}
