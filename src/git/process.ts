/**
 * The one place that starts git. Arguments go as an array, never through a shell; standard error is kept (its first
 * part) for the message; every process has a watcher that ends it when it says nothing for too long, and is reaped
 * before its promise settles.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import type { Clock, Timer } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import { type GitSettings, gitEnvironment } from './environment.ts'
import type { ProcessTally } from './process-tally.ts'

/** What every git process of the program has in common. */
export interface GitSetup {
  /** Name or path of the program. */
  readonly program: string
  readonly clock: Clock
  /** A process that is being waited for and prints nothing for this long is ended. */
  readonly silenceLimitMs: number
  /** Usually `process.env`. */
  readonly ambient: Readonly<Record<string, string | undefined>>
  /** Counts the processes; without it nobody does. */
  readonly tally?: ProcessTally
  /** What one command has besides. */
  readonly extra?: CommandExtra
}

/** What some commands have besides their arguments. */
export interface CommandExtra {
  readonly variables?: Readonly<Record<string, string>>
  readonly settings?: GitSettings
  /** It starts processes of its own, which are ended with it. */
  readonly hasChildren?: boolean
  /** No file that it or they write can become larger: a write that would make it so fails with "File too large". */
  readonly maxFileBytes?: number
  /** With it: none of them gets more memory than that for its data; asking for more fails with "Out of memory". */
  readonly maxMemoryBytes?: number
}

/** How much of standard error is kept. */
const maxStderrChars = 4096

/** A running git process with its standard streams. */
export interface GitProcess {
  readonly child: ChildProcessWithoutNullStreams
  /** What it has printed on standard error so far, its first 4,096 characters. */
  stderr(): string
  /** Settles when the process has ended and was reaped: its exit status, or the signal's name. Never rejects. */
  readonly ended: Promise<GitEnd>
  kill(): void
}

export interface GitEnd {
  readonly status: number | undefined
  readonly signal: string | undefined
  /** Why it could not be started, where that is so. */
  readonly spawnError?: Error
}

/**
 * Starts git inside a folder. git may look for a repository there but not above it, so that a folder which is not a
 * repository never stands for one that happens to surround it.
 */
export function startGit(setup: GitSetup, folder: string, args: readonly string[]): GitProcess {
  const { variables, settings, hasChildren = false } = setup.extra ?? {}
  const [program, ...all] = limited([setup.program, ...args], setup.extra)
  const child = spawn(program, all, {
    cwd: folder,
    env: gitEnvironment(setup.ambient, { GIT_CEILING_DIRECTORIES: dirname(folder), ...variables }, settings),
    stdio: 'pipe',
    windowsHide: true,
    // A group of its own, so that one signal reaches all of it.
    detached: hasChildren,
  })
  let spawnError: Error | undefined
  const failedToStart = new Promise<void>(resolve => {
    // First of all: an error that nobody listens to ends the program.
    child.on('error', error => {
      spawnError = error
      resolve()
    })
  })
  // Where no file descriptor is left, Node makes no pipes, and never says that the process has ended.
  const hasPipes = (child.stdout as Readable | undefined) !== undefined
  if (!hasPipes) {
    const [stdin, stdout, stderr] = [new PassThrough().resume(), new PassThrough().end(), new PassThrough().end()]
    Object.assign(child, { stdin, stdout, stderr })
  }
  const tellEnd = setup.tally?.started(args)
  let stderr = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (text: string) => {
    if (stderr.length < maxStderrChars) stderr = withoutOverwritten(stderr + text).slice(0, maxStderrChars)
  })
  // A process that ended early makes writes to it fail; its exit status says more than EPIPE does.
  child.stdin.on('error', () => {})
  const ended = new Promise<GitEnd>(resolve => {
    const end = (status: number | null, signal: string | null) => {
      tellEnd?.()
      resolve({ status: status ?? undefined, signal: signal ?? undefined, ...(spawnError ? { spawnError } : {}) })
    }
    if (hasPipes) child.on('close', end)
    else void failedToStart.then(() => end(null, null))
  })
  const kill = () => {
    if (hasChildren) killGroup(child)
    else child.kill('SIGKILL')
  }
  // What it leaves behind would hold its pipes open, or go on with nobody to stop it.
  if (hasChildren) child.on('exit', kill)
  return { child, stderr: () => stderr, ended, kill }
}

/**
 * The limits are such that a process can only give to itself, and Node has no way to do that: a shell does, and becomes
 * the program. What it is to run are its parameters, which it does not read. Without the signal of that limit writes fail,
 * and git says so. A lower limit that is there already stays.
 */
const limitScript = `ulimit -c 0
trap '' XFSZ
ulimit -f "$0" 2>/dev/null || [ "$(ulimit -f)" != unlimited ] || exit 126
ulimit -d "$1" 2>/dev/null
shift
exec "$@"`

function limited(
  command: readonly [string, ...string[]],
  { maxFileBytes, maxMemoryBytes }: CommandExtra = {},
): readonly [string, ...string[]] {
  if (maxFileBytes === undefined) return command
  // A shell counts files in blocks of 512 bytes, and memory in units of 1024.
  const memory = maxMemoryBytes === undefined ? 'unlimited' : String(Math.floor(maxMemoryBytes / 1024))
  return ['/bin/sh', '-c', limitScript, String(Math.floor(maxFileBytes / 512)), memory, ...command]
}

/** What a terminal would show: of progress that writes over itself no more than the last word, or it would fill all the room. */
function withoutOverwritten(text: string): string {
  if (!text.includes('\r')) return text
  const lines = text.split('\n')
  return lines.map(line => line.slice(line.lastIndexOf('\r') + 1)).join('\n')
}

