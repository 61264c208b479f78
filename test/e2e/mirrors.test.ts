/** Mirrors of the real process, and real git servers: what a visitor goes through, and what is left after every end. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { openRemote, type Remote } from '../mirrors/mirror-scene.ts'
import { openDaemonGitServer, openHttpGitServer } from '../support/git-servers.ts'
import { runProgram } from '../support/process.ts'
import { applyTo, type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import {
  filesIn,
  type MirrorProgram,
  mirrorArguments,
  plain,
  processesIn,
  readProcesses,
  startMirrorProgram,
} from './mirror-program.ts'

const paths = ['group/one.git', 'group/two.git', 'group/three.git', 'group/four.git'] as const

let remote: Remote
beforeAll(async () => {
  remote = await openRemote(...paths)
})
afterAll(() => remote[Symbol.asyncDispose]())

/** More than fits into one packet of git's protocol. */
const fileBytes = 400_000
/** So much of a clone of it that git has begun to write. */
const heldBytes = 200_000
let large: BuiltRepository
beforeAll(async () => {
  const t = createTrackerWriter({ seed: 'large' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const file = t.attach(randomBytes(fileBytes))
  t.bug(ada, { title: 'A heavy bug', message: 'see', at: 1_700_000_000, files: [file] })
  large = await buildRepository(t)
  await remote.server.serve('group/large.git', large.path)
})
afterAll(() => large[Symbol.asyncDispose]())

let home: string
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'e2e-mirrors-')))
})
afterEach(async () => {
  remote.server.behave = () => ({})
  await rm(home, { recursive: true, force: true })
})

const address = (path: string, server: { url(path: string): string } = remote.server) => server.url(path)
const page = (path: string, { port }: { port: number } = remote.server) =>
  `/127.0.0.1%3A${port}/${path.replace(/\.git$/, '')}/-/bugs`
const everything = () => ({ open: [`${remote.server.origin}/**`] })
const mirrorsOf = async ({ data }: MirrorProgram) =>
  (await filesIn(join(data, 'mirrors-v1'))).filter(
    path => /^[^/]*$/.test(path) && /^(?:unfinished|leaving|[0-9a-f]{20})/.test(path),
  )

/** Opens it as a visitor does, and waits for the list. */
async function bring(program: MirrorProgram, path: string): Promise<string> {
  const { status, headers } = await program.open(address(path))
  expect([status, headers.get('location')]).toEqual([303, page(path)])
  return await program.read(page(path))
}

/** Has the remote stop in the middle of what it sends, and waits until some of that is on disk. */
async function stopInTheMiddle(program: MirrorProgram): Promise<void> {
  remote.server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: heldBytes } : {})
  expect((await program.open(address('group/large.git'))).status).toBe(303)
  await expect
    .poll(async () => (await filesIn(join(program.data, 'mirrors-v1'))).some(file => file.includes('tmp_pack')))
    .toBe(true)
}

