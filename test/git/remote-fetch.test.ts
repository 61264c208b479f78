import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { createRemoteGit } from '../../src/git/remote-fetch.ts'
import { checkGitVersion } from '../../src/git/version.ts'
import { entityRefs, hideMuch, inventHistory } from '../support/git-client.ts'
import { openDaemonGitServer, openHttpGitServer, openSshGitServer } from '../support/git-servers.ts'
import { hasProgram } from '../support/required-programs.ts'
import { applyTo, buildRepository, deleteRef, moveRef, openGolden, runGit } from '../support/tracker-builder.ts'
import { type FetchOptions, filesIn, limits, openCopy, remoteUrl } from './remote-scene.ts'

const path = 'group/tool.git'
const objectsOf = async (folder: string) =>
  (await runGit(folder, ['cat-file', '--batch-all-objects', '--batch-check=%(objectname)'])).trim().split('\n')
const packsOf = (gitDir: string) => readdirSync(join(gitDir, 'objects/pack')).filter(name => name.endsWith('.pack'))

/** A server of each kind, under a name that nobody knows. */
const host = 'git.does-not-exist.invalid'
const ways = [
  {
    way: 'http',
    open: async (folder: string) => ({
      server: await openHttpGitServer({ [path]: folder }),
      access: {} as FetchOptions,
    }),
  },
  {
    way: 'https, with a certificate for the name',
    open: async (folder: string) => {
      const server = await openHttpGitServer({ [path]: folder }, { tls: { names: [host] } })
      return { server, access: { caFile: server.caFile } as FetchOptions }
    },
  },
  {
    way: 'git',
    open: async (folder: string) => ({
      server: await openDaemonGitServer({ [path]: folder }),
      access: {} as FetchOptions,
    }),
  },
  {
    way: 'ssh, with a key of the server that is known under the name',
    open: async (folder: string) => {
      const server = await openSshGitServer({ [path]: folder })
      const knownHostsFile = await server.knownHosts(`[${host}]:${server.port}`)
      return { server, access: { ssh: { keyFile: server.keyFile, knownHostsFile } } as FetchOptions }
    },
    needs: 'sshd',
  },
] as const

describe.each(ways)('by $way', ({ open, ...way }) => {
  test.skipIf('needs' in way && !hasProgram(way.needs))(
    'bugs and people come, and nothing else, from the address that is given, whatever the name says',
    async () => {
      const { t } = inventHistory('ways')
      await using built = await buildRepository(t)
      const hidden = await hideMuch(built.path, t)
      await using copy = await openCopy()
      const { server, access } = await open(built.path)
      await using _server = server
      const steps = await copy.fetch(server.url(path, host), access)
      expect(await runGit(copy.gitDir, ['for-each-ref', '--format=%(objectname)%09%(refname)'])).toBe(
        await entityRefs(built.path),
      )
      const objects = new Set(await objectsOf(copy.gitDir))
      expect(objects.size).toBeGreaterThan(30)
      for (const hash of [...hidden.commits, hidden.blob, hidden.stray]) expect(objects.has(hash)).toBe(false)
      expect([...new Set(steps.map(({ step }) => step))]).toEqual([
        'connecting',
        'counting',
        'receiving',
        'resolving',
        'storing',
      ])
      const received = steps.filter(({ step }) => step === 'receiving').at(-1)!
      expect([received.done, received.total]).toEqual([objects.size, objects.size])
      expect(received.bytes).toBeGreaterThan(1000)
      await runGit(copy.gitDir, ['fsck', '--strict'])
      expect(filesIn(copy.gitDir).filter(name => /hooks|FETCH_HEAD|shallow|tmp|keep|lock|logs/.test(name))).toEqual([])
      // Again, and nothing has moved.
      const again = await copy.fetch(server.url(path, host), access)
      expect(again.map(({ step }) => step)).toEqual(['connecting'])
      expect(packsOf(copy.gitDir)).toHaveLength(1)
    },
  )
})

