/** A small tracker that is pushed to, and instances of the real program that have to show what was pushed. */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type RunningProgram, startProgram } from '../support/program.ts'
import { applyTo, buildRepository } from '../support/tracker-builder.ts'

const start = 1_700_000_000

export interface PushedTracker extends AsyncDisposable {
  readonly path: string
  /** The id of its one bug that pushes change. */
  readonly bug: string
  /** The hash of a file that is attached to it. */
  readonly file: string
  /** What the bug is called since the last push. */
  readonly title: string
  /** One more push, of which nobody is told: the bug gets another title. */
  push(): Promise<void>
}

/** @param bugs beside the one that pushes change; @param file that is attached to it */
export async function openPushedTracker(
  seed: string,
  { bugs = 20, file = Buffer.from('smoke') }: { readonly bugs?: number; readonly file?: Uint8Array } = {},
): Promise<PushedTracker> {
  const t = createTrackerWriter({ seed })
  const ada = t.identity({ name: 'Ada', at: start })
  for (let n = 0; n < bugs; n++) t.bug(ada, { title: `Bug ${n}`, message: 'It rattles.', at: start + n })
  const hash = t.attach(file)
  let pushes = 0
  const bug = t.bug(ada, { title: 'Push 0', message: 'under the wheelhouse', at: start + bugs, files: [hash] })
  const built = await buildRepository(t)
  return {
    path: built.path,
    bug: bug.id,
    file: hash,
    get title() {
      return `Push ${pushes}`
    },
    async push() {
      pushes++
      bug.title(ada, { title: `Push ${pushes}`, at: start + bugs + pushes })
      await applyTo(built.path, t)
    },
    [Symbol.asyncDispose]: () => built[Symbol.asyncDispose](),
  }
}

export interface InstanceOptions {
  readonly tracker: PushedTracker
  readonly settings?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
  /** For its files, and what an earlier one has left there; without it a folder that goes with the instance. */
  readonly dataDir?: string
}

export interface Instance extends RunningProgram {
  get(path: string): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }>
  /** Tells it by its hook that there was a push. */
  hook(): Promise<void>
  /** Throws unless list, bug page and full text are what was pushed last. */
  isRight(): Promise<void>
}

/** Starts the program with the tracker as `kiln`. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { tracker, settings = {}, env = {} } = options
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'fault-')))
  const remove = () => rm(folder, { recursive: true, force: true })
  const config = join(folder, 'settings.yaml')
  const list = [{ name: 'kiln', path: tracker.path }]
  await writeFile(config, JSON.stringify({ server: { port: 0 }, repositories: { list }, ...settings }))
  const dataDir = options.dataDir ?? join(folder, 'data')
  const args = ['--config', config, '--data-dir', dataDir]
  const program = await startProgram({ args, cwd: folder, env, ownGroup: true }).catch(async (error: unknown) => {
    await remove()
    throw error
  })
  const get = async (path: string) => {
    const answer = await fetch(program.url + path)
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  }
  return {
    ...program,
    get,
    async hook() {
      const init = { method: 'POST', body: hookBody(tracker) }
      const { status } = await fetch(`${program.url}hooks/post-receive?repo=kiln`, init)
      if (status !== 202) throw new Error(`the hook answered ${status}`)
    },
    isRight: () => isShown(program.url, tracker),
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]()
      await remove()
    },
  }
}

/** Asks as a visitor does who is told to come again, since the server has too much to do: on a busy machine it may. */
export async function askPatiently(address: string): Promise<Response> {
  for (;;) {
    const answer = await fetch(address)
    if (answer.status !== 503 || !answer.headers.has('retry-after')) return answer
    await answer.arrayBuffer()
    await later(100)
  }
}

/** Throws unless list, bug page and full text are what was pushed last. @param url with a slash at its end */
export async function isShown(url: string, { title, bug }: PushedTracker): Promise<void> {
  for (const path of ['kiln/-/bugs', `kiln/-/bugs/${bug}`, 'kiln/-/bugs?q=wheelhouse']) {
    const answer = await askPatiently(url + path)
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${text}`)
    if (!new RegExp(`${title}(?!\\d)`).test(text)) throw new Error(`${path} does not show ${title}`)
  }
}

/** What git says to a hook of a push. */
export function hookBody({ bug }: PushedTracker): string {
  return `${'0'.repeat(40)} ${'1'.repeat(40)} refs/bugs/${bug}\n`
}
