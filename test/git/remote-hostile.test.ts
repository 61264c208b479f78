/** Remotes that mean harm: what they answer is nonsense, or far too much. */
import { once } from 'node:events'
import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { runGit as runOne } from '../../src/git/process.ts'
import { remoteExtra } from '../../src/git/remote-environment.ts'
import { createProgressReader } from '../../src/git/remote-progress.ts'
import { inventHistory } from '../support/git-client.ts'
import { openHttpGitServer } from '../support/git-servers.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'
import { filesIn, openCopy } from './remote-scene.ts'

const path = 'group/tool.git'
const signal = new AbortController().signal

describe('an answer by http', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n'
  const cases: readonly (readonly [string, string, (socket: Socket) => void, string])[] = [
    ['becomes nonsense', `${head}Transfer-Encoding: chunked\r\n\r\n4\r\n001e\r\n`, it => it.write('zz\r\n'), 'failed'],
    ['is reset', `${head}Content-Length: 1000\r\n\r\n001e`, it => it.resetAndDestroy(), 'failed'],
    ['that nobody reads is reset', 'HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n', it => it.resetAndDestroy(), 'gone'],
    ['is followed by nonsense', `${head}Content-Length: 4\r\n\r\n0000`, it => it.write('zz\r\n'), 'failed'],
    ['changes the protocol', 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', () => {}, 'failed'],
  ]
  // An error of a connection that nobody listens to ends the whole program: here, the test run.
  test.each(cases)('that %s ends nothing but this fetch', async (_what, start, goOn, reason) => {
    const server = createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.write(start, () => setTimeout(goOn, 50, socket)))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    await using _closed = { [Symbol.asyncDispose]: async () => void server.close() }
    await using copy = await openCopy({ silenceLimitMs: 5000 })
    const { port } = server.address() as AddressInfo
    const attempt = copy.fetch(`http://127.0.0.1:${port}/x`)
    await expect(attempt).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE', data: { reason } })
  })
})

/** A repository with one commit and many refs to it. */
async function manyRefs(names: readonly string[]) {
  const built = await buildRepository(inventHistory('many refs', { days: 1 }).t)
  const tip = (await runGit(built.path, ['for-each-ref', '--format=%(objectname)', '--count=1', 'refs/bugs'])).trim()
  const lines = names.map(name => `${tip} ${name}\n`).sort()
  writeFileSync(join(built.path, 'packed-refs'), lines.join(''))
  return built
}

describe('refs', () => {
  test('that cost the remote nothing take no more room than files may: none of them is written', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `refs/bugs/${String(index).padStart(64, '0')}`)
    await using built = await manyRefs(names)
    await using server = await openHttpGitServer({ [path]: built.path })
    await using copy = await openCopy()
    const attempt = copy.fetch(server.url(path), { limits: { maxFileBytes: 2_000_000 } })
    await expect(attempt).rejects.toMatchObject({ code: 'REMOTE_TOO_LARGE', data: { limit: 'bytes' } })
    expect(filesIn(copy.gitDir).filter(name => name.includes('refs'))).toEqual([])
    await copy.fetch(server.url(path), { limits: { maxFileBytes: 10_000_000 } })
  })

  test('in deep folders count for each of them, and the folders go when refs are packed', async () => {
    const deep = (name: string, folders: number) => `refs/bugs/${name}${'/x'.repeat(folders)}`
    await using built = await manyRefs([deep('a', 100), deep('b', 100), deep('c', 100)])
    await using server = await openHttpGitServer({ [path]: built.path })
    await using copy = await openCopy()
    const attempt = copy.fetch(server.url(path), { limits: { maxFileBytes: 1_000_000 } })
    await expect(attempt).rejects.toMatchObject({ code: 'REMOTE_TOO_LARGE' })
    await copy.fetch(server.url(path))
    await copy.git.remotes.tidy(copy.gitDir, signal)
    expect(await runGit(copy.gitDir, ['for-each-ref', '--format=%(refname)', 'refs/bugs/a'])).toContain('a/x/x')
    expect(readdirSync(join(copy.gitDir, 'refs/bugs'))).toEqual([])
  })

  test('whose lines are too long to be read count as many', () => {
    const counted: number[] = []
    const reader = createProgressReader({ onProgress() {}, onObjects() {}, onRef: files => counted.push(files) })
    const name = `refs/bugs/${'ab'.repeat(32)}`
    reader.read(` * [new ref]         ${name} -> ${name}\n + 12ab...34cd ${name} -> ${name}  (forced update)\n`)
    reader.read(` - [deleted]         (none)     -> ${name}\n * [new ref]         refs/bugs/${'y/'.repeat(2000)}\n`)
    expect(counted).toEqual([1, 1, 1, 1000])
  })
})

test('a list that takes more memory than git may have is told, and is no end of the machine', async () => {
  await using built = await manyRefs(['refs/bugs/one'])
  await using server = await openHttpGitServer({ [path]: built.path })
  const tip = (await runGit(built.path, ['rev-parse', 'refs/bugs/one'])).trim()
  await using copy = await openCopy()
  // 900 MB of names.
  const line = (index: number) => {
    const text = `${tip} refs/bugs/${String(index).padStart(60_000, 'x')}\n`
    return `${(text.length + 4).toString(16).padStart(4, '0')}${text}`
  }
  const body = Buffer.concat([
    ...Array.from({ length: 15_000 }, (_, index) => Buffer.from(line(index))),
    Buffer.from('0000'),
  ])
  server.behave = ({ kind }) =>
    kind === 'refs' ? { status: 200, headers: { 'content-type': 'application/x-git-upload-pack-result' }, body } : {}
  const attempt = copy.fetch(server.url(path), { limits: { maxObjects: 1 } })
  await expect(attempt).rejects.toMatchObject({ code: 'REMOTE_TOO_LARGE', data: { limit: 'objects' } })
})

test('the memory of a git that talks to a remote is limited, and of those that it starts', async () => {
  const extra = { maxFileBytes: 1024 ** 2, maxMemoryBytes: 64 * 1024 ** 2 }
  const setup = { program: 'sh', clock: systemClock, silenceLimitMs: 60_000, ambient: process.env, extra }
  expect(String((await runOne(setup, '/', ['-c', 'sh -c "ulimit -d"'])).stdout)).toBe('65536\n')
  const { maxMemoryBytes } = remoteExtra(1000)
  expect(maxMemoryBytes).toBe(768 * 1024 ** 2 + 256_000)
})

test('what is needed no more is put together and forgotten when it has become much, and not before', async () => {
  await using copy = await openCopy()
  const folder = join(copy.gitDir, 'objects/pack')
  const add = (name: string, bytes: number) => writeFileSync(join(folder, name), Buffer.alloc(bytes))
  const mebi = 1024 ** 2
  expect(await copy.git.remotes.bytesToTidy(copy.gitDir)).toBe(0)
  add('pack-1.pack', 70 * mebi)
  add('pack-2.pack', 60 * mebi)
  expect(await copy.git.remotes.bytesToTidy(copy.gitDir)).toBe(0)
  add('pack-3.pack', 11 * mebi)
  expect(await copy.git.remotes.bytesToTidy(copy.gitDir)).toBe(141 * mebi)
  add('pack-3.pack', 1)
  add('pack-1.mtimes', 1)
  expect(await copy.git.remotes.bytesToTidy(copy.gitDir)).toBe(0)
  const longAgo = Date.now() / 1000 - 3700
  utimesSync(join(folder, 'pack-1.pack'), longAgo, longAgo)
  expect(await copy.git.remotes.bytesToTidy(copy.gitDir)).toBe(130 * mebi + 1)
})