/** Ends a process and those that it has started. */
function killGroup({ pid }: ChildProcessWithoutNullStreams) {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of them have ended.
  }
}

export interface RunOptions {
  /** Text for standard input. */
  readonly input?: string | Uint8Array
  /** More output than this ends the process. Default 256 MiB. */
  readonly maxOutputBytes?: number
  readonly signal?: AbortSignal | undefined
}

/** What a git command has printed. */
export interface GitOutput {
  readonly stdout: Buffer
  /** Its first 4,096 characters. */
  readonly stderr: string
}

/** Runs one git command to its end. Rejects with the codes of `gitFailure`. */
export async function runGit(
  setup: GitSetup,
  folder: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<GitOutput> {
  const chunks: Buffer[] = []
  let size = 0
  const maxOutputBytes = options.maxOutputBytes ?? 256 * 1024 * 1024
  const stderr = await streamGit(setup, folder, args, {
    ...options,
    onData(chunk) {
      size += chunk.length
      if (size > maxOutputBytes) {
        throw new ViewerError('GIT_OUTPUT_TOO_LARGE', `git ${args[0]} printed more than ${maxOutputBytes} bytes`)
      }
      chunks.push(chunk)
    },
  })
  return { stdout: Buffer.concat(chunks, size), stderr }
}

export interface StreamOptions {
  readonly input?: string | Uint8Array
  readonly signal?: AbortSignal | undefined
  /** Called with each piece of standard output. A throw ends the process and is what the caller gets. */
  onData(chunk: Buffer): void
}

/**
 * Runs one git command and hands its standard output on as it comes.
 * @returns what it said on standard error though it succeeded, its first 4,096 characters
 */
export async function streamGit(
  setup: GitSetup,
  folder: string,
  args: readonly string[],
  options: StreamOptions,
): Promise<string> {
  options.signal?.throwIfAborted()
  const git = startGit(setup, folder, args)
  let failure: unknown
  const stop = (reason: unknown) => {
    failure ??= reason
    git.kill()
  }
  const onAbort = () => stop(options.signal?.reason)
  options.signal?.addEventListener('abort', onAbort, { once: true })
  const watch = watchSilence(setup, () => {
    stop(new ViewerError('GIT_TIMEOUT', `git ${args[0]} said nothing for ${setup.silenceLimitMs / 1000} s`))
  })
  git.child.stdout.on('data', (chunk: Buffer) => {
    watch.heard()
    if (failure !== undefined) return
    try {
      options.onData(chunk)
    } catch (error) {
      stop(error)
    }
  })
  git.child.stdin.end(options.input ?? '')
  const end = await git.ended
  watch.stop()
  options.signal?.removeEventListener('abort', onAbort)
  if (failure !== undefined) throw failure
  if (end.status !== 0) throw gitFailure(args, end, git.stderr())
  return git.stderr()
}

/** Listens for a process's words. */
export interface SilenceWatch {
  heard(): void
  /** While a process is not listened to, it cannot be silent. */
  pause(): void
  resume(): void
  stop(): void
}

/** Calls `onSilence` when `heard` was not called for the set-up's limit. */
export function watchSilence(setup: GitSetup, onSilence: () => void): SilenceWatch {
  const { clock, silenceLimitMs } = setup
  let lastMs = clock.monotonicMs()
  let timer: Timer
  let stopped = false
  let paused = false
  // One timer that looks back is cheaper than a new one for every piece of output.
  const arm = (delayMs: number) => {
    timer = clock.startTimer(delayMs, () => {
      const leftMs = paused ? silenceLimitMs : lastMs + silenceLimitMs - clock.monotonicMs()
      if (leftMs > 0) arm(leftMs)
      // What git has said while this process was busy lies in the pipe, and is heard before anybody is judged.
      else setImmediate(() => setImmediate(judge))
    })
  }
  const judge = () => {
    if (stopped) return
    if (!paused && lastMs + silenceLimitMs - clock.monotonicMs() <= 0) onSilence()
    else arm(silenceLimitMs)
  }
  arm(silenceLimitMs)
  return {
    heard: () => {
      lastMs = clock.monotonicMs()
    },
    pause: () => {
      paused = true
    },
    resume: () => {
      paused = false
      lastMs = clock.monotonicMs()
    },
    stop: () => {
      stopped = true
      timer.cancel()
    },
  }
}

/** What a git process that ended badly means, as an error of the catalogue. */
export function gitFailure(args: readonly string[], end: GitEnd, stderr: string): ViewerError {
  const command = `git ${args[0] ?? ''}`
  const missing = end.spawnError as NodeJS.ErrnoException | undefined
  if (missing?.code === 'ENOENT' && missing.syscall?.startsWith('spawn') === true) {
    // spawn reports a missing working directory in the same words; callers that know the folder tell them apart.
    return new ViewerError('GIT_MISSING', 'git or the folder to run it in was not found', { cause: missing })
  }
  if (missing) return new ViewerError('GIT_FAILED', `${command} could not be started`, { cause: missing })
  const data = { status: end.status, signal: end.signal, stderr: stderr.trim() }
  if (/detected dubious ownership/.test(stderr)) {
    return new ViewerError('GIT_UNSAFE_OWNER', 'the folder belongs to another user than the one the viewer runs as', {
      data,
    })
  }
  const how = end.signal ? `was ended by ${end.signal}` : `ended with status ${end.status}`
  const lines = stderr.trim().split('\n')
  const said = lines.find(line => /^(?:fatal|error): /.test(line)) ?? lines[0] ?? ''
  return new ViewerError('GIT_FAILED', `${command} ${how}${said ? `: ${said}` : ''}`, { data })
}
