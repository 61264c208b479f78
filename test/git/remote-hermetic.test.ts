import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { RemoteUrl } from '../../src/base/remote-url.ts'
import { entityRefs, inventHistory } from '../support/git-client.ts'
import { openDaemonGitServer, openHttpGitServer, openSshGitServer } from '../support/git-servers.ts'
import { hasProgram } from '../support/required-programs.ts'
import { buildRepository } from '../support/tracker-builder.ts'
import { limits, openCopy, processesIn, remoteUrl } from './remote-scene.ts'

const path = 'group/tool.git'
const run = promisify(execFile)
const build = () => buildRepository(inventHistory('hermetic', { days: 1 }).t)
const specs = ['+refs/bugs/*:refs/bugs/*', '+refs/identities/*:refs/identities/*']

describe('an address that is none', () => {
  const sound: RemoteUrl = remoteUrl('https://git.example.org/group/tool')
  const touch = (marker: string) => `sh -c 'touch ${marker}'`
  const tricks: readonly (readonly [string, (marker: string) => Partial<Record<keyof RemoteUrl, unknown>>])[] = [
    ['a helper that runs a program', m => ({ scheme: 'ext', href: `ext::${touch(m)}`, path: `/${m}` })],
    ['a scheme that is a helper', m => ({ scheme: `ext::${touch(m)}` })],
    ['a file', () => ({ scheme: 'file', host: '', path: '/tmp' })],
    ['a host that is an option of ssh', m => ({ scheme: 'ssh', host: `-oProxyCommand=touch ${m}` })],
    ['a host that is an option of ssh, without blanks', m => ({ scheme: 'ssh', host: `-oproxycommand=touch$IFS${m}` })],
    ['a user that is an option of ssh', m => ({ scheme: 'ssh', user: `-oProxyCommand=touch ${m}` })],
    ['a user with a command', m => ({ scheme: 'ssh', user: `x;touch ${m}` })],
    ['a path that is an option', m => ({ path: `--upload-pack=touch ${m}` })],
    ['a path that is an option after its slash', m => ({ scheme: 'ssh', path: `/--upload-pack=touch${m}` })],
    ['a path with a command', m => ({ scheme: 'ssh', path: `/x;touch ${m}` })],
    ['a path with a line', () => ({ scheme: 'git', path: '/x\nhost=other' })],
    ['a host with a line', () => ({ scheme: 'git', host: 'x\nhost=other' })],
    ['a host with a path', () => ({ host: 'example.org/other' })],
    ['a host with a user', () => ({ host: 'u@example.org' })],
    ['no path', () => ({ path: '' })],
    ['a port that is none', () => ({ port: 70_000 })],
    ['a port that is text', () => ({ port: '1/../' })],
    ['another address than the one it is', () => ({ host: '192.0.2.1' })],
  ]
  test.each(tricks)('%s is refused, and nothing is run', async (_what, trick) => {
    await using copy = await openCopy()
    const marker = join(copy.home, 'ran')
    const remote = { url: { ...sound, ...trick(marker) } as RemoteUrl, address: '127.0.0.1' }
    const attempt = copy.git.remotes.fetch({ gitDir: copy.gitDir, remote, limits }, new AbortController().signal)
    await expect(attempt).rejects.toMatchObject({ code: 'REMOTE_REFUSED' })
    expect(existsSync(marker)).toBe(false)
  })

  test('a place to connect to that is a name is refused', async () => {
    await using copy = await openCopy()
    const attempt = copy.fetch('https://git.example.org/x', { address: 'localhost' })
    await expect(attempt).rejects.toMatchObject({ code: 'REMOTE_REFUSED' })
  })
})

/** What surrounds the program, and would make a git that listened to it do something else. */
interface Surroundings {
  readonly what: string
  readonly by: 'http' | 'git' | 'ssh'
  /** Lines of ~/.gitconfig. */
  readonly config?: (at: Place) => string
  readonly variables?: (at: Place) => Record<string, string>
  readonly files?: (at: Place) => Record<string, string>
}

interface Place {
  readonly home: string
  /** A program that leaves a mark, and fails. */
  readonly program: string
  /** A server that counts who comes. */
  readonly trap: string
}

