/** `git-bug-viewer hook`, the real command, with real pushes into a repository that a real viewer shows. */
import { execFileSync, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { runProgram } from '../support/process.ts'
import { startProgram } from '../support/program.ts'
import { hasProgram } from '../support/required-programs.ts'
import { type BuiltRepository, buildRepository, runGit } from '../support/tracker-builder.ts'

const secret = 'it\'s "quoted" $HOME'
const name = `pots & pans/kiln's "é"`

/** A tracker with one bug at the server, and a second bug in the repository of the one who pushes. */
let folder: string
let served: string
let source: BuiltRepository
let secondBug: string

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'hook-command-')))
  served = join(folder, 'all git', `${name}.git`)
  const t = createTrackerWriter({ seed: 'hook command' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  t.bug(ada, { title: 'It smokes', message: 'A lot.', at: 1_700_000_001 })
  await mkdir(dirname(served), { recursive: true })
  await buildRepository(t, { dir: served })
  secondBug = t.bug(ada, { title: 'It whistles', message: 'In the night.', at: 1_700_000_002 }).ref
  source = await buildRepository(t, { bare: false })
  await writeFile(join(folder, 'the secret'), `${secret}\n`, { mode: 0o600 })
})

afterEach(async () => {
  await source[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const environment = () => ({
  HOME: folder,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  LC_ALL: 'C.UTF-8',
})
/** Where programs are looked for: `logger` is one of the tests' own. */
const path = () => `${join(folder, 'programs')}:${process.env.PATH}`
const run = (...args: string[]) => runProgram({ args: ['hook', ...args], cwd: folder, env: environment() })

/** Runs a program to the moment when nobody holds its output any more. */
async function spawned(program: string, args: readonly string[], { cwd, input = '' }: { cwd: string; input?: string }) {
  const child = spawn(program, args, { cwd, env: { PATH: path(), ...environment() }, stdio: 'pipe' })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const status = await new Promise<number | null>((settle, fail) => {
    child.on('error', fail)
    child.on('close', settle)
  })
  return { status, said }
}

const push = (...refs: string[]) => spawned('git', ['push', '--quiet', served, ...refs], { cwd: source.path })

async function startViewer() {
  const config = join(folder, 'settings.yaml')
  const settings = {
    server: { port: 0 },
    repositories: { scan: [join(folder, 'all git')] },
    // Nothing but the hook may bring news.
    cache: { rebuild: { enabled: false }, idleMinutes: 0, lookMilliseconds: 3_600_000 },
    hooks: { secret },
    logs: { requests: true },
  }
  await writeFile(config, JSON.stringify(settings))
  const program = await startProgram({ args: ['--config', config, '--data-dir', folder], cwd: folder })
  return {
    program,
    listPage: async () =>
      await (await fetch(`${program.url}${name.split('/').map(encodeURIComponent).join('/')}/-/bugs`)).text(),
    /** Status of the answer that the hook got. */
    async hookStatus(): Promise<unknown> {
      const asked = await program.logged(line => {
        const request = line.req as { method?: unknown; url?: unknown } | undefined
        return request?.method === 'POST' && String(request.url).startsWith('/hooks/')
      })
      const answered = await program.logged(line => line.reqId === asked.reqId && line.res !== undefined)
      return (answered.res as { statusCode?: unknown }).statusCode
    },
  }
}

/** A hook that says what it heard, and what it inherited, and ends with 7. */
async function writeOtherHook(): Promise<void> {
  const hook = join(served, 'hooks/post-receive')
  const lines = ['#!/bin/sh', `cat >'${folder}/heard'`, 'echo "to the pusher: [$LC_ALL] [$default_url]"', 'exit 7']
  await mkdir(dirname(hook), { recursive: true })
  await writeFile(hook, `${lines.join('\n')}\n`)
  await chmod(hook, 0o755)
}

describe.skipIf(!hasProgram('curl'))('a push into a repository with the installed hook', () => {
  test('shows on the next page, with nothing but options on the command line', async () => {
    const viewer = await startViewer()
    await using program = viewer.program
    expect(await viewer.listPage()).not.toContain('It whistles')
    const options = ['--url', program.url, '--root', 'all git', '--secret-file', './the secret']
    const installed = await run('install', served, ...options)
    expect(installed).toEqual({ status: 0, stdout: `installed ${served}/hooks/post-receive\n`, stderr: '' })

    expect(await push(secondBug)).toEqual({ status: 0, said: '' })

    expect(await viewer.hookStatus()).toBe(202)
    expect(await viewer.listPage()).toContain('It whistles')
    expect(await program.stop()).toBe(0)
  })

  test('runs the hook that was there before, which hears and says what it did before', async () => {
    const viewer = await startViewer()
    await using program = viewer.program
    await viewer.listPage()
    await writeOtherHook()
    const options = ['--url', program.url, '--repo', name, '--secret-file', 'the secret']
    await run('install', served, ...options)
    // A second time: it must not become its own predecessor.
    const { stdout } = await run('install', served, ...options)
    expect(stdout).toContain('post-receive.before-git-bug-viewer first\n')
    const tip = (await runGit(source.path, ['rev-parse', secondBug])).trim()

    const pushed = await push(secondBug, `${secondBug}:refs/heads/main`)

    expect(pushed.status).toBe(0)
    expect(pushed.said.replaceAll(/ +\n/g, '\n')).toBe('remote: to the pusher: [C.UTF-8] []\n')
    const zero = '0'.repeat(40)
    expect(await readFile(join(folder, 'heard'), 'utf8')).toBe(
      `${zero} ${tip} ${secondBug}\n${zero} ${tip} refs/heads/main\n`,
    )
    expect(await viewer.hookStatus()).toBe(202)
    expect(await viewer.listPage()).toContain('It whistles')
    expect(await program.stop()).toBe(0)
  })

  test('is taken where all repositories share their hooks', async () => {
    const viewer = await startViewer()
    await using program = viewer.program
    await viewer.listPage()
    const shared = join(folder, 'shared hooks')
    await mkdir(shared)
    await runGit(served, ['config', 'core.hooksPath', shared])
    const options = ['--url', program.url, '--root', 'all git', '--secret-file', 'the secret']
    const { stdout } = await run('install', served, ...options)
    expect(stdout).toBe(
      `installed ${shared}/post-receive\nevery repository that has its hooks in this folder runs it\n`,
    )

    await push(secondBug)

    expect(await viewer.hookStatus()).toBe(202)
    expect(await viewer.listPage()).toContain('It whistles')
    expect(await program.stop()).toBe(0)
  })
})

describe('where nobody listens', () => {
  let closedUrl: string
  beforeEach(async () => {
    const server = createServer()
    await new Promise<void>(settle => server.listen(0, '127.0.0.1', settle))
    closedUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await new Promise(settle => server.close(settle))
    await mkdir(join(folder, 'programs'))
    execFileSync('mkfifo', [join(folder, 'syslog')])
    const logger = `#!/bin/sh\nprintf '%s' "$*" >'${join(folder, 'syslog')}'\n`
    await writeFile(join(folder, 'programs/logger'), logger, { mode: 0o755 })
  })

  /** Stands for syslog: what the hook complains of comes out of a pipe, once the hook has tried. */
  async function readComplaint(): Promise<string> {
    return await readFile(join(folder, 'syslog'), 'utf8')
  }

  test('a push succeeds and says nothing', async () => {
    expect(await run('install', served, '--url', closedUrl)).toMatchObject({ status: 0 })
    expect(await push(secondBug)).toEqual({ status: 0, said: '' })
    expect(await readComplaint()).toContain(`the viewer at ${closedUrl} was not told`)
  })

  test('the status is that of the hook that was there before, and after its removal that hook is alone', async () => {
    await writeOtherHook()
    expect(await run('install', served, '--url', closedUrl)).toMatchObject({ status: 0 })
    const hook = join(served, 'hooks/post-receive')
    const call = () => spawned(hook, [], { cwd: served, input: `${'0'.repeat(40)} ${'1'.repeat(40)} ${secondBug}\n` })
    const answer = { status: 7, said: 'to the pusher: [C.UTF-8] []\n' }
    expect(await call()).toEqual(answer)
    expect(await readComplaint()).toContain('was not told')
    const removed = await run('uninstall', served)
    expect(removed).toMatchObject({ status: 0, stdout: expect.stringContaining('put back the hook') })
    expect(await call()).toEqual(answer)
    expect(await readFile(hook, 'utf8')).toContain('exit 7')
  })
})

test('the printed script is one that a shell takes', async () => {
  const { status, stdout } = await run('print', '--repo', name)
  expect(status).toBe(0)
  expect(await spawned('sh', ['-n'], { cwd: folder, input: stdout })).toEqual({ status: 0, said: '' })
  expect(stdout).toContain(`default_repo='pots & pans/kiln'\\''s "é"'\n`)
})

test.each([
  [['print', '--repo', 'a\nb'], 'the option --repo of hook must be a name such as tool or group/tool, in one line'],
  [['install', 'a\nb.git'], 'hook install needs the PATH of one repository, in one line'],
  [['install', 'nowhere'], 'nowhere is not a git repository'],
  [['uninstall', 'all git'], 'all git is not a git repository'],
])('%j is refused in one sentence, with status 2', async (args, sentence) => {
  const { status, stdout, stderr } = await run(...args)
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr.replace(`${folder}/`, '')).toBe(`git-bug-viewer: ${sentence}\n`)
})
