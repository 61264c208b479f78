/**
 * One git process that takes something from a stranger: its words are read as they come, its files have a largest size,
 * and it ends with all that it has started when nobody wants it, when it takes too long, or when more objects come than
 * may come.
 */
import { type CommandExtra, type GitEnd, type GitProcess, type GitSetup, startGit, watchSilence } from './process.ts'
import { remoteFailure, tooLarge } from './remote-failure.ts'
import { createProgressReader, type FetchProgress, type Said } from './remote-progress.ts'

/** How much may come, and how long that may take. */
export interface RemoteLimits {
  /** No file on disk becomes larger, nor do all those together that refs are until they are packed. */
  readonly maxFileBytes: number
  readonly maxObjects: number
  readonly timeoutMs: number
}

export interface RemoteRun {
  readonly gitDir: string
  readonly args: readonly string[]
  readonly extra: CommandExtra
  readonly limits: RemoteLimits
  onProgress?: ((progress: FetchProgress) => void) | undefined
  /** Goes to standard input. */
  readonly input?: AsyncIterable<Uint8Array>
}

export interface RemoteResult {
  readonly said: Said
  readonly end: GitEnd
  readonly output: string
}

/** What git prints on standard output here is a line. */
const maxOutputChars = 4096
/** Words on standard error, most of which a remote may choose: refs of the largest trackers are not as many. */
const maxSaidChars = 256 * 1024 ** 2
/** What a file takes on disk at least. */
const blockBytes = 4096

/** @throws REMOTE_TOO_LARGE where so many refs, each a file, have no room */
export function checkRefs(files: number, { maxFileBytes }: Pick<RemoteLimits, 'maxFileBytes'>) {
  if (files * blockBytes > maxFileBytes)
    throw tooLarge('bytes', 'the remote has more bugs and people than the limit lets in')
}

/**
 * Runs it to its end, good or bad.
 * @throws the signal's reason, what the input throws, REMOTE_TOO_LARGE, REMOTE_UNREACHABLE with reason `slow`
 */
export async function runRemoteGit(setup: GitSetup, run: RemoteRun, signal: AbortSignal): Promise<RemoteResult> {
  signal.throwIfAborted()
  const { maxFileBytes, maxObjects } = run.limits
  const git = startGit({ ...setup, extra: { ...run.extra, maxFileBytes } }, run.gitDir, run.args)
  let failure: { readonly reason: unknown } | undefined
  const stop = (reason: unknown) => {
    failure ??= { reason }
    git.kill()
  }
  const onAbort = () => stop(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const watch = watchSilence(setup, () => stop(remoteFailure('slow', 'the remote says nothing any more')))
  let saidChars = 0
  let refFiles = 0
  const reader = createProgressReader({
    onProgress: progress => run.onProgress?.(progress),
    onObjects(count) {
      if (count > maxObjects) stop(tooLarge('objects', `the remote sends more than ${maxObjects} objects`))
    },
    // git tells of all refs before it writes the first one.
    onRef(files) {
      refFiles += files
      try {
        checkRefs(refFiles, run.limits)
      } catch (error) {
        stop(error)
      }
    },
  })
  git.child.stderr.on('data', (text: string) => {
    watch.heard()
    saidChars += text.length
    if (saidChars > maxSaidChars) stop(remoteFailure('damaged', 'the remote says too much'))
    if (!failure) reader.read(text)
  })
  let output = ''
  git.child.stdout.on('data', (chunk: Buffer) => {
    watch.heard()
    if (output.length < maxOutputChars) output += chunk.toString('latin1')
  })
  try {
    for await (const piece of run.input ?? []) {
      watch.heard()
      if (failure || !(await give(git, piece))) break
    }
  } catch (error) {
    stop(error)
  }
  git.child.stdin.end()
  const end = await git.ended
  watch.stop()
  signal.removeEventListener('abort', onAbort)
  if (failure) throw failure.reason
  return { said: reader.said(), end, output: output.slice(0, maxOutputChars) }
}

/** @returns false where the process has ended, and takes no more */
async function give(git: GitProcess, piece: Uint8Array): Promise<boolean> {
  const { stdin } = git.child
  if (stdin.destroyed) return false
  if (stdin.write(piece)) return true
  return await new Promise<boolean>(resolve => {
    const settle = () => {
      stdin.off('drain', settle).off('close', settle)
      resolve(!stdin.destroyed)
    }
    stdin.on('drain', settle).on('close', settle)
  })
}

export interface Deadline extends Disposable {
  /** Fires with the caller's, or when time is up. */
  readonly signal: AbortSignal
}

/** Time for something that may take several processes. */
export function startDeadline(setup: GitSetup, timeoutMs: number, signal: AbortSignal): Deadline {
  const late = new AbortController()
  const timer = setup.clock.startTimer(timeoutMs, () => {
    late.abort(remoteFailure('slow', `the remote takes longer than ${timeoutMs / 1000} s`))
  })
  return { signal: AbortSignal.any([signal, late.signal]), [Symbol.dispose]: timer.cancel }
}
