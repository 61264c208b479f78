/** The post-receive script of `docs/hooks.md`, run by a real git at a real push, against the real program. */
import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, copyFile, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { projectRoot, startProgram } from '../support/program.ts'
import { hasProgram } from '../support/required-programs.ts'
import { type BuiltRepository, buildRepository, runGit } from '../support/tracker-builder.ts'

const start = 1_700_000_000
/** That no other process of the machine can have on its command line. */
const word = `quoted-${randomUUID()}`
const secret = `it's "${word}" \\ & 100 % $HOME \`id\``
const canSend = { curl: hasProgram('curl'), wget: hasProgram('wget') }

type Sender = 'curl' | 'wget'

/** A tracker with one bug at the server, and a second bug in the repository of the one who pushes. */
let folder: string
/** A folder with what the hook may use; of the programs that send, each test adds its own. */
let programs: string
let served: string
let source: BuiltRepository
let secondBug: string

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'hook-')))
  programs = join(folder, 'programs')
  await mkdir(programs)
  for (const name of ['awk', 'cat', 'git', 'head', 'mktemp', 'od', 'rm', 'sed', 'sh', 'tr']) await linkProgram(name)
  served = join(folder, 'git/pots & pans/kiln é.git')
  const t = createTrackerWriter({ seed: 'hook' })
  const ada = t.identity({ name: 'Ada', at: start })
  t.bug(ada, { title: 'It smokes', message: 'A lot.', at: start + 1 })
  await mkdir(dirname(served), { recursive: true })
  await buildRepository(t, { dir: served })
  secondBug = t.bug(ada, { title: 'It whistles', message: 'In the night.', at: start + 2 }).ref
  source = await buildRepository(t, { bare: false })
  await copyFile(join(projectRoot, 'docs/examples/post-receive'), join(served, 'hooks/post-receive'))
  await writeFile(join(folder, 'secret'), `${secret}\n`, { mode: 0o600 })
  await configure({ root: join(folder, 'git'), secretFile: join(folder, 'secret') })
})

