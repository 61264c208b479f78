/**
 * The real program over several repositories, for faults that strike one of them: it knows what is right for each, and
 * keeps asking for another one, `steady`, which has to be served all the time. Nothing but requests makes it look
 * again: no timer and no hook.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { createTrackerWriter, type TrackerWriter } from '../../src/demo/writer.ts'
import { type RunningProgram, startProgram } from '../support/program.ts'
import { applyTo, buildRepository } from '../support/tracker-builder.ts'
import { digestOfRepository } from './recovery.ts'

const start = 1_700_000_000

export interface SceneOptions {
  /** Names of repositories beside `steady`. */
  readonly names: readonly string[]
  /** Of each repository. */
  readonly bugs?: number
  /** Keeps every object in a file of its own. */
  readonly loose?: boolean
  /** Of each attached file; there is one in each repository. */
  readonly fileBytes?: number
  readonly settings?: Readonly<Record<string, unknown>>
  readonly dataDir?: string
  /** Whether another repository is asked for all the time; true where it is not given. */
  readonly isSteadyWatched?: boolean
  /** Account to run as; the repositories are those of another. Needs root. */
  readonly account?: number
}

/** One repository of a scene. */
export interface ServedRepository {
  readonly name: string
  readonly path: string
  readonly tracker: TrackerWriter
  /** Hash of the attached file. */
  readonly file: string
  /** Ids of its bugs. */
  readonly bugs: { readonly id: string; readonly ref: string; readonly tip: string }[]
  /** One more bug, as after a push. */
  push(title: string): Promise<void>
}

export interface Answer {
  readonly status: number
  readonly text: string
}

/** A program over repositories, with a git whose place can be taken. */
export interface FaultScene extends AsyncDisposable {
  readonly program: RunningProgram
  readonly folder: string
  readonly dataDir: string
  repository(name: string): ServedRepository
  /** Below the program's address. */
  get(path: string): Promise<Answer>
  /** Throws unless list, search, problems, a bug and a file of the repository are what they have to be. */
  isRight(name: string): Promise<void>
  /**
   * From now on git does in that repository what the lines of a shell say before it is git; `exit` keeps it from being
   * that. They know the real one as `$real`.
   */
  git(name: string, script: string): Promise<void>
  /** There git is git again. */
  mendGit(name: string): Promise<void>
  /** Lines of the log of that level or above, since the last call. */
  complaints(): readonly string[]
  /** Ends the questions for the steady repository: what was wrong with the answers, and how many there were. */
  steadyAnswers(): Promise<{ readonly wrong: readonly string[]; readonly right: number }>
}

