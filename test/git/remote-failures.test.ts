import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { explainFailure } from '../../src/git/remote-failure.ts'
import { readRedirect } from '../../src/git/remote-relay.ts'
import { entityRefs, inventHistory } from '../support/git-client.ts'
import { type HttpBehaviour, openDaemonGitServer, openHttpGitServer, openSshGitServer } from '../support/git-servers.ts'
import { hasProgram } from '../support/required-programs.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'
import { openCopy } from './remote-scene.ts'

const path = 'group/tool.git'
const failure = (reason: string) => ({ code: 'REMOTE_UNREACHABLE', data: { reason } })
const build = (seed: string) => buildRepository(inventHistory(seed, { days: 1 }).t)

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('by http', () => {
  const cases: readonly (readonly [string, HttpBehaviour, string])[] = [
    ['404', { status: 404 }, 'gone'],
    ['410', { status: 410 }, 'gone'],
    ['a web page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' }, 'gone'],
    ['401', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }, 'refused'],
    ['403', { status: 403 }, 'refused'],
    ['500', { status: 500 }, 'failed'],
    ['503', { status: 503 }, 'failed'],
    ['429', { status: 429 }, 'failed'],
    [
      'something that only looks as it should',
      {
        status: 200,
        headers: { 'content-type': 'application/x-git-upload-pack-advertisement' },
        body: '001e# service=git-upload-pack\n0000zzzz',
      },
      'damaged',
    ],
    ['an answer that breaks off', { cutAfterBytes: 60 }, 'failed'],
  ]
  test.each(cases)('%s is told', async (_what, behaviour, reason) => {
    await using built = await build('failures')
    await using server = await openHttpGitServer({ [path]: built.path })
    server.behave = () => behaviour
    await using copy = await openCopy()
    await expect(copy.fetch(server.url(path))).rejects.toMatchObject(failure(reason))
  })

  test('a pack that breaks off is told, and the next attempt brings it', async () => {
    await using built = await buildRepository(inventHistory('cut').t)
    await using server = await openHttpGitServer({ [path]: built.path })
    await using copy = await openCopy()
    server.behave = ({ kind }) => (kind === 'fetch' ? { cutAfterBytes: 4000 } : {})
    await expect(copy.fetch(server.url(path))).rejects.toMatchObject(failure('failed'))
    server.behave = () => ({})
    await copy.fetch(server.url(path))
    expect(await entityRefs(copy.gitDir)).toBe(await entityRefs(built.path))
  })

  test('a path without a repository, a wrong password, and a port on which nobody listens are told', async () => {
    await using built = await build('failures')
    await using server = await openHttpGitServer({ [path]: built.path })
    await using locked = await openHttpGitServer({ [path]: built.path }, { auth: { user: 'ada', password: 'right' } })
    await using copy = await openCopy()
    await expect(copy.fetch(server.url('group/other.git'))).rejects.toMatchObject(failure('gone'))
    await expect(copy.fetch(locked.url(path))).rejects.toMatchObject(failure('refused'))
    const credentials = { user: 'ada', password: 'wrong' }
    await expect(copy.fetch(locked.url(path), { credentials })).rejects.toMatchObject(failure('refused'))
    await copy.fetch(locked.url(path), { credentials: { ...credentials, password: 'right' } })
    const nobody = `http://127.0.0.1:${await closedPort()}/x`
    await expect(copy.fetch(nobody)).rejects.toMatchObject(failure('unreachable'))
  })

  test('a certificate of nobody who is known here, and one for another name, are refused', async () => {
    await using built = await build('tls')
    const tls = { names: ['git.example.org'] }
    await using server = await openHttpGitServer({ [path]: built.path }, { tls })
    await using foreign = await openHttpGitServer({ [path]: built.path }, { tls })
    await using copy = await openCopy()
    const { caFile } = server
    const url = server.url(path, 'git.example.org')
    await expect(copy.fetch(url)).rejects.toMatchObject(failure('refused'))
    await expect(copy.fetch(url, { caFile: foreign.caFile })).rejects.toMatchObject(failure('refused'))
    const other = copy.fetch(server.url(path, 'git.example.com'), { caFile })
    await expect(other).rejects.toMatchObject({ ...failure('refused'), message: expect.stringContaining('ALTNAME') })
    expect(server.asked).toBe(0)
    await copy.fetch(url, { caFile })
    await copy.fetch(server.url(path), { caFile })
  })

  test('a server that only speaks the older protocol is not fetched, since nobody would check what comes', async () => {
    await using built = await build('dumb')
    await runGit(built.path, ['update-server-info'])
    await using server = await openHttpGitServer({ [path]: built.path })
    server.behave = () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: refs })
    const refs = await readFile(join(built.path, 'info/refs'))
    await using copy = await openCopy()
    await expect(copy.fetch(server.url(path))).rejects.toMatchObject(failure('gone'))
    expect(server.requests.map(({ url }) => url)).toEqual([`/${path}/info/refs?service=git-upload-pack`])
  })
})

