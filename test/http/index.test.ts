/** The index of a site with several repositories, as the program answers it. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { applyTo, runGit } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

let root: string
let viewer: Viewer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'index-'))
  const t = createTrackerWriter({ seed: 'index' })
  t.bug(t.identity({ name: 'Ada', at: 1_700_000_000 }), { title: 'x', message: '', at: 1_700_000_100 })
  for (const name of ['one.git', 'tools/two.git']) {
    await mkdir(join(root, name), { recursive: true })
    await runGit(join(root, name), ['init', '--quiet', '--bare', '.'])
    await applyTo(join(root, name), t)
  }
  await runGit(join(root, 'one.git'), ['config', 'cgit.section', 'Public <things>'])
  viewer = await openViewer({ yaml: `repositories: { scan: ['${root}'] }` })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

test('a repository stands under the section of its own settings, else under its folder', async () => {
  const { body } = await viewer.get('/')
  expect(body).toMatch(/class="section"[^>]*>Public &lt;things&gt;<.*one<.*class="section"[^>]*>tools<.*two</s)
  expect(body).toContain('2 repositories · 2 open bugs')
  expect((await viewer.get('/?q=things')).body).toContain('1 repository')
})

test('a page beyond the last is none, and a page that is no number is refused', async () => {
  expect((await viewer.get('/?page=1')).statusCode).toBe(200)
  expect((await viewer.get('/?page=2')).statusCode).toBe(404)
  expect((await viewer.get('/?page=0')).statusCode).toBe(400)
})

test('does not lead to the only repository where that is hidden', async () => {
  await using alone = await openViewer({
    yaml: JSON.stringify({ repositories: { list: [{ path: join(root, 'one.git'), name: 'vault', hidden: true }] } }),
  })
  const { statusCode, headers, body } = await alone.get('/')
  expect([statusCode, headers.location, body.includes('vault')]).toEqual([200, undefined, false])
})

test('an error is kept by nobody, even where the page about it cannot be made', async () => {
  await using broken = await openViewer({ paths: [join(root, 'one.git')] })
  broken.app.view = () => Promise.reject(new Error('no template'))
  const { statusCode, headers } = await broken.get('/one/-/bugs')
  expect([statusCode, headers.etag, headers['cache-control']]).toEqual([500, undefined, 'no-store'])
})