/** Starts it. Each repository has its own bugs. */
export async function openFaultScene(options: SceneOptions): Promise<FaultScene> {
  await using stack = new AsyncDisposableStack()
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'faults-')))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const repositories = new Map<string, ServedRepository>()
  for (const name of ['steady', ...options.names]) repositories.set(name, await makeRepository(folder, name, options))

  await writeGit(folder)
  const config = join(folder, 'settings.yaml')
  const { settings = {}, dataDir = join(folder, 'data'), account } = options
  const list = [...repositories.values()].map(({ name, path }) => ({ name, path }))
  await writeFile(config, JSON.stringify({ ...usualSettings, repositories: { list }, ...settings }))
  if (account !== undefined) {
    await mkdir(dataDir)
    await chmod(folder, 0o755)
    await chown(dataDir, account, account)
    // git trusts a repository of its own account only.
    await writeFile(join(folder, 'gitconfig'), '[safe]\n  directory = *\n')
  }
  const program = stack.use(
    await startProgram({
      args: ['--config', config, '--data-dir', dataDir],
      cwd: folder,
      // There is no other git.
      env: {
        PATH: join(folder, 'bin'),
        GIT_CONFIG_GLOBAL: account === undefined ? '/dev/null' : join(folder, 'gitconfig'),
      },
      ownGroup: true,
      account,
    }),
  )

  const get = async (path: string): Promise<Answer> => {
    const answer = await fetch(program.url + path)
    return { status: answer.status, text: await answer.text() }
  }
  const repository = (name: string) => {
    const found = repositories.get(name)
    if (!found) throw new Error(`no repository ${name}`)
    return found
  }
  const isRight = async (name: string) => await checkRepository(program.url, repository(name))

  await isRight('steady')
  const digestBefore = await digestOfRepository(repository('steady').path)
  const watch = options.isSteadyWatched === false ? noWatch : watchSteady(program.url, repository('steady'))
  stack.defer(async () => void (await watch.end()))
  let linesSeen = 0
  const owned = stack.move()
  return {
    program,
    folder,
    dataDir,
    repository,
    get,
    isRight,
    git: async (name, script) => {
      const fault = join(folder, 'git-faults', `${name}.git`)
      await writeFile(`${fault}.new`, script)
      await rename(`${fault}.new`, fault)
    },
    mendGit: name => rm(join(folder, 'git-faults', `${name}.git`), { force: true }),
    complaints: () => {
      const lines = program.log()
      const fresh = lines.slice(linesSeen)
      linesSeen = lines.length
      return fresh.flatMap(({ level, msg }) => (Number(level) >= 40 ? [String(msg)] : []))
    },
    steadyAnswers: async () => {
      const answers = await watch.end()
      if ((await digestOfRepository(repository('steady').path)) !== digestBefore) {
        return { ...answers, wrong: [...answers.wrong, 'the repository has changed'] }
      }
      return answers
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

const usualSettings = {
  server: { port: 0 },
  metrics: { enabled: true },
  cache: { lookMilliseconds: 0, rebuild: { enabled: false }, idleMinutes: 0 },
  limits: { gitTimeoutSeconds: 1 },
}

async function makeRepository(folder: string, name: string, options: SceneOptions): Promise<ServedRepository> {
  const { bugs: count = 30, loose = false, fileBytes = 100_000 } = options
  const tracker = createTrackerWriter({ seed: name })
  const ada = tracker.identity({ name: 'Ada', at: start })
  const file = tracker.attach(Buffer.alloc(fileBytes, `${name} `))
  const bugs: ServedRepository['bugs'] = []
  const add = (title: string, files: readonly string[]) =>
    void bugs.push(tracker.bug(ada, { title, message: `of ${name}`, at: start + bugs.length, files }))
  for (let n = 0; n < count; n++) add(`Bug ${n} of ${name}`, n === 0 ? [file] : [])
  const path = join(folder, `${name}.git`)
  await buildRepository(tracker, { dir: path, loose })
  return {
    name,
    path,
    tracker,
    file,
    bugs,
    push: async title => {
      add(title, [])
      await applyTo(path, tracker, { loose })
    },
  }
}

/** The only git that the program finds: in each repository it does what a file of the repository's name says. */
async function writeGit(folder: string): Promise<void> {
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  await mkdir(join(folder, 'bin'))
  await mkdir(join(folder, 'git-faults'))
  const fault = `"${folder}/git-faults/$(basename "$PWD")"`
  const script = `#!/bin/sh\nPATH=/usr/bin:/bin\nreal=${real}\nif [ -e ${fault} ]; then . ${fault}; fi\nexec $real "$@"\n`
  await writeFile(join(folder, 'bin/git'), script)
  await chmod(join(folder, 'bin/git'), 0o755)
}

interface ListAnswer {
  readonly total: number
}
interface ProblemsAnswer {
  readonly items: readonly { readonly reason: string }[]
}

async function checkRepository(url: string, { name, bugs, file }: ServedRepository): Promise<void> {
  const json = async (path: string) => JSON.parse(await okText(`${url}api/v1/repos/${name}/${path}`)) as unknown
  const { total } = (await json('bugs')) as ListAnswer
  if (total !== bugs.length) throw new Error(`${name}: ${total} bugs of ${bugs.length}`)
  const found = (await json(`bugs?q=${encodeURIComponent(`"of ${name}"`)}`)) as ListAnswer
  if (found.total !== bugs.length) throw new Error(`${name}: ${found.total} bugs found of ${bugs.length}`)
  const { items } = (await json('problems')) as ProblemsAnswer
  if (items.length > 0) throw new Error(`${name}: ${items.length} problems: ${items[0]?.reason}`)
  const last = bugs.length - 1
  const page = await okText(`${url}${name}/-/bugs/${bugs[last]?.id}`)
  if (!page.includes(`of ${name}`)) throw new Error(`${name}: the page of its last bug is another one`)
  const bytes = await okBytes(`${url}${name}/-/files/${file}`)
  // A blob's hash is that of its bytes behind a head.
  const hash = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
  if (hash !== file) throw new Error(`${name}: the file is another one`)
}

async function okBytes(address: string): Promise<Buffer> {
  const answer = await fetch(address)
  const bytes = Buffer.from(await answer.arrayBuffer())
  if (answer.status !== 200) throw new Error(`${answer.status} for ${address}: ${bytes.toString().slice(0, 200)}`)
  return bytes
}

async function okText(address: string): Promise<string> {
  return (await okBytes(address)).toString()
}

const noWatch = { end: async () => ({ wrong: [], right: 0 }) }

/** Leaves the processors to what is tried. */
const pauseMs = 100

/** Asks for a repository all the time, for what is kept and for what has to be made. */
function watchSteady(url: string, steady: ServedRepository) {
  const wrong: string[] = []
  let right = 0
  let isOver = false
  const ask = async () => {
    for (let round = 0; !isOver; round++) {
      try {
        await checkRepository(url, steady)
        await okText(`${url}api/v1/repos/steady/bugs?q=${round}`)
        right++
      } catch (error) {
        if (!isOver) wrong.push(String(error))
      }
      await later(pauseMs)
    }
  }
  const asking = ask()
  return {
    end: async () => {
      isOver = true
      await asking
      return { wrong, right }
    },
  }
}
