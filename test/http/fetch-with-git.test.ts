/** The real git fetches from a viewer that listens, in every version of its protocol. */

import { randomBytes } from 'node:crypto'
import { chmod, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import {
  entityRefs,
  type GitClient,
  type Hidden,
  hideMuch,
  inventHistory,
  openGitClient,
  refspecs,
  type ServedViewer,
  serveRepositories,
} from '../support/git-client.ts'
import { applyTo, buildRepository, deleteRef, removeObject, runGit } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const history = inventHistory('fetching')
const { t, bugs, file, at } = history
const tip = bugs[0]!.tip

let folder: string
let path: string
let hidden: Hidden
let served: ServedViewer
let url: string
let client: GitClient
/** Every file of the served repository with its size and the time of its last change. */
let before: readonly string[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fetching-'))
  path = join(folder, 'kiln.git')
  await buildRepository(t, { dir: path })
  hidden = await hideMuch(path, t)
  before = await listing(path)
  served = await serveRepositories([path])
  url = `${served.origin}/kiln.git`
  client = await openGitClient()
})
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await served[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function listing(root: string): Promise<string[]> {
  const names = (await readdir(root, { recursive: true })).sort()
  const facts = names.map(async name => {
    const { size, mtimeMs } = await stat(join(root, name))
    return `${name} ${size} ${mtimeMs}`
  })
  return await Promise.all(facts)
}

const version = (number: number | string) => ['-c', `protocol.version=${number}`]

async function packsStarted({ measures }: ServedViewer): Promise<number> {
  const { samples } = await measures()
  return samples
    .filter(
      ({ name, labels }) => name === 'gitbugviewer_git_processes_started_total' && labels.command === 'upload-pack',
    )
    .reduce((sum, { value }) => sum + value, 0)
}

describe.each([0, 1, 2])('in version %i of the protocol', number => {
  const git = (...args: readonly string[]) => [...version(number), ...args]

  test('ls-remote lists the bugs and people, whatever else there is', async () => {
    expect(await client.git(git('ls-remote', url))).toBe(await entityRefs(path))
    expect(await client.git(git('ls-remote', url, 'refs/heads/*', 'HEAD', 'refs/tags/*'))).toBe('')
  })

  test('a fetch brings all of them and nothing else, and the next one nothing', async () => {
    const name = `fetched-${number}.git`
    const into = await client.init(name)
    await client.git(git('fetch', '--quiet', url, ...refspecs), name)
    expect(await entityRefs(into)).toBe(await entityRefs(path))
    await client.git(['fsck', '--strict'], name)
    expect(await client.git(['cat-file', 'blob', file], name)).toBe('a file\n'.repeat(1000))
    const objects = (await client.git(['cat-file', '--batch-all-objects', '--batch-check=%(objectname)'], name)).split(
      '\n',
    )
    const reached = (await runGit(path, ['rev-list', '--objects', '--glob=refs/bugs', '--glob=refs/identities'])).split(
      '\n',
    )
    expect(objects).toEqual(
      reached
        .map(line => line.slice(0, 40))
        .sort()
        .filter(Boolean)
        .concat(''),
    )
    const packs = await packsStarted(served)
    await client.git(git('fetch', '--quiet', url, ...refspecs), name)
    expect(await packsStarted(served)).toBe(packs)
  })

  test('who has a part gets the rest, in a small pack', async () => {
    const name = `partly-${number}.git`
    const into = await client.init(name)
    // The first half of the first bug, all of another one, and a history of its own.
    await client.git(
      ['fetch', '--quiet', path, `${bugs[0]!.commits[3]}:${bugs[0]!.ref}`, `${bugs[1]!.ref}:${bugs[1]!.ref}`],
      name,
    )
    const tree = (await client.git(['mktree', '--missing'], name)).trim()
    for (let n = 0, parent: string[] = []; n < 40; n++) {
      const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
      const commit = (await client.git([...identity, 'commit-tree', '-m', `own ${n}`, ...parent, tree], name)).trim()
      parent = ['-p', commit]
      await client.git(['update-ref', 'refs/heads/own', commit], name)
    }
    await client.git(git('fetch', '--quiet', url, ...refspecs), name)
    expect(await entityRefs(into)).toBe(await entityRefs(path))
    await client.git(['fsck', '--strict'], name)
    const found = await client.git(['rev-list', '--objects', '--glob=refs/bugs', '--glob=refs/identities'], name)
    expect(found.split('\n').length).toBeGreaterThan(20)
  })

  test('a clone that mirrors is the same tracker, and one with a work tree is empty', async () => {
    const name = `mirror-${number}.git`
    await client.git(git('clone', '--quiet', '--mirror', url, name))
    expect(await client.git(['for-each-ref', '--format=%(objectname)%09%(refname)'], name)).toBe(await entityRefs(path))
    await client.git(['fsck', '--strict'], name)
    await using copy = await openViewer({ paths: [join(client.folder, name)] })
    const bugsOf = async ({ get }: Pick<Viewer, 'get'>, repository: string) =>
      JSON.parse((await get(`/api/v1/repos/${repository}/bugs`)).body) as object
    expect(await bugsOf(copy, `mirror-${number}`)).toEqual(await bugsOf(served.viewer, 'kiln'))
    await client.git(git('clone', '--quiet', url, `clone-${number}`))
    expect(await client.git(['for-each-ref'], `clone-${number}`)).toBe('')
  })

  test('a shallow clone has what it asks for, and can be deepened to all of it', async () => {
    const name = `shallow-${number}.git`
    await client.git(git('clone', '--quiet', '--mirror', '--no-single-branch', '--depth=1', url, name))
    const count = async () => Number(await client.git(['rev-list', '--count', bugs[0]!.ref], name))
    expect(await count()).toBe(1)
    await client.git(git('fetch', '--quiet', '--deepen=2', 'origin'), name)
    expect(await count()).toBe(3)
    await client.git(git('fetch', '--quiet', '--depth=2', 'origin'), name)
    expect(await count()).toBe(2)
    await client.git(git('fetch', '--quiet', '--unshallow', 'origin'), name)
    expect(await count()).toBe(bugs[0]!.commits.length)
    await client.git(['fsck', '--strict'], name)
  })

  test('a shallow clone may begin with a day, or behind a ref that is offered', async () => {
    const name = `since-${number}.git`
    const into = await client.init(name)
    const since = `--shallow-since=${at + 3 * 86_400}`
    await client.git(git('fetch', '--quiet', since, url, `${bugs[0]!.ref}:refs/bugs/a`), name)
    expect(await client.git(['rev-list', '--count', 'refs/bugs/a'], name)).toBe('4\n')
    expect(into).toContain(name)
    const never = await client.complaint(
      git('fetch', `--shallow-since=${at + 900 * 86_400}`, url, `${bugs[0]!.ref}:refs/bugs/b`),
      name,
    )
    expect(never).toContain('remote error: no commits selected for shallow requests')
    const exclude = await client.complaint(git('fetch', '--shallow-exclude=refs/heads/main', url, bugs[0]!.ref), name)
    expect(exclude).toContain('remote error: a history is to end at a ref that is not offered here')
  })

  test('a clone without files fetches them when it needs them', async () => {
    const name = `partial-${number}.git`
    await client.git(git('clone', '--quiet', '--mirror', '--filter=blob:none', url, name))
    const missing = async () =>
      (await client.git(['rev-list', '--objects', '--all', '--missing=print'], name))
        .split('\n')
        .filter(line => line.startsWith('?'))
    expect(await missing()).toContain(`?${file}`)
    expect(await client.git(git('cat-file', 'blob', file), name)).toBe('a file\n'.repeat(1000))
    expect(await missing()).not.toContain(`?${file}`)
  })

  test('what is not of a bug or a person is refused, whether a ref points to it or none', async () => {
    const name = `hidden-${number}.git`
    await client.init(name)
    for (const hash of [...hidden.commits, hidden.blob, hidden.stray, 'f'.repeat(40)]) {
      const words = await client.complaint(git('fetch', url, `${hash}:refs/heads/stolen`), name)
      expect([hash, words]).toEqual([
        hash,
        expect.stringContaining(`remote error: ${hash} is not part of any bug or person`),
      ])
    }
    expect(await client.git(['count-objects'], name)).toBe('0 objects, 0 kilobytes\n')
  })

  test('a push is refused with words, and changes nothing', async () => {
    const words = await client.complaint(git('push', url, `${tip}:refs/bugs/new`), `mirror-${number}.git`)
    expect(words).toContain('remote: nothing can be pushed here')
    expect(words).toContain('403')
  })

  test('an address without .git leads to the one with it', async () => {
    expect(await client.git(git('ls-remote', url.replace(/\.git$/, '')))).toBe(await entityRefs(path))
    const name = `short-${number}.git`
    await client.init(name)
    await client.git(git('fetch', '--quiet', url.replace(/\.git$/, ''), ...refspecs), name)
  })

  test('a name that is not known is told to git in words', async () => {
    const words = await client.complaint(git('ls-remote', `${served.origin}/oven.git`))
    expect(words).toContain('remote: no repository of that name is served here')
  })
})

test('a repository with SHA-256 is fetched from, and one without cannot take it', async () => {
  const other = inventHistory('sha256', { objectFormat: 'sha256' })
  await using built = await buildRepository(other.t)
  await using viewer = await serveRepositories([built.path])
  for (const number of [0, 2]) {
    const name = `sha256-${number}.git`
    const into = await client.init(name, 'sha256')
    await client.git([...version(number), 'fetch', '--quiet', `${viewer.origin}/tracker.git`, ...refspecs], name)
    expect(await entityRefs(into)).toBe(await entityRefs(built.path))
    await client.git(['fsck', '--strict'], name)
  }
  await client.init('sha1.git')
  const words = await client.complaint(['fetch', `${viewer.origin}/tracker.git`, ...refspecs], 'sha1.git')
  expect(words).toMatch(/mismatched algorithms|object format/)
})

test('fifty clients that want the same cost one process', async () => {
  await using viewer = await serveRepositories([path])
  await viewer.viewer.get('/kiln/-/bugs')
  const names = Array.from({ length: 50 }, (_, n) => `many-${n}.git`)
  for (const name of names) await client.init(name)
  const fetches = names.map(name => client.git(['fetch', '--quiet', `${viewer.origin}/kiln.git`, ...refspecs], name))
  await Promise.all(fetches)
  expect(await packsStarted(viewer)).toBe(1)
  for (const name of names) expect(await entityRefs(join(client.folder, name))).toBe(await entityRefs(path))
})

test('a request that git compresses, and one that it sends in chunks, are understood', async () => {
  const many = createTrackerWriter({ seed: 'many refs' })
  const ada = many.identity({ name: 'Ada', at })
  for (let n = 0; n < 1500; n++) many.bug(ada, { title: `Bug ${n}`, message: '', at: at + n })
  await using built = await buildRepository(many)
  await using viewer = await serveRepositories([built.path])
  const posts: string[] = []
  viewer.viewer.app.server.on('request', ({ method, headers }: IncomingMessage) => {
    const isChunked = headers['transfer-encoding'] === 'chunked'
    if (method === 'POST') posts.push(isChunked ? 'chunked' : (headers['content-encoding'] ?? 'plain'))
  })
  for (const number of [0, 2]) {
    for (const [name, size] of [
      ['compressed', 1 << 20],
      ['chunked', 1 << 16],
    ] as const) {
      const into = await client.init(`${name}-${number}.git`)
      const settings = [...version(number), '-c', `http.postBuffer=${size}`]
      await client.git(
        [...settings, 'fetch', '--quiet', `${viewer.origin}/tracker.git`, ...refspecs],
        `${name}-${number}.git`,
      )
      expect(await entityRefs(into)).toBe(await entityRefs(built.path))
      expect(posts).toContain(name === 'chunked' ? 'chunked' : 'gzip')
      posts.length = 0
    }
  }
})

test('without the cache each has a process of its own, and the same bytes', async () => {
  await using viewer = await serveRepositories([path], { streams: { enabled: false } })
  for (const name of ['uncached-1.git', 'uncached-2.git']) {
    await client.init(name)
    await client.git(['fetch', '--quiet', `${viewer.origin}/kiln.git`, ...refspecs], name)
    expect(await entityRefs(join(client.folder, name))).toBe(await entityRefs(path))
  }
  expect(await packsStarted(viewer)).toBe(2)
})

test('a bug whose objects are missing does not stop the others from being fetched', async () => {
  const torn = inventHistory('torn')
  await using built = await buildRepository(torn.t, { loose: true })
  await removeObject(built.path, torn.bugs[1]!.commits[0]!)
  await using viewer = await serveRepositories([built.path])
  for (const number of [0, 2]) {
    const name = `torn-${number}.git`
    const into = await client.init(name)
    await client.git([...version(number), 'fetch', '--quiet', `${viewer.origin}/tracker.git`, ...refspecs], name)
    const lines = (await entityRefs(built.path)).split('\n')
    expect((await entityRefs(into)).split('\n')).toEqual(lines.filter(line => !line.includes(torn.bugs[1]!.id)))
  }
})

test.each([0, 2])(
  'an object that is missing where nobody has looked breaks off a fetch with a reason, and the next one gets all else: version %i',
  async number => {
    const torn = inventHistory('torn file')
    await using built = await buildRepository(torn.t, { loose: true })
    // Files are not read before somebody asks for them.
    await removeObject(built.path, torn.file)
    await using viewer = await serveRepositories([built.path])
    const name = `broken-${number}.git`
    const into = await client.init(name)
    const fetch = [...version(number), 'fetch', '--quiet', `${viewer.origin}/tracker.git`, ...refspecs]
    const words = await client.complaint(fetch, name)
    expect(words).toMatch(/remote: something that these reach is missing or damaged: refs\/bugs\/\w+; fetch again/)
    expect(await client.git(['for-each-ref'], name)).toBe('')
    expect(viewer.viewer.logged.map(({ msg }) => msg)).toContain('a fetch broke off')
    await expect.poll(async () => (await viewer.measures()).value('gitbugviewer_stream_entries')).toBe(0)
    await client.git(fetch, name)
    const lines = (await entityRefs(built.path)).split('\n')
    expect((await entityRefs(into)).split('\n')).toEqual(lines.filter(line => !line.includes(torn.bugs[0]!.id)))
  },
)

test.each([0, 2])(
  'an answer that is too large ends with a reason, in the middle of its pack: version %i',
  async number => {
    const large = inventHistory('too large')
    large.bugs[0]!.comment(large.ada, { message: 'Big.', files: [large.t.attach(randomBytes(400_000))], at: at + 9e7 })
    await using built = await buildRepository(large.t)
    await using viewer = await serveRepositories([built.path], { fetch: { maxPackBytes: '200 KiB' } })
    const name = `large-${number}.git`
    await client.init(name)
    const from = `${viewer.origin}/tracker.git`
    const words = await client.complaint([...version(number), 'fetch', from, ...refspecs], name)
    expect(words).toContain('remote: the answer is larger than this server sends; fetch fewer refs')
    expect(await client.git(['for-each-ref'], name)).toBe('')
    await client.git([...version(number), 'fetch', '--quiet', from, `${large.bugs[1]!.ref}:refs/bugs/one`], name)
  },
)

test.each([0, 1, 2])('what git says of a damaged repository is not told to the public: version %i', async number => {
  const torn = inventHistory('damaged file')
  await using built = await buildRepository(torn.t, { loose: true })
  const object = join(built.path, 'objects', torn.file.slice(0, 2), torn.file.slice(2))
  await chmod(object, 0o644)
  await writeFile(object, randomBytes(60))
  // git names the folder of what it has borrowed.
  const elsewhere = join(client.folder, `elsewhere-${number}`)
  await cp(join(built.path, 'objects'), elsewhere, { recursive: true })
  await rm(join(built.path, 'objects'), { recursive: true })
  await mkdir(join(built.path, 'objects', 'info'), { recursive: true })
  await writeFile(join(built.path, 'objects', 'info', 'alternates'), `${elsewhere}\n`)
  await using viewer = await serveRepositories([built.path])
  const name = `damaged-${number}.git`
  await client.init(name)
  const fetch = [...version(number), 'fetch', '--progress', `${viewer.origin}/tracker.git`, ...refspecs]
  const words = await client.complaint(fetch, name)
  expect(words).toMatch(/remote: Counting objects: .*remote: something that these reach is missing or damaged: refs/s)
  expect(words).not.toMatch(/objects\/|elsewhere|corrupt/)
})

test('what was offered before a push can still be fetched behind it, and what was taken away cannot', async () => {
  const moving = inventHistory('moving')
  await using built = await buildRepository(moving.t)
  await using viewer = await serveRepositories([built.path])
  const from = `${viewer.origin}/tracker.git`
  await client.init('moving.git')
  const [bug, other] = moving.bugs
  const old = bug!.tip
  bug!.comment(moving.ada, { message: 'More.', at: at + 99 * 86_400 })
  await applyTo(built.path, moving.t)
  await client.git(['fetch', '--quiet', from, `${old}:refs/bugs/old`], 'moving.git')
  const taken = other!.tip
  await deleteRef(built.path, other!.ref)
  const words = await client.complaint(['fetch', from, `${taken}:refs/bugs/taken`], 'moving.git')
  expect(words).toContain(`remote error: ${taken} is not part of any bug or person that is offered here now`)
})

test('a site below a path is fetched from below that path', async () => {
  await using viewer = await serveRepositories([path], { server: { basePath: '/bugs' } })
  expect(await client.git(['ls-remote', `${viewer.origin}/bugs/kiln.git`])).toBe(await entityRefs(path))
  expect(await client.git(['ls-remote', `${viewer.origin}/bugs/kiln`])).toBe(await entityRefs(path))
  await client.complaint(['ls-remote', `${viewer.origin}/kiln.git`])
})

test('a repository in a folder, with a name that is no word, is fetched from', async () => {
  await using built = await buildRepository(t, { dir: join(folder, 'group', 'my kiln.git.git') })
  await using viewer = await serveRepositories([join(folder, 'group')])
  expect(await client.git(['ls-remote', `${viewer.origin}/my%20kiln.git.git`])).toBe(await entityRefs(built.path))
  await using above = await serveRepositories([folder])
  expect(await client.git(['ls-remote', `${above.origin}/group/my%20kiln.git.git`])).toBe(await entityRefs(built.path))
})

test('after all of this the repository is as it was, to the byte', async () => {
  expect(await listing(path)).toEqual(before)
})