afterEach(async () => {
  await source[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function linkProgram(name: string): Promise<void> {
  const path = await findProgram(name)
  await symlink(path, join(programs, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

async function findProgram(name: string): Promise<string> {
  for (const place of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(place, name)
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  throw new Error(`${name} is not installed`)
}

async function configure(settings: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) await runGit(served, ['config', `gitbugviewer.${name}`, value])
}

/** Pushes, and settles when git has ended and nobody holds its output any more. */
async function push(refs: readonly string[], sender: Sender = 'curl'): Promise<{ status: number; said: string }> {
  await linkProgram(sender)
  const child = spawn('git', ['push', '--quiet', served, ...refs], {
    cwd: source.path,
    env: { PATH: programs, HOME: folder, LC_ALL: 'C', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  return await new Promise((settle, fail) => {
    child.on('error', fail)
    child.on('close', status => settle({ status: status ?? -1, said }))
  })
}

async function startViewer() {
  const config = join(folder, 'settings.yaml')
  const settings = {
    server: { port: 0 },
    repositories: { scan: [join(folder, 'git')] },
    // Nothing but the hook may bring news.
    cache: { rebuild: { enabled: false }, idleMinutes: 0, lookMilliseconds: 3_600_000 },
    hooks: { secret },
    logs: { requests: true },
  }
  await writeFile(config, JSON.stringify(settings))
  const program = await startProgram({ args: ['--config', config, '--data-dir', folder], cwd: folder })
  return {
    program,
    listPage: async () => await (await fetch(new URL('pots%20&%20pans/kiln%20é/-/bugs', program.url))).text(),
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

interface Call {
  readonly url: string
  readonly authorization: string | undefined
  readonly body: string
  /** True once the caller has given up. */
  isOver(): boolean
}

/** A viewer that takes every request and answers none. */
async function startSilentViewer() {
  const calls: Call[] = []
  const { promise: called, resolve: tellCalled } = Promise.withResolvers<Call>()
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    let over = false
    response.on('close', () => {
      over = true
    })
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { url = '', headers } = request
      calls.push({ url, authorization: headers.authorization, body: String(Buffer.concat(chunks)), isOver: () => over })
      tellCalled(calls[0]!)
    })
  })
  await new Promise<void>(settle => server.listen(0, '127.0.0.1', settle))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    called,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(settle => server.close(settle))
    },
  }
}

/** Command lines of all processes that can be seen. */
async function commandLines(): Promise<string[]> {
  const ids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  return await Promise.all(ids.map(id => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
}

describe.each<Sender>(['curl', 'wget'])('with %s', sender => {
  test.skipIf(!canSend[sender])('the page after a push shows the new bug', async () => {
    const viewer = await startViewer()
    await using program = viewer.program
    expect(await viewer.listPage()).not.toContain('It whistles')
    await configure({ url: program.url })

    expect(await push([secondBug], sender)).toEqual({ status: 0, said: '' })

    expect(await viewer.hookStatus()).toBe(202)
    expect(await viewer.listPage()).toContain('It whistles')
    expect(await program.stop()).toBe(0)
  })

  test.skipIf(!canSend[sender])('a wrong secret is refused by the viewer and does not fail the push', async () => {
    const viewer = await startViewer()
    await using program = viewer.program
    await writeFile(join(folder, 'secret'), 'wrong')
    await configure({ url: program.url })

    expect(await push([secondBug], sender)).toEqual({ status: 0, said: '' })

    expect(await viewer.hookStatus()).toBe(401)
    expect(await program.stop()).toBe(0)
  })

  test.skipIf(!canSend[sender])(
    'a push is over while a viewer that never answers is still being waited for',
    async () => {
      await using silent = await startSilentViewer()
      await configure({ url: silent.url })

      expect(await push([secondBug], sender)).toEqual({ status: 0, said: '' })

      // A push that waited for the hook would have ended with the hook's own time limit, and the call with it.
      const call = await silent.called
      expect(call.isOver()).toBe(false)
    },
  )

  test.skipIf(!canSend[sender] || process.platform !== 'linux')('the secret is on no command line', async () => {
    await using silent = await startSilentViewer()
    await configure({ url: silent.url })
    await push([secondBug], sender)
    const call = await silent.called

    const lines = await commandLines()

    expect(call.authorization).toBe(`Bearer ${secret}`)
    expect(lines.filter(line => line.includes(sender))).not.toEqual([])
    expect(lines.filter(line => line.includes(word))).toEqual([])
    expect(call.isOver()).toBe(false)
  })
})

describe.skipIf(!canSend.curl)('what is sent', () => {
  test('is a line for each ref of git-bug, and for no other', async () => {
    await using silent = await startSilentViewer()
    await configure({ url: silent.url })
    await runGit(source.path, ['update-ref', 'refs/heads/main', secondBug])
    const tip = (await runGit(source.path, ['rev-parse', secondBug])).trim()

    await push(['refs/heads/main'])
    await push(['refs/heads/main:refs/heads/other', secondBug])

    const call = await silent.called
    expect(call.body).toBe(`${'0'.repeat(40)} ${tip} ${secondBug}\n`)
    expect(silent.calls).toHaveLength(1)
  })

  test('stays one body where the name of a ref has quotes in it', async () => {
    await using silent = await startSilentViewer()
    await configure({ url: `${silent.url}/` })
    const tip = (await runGit(source.path, ['rev-parse', secondBug])).trim()
    const strange = 'refs/bugs/x";$(id)\'`id`'

    await push([`${secondBug}:${strange}`])

    const call = await silent.called
    expect(call.body).toBe(`${'0'.repeat(40)} ${tip} ${strange}\n`)
  })

  test('is at most a hundred lines, in one call', async () => {
    await using silent = await startSilentViewer()
    await configure({ url: silent.url })
    const refs = Array.from({ length: 250 }, (_, index) => `${secondBug}:refs/bugs/${index}`)

    await push(refs)

    const call = await silent.called
    expect(call.body.split('\n')).toHaveLength(101)
  })

  test('has no secret where none is set', async () => {
    await using silent = await startSilentViewer()
    await configure({ url: silent.url })
    await runGit(served, ['config', '--unset', 'gitbugviewer.secretFile'])

    await push([secondBug])

    expect((await silent.called).authorization).toBeUndefined()
  })
})

describe.skipIf(!canSend.curl)('the name of the repository', () => {
  const name = async (settings: Record<string, string>) => {
    await using silent = await startSilentViewer()
    await configure({ ...settings, url: silent.url })
    await push([secondBug])
    return new URL((await silent.called).url, silent.url).searchParams.get('repo')
  }

  test('is its path below the root', async () => {
    expect(await name({})).toBe('pots & pans/kiln é')
  })

  test('is the name of its folder where it does not lie below the root', async () => {
    expect(await name({ root: join(folder, 'elsewhere') })).toBe('kiln é')
  })

  test('is what the configuration says, whatever characters that has', async () => {
    expect(await name({ repo: 'a/b&repo=c d%20#é' })).toBe('a/b&repo=c d%20#é')
  })
})

describe.skipIf(!canSend.curl)('what goes wrong', () => {
  /** Stands for syslog: what the hook logs comes out of a pipe. */
  async function readComplaint(): Promise<string> {
    const pipe = join(folder, 'syslog')
    execFileSync('mkfifo', [pipe])
    await writeFile(join(programs, 'logger'), `#!/bin/sh\nprintf '%s' "$*" >'${pipe}'\n`, { mode: 0o755 })
    expect(await push([secondBug])).toEqual({ status: 0, said: '' })
    return await readFile(pipe, 'utf8')
  }

  test('is told to syslog: a refusal', async () => {
    const viewer = await startViewer()
    await using program = viewer.program
    await configure({ url: program.url, repo: 'nobody-knows' })
    const place = `-t git-bug-viewer-hook ${served}`
    expect(await readComplaint()).toBe(`${place}: the viewer at ${program.url} was not told: 404`)
    expect(await program.stop()).toBe(0)
  })

  test('is told to syslog: a secret that cannot be read', async () => {
    await configure({ secretFile: join(folder, 'no-such-file') })
    expect(await readComplaint()).toContain(`the secret file ${join(folder, 'no-such-file')} cannot be read`)
  })

  test('is told to syslog: nobody listens', async () => {
    const server = createServer()
    await new Promise<void>(settle => server.listen(0, '127.0.0.1', settle))
    const { port } = server.address() as AddressInfo
    await new Promise(settle => server.close(settle))
    await configure({ url: `http://127.0.0.1:${port}` })
    const complaint = await readComplaint()
    expect(complaint).toContain('was not told: ')
    expect(complaint).not.toContain(word)
  })
})
