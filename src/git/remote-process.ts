/**
 * Fetching in a process of its own. To start a git process, all that this one has mapped in memory is marked and copied
 * page by page while it stands still: tens of milliseconds where many repositories are open, several times for each
 * fetch. A small process does it in two, and gives way to pages. It promises what `RemoteGit` does, and that nothing of it
 * outlives this process, however this one ends.
 *
 *     this process ── calls, stops ──► remote-child.ts ──► git
 *                  ◄── progress, results
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { getPriority, setPriority } from 'node:os'
import { extname } from 'node:path'
import { ViewerError } from '../base/errors.ts'
import type { Git } from './git.ts'
import type { FetchProgress, RemoteGit } from './remote-fetch.ts'
import { type RemoteCall, type RemoteValue, type Reply, type Request, readFailure } from './remote-messages.ts'

export interface RemoteProcess extends RemoteGit, AsyncDisposable {}

/** How much it and what it starts give way to this one; see nice(1). */
const niceIncrement = 5
const leastPriority = 19
/** Whoever has not ended so long after it was told to is ended. */
const endLimitMs = 5000

/**
 * Starts it: while this process is small, that costs little, and nobody has to wait for it later. One that has ended by
 * itself is started anew when it is wanted. Bundles are made and read in this process: they are streams, and rare.
 */
export function openRemoteProcess(git: Pick<Git, 'plan' | 'tally' | 'remotes'>): RemoteProcess {
  let child = new Child(git)
  const ask = async (call: RemoteCall, options: AskOptions = {}): Promise<RemoteValue> => {
    options.signal?.throwIfAborted()
    if (!child.isAlive) child = new Child(git)
    return await child.ask(call, options)
  }
  return {
    ...git.remotes,
    init: async gitDir => void (await ask({ method: 'init', gitDir })),
    fetch: async ({ onProgress, ...at }, signal) =>
      (await ask({ method: 'fetch', at }, { signal, onProgress })) === true,
    tidy: async (gitDir, signal) => void (await ask({ method: 'tidy', gitDir }, { signal })),
    bytesToTidy: async gitDir => Number(await ask({ method: 'bytesToTidy', gitDir })),
    [Symbol.asyncDispose]: async () => await child.end(),
  }
}

interface AskOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined
}

interface Waiting extends AskOptions {
  resolve(value: RemoteValue): void
  reject(error: unknown): void
}

class Child {
  readonly #process: ChildProcess
  readonly #tally: Git['tally']
  readonly #waiting = new Map<number, Waiting>()
  /** What to call when a git process has ended. */
  readonly #ends = new Map<number, () => void>()
  readonly #ended: Promise<unknown>
  #calls = 0
  #isAlive = true

  constructor({ plan, tally }: Pick<Git, 'plan' | 'tally'>) {
    this.#tally = tally
    const file = new URL(`./remote-child${extname(import.meta.filename)}`, import.meta.url)
    // What Node was started with here, such as a profiler, is not for it.
    this.#process = fork(file, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
    this.#ended = once(this.#process, 'exit').catch(() => {})
    this.#process.on('message', (reply: Reply) => this.#take(reply))
    this.#process.on('exit', () => this.#lost())
    this.#process.on('error', () => this.#lost())
    giveWay(this.#process)
    const { program, version, silenceLimitMs } = plan
    this.#send({ kind: 'setup', program, version, silenceLimitMs })
    // It does not keep this process, which tells it when to end.
    this.#process.unref()
    this.#process.channel?.unref()
  }

  /** False where it has ended, or was told to. */
  get isAlive(): boolean {
    return this.#isAlive
  }

  async ask(call: RemoteCall, options: AskOptions): Promise<RemoteValue> {
    const id = this.#calls++
    const { signal } = options
    const { promise, resolve, reject } = Promise.withResolvers<RemoteValue>()
    this.#waiting.set(id, { ...options, resolve, reject })
    this.#process.channel?.ref()
    const stop = () => this.#send({ kind: 'stop', id })
    signal?.addEventListener('abort', stop, { once: true })
    try {
      this.#send({ kind: 'call', id, call })
      return await promise
    } catch (error) {
      // It knows that nobody wants it, and not why.
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
      if (this.#waiting.size === 0) this.#process.channel?.unref()
    }
  }

  /** Has it end. What is asked for now fails. */
  async end(): Promise<void> {
    this.#isAlive = false
    if (this.#process.connected) this.#process.disconnect()
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), endLimitMs)
    if (this.#process.pid !== undefined) await this.#ended
    clearTimeout(killer)
  }

  #send(request: Request) {
    if (!this.#process.connected) return
    // What cannot be sent any more is told by its end.
    this.#process.send(request, () => {})
  }

  #take(reply: Reply) {
    if (reply.kind === 'process') return this.#count(reply.number, reply.command)
    const call = this.#waiting.get(reply.id)
    if (reply.kind === 'progress') return call?.onProgress?.(reply.progress)
    this.#waiting.delete(reply.id)
    if (reply.kind === 'done') call?.resolve(reply.value)
    else call?.reject(readFailure(reply.failure))
  }

  #count(number: number, command: string | undefined) {
    this.#ends.get(number)?.()
    this.#ends.delete(number)
    if (command !== undefined) this.#ends.set(number, this.#tally.started([command]))
  }

  #lost() {
    this.#isAlive = false
    for (const end of this.#ends.values()) end()
    this.#ends.clear()
    for (const call of this.#waiting.values()) {
      call.reject(new ViewerError('GIT_FAILED', 'the process that fetches has ended'))
    }
    this.#waiting.clear()
  }
}

function giveWay({ pid }: ChildProcess) {
  if (pid === undefined) return
  try {
    setPriority(pid, Math.min(leastPriority, getPriority() + niceIncrement))
  } catch {
    // It has ended already.
  }
}