describe('a redirect', () => {
  test.each([
    ['another host', 'http://git.example.org/group/tool.git/info/refs?service=git-upload-pack'],
    ['the same host by its address', 'http://[::1]:1/group/tool.git/info/refs?service=git-upload-pack'],
    ['another port', 'http://127.0.0.1:1/group/tool.git/info/refs?service=git-upload-pack'],
    ['no such request', '/login?back=group/tool.git'],
    ['a file', 'file:///etc/passwd/info/refs?service=git-upload-pack'],
    ['itself, for ever', `/${path}/info/refs?service=git-upload-pack`],
  ])('to %s is not followed', async (_what, redirectTo) => {
    await using built = await build('redirect')
    await using server = await openHttpGitServer({ [path]: built.path })
    server.behave = () => ({ redirectTo })
    await using copy = await openCopy()
    await expect(copy.fetch(server.url(path))).rejects.toMatchObject(failure('forbidden'))
  })

  test('to another server that listens is not followed, and that is told nothing', async () => {
    await using built = await build('redirect')
    await using other = await openHttpGitServer({ [path]: built.path })
    await using server = await openHttpGitServer(
      { [path]: built.path },
      { auth: { user: 'ada', password: 'pass word' } },
    )
    await using copy = await openCopy()
    const credentials = { user: 'ada', password: 'pass word' }
    const away = (suffix: string) => ({ redirectTo: `${other.url(path).replace('//', '//u:p@')}${suffix}` })
    server.behave = () => away('/info/refs?service=git-upload-pack')
    const error = (await copy.fetch(server.url(path), { credentials }).catch((reason: unknown) => reason)) as Error
    expect(error).toMatchObject({ ...failure('forbidden'), message: expect.stringContaining(other.url(path)) })
    expect(error.message).not.toContain('u:p')
    // Nor when objects are asked for.
    server.behave = ({ kind }) => (kind === 'fetch' ? away('/git-upload-pack') : {})
    await expect(copy.fetch(server.url(path), { credentials })).rejects.toMatchObject(failure('forbidden'))
    expect(other.asked).toBe(0)
  })

  test('on the same host is followed, and objects are asked for there', async () => {
    await using built = await build('renamed')
    await using server = await openHttpGitServer({ 'new/name.git': built.path })
    server.behave = ({ url }) =>
      url.startsWith('/old') ? { redirectTo: url.replace('/old', '/new').replace('name', 'name.git') } : {}
    await using copy = await openCopy()
    await copy.fetch(server.url('old/name'))
    expect(await entityRefs(copy.gitDir)).toBe(await entityRefs(built.path))
    expect(server.requests.map(({ kind, url }) => `${kind} ${url.split('/')[1]}`)).toEqual([
      'capabilities old',
      'capabilities new',
      'refs new',
      'fetch new',
    ])
  })

  const from = { scheme: 'http', host: 'git.example.org', port: undefined, path: '/a' } as const
  const suffix = '/info/refs?service=git-upload-pack'
  test.each([
    [from, `https://git.example.org/a${suffix}`, { scheme: 'https', port: undefined, path: '/a' }],
    [from, `https://git.example.org:443/a${suffix}`, { scheme: 'https', port: undefined, path: '/a' }],
    [from, `//git.example.org/b.git${suffix}`, { scheme: 'http', port: undefined, path: '/b.git' }],
    [from, `https://git.example.org:8443/a${suffix}`, undefined],
    [from, `https://git.example.org.evil.test/a${suffix}`, undefined],
    [from, `https://u@git.example.org/a${suffix}`, undefined],
    [from, 'https://git.example.org/a', undefined],
    [from, undefined, undefined],
    [from, 'http://[', undefined],
    [{ ...from, scheme: 'https' } as const, `http://git.example.org/a${suffix}`, undefined],
    [{ ...from, scheme: 'https', port: 80 } as const, `http://git.example.org:80/a${suffix}`, undefined],
    [{ ...from, port: 3000 }, `https://git.example.org/a${suffix}`, undefined],
    [{ ...from, host: '::1', port: 3000 }, `http://[::1]:3000/b${suffix}`, { scheme: 'http', port: 3000, path: '/b' }],
  ])('from %o to %s leads to %o', (place, location, expected) => {
    expect(readRedirect(place, location)).toEqual(expected && { ...expected, host: place.host })
  })
})