describe('a visitor', () => {
  test('finds the form, sees how far it is, reads the bugs, and costs the remote nothing the second time', async () => {
    await using program = await startMirrorProgram({ home, mirrors: everything(), progressAfterSeconds: 0.1 })
    const index = await (await program.get('/')).text()
    expect(index).toMatch(/<form [^>]*action="\/-\/open" method="post">/)
    const { promise: go, resolve } = Promise.withResolvers<void>()
    remote.server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: 3000, until: go } : {})
    const opened = await program.open(address('group/one.git'))
    expect([opened.status, opened.headers.get('location')]).toEqual([303, page('group/one.git')])
    const progress = await program.get(page('group/one.git'))
    expect([progress.status, progress.headers.get('refresh')]).toEqual([503, '2'])
    expect(plain(await progress.text())).toContain(`Fetching 127.0.0.1:${remote.server.port}/group/one…`)
    resolve()
    await expect.poll(async () => (await program.get(page('group/one.git'))).status).toBe(200)
    const list = await program.read(page('group/one.git'))
    expect(list).toContain('Bug 0')
    expect(list).toContain(`A copy of ${address('group/one.git')} as of 20`)
    const asked = remote.server.asked
    const about = await program.read(page('group/one.git').replace('/-/bugs', '/-/about'))
    expect(about).toContain(`Copied from ${address('group/one.git')}`)
    expect(about).toMatch(/last fetched 20.* UTC/)
    await program.read(page('group/one.git'))
    expect(await program.read('/')).toContain('group/ one')
    expect(remote.server.asked).toBe(asked)
  })

  test('reads from memory what was read before: no git, no network', async () => {
    await using program = await startMirrorProgram({ home, mirrors: everything() })
    await bring(program, 'group/one.git')
    const started = async () => {
      const { samples } = await program.measures()
      const those = samples.filter(({ name }) => name === 'gitbugviewer_git_processes_started_total')
      return those.reduce((sum, { value }) => sum + value, 0)
    }
    const [processes, { asked }] = [await started(), remote.server]
    for (let round = 0; round < 20; round++) await program.read(page('group/one.git'))
    expect(remote.server.asked).toBe(asked)
    // Files that have just been written are looked at once more when they are some seconds old.
    expect((await started()) - processes).toBeLessThanOrEqual(1)
  })

  test('finds what another one has opened before the program was started again, and the remote is not asked', async () => {
    {
      await using first = await startMirrorProgram({ home, mirrors: everything() })
      await bring(first, 'group/one.git')
    }
    const asked = remote.server.asked
    await using later = await startMirrorProgram({ home, mirrors: everything() })
    expect(await later.read('/')).toContain('group/ one')
    expect(await later.read(page('group/one.git'))).toContain('Bug 0')
    expect(remote.server.asked).toBe(asked)
  })
})

describe('listed mirrors', () => {
  test('are in the index; those that always stay are brought at the start, others when somebody comes', async () => {
    const list = [
      { url: address('group/one.git'), name: 'first', description: 'The first one', neverEvict: true },
      { url: address('group/two.git'), name: 'second' },
    ]
    await using program = await startMirrorProgram({ home, mirrors: { list } })
    await expect.poll(async () => (await program.measures()).value('gitbugviewer_mirrors')).toBe(1)
    const index = await program.read('/')
    expect(index).toContain('first The first one')
    expect(index).toContain('second not here now')
    const asked = remote.server.asked
    expect(await program.read('/first/-/bugs')).toContain('Bug 0')
    expect(remote.server.asked).toBe(asked)
    expect(await program.read('/second/-/bugs')).toContain(`A copy of ${address('group/two.git')}`)
    expect(remote.server.asked).toBeGreaterThan(asked)
    // Nobody may open others.
    expect((await program.open(address('group/three.git'))).status).toBe(404)
  })

  test('may be a PATH on the command line that is an address', async () => {
    const mirrors = {}
    await using program = await startMirrorProgram({ home, mirrors, paths: [address('group/one.git')] })
    expect(await program.read(page('group/one.git'))).toContain('Bug 0')
  })

  test('are reached by git daemon, too', async () => {
    await using daemon = await openDaemonGitServer({ 'group/one.git': remote.built.path })
    await using program = await startMirrorProgram({ home, paths: [address('group/one.git', daemon)] })
    const list = await program.read(page('group/one.git', daemon))
    expect(list).toContain(`A copy of ${address('group/one.git', daemon)}`)
  })

  test('log in with a password that is nowhere to be seen', async () => {
    const password = randomBytes(12).toString('hex')
    const secrets = [password, Buffer.from(`viewer:${password}`).toString('base64')]
    await writeFile(join(home, 'right'), `${password}\n`)
    await writeFile(join(home, 'wrong'), `${password}-not\n`)
    await using server = await openHttpGitServer(
      { 'one.git': remote.built.path, 'two.git': remote.built.path },
      { auth: { user: 'viewer', password } },
    )
    const { promise: go, resolve } = Promise.withResolvers<void>()
    server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: 3000, until: go } : {})
    const list = ['right', 'wrong'].map((file, index) => ({
      url: address(index === 0 ? 'one.git' : 'two.git', server),
      name: file,
      user: 'viewer',
      passwordFile: join(home, file),
    }))
    await using program = await startMirrorProgram({ home, mirrors: { list }, settings: { logs: { level: 'debug' } } })
    const right = program.read('/right/-/bugs')
    await server.askedFor(3)
    const running = await readProcesses()
    expect(running.filter(({ command }) => command.includes('git fetch')).length).toBeGreaterThan(0)
    resolve()
    expect(await right).toContain('Bug 0')
    const refused = await program.get('/wrong/-/bugs')
    expect(refused.status).toBe(502)
    const pages = [await refused.text()]
    for (const path of ['/', '/right/-/bugs', '/right/-/about', '/api/v1/repos', '/wrong/-/bugs.json', '/metrics']) {
      pages.push(await (await program.get(path)).text())
    }
    await program.stop()
    const files = await Promise.all(
      (await filesIn(program.data)).map(async path => {
        const file = join(program.data, path)
        return (await stat(file)).isFile() ? await readFile(file, 'latin1') : ''
      }),
    )
    const { stdout, stderr } = program.output()
    expect(stderr).toContain('a remote repository cannot be fetched')
    for (const secret of secrets) {
      const holds = (text: string) => text.includes(secret)
      expect(running.filter(({ command }) => holds(command))).toEqual([])
      expect([...pages, ...files, stdout, stderr].filter(holds)).toEqual([])
    }
  })
})