test('a daemon of git is told the name, and is asked at the address', async () => {
  const { t } = inventHistory('virtual host', { days: 1 })
  await using built = await buildRepository(t)
  await using server = await openDaemonGitServer({ [path]: built.path })
  await using copy = await openCopy()
  await copy.fetch(server.url(path, host))
  expect(server.openings[0]).toContain(`git-upload-pack /${path}\0host=${host}:${server.port}\0`)
})

test('refs that are new, moved forwards, moved elsewhere, and gone are so here too, after one fetch', async () => {
  const { t, bugs, ada, bo, at } = inventHistory('moves')
  await using built = await buildRepository(t)
  await using server = await openHttpGitServer({ [path]: built.path })
  await using copy = await openCopy()
  await copy.fetch(server.url(path))
  await copy.git.remotes.tidy(copy.gitDir, new AbortController().signal)
  const before = await entityRefs(copy.gitDir)
  const [grown, rewound, gone] = bugs
  grown!.comment(ada, { message: 'later', at: at + 9_000_000 })
  t.bug(bo, { title: 'new', message: '', at: at + 9_000_001 })
  await applyTo(built.path, t)
  await moveRef(built.path, rewound!.ref, (await runGit(built.path, ['rev-parse', bugs[3]!.ref])).trim())
  await deleteRef(built.path, gone!.ref)
  const now = await entityRefs(built.path)
  expect(now).not.toBe(before)
  await copy.fetch(server.url(path))
  expect(await entityRefs(copy.gitDir)).toBe(now)
  // And back.
  await moveRef(built.path, grown!.ref, (await runGit(built.path, ['rev-parse', `${grown!.ref}~2`])).trim())
  await copy.fetch(server.url(path))
  expect(await entityRefs(copy.gitDir)).toBe(await entityRefs(built.path))
})

test('a fetch says whether anything has moved since the copy was put in order', async () => {
  const { t, bugs, ada, at } = inventHistory('tells')
  await using built = await buildRepository(t)
  await using server = await openHttpGitServer({ [path]: built.path })
  await using copy = await openCopy()
  const { signal } = new AbortController()
  const { gitDir } = copy
  const remote = { url: remoteUrl(server.url(path)), address: '127.0.0.1' }
  const fetchTwice = async () => {
    const hasMoved = await copy.git.remotes.fetch({ gitDir, remote, limits }, signal)
    await copy.git.remotes.tidy(gitDir, signal)
    return [hasMoved, await copy.git.remotes.fetch({ gitDir, remote, limits }, signal)]
  }
  expect(await fetchTwice()).toEqual([true, false])
  bugs[0]!.comment(ada, { message: 'later', at: at + 9_000_000 })
  await applyTo(built.path, t)
  expect(await fetchTwice()).toEqual([true, false])
  await deleteRef(built.path, bugs[1]!.ref)
  expect(await fetchTwice()).toEqual([true, false])
  const other = (await runGit(built.path, ['rev-parse', bugs[2]!.ref])).trim()
  await moveRef(built.path, bugs[3]!.ref, other)
  expect(await fetchTwice()).toEqual([true, false])
  await runGit(built.path, ['update-ref', 'refs/bugs/in/a/folder', other])
  expect(await fetchTwice()).toEqual([true, false])
})

test('a remote without bugs is fetched, and then there is nothing here either', async () => {
  const { t } = inventHistory('becomes empty', { days: 1 })
  await using built = await buildRepository(t)
  await using bare = await buildRepository(createTrackerWriter({ seed: 'nothing' }))
  await using server = await openHttpGitServer({ [path]: bare.path })
  await using copy = await openCopy()
  await copy.fetch(server.url(path))
  expect(await entityRefs(copy.gitDir)).toBe('')
  await server.serve(path, built.path)
  await copy.fetch(server.url(path))
  expect(await entityRefs(copy.gitDir)).not.toBe('')
  await server.serve(path, bare.path)
  await copy.fetch(server.url(path))
  expect(await entityRefs(copy.gitDir)).toBe('')
})

