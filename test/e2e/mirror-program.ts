/** The real process with settings about mirrors, for tests of what only a process has. */
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Exposition, parseExposition } from '../support/exposition.ts'
import { type RunningProgram, startProgram } from '../support/process.ts'

export interface MirrorProgramOptions {
  /** Where its files are, and those of the ones before it. */
  readonly home: string
  /** `mirrors` of the settings file. */
  readonly mirrors?: Readonly<Record<string, unknown>>
  /** Other groups of it. */
  readonly settings?: Readonly<Record<string, unknown>>
  readonly paths?: readonly string[]
  /** When a page says how far a clone has come; without it a page waits for the clone. */
  readonly progressAfterSeconds?: number
}

export interface MirrorProgram extends RunningProgram {
  /** The data folder. */
  readonly data: string
  /** Asks for a page. A redirect is an answer. */
  get(path: string): Promise<Response>
  /** A page that is there, as text without tags. @throws where it is not */
  read(path: string): Promise<string>
  /** Fills in the form. */
  open(address: string): Promise<Response>
  push(query: string): Promise<Response>
  measures(): Promise<Exposition>
}

/** Arguments of a program, whose settings file is written. */
export async function mirrorArguments({ home, mirrors = {}, settings = {}, paths = [] }: MirrorProgramOptions) {
  const config = join(home, 'settings.yaml')
  const usual = { allowAddresses: ['127.0.0.0/8'], minFreeBytes: 0 }
  await writeFile(config, JSON.stringify({ ...settings, mirrors: { ...usual, ...mirrors } }))
  return ['--config', config, '--port', '0', '--data-dir', join(home, 'data'), ...paths]
}

/** Starts it, and waits until it is ready. */
export async function startMirrorProgram(options: MirrorProgramOptions): Promise<MirrorProgram> {
  const program = await startProgram({
    args: await mirrorArguments(options),
    env: {
      GIT_BUG_VIEWER_METRICS_ENABLED: 'true',
      GIT_BUG_VIEWER_LOGS_FORMAT: 'json',
      GIT_BUG_VIEWER_CACHE_PROGRESS_AFTER_SECONDS: String(options.progressAfterSeconds ?? 600),
    },
  })
  const ask = (path: string, init: RequestInit = {}) => fetch(`${program.url}${path}`, { redirect: 'manual', ...init })
  return {
    ...program,
    data: join(options.home, 'data'),
    get: ask,
    async read(path) {
      const answer = await ask(path)
      const text = plain(await answer.text())
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${text}`)
      return text
    },
    open: address => ask('/-/open', { method: 'POST', body: new URLSearchParams({ url: address }) }),
    push: query =>
      ask(`/hooks/post-receive${query}`, {
        method: 'POST',
        body: `${'0'.repeat(40)} ${'1'.repeat(40)} refs/bugs/x\n`,
        headers: { 'content-type': 'text/plain' },
      }),
    measures: async () => parseExposition(await (await ask('/metrics')).text()),
  }
}

/** What is to be read of a page. */
export function plain(html: string): string {
  return html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
}

/** Everything in a folder, by path. */
export async function filesIn(folder: string): Promise<string[]> {
  // What goes away meanwhile is not there.
  return await readdir(folder, { recursive: true }).catch(() => [])
}

export interface SeenProcess {
  readonly pid: number
  /** Its arguments. */
  readonly command: string
}

/** Processes of the whole machine. */
export async function readProcesses(): Promise<SeenProcess[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const seen = await Promise.all(
    pids.map(async pid => {
      // One that has ended meanwhile is none.
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return { pid: Number(pid), command: command.replaceAll('\0', ' ') }
    }),
  )
  return seen.filter(({ command }) => command !== '')
}

/** Those that work inside a folder. */
export async function processesIn(folder: string): Promise<SeenProcess[]> {
  const all = await readProcesses()
  const inside = await Promise.all(
    all.map(async one => (await readlink(`/proc/${one.pid}/cwd`).catch(() => '')).startsWith(`${folder}/`)),
  )
  return all.filter((_, index) => inside[index])
}
