/** Pictures and other files on the page of a bug, and what becomes of the page where some of them are not there yet. */
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { parseExposition } from '../support/exposition.ts'
import { greyPng } from '../support/small-pictures.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const start = 1_700_000_000
const content = 'a log that comes later than the bug'
const late = execFileSync('git', ['hash-object', '--stdin'], { input: content, encoding: 'utf8' }).trim()

const t = createTrackerWriter({ seed: 'bug-files' })
const ada = t.identity({ name: 'Ada', at: start })
const small = t.attach(greyPng(64, 48))
const large = t.attach(Buffer.concat([greyPng(640, 480), Buffer.alloc(20_000)]))
const log = t.attach('it happens\n')
const bug = t.bug(ada, { title: 'With files', message: 'see', at: start, files: [small, large, log] })
const plain = t.bug(ada, { title: 'Without', message: 'see', at: start + 1 })
const waiting = t.bug(ada, { title: 'Waits for a file', message: 'see', at: start + 2, files: [late, small] })

let built: BuiltRepository
let viewer: Viewer
const yaml = 'files: { previewMaxBytes: 10 KiB }\nmetrics: { enabled: true }\n'
beforeAll(async () => {
  built = await buildRepository(t)
  viewer = await openViewer({ paths: [built.path], yaml })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

const bugPage = (id: string) => viewer.get(`/tracker/-/bugs/${id}`)
const url = (hash: string) => `/tracker/-/files/${hash}`
const processes = async () => {
  const { samples } = parseExposition((await viewer.get('/metrics')).body)
  const started = samples.filter(({ name }) => name === 'gitbugviewer_git_processes_started_total')
  return started.reduce((sum, { value }) => sum + value, 0)
}

test('a small picture is shown, a large one and a log are links, and each says what it is', async () => {
  const { body } = await bugPage(bug.id)
  expect(body).toContain(
    `<a class="id" href="${url(small)}"><img src="${url(small)}" alt="Attached picture" width="64" height="48" loading="lazy" decoding="async"> `,
  )
  expect(body).not.toContain(`<img src="${url(large)}"`)
  expect(body).toMatch(new RegExp(`${large.slice(0, 12)}</a> 2\\d\\.\\d kB</li>`))
  expect(body).toContain(`${log.slice(0, 12)}</a> text, 11 bytes</li>`)
})

test('so it was at an earlier commit, and the other formats are as they were', async () => {
  const { body } = await bugPage(bug.id)
  const [, at] = /href="([^"]*\/at\/[0-9a-f]+)"/.exec(body)!
  const then = await viewer.get(at!)
  expect(then.body).toContain(`<img src="${url(small)}"`)
  expect(then.headers['cache-control']).toContain('immutable')
  const { comments } = JSON.parse((await bugPage(`${bug.id}.json`)).body) as { comments: { files: string[] }[] }
  expect(comments[0]!.files).toEqual([small, large, log])
})

test('a bug without files asks git about none', async () => {
  await bugPage(bug.id)
  const before = await processes()
  expect((await bugPage(plain.id)).body).not.toContain('class="files"')
  expect(await processes()).toBe(before)
})

test('nobody keeps a page on which a file is missing, and when it has come the page has it', async () => {
  const first = await bugPage(waiting.id)
  expect([first.headers.etag, first.headers['cache-control']]).toEqual([undefined, 'no-store'])
  expect(first.body).toContain(`${late.slice(0, 12)}</a></li>`)
  expect(first.body).toContain(`<img src="${url(small)}"`)
  execFileSync('git', ['hash-object', '-w', '--stdin'], { input: content, cwd: built.path })
  // As after some seconds: what was looked for lately is not looked for again.
  await using later = await openViewer({ paths: [built.path], yaml })
  const second = await later.get(`/tracker/-/bugs/${waiting.id}`)
  expect(second.headers.etag).toMatch(/^W\//)
  expect(second.body).toContain(`${late.slice(0, 12)}</a> text, 35 bytes</li>`)
})

test('the size up to which pictures are shown is a setting, and part of what names a page', async () => {
  const { headers } = await bugPage(bug.id)
  await using other = await openViewer({ paths: [built.path], yaml: 'files: { previewMaxBytes: 0 }\n' })
  const answer = await other.get(`/tracker/-/bugs/${bug.id}`)
  expect(answer.body).not.toContain('<img')
  expect(answer.body).toMatch(new RegExp(`${small.slice(0, 12)}</a> \\d+ bytes</li>`))
  expect(answer.headers.etag).not.toBe(headers.etag)
})
