/** Bundles as git reads them: from the server, of repositories in both object formats, whole and damaged. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { parseExposition } from '../support/exposition.ts'
import { applyTo, type BuiltRepository, buildRepository, removeObject, runGit } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const at = 1_700_000_000

function kilnTracker(objectFormat: 'sha1' | 'sha256' = 'sha1') {
  const t = createTrackerWriter({ seed: 'bundle', objectFormat })
  const ada = t.identity({ name: 'Ada', at })
  const bug = t.bug(ada, { title: 'It smokes', message: 'Since noon.', at })
  bug.comment(ada, { message: 'Still.', at: at + 1 })
  return { t, ada, bug }
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundles-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const refsOf = async (path: string, ...prefixes: string[]) =>
  (await runGit(path, ['for-each-ref', '--format=%(objectname) %(refname)', ...prefixes])).trim().split('\n')
const shown = ['refs/bugs', 'refs/identities']
const openTracker = (built: BuiltRepository, settings: object = {}) =>
  openViewer({ paths: [built.path], yaml: JSON.stringify(settings) })

let files = 0
/** The bundle as a file. */
async function save(viewer: Viewer, name = 'tracker'): Promise<string> {
  const answer = await viewer.get(`/${name}/-/bugs.bundle`)
  expect(answer.statusCode).toBe(200)
  const file = join(folder, `${++files}.bundle`)
  await writeFile(file, answer.rawPayload)
  return file
}

async function packsMade(viewer: Viewer): Promise<number> {
  const { samples } = parseExposition((await viewer.get('/metrics')).payload)
  const started = samples.find(
    ({ name, labels }) => name === 'gitbugviewer_git_processes_started_total' && labels.command === 'pack-objects',
  )
  return started?.value ?? 0
}

