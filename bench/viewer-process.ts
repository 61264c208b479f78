/**
 * The real program as a process of its own, with nothing stored unless it is told where, on a port that the system picks. It promises that
 * the process has ended and its folder is gone after disposal. Settings of the shell that starts the bench do not count.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { openBenchFolder } from './bench-folder.ts'
import { type Answer, createHttpClient, type HttpClient } from './http-client.ts'

const program = resolve(import.meta.dirname, '../bin/git-bug-viewer.js')
const pollMs = 20
const stopLimitMs = 20_000
const complaintChars = 8192

export interface ServerProcess extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string
  readonly pid: number
  readonly client: HttpClient
  /** `performance.now()` when it was started. */
  readonly startedAtMs: number
  /** From the start to the line that says that it listens. */
  readonly readyMs: number
}

export interface ViewerOptions {
  /** Repositories, or folders that are searched for them. */
  readonly paths: readonly string[]
  /** The settings file, where there is one. */
  readonly config?: string
  /** Settings by the names of their environment variables, without the common prefix: `CACHE_IDLE_MINUTES`. */
  readonly settings?: Readonly<Record<string, string>>
  /** For its files, and what an earlier one has left there; without it a new one, which goes with the process. */
  readonly dataDir?: string
}

/** Starts the viewer. Nobody but the bench tells it to look for changes. `BENCH_NODE_FLAGS` are flags for its Node. */
export async function openViewer({ paths, config, settings = {}, dataDir }: ViewerOptions): Promise<ServerProcess> {
  await using stack = new AsyncDisposableStack()
  const home = dataDir ?? stack.use(await openBenchFolder()).path
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_BUG_VIEWER_')))
  for (const [name, value] of Object.entries({ ...viewerDefaults, ...settings })) env[`GIT_BUG_VIEWER_${name}`] = value
  const flags = process.env.BENCH_NODE_FLAGS?.split(' ') ?? []
  const args = ['--port', '0', '--data-dir', home, ...(config === undefined ? [] : ['--config', config])]
  const server = stack.use(await openServer([...flags, program, ...args, ...paths.map(path => resolve(path))], env))
  const owned = stack.move()
  return { ...server, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

const viewerDefaults = {
  CACHE_REBUILD_ENABLED: 'false',
  LOGS_LEVEL: 'error',
  LOGS_FORMAT: 'json',
}

/** Starts Node with these arguments, and waits for the line `… ready: URL/`. */
export async function openServer(args: readonly string[], env = process.env): Promise<ServerProcess> {
  const startedAtMs = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  const ended = once(child, 'close')
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-complaintChars)
  })
  const ready = waitForUrl(child)
  const url = await Promise.race([ready, ended.then(() => undefined)])
  if (url === undefined || child.pid === undefined) throw new Error(`the server did not start: ${complaint}`)
  const readyMs = performance.now() - startedAtMs
  const client = createHttpClient(url)
  return {
    url,
    pid: child.pid,
    client,
    startedAtMs,
    readyMs,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      const killer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
      child.kill('SIGTERM')
      await ended
      clearTimeout(killer)
      if (complaint !== '') process.stderr.write(complaint)
    },
  }
}

function waitForUrl(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  let output = ''
  return new Promise(found => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // It is read to its end, so that a talkative process never waits for us.
      if (output.includes('\n')) return
      output += text
      const url = /ready: (http:\S+)\/\n/.exec(output)?.[1]
      if (url !== undefined) found(url)
    })
  })
}

/**
 * Asks until the page is there: a viewer that is still building says 503.
 * @returns the page, and how often the answer was 503
 * @throws for every other answer, and when the time is over
 */
export async function waitForPage(client: HttpClient, path: string, limitMs = 600_000) {
  const endAtMs = performance.now() + limitMs
  for (let waits = 0; ; waits++) {
    const answer: Answer = await client.get(path)
    if (answer.status === 200) return { answer, waits }
    if (answer.status !== 503 || performance.now() > endAtMs) throw new Error(`${path} answered ${answer.status}`)
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
}
