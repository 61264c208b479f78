/**
 * One git command whose output may be of any size: it goes to a sink piece by piece, and git waits while the sink has
 * enough. Nothing of it is kept here. The process is ended when nobody wants it, when it is silent, when it has worked
 * for too long or has printed too much, and it is reaped before this returns.
 */
import { ViewerError } from '../base/errors.ts'
import { waitFor } from '../base/single-flight.ts'
import { type CommandExtra, type GitSetup, gitFailure, startGit, watchSilence } from './process.ts'

/** Takes bytes in their order. */
export interface ByteSink {
  /**
   * Resolves when it is ready for more, and then does not need the bytes any more: they may be gone. Nobody waits for it
   * once the signal has fired.
   */
  write(bytes: Uint8Array): Promise<void>
}

export interface PipeOptions extends CommandExtra {
  readonly input?: string | Uint8Array
  readonly sink: ByteSink
  readonly signal: AbortSignal
  /** More output than this ends the process. */
  readonly maxBytes?: number
  /** The process may work for so long, without the time in which it waits for the sink. */
  readonly maxWorkMs?: number
}

/**
 * Runs it to its end.
 * @throws the signal's reason, what the sink throws, GIT_TIMEOUT, GIT_OUTPUT_TOO_LARGE, and the codes of `gitFailure`
 */
export async function pipeGit(
  setup: GitSetup,
  folder: string,
  args: readonly string[],
  options: PipeOptions,
): Promise<void> {
  const { sink, signal, input = '', maxBytes = Number.POSITIVE_INFINITY } = options
  signal.throwIfAborted()
  const git = startGit({ ...setup, extra: options }, folder, args)
  let failure: { readonly reason: unknown } | undefined
  const stop = (reason: unknown) => {
    failure ??= { reason }
    git.kill()
  }
  const onAbort = () => stop(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const watch = watchSilence(setup, () =>
    stop(new ViewerError('GIT_TIMEOUT', `git ${args[0]} said nothing for ${setup.silenceLimitMs / 1000} s`)),
  )
  const work = watchWork(setup, options.maxWorkMs, () =>
    stop(new ViewerError('GIT_TIMEOUT', `git ${args[0]} has worked for too long`)),
  )
  // What it says of its progress is a sign of life.
  git.child.stderr.on('data', () => watch.heard())
  git.child.stdin.end(input)
  let bytes = 0
  try {
    for await (const chunk of git.child.stdout as AsyncIterable<Buffer>) {
      if (failure) break
      bytes += chunk.length
      if (bytes > maxBytes) {
        throw new ViewerError('GIT_OUTPUT_TOO_LARGE', `git ${args[0]} printed more than ${maxBytes} bytes`)
      }
      watch.pause()
      work.pause()
      const taken = sink.write(chunk)
      // Where the signal is first nobody hears of it, and the sink may fail all the same.
      taken.catch(() => {})
      await waitFor(taken, signal)
      giveBack(chunk)
      work.resume()
      watch.resume()
    }
  } catch (error) {
    stop(error)
  }
  const end = await git.ended
  watch.stop()
  work.pause()
  signal.removeEventListener('abort', onAbort)
  if (failure) throw failure.reason
  if (end.status !== 0) throw gitFailure(args, end, git.stderr())
}

/**
 * Gives the memory of a piece back at once. Gigabytes pass through here in pieces that live for a moment, and left to
 * the garbage collector they are most of the memory of the process, and most of its collections.
 */
function giveBack({ buffer, byteLength }: Buffer) {
  // A part of a larger memory may have neighbours.
  if (byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

/** Calls `onTooLong` when the time outside of pauses is over. Begins at once. */
function watchWork({ clock }: GitSetup, maxWorkMs: number | undefined, onTooLong: () => void) {
  let leftMs = maxWorkMs ?? 0
  let startMs = 0
  let timer: ReturnType<typeof clock.startTimer> | undefined
  const resume = () => {
    if (maxWorkMs === undefined) return
    startMs = clock.monotonicMs()
    timer = clock.startTimer(leftMs, onTooLong)
  }
  resume()
  return {
    pause() {
      timer?.cancel()
      timer = undefined
      leftMs = Math.max(0, leftMs - (clock.monotonicMs() - startMs))
    },
    resume,
  }
}
