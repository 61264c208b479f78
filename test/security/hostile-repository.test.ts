/**
 * Repositories whose owners want more than to be read: settings that run programs, links and alternates that lead
 * elsewhere, objects that are small until they are read. With the real process, and everything that makes it start git.
 */
import { execFileSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createDeflate } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { readDetails } from '../../src/git/details.ts'
import { digestOfRepository } from '../faults/recovery.ts'
import { openGitClient } from '../support/git-client.ts'
import { runProgram, startProgram } from '../support/process.ts'
import { buildRepository, removeObject, runGit } from '../support/tracker-builder.ts'
import { openViewer } from '../support/viewer.ts'
import { makeHostile } from './hostile-settings.ts'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'hostile-repository-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

const start = 1_700_000_000

/** A bug with a comment, a file, and a README beside it. */
function inventTracker(seed: string) {
  const t = createTrackerWriter({ seed })
  const ada = t.identity({ name: 'Ada', at: start })
  const file = t.attach('a log\n'.repeat(100))
  const bug = t.bug(ada, { title: 'It smokes', message: 'A lot.', files: [file], at: start })
  bug.comment(ada, { message: 'Less now.', at: start + 1 })
  const head = t.commit({ entries: [{ path: 'README.md', content: '# Kiln\n' }] })
  t.ref('refs/heads/main', head)
  return { t, ada, bug, file, head }
}

/** A git that notes which of its commands are run, and then is git. */
async function writeNotingGit(): Promise<{ folder: string; commands(): Promise<string[]> }> {
  const folder = join(home, 'bin')
  const notes = join(home, 'commands')
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  await mkdir(folder)
  await writeFile(join(folder, 'git'), `#!/bin/sh\necho "$1" >> '${notes}'\nexec '${real}' "$@"\n`)
  await chmod(join(folder, 'git'), 0o755)
  return {
    folder,
    commands: async () => [...new Set((await readFile(notes, 'utf8')).trimEnd().split('\n'))].sort(),
  }
}

test('git itself would run what the hostile settings name', async () => {
  const { t, bug } = inventTracker('control')
  const repository = join(home, 'control/kiln.git')
  await buildRepository(t, { dir: repository })
  const trap = await makeHostile(repository)
  await runGit(repository, ['update-ref', 'refs/heads/other', bug.tip])
  expect(await trap.ran()).toContain('reference-transaction')
})