describe('the end', () => {
  test('by SIGKILL in the middle of a clone leaves nothing half visible, and it can be opened again', async () => {
    const program = await startMirrorProgram({ home, mirrors: everything() })
    await stopInTheMiddle(program)
    expect(await mirrorsOf(program)).toEqual([expect.stringMatching(/^unfinished-/)])
    await program.stop('SIGKILL')
    // Whose way leads through the one that was killed ends by itself.
    await expect.poll(() => processesIn(home)).toEqual([])
    remote.server.behave = () => ({})
    await using later = await startMirrorProgram({ home, mirrors: everything() })
    expect(await mirrorsOf(later)).toEqual([])
    expect(await later.read('/')).not.toContain('group/ large')
    expect(await bring(later, 'group/large.git')).toContain('A heavy bug')
    expect(await mirrorsOf(later)).toEqual([expect.stringMatching(/^[0-9a-f]+$/)])
    await program[Symbol.asyncDispose]()
  })

  test('by SIGKILL ends git, too, where a remote would have kept it waiting for ever', async () => {
    await using daemon = await openDaemonGitServer({ 'one.git': remote.built.path })
    daemon.silence()
    const program = await startMirrorProgram({ home, mirrors: { open: [daemon.url('**')] } })
    expect((await program.open(daemon.url('one.git'))).status).toBe(303)
    await expect.poll(() => daemon.asked).toBe(1)
    expect(await processesIn(home)).not.toEqual([])
    await program.stop('SIGKILL')
    await expect.poll(() => processesIn(home)).toEqual([])
    await program[Symbol.asyncDispose]()
  })

  test('by SIGTERM in the middle of a clone that a visitor waits for comes in time, and leaves no process', async () => {
    await using program = await startMirrorProgram({ home, mirrors: everything() })
    await stopInTheMiddle(program)
    const waiting = program.get(page('group/large.git')).then(
      ({ status }) => status,
      () => 'cut off',
    )
    expect(await processesIn(home)).not.toEqual([])
    const began = performance.now()
    expect(await program.stop()).toEqual({ status: 0, signal: null })
    // What is under way has 15 seconds; and then its processes have to end.
    expect(performance.now() - began).toBeLessThan(45_000)
    await expect.poll(() => processesIn(home)).toEqual([])
    expect([503, 'cut off']).toContain(await waiting)
    expect(program.output().stderr).not.toMatch(/unhandled|"level":"(?:error|fatal)"/i)
    await using later = await startMirrorProgram({ home, mirrors: everything() })
    expect(await mirrorsOf(later)).toEqual([])
  })

  test('keeps in which order mirrors were used: the next process removes the one that was not used for longest', async () => {
    const program = await startMirrorProgram({ home, mirrors: everything() })
    await bring(program, 'group/one.git')
    await bring(program, 'group/two.git')
    await bring(program, 'group/three.git')
    const used = async () => {
      const key = (await filesIn(join(program.data, 'mirrors-v1'))).filter(path => path.endsWith('/used'))
      return await Promise.all(key.map(async path => (await stat(join(program.data, 'mirrors-v1', path))).mtimeMs))
    }
    const before = Math.max(...(await used()))
    await program.read(page('group/one.git'))
    await expect.poll(async () => Math.max(...(await used()))).toBeGreaterThan(before)
    const bytes = (await program.measures()).value('gitbugviewer_mirror_bytes')
    await program.stop('SIGKILL')
    // A clone begins with 16 MiB of room.
    const mirrors = { ...everything(), maxBytes: 16 * 1024 ** 2 + Math.floor(bytes * 0.9) }
    await using later = await startMirrorProgram({ home, mirrors })
    await bring(later, 'group/four.git')
    const { items } = (await (await later.get('/api/v1/repos')).json()) as { items: { name: string }[] }
    expect(new Set(items.map(({ name }) => name.split('/').at(-1)))).toEqual(new Set(['four', 'one', 'three']))
    await program[Symbol.asyncDispose]()
  })

  test('is the only one for a second process with the same data folder: it says why', async () => {
    await using program = await startMirrorProgram({ home, mirrors: everything() })
    const second = await runProgram({ args: await mirrorArguments({ home, mirrors: everything() }) })
    expect(second.status).toBe(2)
    expect(second.stderr).toContain(
      `another git-bug-viewer keeps remote repositories in ${program.data}/mirrors-v1 now (process ${program.child.pid})`,
    )
    expect(await program.read('/')).toContain('Show the bugs of another repository')
  })
})