describe('the object format', () => {
  test('of an empty copy becomes that of the remote', async () => {
    const { t } = inventHistory('sha256', { days: 1, objectFormat: 'sha256' })
    await using built = await buildRepository(t)
    await using server = await openHttpGitServer({ [path]: built.path })
    await using daemon = await openDaemonGitServer({ [path]: built.path })
    for (const { url } of [server, daemon]) {
      await using copy = await openCopy()
      await copy.fetch(url(path))
      expect(await entityRefs(copy.gitDir)).toBe(await entityRefs(built.path))
      expect((await runGit(copy.gitDir, ['rev-parse', '--show-object-format'])).trim()).toBe('sha256')
    }
  })

  test('of a copy that holds something stays, and so does what it holds', async () => {
    await using short = await buildRepository(inventHistory('short', { days: 1 }).t)
    await using long = await buildRepository(inventHistory('long', { days: 1, objectFormat: 'sha256' }).t)
    await using server = await openHttpGitServer({ [path]: short.path })
    await using copy = await openCopy()
    await copy.fetch(server.url(path))
    const before = await entityRefs(copy.gitDir)
    await server.serve(path, long.path)
    await expect(copy.fetch(server.url(path))).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' })
    expect(await entityRefs(copy.gitDir)).toBe(before)
  })
})

test('readers go on reading while it is fetched and put in order: what was there, and then what has come', async () => {
  const { t, bugs, ada, at } = inventHistory('readers')
  await using built = await buildRepository(t)
  await using server = await openHttpGitServer({ [path]: built.path })
  await using copy = await openCopy()
  await copy.fetch(server.url(path))
  await using reader = copy.git.openReader(copy.gitDir)
  const [bug] = bugs
  const old = bug!.tip
  expect((await reader.read(old, 1_000_000))?.type).toBe('commit')
  const signal = new AbortController().signal
  const ids: string[] = []
  for (let round = 0; round < 17; round++) {
    bug!.comment(ada, { message: `round ${round}`, at: at + 9_000_000 + round })
    await applyTo(built.path, t)
    await copy.fetch(server.url(path))
    expect((await reader.read(bug!.tip, 1_000_000))?.type).toBe('commit')
    await copy.git.remotes.tidy(copy.gitDir, signal)
    // The folder of packs is another one now, once in a while.
    expect((await reader.read(old, 1_000_000))?.type).toBe('commit')
    ids.push(bug!.tip)
  }
  for (const id of ids) expect((await reader.read(id, 1_000_000))?.type).toBe('commit')
  expect(packsOf(copy.gitDir).length).toBeLessThan(16)
})

test('trackers that people have written pass all checks', async () => {
  for (const name of ['real', 'made', 'concurrent', 'signed']) {
    await using golden = await openGolden(name)
    if (!golden) continue
    await using server = await openDaemonGitServer({ [path]: golden.path })
    await using copy = await openCopy()
    await copy.fetch(server.url(path))
    expect(await entityRefs(copy.gitDir)).toBe(await entityRefs(golden.path))
  }
})

test('a git that is too old for this says so', async () => {
  const setup = { program: 'git', clock: systemClock, silenceLimitMs: 10_000, ambient: process.env }
  const remotes = createRemoteGit(setup, checkGitVersion('2.36.6'))
  const at = { gitDir: '/', remote: { url: remoteUrl('https://example.org/x'), address: '127.0.0.1' }, limits }
  await expect(remotes.fetch(at, new AbortController().signal)).rejects.toMatchObject({ code: 'GIT_TOO_OLD' })
})

test('a shallow remote gives what it has whole', async () => {
  const { t } = inventHistory('shallow code')
  await using built = await buildRepository(t)
  await hideMuch(built.path, t)
  await using copy = await openCopy()
  const clone = join(copy.home, 'shallow.git')
  execFileSync('git', ['clone', '--quiet', '--bare', '--depth=1', '--branch=main', `file://${built.path}`, clone])
  await runGit(clone, [
    'fetch',
    '--quiet',
    built.path,
    'refs/bugs/*:refs/bugs/*',
    'refs/identities/*:refs/identities/*',
  ])
  expect(readFileSync(join(clone, 'config'), 'utf8')).toContain('bare')
  await using server = await openHttpGitServer({ [path]: clone })
  await copy.fetch(server.url(path))
  expect(await entityRefs(copy.gitDir)).toBe(await entityRefs(built.path))
  await rm(clone, { recursive: true })
})