describe('a bundle', () => {
  test.each(['sha1', 'sha256'] as const)('of a %s repository is one that git verifies and fetches', async format => {
    await using built = await buildRepository(kilnTracker(format).t)
    await using viewer = await openTracker(built)
    const file = await save(viewer)
    const own = join(folder, `own-${format}`)
    await runGit(folder, ['init', '--quiet', '--bare', `--object-format=${format}`, own])
    expect(await runGit(own, ['bundle', 'verify', file])).toContain('complete history')
    const refs = await refsOf(built.path, ...shown)
    expect((await runGit(own, ['bundle', 'list-heads', file])).trim().split('\n')).toEqual(refs)
    await runGit(own, ['fetch', '--quiet', file, 'refs/*:refs/*'])
    expect(await refsOf(own)).toEqual(refs)
    await runGit(own, ['fsck', '--strict'])
    const copy = join(folder, `copy-${format}.git`)
    await runGit(folder, ['clone', '--quiet', '--mirror', file, copy])
    await using again = await openViewer({ paths: [copy] })
    expect((await again.get(`/copy-${format}/-/bugs`)).body).toContain('It smokes')
  })

  test('holds bugs and people, and nothing else of the repository', async () => {
    const { t } = kilnTracker()
    await using built = await buildRepository(t)
    const blob = (await runGit(built.path, ['hash-object', '-w', '--stdin'], { input: 'secret' })).trim()
    const tree = (await runGit(built.path, ['mktree'], { input: `100644 blob ${blob}\tsecret\n` })).trim()
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
    const commit = (await runGit(built.path, [...who, 'commit-tree', '-m', 'secret', tree])).trim()
    await runGit(built.path, ['update-ref', 'refs/heads/main', commit])
    await using viewer = await openTracker(built)
    const file = await save(viewer)
    const own = join(folder, 'nothing-else.git')
    await runGit(folder, ['clone', '--quiet', '--mirror', file, own])
    expect(await refsOf(own)).toEqual(await refsOf(built.path, ...shown))
    const objects = await runGit(own, ['cat-file', '--batch-all-objects', '--batch-check'])
    expect(objects).not.toContain(commit)
    expect(objects).not.toContain(blob)
  })

  test('is fetched with the commands that the page about the repository shows', async () => {
    const { t, bug } = kilnTracker()
    await using built = await buildRepository(t)
    await using viewer = await openTracker(built)
    const { headers, rawPayload } = await viewer.get('/tracker/-/bugs.bundle')
    const clone = join(folder, 'clone')
    await runGit(folder, ['init', '--quiet', clone])
    const name = /filename="(.*)"/.exec(String(headers['content-disposition']))![1]!
    await writeFile(join(clone, name), rawPayload)
    const page = (await viewer.get('/tracker/-/about')).body
    expect(page).toContain('<a href="/tracker/-/bugs.bundle" rel="nofollow">tracker-bugs.bundle</a>')
    expect(page).toContain('<pre>git fetch tracker-bugs.bundle &#39;refs/*:refs/*&#39;</pre>')
    await runGit(clone, ['fetch', '--quiet', name, 'refs/*:refs/*'])
    expect(await refsOf(clone, 'refs/bugs')).toHaveLength(1)
    expect((await refsOf(clone, 'refs/bugs'))[0]).toContain(bug.id)
  })

  test('has a type and a name, and is what its ETag says for as long as no ref moves', async () => {
    const { t, ada, bug } = kilnTracker()
    await using built = await buildRepository(t)
    await using viewer = await openTracker(built)
    const url = '/tracker/-/bugs.bundle'
    const first = await viewer.get(url)
    expect(first.headers).toMatchObject({
      'content-type': 'application/x-git-bundle',
      'content-disposition': 'attachment; filename="tracker-bugs.bundle"',
      'cache-control': 'public, max-age=0, must-revalidate',
      'x-robots-tag': 'noindex',
    })
    const etag = String(first.headers.etag)
    expect(etag).toMatch(/^W\/"/)
    expect((await viewer.get(url, { 'if-none-match': etag })).statusCode).toBe(304)
    bug.comment(ada, { message: 'Out.', at: at + 9 })
    await applyTo(built.path, t)
    await viewer.inject({ method: 'POST', url: '/hooks/post-receive?repo=tracker', payload: { refs: [bug.ref] } })
    const later = await viewer.get(url, { 'if-none-match': etag })
    expect([later.statusCode, later.headers.etag === etag]).toEqual([200, false])
    expect((await runGit(built.path, ['bundle', 'list-heads', await save(viewer)])).trim().split('\n')).toEqual(
      await refsOf(built.path, ...shown),
    )
  })

  test('holds the refs that its ETag is about, though they move while it is made', async () => {
    const { t, ada, bug } = kilnTracker()
    await using built = await buildRepository(t)
    await using viewer = await openTracker(built)
    const url = '/tracker/-/bugs.bundle'
    const etagNow = async () => String((await viewer.inject({ method: 'HEAD', url })).headers.etag)
    const before = [await etagNow(), await refsOf(built.path, ...shown)] as const
    bug.comment(ada, { message: 'Out.', at: at + 9 })
    const [answer] = await Promise.all([viewer.get(url), applyTo(built.path, t)])
    await viewer.inject({ method: 'POST', url: '/hooks/post-receive?repo=tracker', payload: { refs: [bug.ref] } })
    const refs = new Map([before, [await etagNow(), await refsOf(built.path, ...shown)] as const])
    expect(refs.size).toBe(2)
    const file = join(folder, 'moving.bundle')
    await writeFile(file, answer.rawPayload)
    expect((await runGit(built.path, ['bundle', 'list-heads', file])).trim().split('\n')).toEqual(
      refs.get(String(answer.headers.etag)),
    )
  })

  test('is packed once for all who ask for it, and not at all for those who ask for its head or have it', async () => {
    await using built = await buildRepository(kilnTracker().t)
    await using viewer = await openTracker(built, { metrics: { enabled: true } })
    const url = '/tracker/-/bugs.bundle'
    const head = await viewer.inject({ method: 'HEAD', url })
    expect([head.statusCode, head.body, head.headers['content-type']]).toEqual([200, '', 'application/x-git-bundle'])
    expect(head.headers['content-length']).toBeUndefined()
    expect((await viewer.get(url, { 'if-none-match': String(head.headers.etag) })).statusCode).toBe(304)
    expect(await packsMade(viewer)).toBe(0)
    const answers = await Promise.all([viewer.get(url), viewer.get(url), viewer.get(url)])
    for (const answer of answers) expect(answer.rawPayload).toEqual(answers[0]!.rawPayload)
    await viewer.get(url)
    expect(await packsMade(viewer)).toBe(1)
  })

  test('is what git can pack, also where something is missing that was there a moment ago', async () => {
    const { t, ada } = kilnTracker()
    const gone = t.bug(ada, { title: 'Gone', message: '', at: at + 5 })
    await using built = await buildRepository(t, { loose: true })
    await using viewer = await openTracker(built)
    await viewer.get('/tracker/-/bugs')
    const { etag } = (await viewer.inject({ method: 'HEAD', url: '/tracker/-/bugs.bundle' })).headers
    await removeObject(built.path, (await runGit(built.path, ['rev-parse', `${gone.ref}^{tree}`])).trim())
    const answer = await viewer.get('/tracker/-/bugs.bundle')
    const file = join(folder, 'without.bundle')
    await writeFile(file, answer.rawPayload)
    const refs = (await refsOf(built.path, ...shown)).filter(line => !line.includes(gone.id))
    expect((await runGit(built.path, ['bundle', 'list-heads', file])).trim().split('\n')).toEqual(refs)
    expect(answer.headers.etag).not.toBe(etag)
    expect((await viewer.get('/tracker/-/bugs.bundle', { 'if-none-match': String(etag) })).statusCode).toBe(200)
  })

  test('of a repository that has gone is an error, and no file', async () => {
    await using built = await buildRepository(kilnTracker().t)
    await using viewer = await openTracker(built, { cache: { lookMilliseconds: 3_600_000 } })
    await viewer.get('/tracker/-/bugs')
    await rename(built.path, `${built.path}.away`)
    const answer = await viewer.get('/tracker/-/bugs.bundle')
    await rename(`${built.path}.away`, built.path)
    expect(answer.statusCode).toBeGreaterThanOrEqual(500)
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(answer.headers['cache-control']).toBe('no-store')
    for (const name of ['etag', 'content-disposition']) expect(answer.headers[name]).toBeUndefined()
  })

  test('leaves out the refs whose objects are missing', async () => {
    const { t, ada } = kilnTracker()
    const gone = t.bug(ada, { title: 'Gone', message: '', at: at + 5 })
    await using built = await buildRepository(t, { loose: true })
    const tree = (await runGit(built.path, ['rev-parse', `${gone.ref}^{tree}`])).trim()
    await removeObject(built.path, tree)
    await using viewer = await openTracker(built)
    const heads = await runGit(built.path, ['bundle', 'list-heads', await save(viewer)])
    expect(heads.trim().split('\n')).toEqual(
      (await refsOf(built.path, ...shown)).filter(line => !line.includes(gone.id)),
    )
  })

  test('of a repository that is not there is a line of text', async () => {
    await using built = await buildRepository(kilnTracker().t)
    await using viewer = await openTracker(built)
    const answer = await viewer.get('/nowhere/-/bugs.bundle')
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, 'text/plain; charset=utf-8'])
  })
})