/** A way to a port that can be closed and opened again, as a machine goes away and comes back. */
async function openWay(port: number) {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    const onward = connect(port, '127.0.0.1')
    for (const one of [socket, onward]) {
      sockets.add(one)
      one.on('error', () => {}).on('close', () => sockets.delete(one))
    }
    socket.pipe(onward).pipe(socket)
  })
  const open = async (at: number) => {
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
  }
  await open(0)
  const own = (server.address() as AddressInfo).port
  const close = async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return { port: own, close, open: () => open(own) }
}

describe('a remote', () => {
  test('that tells of a push is fetched at once', async () => {
    await using own = await openRemote('tool.git')
    await using program = await startMirrorProgram({ home, paths: [own.server.url('tool.git')] })
    const at = page('tool.git', own.server)
    expect(await program.read(at)).not.toContain('Smoke again')
    own.t.bug(own.ada, { title: 'Smoke again', message: 'from the left', at: 1_800_000_000 })
    await applyTo(own.built.path, own.t)
    expect((await program.push(`?url=${encodeURIComponent(own.server.url('tool.git'))}`)).status).toBe(202)
    await expect.poll(() => program.read(at)).toContain('Smoke again')
  })

  test('that goes away leaves the last state with a notice, which goes when it is back', async () => {
    const way = await openWay(remote.server.port)
    const url = `http://127.0.0.1:${way.port}/group/one.git`
    await using program = await startMirrorProgram({ home, paths: [url] })
    const at = page('group/one.git', way)
    expect(await program.read(at)).not.toContain('What you see is the state of')
    await way.close()
    await program.push(`?url=${encodeURIComponent(url)}`)
    await expect.poll(() => program.read(at)).toContain('What you see is the state of')
    const stale = await program.read(at)
    expect(stale).toContain('Bug 0')
    expect(stale).toMatch(/No newer one could be fetched since 20.*: no server answers there\./)
    await way.open()
    await program.push(`?url=${encodeURIComponent(url)}`)
    await expect.poll(() => program.read(at)).not.toContain('What you see is the state of')
    await way.close()
  })
})
