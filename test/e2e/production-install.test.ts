/**
 * The Dockerfile without an engine: its steps are read from the file and done in a temporary folder, and what they
 * make is started as the container would start it, under an account that may write nowhere but in its data folder.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, copyFile, cp, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { copiedFromCheckout, execForm, readDockerfile, textsOf } from '../support/dockerfile.ts'
import { projectRoot, type RunningProgram, startProgram } from '../support/program.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'

/** `nobody`, where the tests run as root; else their own account, which is not root either. */
const account = process.getuid?.() === 0 ? 65_534 : undefined
const installLimitMs = 900_000

const [programStage = [], imageStage = []] = await readDockerfile()
let folder: string
let app: string
let data: string
let node: string
let bugUrl: string
/** The image's system-wide git configuration. */
let gitConfig: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'container-'))
  await chmod(folder, 0o755)
  app = join(folder, 'app')
  data = join(folder, 'data')
  gitConfig = join(folder, 'gitconfig')
  await mkdir(app)
  await copyCheckout()
  for (const command of textsOf(programStage, 'RUN')) await shell(command, app)
  for (const command of textsOf(imageStage, 'RUN').filter(text => text.startsWith('git config'))) {
    await shell(command, folder, { GIT_CONFIG_SYSTEM: gitConfig })
  }
  // The project's own may lie where this account cannot go.
  node = join(folder, 'node')
  await copyFile(process.execPath, node)
  await mkdir(data)
  if (account !== undefined) await chown(data, account, account)

  const t = createTrackerWriter({ seed: 'container' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const bug = t.bug(ada, { title: 'It smokes', message: 'A lot.', at: 1_700_000_100 })
  await buildRepository(t, { dir: join(folder, 'srv/git/kiln.git') })
  bugUrl = `kiln/-/bugs/${bug.id}`
}, installLimitMs)

afterAll(() => rm(folder, { recursive: true, force: true }))

/** As COPY does it, with the files of the checkout that git would give to others. */
async function copyCheckout(): Promise<void> {
  const listed = await runGit(projectRoot, ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  // What was deleted is listed until git is told.
  const files = listed.split('\0').filter(path => path !== '' && existsSync(join(projectRoot, path)))
  for (const { sources, to } of copiedFromCheckout(programStage)) {
    for (const source of sources) {
      const found = files.filter(path => path === source || path.startsWith(`${source}/`))
      if (found.length === 0) throw new Error(`the Dockerfile copies ${source}, which is not in the checkout`)
      for (const path of found) {
        const below = path === source ? basename(path) : path.slice(source.length)
        await cp(join(projectRoot, path), join(app, to, below))
      }
    }
  }
}

/** A RUN of the Dockerfile. npm takes from its cache what is there. */
async function shell(command: string, cwd: string, env: Record<string, string> = {}): Promise<void> {
  const { npm_config_local_prefix: _, ...inherited } = process.env
  const child = spawn('sh', ['-c', command], {
    cwd,
    env: { ...inherited, npm_config_prefer_offline: 'true', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const status = await new Promise<number | null>((settle, fail) => {
    child.on('error', fail)
    child.on('close', settle)
  })
  if (status !== 0) throw new Error(`"${command}" ended with ${status}: ${said}`)
}

/** Starts what was installed, with the environment of the image. */
async function start(args: readonly string[]): Promise<RunningProgram> {
  const env = { HOME: data, GIT_CONFIG_SYSTEM: gitConfig, GIT_CONFIG_NOSYSTEM: 'false' }
  return await startProgram({
    folder: app,
    node,
    cwd: data,
    env,
    account,
    ownGroup: true,
    args: [...args, '--port', '0'],
  })
}

/** The arguments of the image, for the folders here and no address but loopback. */
function defaultArguments(): string[] {
  const here: Readonly<Record<string, string>> = {
    '0.0.0.0': '127.0.0.1',
    '/data': data,
    '/srv/git': join(folder, 'srv/git'),
  }
  return execForm(textsOf(imageStage, 'CMD').join()).map(word => here[word] ?? word)
}

/** Runs the health check of the image; its exit status. */
async function checkHealth(port: string): Promise<unknown> {
  const [, ...args] = execForm(textsOf(imageStage, 'HEALTHCHECK').join())
  const child = spawn(node, args, {
    env: { GIT_BUG_VIEWER_SERVER_PORT: port },
    stdio: 'ignore',
    ...(account === undefined ? {} : { uid: account, gid: account }),
  })
  return await new Promise((settle, fail) => {
    child.on('error', fail)
    child.on('close', settle)
  })
}

/** Every file below some folders, with size and time of its last change. */
async function photograph(folders: readonly string[]): Promise<string[]> {
  const lists = folders.map(async top => {
    const entries = await readdir(top, { recursive: true, withFileTypes: true })
    return await Promise.all(
      entries.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name)
        const { size, mtimeMs } = await stat(path)
        return `${path} ${size} ${mtimeMs}`
      }),
    )
  })
  return (await Promise.all(lists)).flat().sort()
}

function processesInGroup(group: number): boolean {
  try {
    return process.kill(-group, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

test('it serves repositories of another owner, is healthy, writes nothing beside its data, and ends on SIGTERM', async () => {
  const readOnly = [app, join(folder, 'srv')]
  const before = await photograph(readOnly)
  await using program = await start(defaultArguments())
  const { port } = new URL(program.url)
  const get = async (path: string) => await fetch(new URL(path, program.url))

  expect((await get('readyz')).status).toBe(200)
  expect(await checkHealth(port)).toBe(0)
  expect(await (await get('kiln/-/bugs')).text()).toContain('It smokes')
  // Reading a bug leaves a git process waiting for the next one: it has to end with the program.
  expect(await (await get(bugUrl)).text()).toContain('A lot.')

  expect(await program.stop()).toBe(0)
  await expect.poll(() => processesInGroup(program.pid)).toBe(false)
  expect(await checkHealth(port)).toBe(1)
  expect(await photograph(readOnly)).toEqual(before)
})

test('without a repository it shows the demo, which it makes in its data folder', async () => {
  await using program = await start(['--data-dir', data])
  const page = await fetch(program.url)
  expect([page.status, new URL(page.url).pathname]).toEqual([200, '/kiln/-/bugs'])
  expect(await readdir(data)).toContainEqual(expect.stringMatching(/^demo-/))
  expect(await program.stop()).toBe(0)
  await expect.poll(() => processesInGroup(program.pid)).toBe(false)
})

test('packages of development are not in it', async () => {
  const packages = await readdir(join(app, 'node_modules'))
  expect(packages).toContain('fastify')
  expect(packages).not.toContain('vitest')
  expect(packages).not.toContain('node')
})
