/** The real program as a process of its own, on a port that the system picks. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const projectRoot = resolve(import.meta.dirname, '../..')
const program = join(projectRoot, 'bin/git-bug-viewer.js')

export interface ProcessOptions {
  readonly args?: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[]
}

/** Runs the program to its end. */
export async function runProgram(options: ProcessOptions) {
  const child = startChild(options)
  const output = collect(child)
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, ...output() }
}

export interface RunningProgram extends AsyncDisposable {
  /** Where it can be reached, without a slash at the end. */
  readonly url: string
  readonly child: ChildProcess
  output(): { stdout: string; stderr: string }
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<{ status: number | null; signal: NodeJS.Signals | null }>
}

/** Starts the program and waits until it says that it is ready. */
export async function startProgram(options: ProcessOptions = {}): Promise<RunningProgram> {
  const home = await mkdtemp(join(tmpdir(), 'viewer-process-'))
  const args = ['--port', '0', '--data-dir', join(home, 'data'), ...(options.args ?? [])]
  const child = startChild({ ...options, args, cwd: options.cwd ?? home })
  const output = collect(child)
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const url = await new Promise<string>((found, failed) => {
    child.stdout?.on('data', () => {
      const ready = /ready: (http:\S+)\/\n/.exec(output().stdout)?.[1]
      if (ready !== undefined) found(ready)
    })
    void ended.then(() => failed(new Error(`the program ended: ${output().stderr}`)))
  })
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    const [status, killedBy] = await ended
    return { status, signal: killedBy }
  }
  return {
    url,
    child,
    output,
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

function startChild({ args = [], cwd, env = {}, nodeArgs = [] }: ProcessOptions): ChildProcess {
  return spawn(process.execPath, [...nodeArgs, program, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    // A machine that is busy with other tests must not turn a page into the one that says how far reading has come.
    env: { ...process.env, GIT_BUG_VIEWER_CACHE_PROGRESS_AFTER_SECONDS: '600', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function collect(child: ChildProcess): () => { stdout: string; stderr: string } {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return () => ({ stdout, stderr })
}