test('pages, files, exports, fetches and hooks run nothing that a repository names, and change nothing in it', async () => {
  const { t, ada, bug, file, head } = inventTracker('hostile')
  const gone = t.attach('gone')
  t.bug(ada, { title: 'Without its file', message: '', files: [gone], at: start + 9 })
  const folder = join(home, 'served')
  const repository = join(folder, 'kiln.git')
  await buildRepository(t, { dir: repository, loose: true })
  await removeObject(repository, gone)
  const trap = await makeHostile(repository)
  await writeFile(
    join(repository, 'config'),
    `${await readFile(join(repository, 'config'), 'utf8')}[cgit]\n\tdesc = Ovens\n`,
  )
  const before = await digestOfRepository(repository)
  const git = await writeNotingGit()
  await using viewer = await startProgram({
    args: [],
    env: { PATH: `${git.folder}:${process.env.PATH}`, GIT_BUG_VIEWER_REPOSITORIES_SCAN: JSON.stringify([folder]) },
  })
  const get = async (path: string) => {
    const answer = await fetch(`${viewer.url}/kiln/-/${path}`)
    return [answer.status, await answer.text()] as const
  }
  for (const [path, words] of [
    ['bugs', 'It smokes'],
    [`bugs/${bug.id}`, 'Less now.'],
    [`bugs/${bug.id}/at/${bug.commits[0]}`, 'A lot.'],
    ['bugs?q=smokes', 'It smokes'],
    ['about', 'Ovens'],
    ['activity', 'Ada'],
    ['identities', 'Ada'],
    ['problems', ''],
    ['bugs.csv', 'It smokes'],
    ['bugs.atom', 'It smokes'],
    [`bugs/${bug.id}.mbox`, 'Less now.'],
    ['bugs.mbox', 'Less now.'],
    [`files/${file}`, 'a log'],
    ['bugs.bundle', 'git bundle'],
  ] as const) {
    expect(await get(path), path).toEqual([200, expect.stringContaining(words)])
  }
  await using client = await openGitClient()
  await client.init('copy')
  await client.git(['fetch', '--quiet', `${viewer.url}/kiln.git`, 'refs/bugs/*:refs/bugs/*'], 'copy')
  await client.git(['fetch', '--quiet', '--refetch', '--filter=blob:none', `${viewer.url}/kiln.git`, bug.ref], 'copy')
  // What is on no ref that is offered, and what a partial clone would fetch from elsewhere.
  await client.complaint(['fetch', `${viewer.url}/kiln.git`, head], 'copy')
  await client.complaint(['fetch', `${viewer.url}/kiln.git`, '9'.repeat(40)], 'copy')
  expect((await get(`files/${'9'.repeat(40)}`))[0]).toBe(404)
  expect((await get(`files/${gone}`))[0]).toBe(404)
  const hook = await fetch(`${viewer.url}/hooks/post-receive?repo=kiln`, { method: 'POST' })
  expect(hook.status).toBe(202)
  expect(await get('bugs')).toEqual([200, expect.stringContaining('It smokes')])

  const out = join(home, 'site')
  const exported = await runProgram({
    args: ['export', '--out', out, '--data-dir', join(home, 'export-data'), repository],
    env: { PATH: `${git.folder}:${process.env.PATH}` },
  })
  expect([exported.status, exported.stderr]).toEqual([0, expect.anything()])

  expect(await trap.ran()).toBe('')
  expect(await digestOfRepository(repository)).toBe(before)
  // A command that is new here has to be tried above.
  expect(await git.commands()).toEqual([
    '--version',
    'cat-file',
    'config',
    'for-each-ref',
    'pack-objects',
    'rev-list',
    'rev-parse',
    'upload-pack',
  ])
})

describe('what leads elsewhere', () => {
  test('a replaced object and a grafted history are not what is shown', async () => {
    const { t, ada, bug } = inventTracker('replaced')
    const other = t.bug(ada, { title: 'Another one', message: 'Elsewhere.', at: start + 2 })
    await using built = await buildRepository(t)
    await runGit(built.path, ['replace', bug.tip, other.tip])
    await writeFile(join(built.path, 'info/grafts'), `${bug.tip} ${other.tip}\n`)
    await using viewer = await openViewer({ paths: [built.path] })
    const { payload } = await viewer.get(`/tracker/-/bugs/${bug.id}`)
    expect(payload).toContain('Less now.')
    expect(payload).not.toContain('Elsewhere.')
  })

  test('a README or a description that is a link shows nothing of this machine', async () => {
    const { t } = inventTracker('links')
    const secret = join(home, 'secret')
    await writeFile(secret, 'the word is smoulder')
    await using built = await buildRepository(t)
    const link = (await runGit(built.path, ['hash-object', '-w', '--stdin'], { input: secret })).trim()
    const tree = await runGit(built.path, ['mktree'], { input: `120000 blob ${link}\tREADME.md\n` })
    await runGit(built.path, ['update-ref', 'refs/heads/main', await commitTree(built.path, tree)])
    for (const name of ['description', 'cloneurl']) {
      await rm(join(built.path, name), { force: true })
      await symlink(secret, join(built.path, name))
    }
    await using viewer = await openViewer({ paths: [built.path] })
    const pages = ['/tracker/-/about', '/api/v1/repos/tracker'].map(async path => (await viewer.get(path)).payload)
    const [about, api] = await Promise.all(pages)
    expect(about).not.toContain('smoulder')
    expect(about).not.toContain(secret)
    expect(api).not.toContain('smoulder')
  })

  test('below a folder that is scanned, a link to a repository is none', async () => {
    const { t } = inventTracker('scanned')
    const scanned = join(home, 'scanned')
    await buildRepository(t, { dir: join(scanned, 'open.git') })
    await buildRepository(t, { dir: join(home, 'elsewhere/closed.git') })
    await symlink(join(home, 'elsewhere/closed.git'), join(scanned, 'closed.git'))
    await symlink(scanned, join(scanned, 'loop'))
    await using viewer = await openViewer({ yaml: JSON.stringify({ repositories: { scan: [scanned] } }) })
    const { payload } = await viewer.get('/api/v1/repos')
    const { items } = JSON.parse(payload) as { items: { name: string }[] }
    expect(items.map(({ name }) => name)).toEqual(['open'])
  })

  test('alternates that lead to themselves, to nothing and to a device end in an answer', async () => {
    const { t } = inventTracker('alternates')
    await using built = await buildRepository(t)
    const alternates = join(built.path, 'objects/info/alternates')
    await mkdir(dirname(alternates), { recursive: true })
    await writeFile(alternates, `${built.path}/objects\n/dev/zero\n/no/such/folder\n../../..\n"\\x\n`)
    await using viewer = await openViewer({ paths: [built.path] })
    expect((await viewer.get('/tracker/-/bugs')).payload).toContain('It smokes')
  })
})