test('what a daemon of git does not serve is gone; where nobody listens, nobody answers', async () => {
  await using built = await build('daemon')
  await using server = await openDaemonGitServer({ [path]: built.path })
  await using copy = await openCopy()
  await expect(copy.fetch(server.url('other'))).rejects.toMatchObject(failure('gone'))
  await expect(copy.fetch(`git://127.0.0.1:${await closedPort()}/x`)).rejects.toMatchObject(failure('unreachable'))
})

describe.skipIf(!hasProgram('sshd'))('by ssh', () => {
  test('no repository, a key that nobody knows, none at all, and a server that nobody knows are told', async () => {
    await using built = await build('ssh')
    await using server = await openSshGitServer({ [path]: built.path })
    await using copy = await openCopy()
    const { keyFile, strangerKeyFile } = server
    const knownHostsFile = await server.knownHosts(`[127.0.0.1]:${server.port}`)
    const ssh = { keyFile, knownHostsFile }
    await copy.fetch(server.url(path), { ssh })
    await expect(copy.fetch(server.url('other.git'), { ssh })).rejects.toMatchObject(failure('gone'))
    for (const other of [{ ...ssh, keyFile: strangerKeyFile }, { knownHostsFile }, { keyFile }, {}, undefined]) {
      await expect(copy.fetch(server.url(path), { ssh: other })).rejects.toMatchObject(failure('refused'))
    }
    const elsewhere = await server.knownHosts('git.example.org')
    const attempt = copy.fetch(server.url(path), { ssh: { ...ssh, knownHostsFile: elsewhere } })
    await expect(attempt).rejects.toMatchObject(failure('refused'))
    const nobody = copy.fetch(`ssh://git@127.0.0.1:${await closedPort()}/x`, { ssh })
    await expect(nobody).rejects.toMatchObject(failure('unreachable'))
  })

  test('files may lie in folders with any name', async () => {
    await using built = await build('ssh')
    await using server = await openSshGitServer({ [path]: built.path })
    await using copy = await openCopy()
    const knownHostsFile = await server.knownHosts(`[127.0.0.1]:${server.port}`)
    const { cp, mkdir } = await import('node:fs/promises')
    const folder = join(copy.home, 'it\'s 100%d, "a\\$HOME" b')
    await mkdir(folder)
    await cp(server.keyFile, join(folder, 'key'))
    await cp(knownHostsFile, join(folder, 'known'))
    await copy.fetch(server.url(path), { ssh: { keyFile: join(folder, 'key'), knownHostsFile: join(folder, 'known') } })
  })
})

describe('words', () => {
  const end = { status: 128, signal: undefined }
  test.each([
    ['fatal: write error: File too large', 'REMOTE_TOO_LARGE'],
    ['error: index-pack died of signal 25', 'REMOTE_TOO_LARGE'],
    ['fatal: attempting to allocate 99 over limit 9', 'REMOTE_TOO_LARGE'],
    ['fatal: write error: No space left on device', 'MIRROR_NO_ROOM'],
    ['error: something new', 'REMOTE_UNREACHABLE'],
  ])('of git (%s) mean %s', (own, code) => {
    expect(explainFailure({ own, remote: '' }, { end }).code).toBe(code)
  })

  test('of the remote say no more than that nothing is there, and secrets are replaced', () => {
    const remote = 'ERROR: Repository not found. fatal: write error: File too large (hunter2)'
    const error = explainFailure({ own: 'fatal: Could not read', remote }, { end, secrets: ['hunter2', ''] })
    expect(error).toMatchObject(failure('gone'))
    expect(String(error.data.stderr)).toContain('(***)')
  })
})