const surroundings: readonly Surroundings[] = [
  { what: 'url.insteadOf', by: 'http', config: ({ trap }) => `[url "${trap}/"]\n\tinsteadOf = http://127.0.0.1` },
  {
    what: 'url.insteadOf of the environment',
    by: 'http',
    variables: ({ trap }) => ({
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${trap}/.insteadOf`,
      GIT_CONFIG_VALUE_0: 'http://127.0.0.1',
    }),
  },
  { what: 'http.proxy', by: 'http', config: ({ trap }) => `[http]\n\tproxy = ${trap}` },
  { what: 'http_proxy', by: 'http', variables: ({ trap }) => ({ http_proxy: trap }) },
  { what: 'ALL_PROXY', by: 'http', variables: ({ trap }) => ({ ALL_PROXY: trap }) },
  {
    what: 'a helper for credentials',
    by: 'http',
    config: ({ program }) => `[credential]\n\thelper = "!${program}"`,
  },
  { what: 'GIT_ASKPASS', by: 'http', variables: ({ program }) => ({ GIT_ASKPASS: program }) },
  { what: 'SSH_ASKPASS', by: 'http', variables: ({ program }) => ({ SSH_ASKPASS: program }) },
  { what: 'core.hooksPath', by: 'git', config: ({ home }) => `[core]\n\thooksPath = ${home}/hooks` },
  { what: 'GIT_TEMPLATE_DIR', by: 'git', variables: ({ home }) => ({ GIT_TEMPLATE_DIR: home }) },
  { what: 'init.templateDir', by: 'git', config: ({ home }) => `[init]\n\ttemplateDir = ${home}` },
  {
    what: 'settings of the system',
    by: 'git',
    variables: ({ home }) => ({ GIT_CONFIG_SYSTEM: `${home}/system` }),
    files: ({ home }) => ({ system: `[core]\n\thooksPath = ${home}/hooks\n` }),
  },
  { what: 'GIT_PROXY_COMMAND', by: 'git', variables: ({ program }) => ({ GIT_PROXY_COMMAND: program }) },
  { what: 'core.gitProxy', by: 'git', config: ({ program }) => `[core]\n\tgitProxy = ${program}` },
  { what: 'GIT_TRACE', by: 'git', variables: ({ home }) => ({ GIT_TRACE: `${home}/mark` }) },
  { what: 'GIT_SSH_COMMAND', by: 'ssh', variables: ({ program }) => ({ GIT_SSH_COMMAND: program }) },
  { what: 'GIT_SSH', by: 'ssh', variables: ({ program }) => ({ GIT_SSH: program }) },
  { what: 'core.sshCommand', by: 'ssh', config: ({ program }) => `[core]\n\tsshCommand = ${program}` },
]

describe('of what surrounds the program', () => {
  test.each(surroundings)('$what has an effect on other gits, and none here ($by)', async ({ by, ...row }) => {
    await using built = await build()
    await using http = await openHttpGitServer({ [path]: built.path }, { auth: { user: 'ada', password: 'secret' } })
    await using daemon = await openDaemonGitServer({ [path]: built.path })
    await using trap = await openHttpGitServer({})
    await using copy = await openCopy()
    const home = join(copy.home, 'home')
    const mark = join(home, 'mark')
    const program = join(home, 'program')
    const place: Place = { home, program, trap: trap.origin }
    await mkdir(join(home, 'hooks'), { recursive: true })
    for (const file of [program, join(home, 'hooks/reference-transaction')]) {
      await writeFile(file, `#!/bin/sh\necho ran >> ${mark}\nexit 1\n`)
      await chmod(file, 0o755)
    }
    await writeFile(join(home, '.gitconfig'), `${row.config?.(place) ?? ''}\n`)
    for (const [name, text] of Object.entries(row.files?.(place) ?? {})) await writeFile(join(home, name), text)
    const ambient = { PATH: process.env.PATH ?? '', HOME: home, ...row.variables?.(place) }
    const url = by === 'http' ? http.url(path) : by === 'git' ? daemon.url(path) : `ssh://git@127.0.0.1:1/${path}`

    // Another git: does as it is told, by whatever surrounds it.
    const plain = join(copy.home, 'plain.git')
    const env = { ...ambient, GIT_TERMINAL_PROMPT: '0' }
    await run('git', ['init', '--bare', '--quiet', plain], { env })
    await run('git', ['-C', plain, 'fetch', url, ...specs], { env }).catch(() => {})
    expect(existsSync(mark) || trap.asked > 0).toBe(true)

    const trapped = trap.asked
    await writeFile(mark, '')
    await using here = await openCopy({ ambient })
    const attempt = here.fetch(url, by === 'http' ? { credentials: { user: 'ada', password: 'secret' } } : {})
    if (by === 'ssh') await attempt.catch(() => {})
    else await attempt
    expect(readFileSync(mark, 'utf8')).toBe('')
    expect(trap.asked).toBe(trapped)
    const expected = by === 'ssh' ? '' : await entityRefs(built.path)
    expect(await entityRefs(here.gitDir)).toBe(expected)
  })

  test('no more reaches git than where programs and temporary files are', async () => {
    await using built = await build()
    await using server = await openHttpGitServer({ [path]: built.path })
    await using copy = await openCopy()
    const program = join(copy.home, 'git')
    await writeFile(program, `#!/bin/sh\nenv > ${copy.home}/seen\nexec git "$@"\n`)
    await chmod(program, 0o755)
    const [home, tmp, bin] = [copy.home, '/tmp', process.env.PATH ?? '']
    const stray = { HOME: home, SSH_AUTH_SOCK: 'x', HTTPS_PROXY: 'x', CURL_HOME: home, LD_PRELOAD_X: 'x', USER: 'x' }
    await using here = await openCopy({ program, ambient: { ...stray, PATH: bin, TMPDIR: tmp, GIT_DIR: 'x' } })
    await here.fetch(server.url(path))
    const lines = readFileSync(join(copy.home, 'seen'), 'utf8').trim().split('\n')
    const seen = Object.fromEntries(lines.map(line => line.split(/=(.*)/s)))
    // Shells make some by themselves, and Node one while it notes which lines are run.
    const made = /^(?:GIT_.*|PWD|OLDPWD|SHLVL|_|NODE_V8_COVERAGE)$/
    const names = Object.keys(seen).filter(name => !made.test(name))
    expect(names.sort()).toEqual(['HOME', 'LC_ALL', 'PATH', 'TMPDIR', 'XDG_CONFIG_HOME'])
    expect([seen.HOME, seen.XDG_CONFIG_HOME, seen.TMPDIR]).toEqual(['/dev/null', '/dev/null', tmp])
    expect([seen.GIT_CONFIG_GLOBAL, seen.GIT_CONFIG_NOSYSTEM, seen.GIT_ALLOW_PROTOCOL]).toEqual([
      '/dev/null',
      '1',
      'http',
    ])
    expect(seen.GIT_DIR).toBe(undefined)
  })

  test('a .netrc lets other gits in, and not this one', async () => {
    await using built = await build()
    await using server = await openHttpGitServer({ [path]: built.path }, { auth: { user: 'ada', password: 'secret' } })
    await using copy = await openCopy()
    await writeFile(join(copy.home, '.netrc'), 'machine 127.0.0.1 login ada password secret\n')
    const ambient = { PATH: process.env.PATH ?? '', HOME: copy.home }
    const plain = await run('git', ['ls-remote', server.url(path)], { env: ambient })
    expect(plain.stdout).toContain('refs/bugs/')
    await using here = await openCopy({ ambient })
    await expect(here.fetch(server.url(path))).rejects.toMatchObject({ data: { reason: 'refused' } })
  })

  test.skipIf(!hasProgram('sshd'))('no agent and no other key lets ssh in', async () => {
    await using built = await build()
    await using server = await openSshGitServer({ [path]: built.path })
    const knownHostsFile = await server.knownHosts(`[127.0.0.1]:${server.port}`)
    const agent = await run('ssh-agent', ['-s'])
    const [, socket = '', pid = ''] = /SSH_AUTH_SOCK=([^;]+);[\s\S]*SSH_AGENT_PID=(\d+)/.exec(agent.stdout) ?? []
    try {
      const env = { ...process.env, SSH_AUTH_SOCK: socket }
      await run('ssh-add', ['-q', server.keyFile], { env })
      const command = `ssh -F /dev/null -o BatchMode=yes -o UserKnownHostsFile=${knownHostsFile}`
      const plain = await run('git', ['ls-remote', server.url(path)], { env: { ...env, GIT_SSH_COMMAND: command } })
      expect(plain.stdout).toContain('refs/bugs/')
      await using here = await openCopy({ ambient: env })
      const attempt = here.fetch(server.url(path), { ssh: { knownHostsFile } })
      await expect(attempt).rejects.toMatchObject({ data: { reason: 'refused' } })
    } finally {
      process.kill(Number(pid))
    }
  })
})