test('settings that are a million empty lines are read in a moment', async () => {
  const folder = await mkdtemp(join(home, 'long-'))
  await writeFile(join(folder, 'config'), '\n'.repeat(1024 * 1024))
  const before = process.cpuUsage()
  await readDetails('git', { folder, gitDir: folder, commonDir: folder })
  const { user } = process.cpuUsage(before)
  expect(user / 1000).toBeLessThan(2000)
})

describe('an object that is small until it is read', () => {
  test('is a line on the page of problems, and takes no memory', async () => {
    const { t } = inventTracker('bombs')
    await using built = await buildRepository(t, { loose: true })
    const bomb = 'b0'.repeat(20)
    await mkdir(join(built.path, 'objects/b0'), { recursive: true })
    const written = createWriteStream(join(built.path, 'objects/b0', bomb.slice(2)))
    await pipeline(spaces(bombBytes), createDeflate({ level: 1 }), written)
    const empty = (await runGit(built.path, ['hash-object', '-w', '--stdin'])).trim()
    const tree = await runGit(built.path, ['mktree', '--missing'], {
      input: `100644 blob ${bomb}\tops\n100644 blob ${empty}\tversion-4\n`,
    })
    await runGit(built.path, ['update-ref', `refs/bugs/${'ab'.repeat(32)}`, await commitTree(built.path, tree)])
    await using viewer = await openViewer({ paths: [built.path] })
    // The most that this process ever had, in KiB.
    const before = process.resourceUsage().maxRSS
    expect((await viewer.get('/tracker/-/bugs')).payload).toContain('It smokes')
    expect((await viewer.get('/tracker/-/problems')).payload).toContain('ab'.repeat(32))
    expect((await viewer.get(`/tracker/-/files/${bomb}`)).statusCode).toBe(404)
    expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan((bombBytes * 2) / 3)
  })
})

const bombBytes = 300 * 1024 * 1024

/** A loose object before it is compressed: a blob of spaces, which JSON may begin with. */
function* spaces(size: number): Generator<Buffer> {
  yield Buffer.from(`blob ${size}\0`)
  const piece = Buffer.alloc(1024 * 1024, 0x20)
  for (let sent = 0; sent < size; sent += piece.length) yield piece
}

/** Makes a commit of a tree. @returns its hash */
async function commitTree(path: string, tree: string): Promise<string> {
  const args = ['-c', 'user.name=a', '-c', 'user.email=a', 'commit-tree', '-m', 'x', tree.trim()]
  return (await runGit(path, args)).trim()
}