describe('credentials', () => {
  test('reach the server, and neither the arguments nor the environment of any process', async () => {
    await using built = await build()
    const auth = { user: 'ada', password: 'correct horse:battery' }
    await using server = await openHttpGitServer({ [path]: built.path }, { auth })
    await using copy = await openCopy()
    let goOn = () => {}
    const until = new Promise<void>(resolve => {
      goOn = resolve
    })
    const isHeld = new Promise<void>(held => {
      server.behave = ({ kind }) => {
        if (kind !== 'fetch') return {}
        held()
        return { holdAfterBytes: 3000, until }
      }
    })
    const fetching = copy.fetch(server.url(path), { credentials: auth })
    await isHeld
    const running = processesIn(copy.gitDir)
    expect(running.length).toBeGreaterThan(1)
    const token = Buffer.from(`${auth.user}:${auth.password}`).toString('base64')
    for (const pid of running) {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      const all = `${words}${readFileSync(`/proc/${pid}/environ`, 'utf8')}`
      expect(words).toContain('git')
      // Nor may others of this machine use the way that git uses.
      expect(words).not.toContain('x-relay-token')
      for (const secret of [auth.password, token, 'horse']) expect(all).not.toContain(secret)
    }
    goOn()
    await fetching
    expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(new Set([`Basic ${token}`]))
    expect(readFileSync(join(copy.gitDir, 'config'), 'utf8')).not.toContain('horse')
  })

  test('are in no error, though the server repeats them', async () => {
    await using built = await build()
    const auth = { user: 'ada', password: 'correct-horse' }
    await using server = await openHttpGitServer({ [path]: built.path })
    const token = Buffer.from(`${auth.user}:${auth.password}`).toString('base64')
    const pkt = (text: string) => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`
    const words = `${auth.password} ${token}`
    const type = { 'content-type': 'application/x-git-upload-pack-result' }
    for (const behaviour of [
      { status: 403, body: words },
      { status: 200, headers: { 'content-type': 'text/plain' }, body: words },
      { status: 200, headers: type, body: pkt(`ERR ${words}\n`) },
      { status: 200, headers: type, body: `${pkt('packfile\n')}${pkt(`\x02${words}\n`)}${pkt(`\x03${words}\n`)}0000` },
    ]) {
      server.behave = ({ kind }) => (kind === 'fetch' ? behaviour : {})
      await using copy = await openCopy()
      const error = await copy.fetch(server.url(path), { credentials: auth }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'REMOTE_UNREACHABLE' })
      const { message, stack, data } = error as { message: string; stack: string; data: object }
      const all = `${message}${stack}${JSON.stringify(data)}`
      expect(all).not.toContain(auth.password)
      expect(all).not.toContain(token)
    }
  })

  test('are not sent to whoever else asks on the way that git uses', async () => {
    await using built = await build()
    await using server = await openHttpGitServer({ [path]: built.path }, { auth: { user: 'ada', password: 'secret' } })
    await using copy = await openCopy()
    const isHeld = new Promise<void>(held => {
      server.behave = ({ kind }) => {
        if (kind !== 'refs') return {}
        held()
        return { holdAfterBytes: 4 }
      }
    })
    const stop = new AbortController()
    const fetching = copy.fetch(server.url(path), {
      credentials: { user: 'ada', password: 'secret' },
      signal: stop.signal,
    })
    const outcome = expect(fetching).rejects.toThrow('enough')
    await isHeld
    const [url = ''] = processesIn(copy.gitDir).flatMap(pid =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        .split('\0')
        .filter(word => word.startsWith('http://')),
    )
    const before = server.asked
    const ask = `${url}/info/refs?service=git-upload-pack`
    expect(url).not.toBe('')
    expect((await fetch(ask)).status).toBe(404)
    for (const token of ['0'.repeat(48), 'é'.padEnd(48, '0'), '']) {
      expect((await fetch(ask, { headers: { 'x-relay-token': token } })).status).toBe(404)
    }
    expect(server.asked).toBe(before)
    stop.abort(new Error('enough'))
    await outcome
    await expect(fetch(ask)).rejects.toThrow()
  })
})
