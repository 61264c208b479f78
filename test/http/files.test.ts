import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const start = 1_700_000_000
const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

const t = createTrackerWriter({ seed: 'files' })
const ada = t.identity({ name: 'Ada', at: start })
const image = t.attach(png)
const drawing = t.attach('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')
const page = t.attach('<html><script>alert(1)</script>')
const replaced = t.attach('replaced by an edit')
const unlisted = t.attach('nobody attaches this')
const large = t.attach(Buffer.alloc(17 * 1024 * 1024))
const bug = t.bug(ada, { title: 'With files', message: 'see', at: start, files: [image, drawing, page, large] })
const comment = bug.comment(ada, { message: 'log', at: start + 1, files: [replaced] })
bug.editComment(ada, comment, { message: 'no log', at: start + 2, files: [] })

let built: BuiltRepository
let viewer: Viewer
beforeAll(async () => {
  built = await buildRepository(t)
  viewer = await openViewer({ paths: [built.path] })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

const get = (hash: string) => viewer.get(`/tracker/-/files/${hash}`)

test('a picture is shown, as what its first bytes say it is', async () => {
  const answer = await get(image)
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'image/png'])
  expect(answer.headers['content-disposition']).toMatch(/^inline; filename="[0-9a-f]{12}"$/)
  expect(answer.rawPayload.equals(png)).toBe(true)
})

test.each([
  ['a drawing that could hold a script', drawing],
  ['a page', page],
  ['a text that an edit has taken off again', replaced],
])('%s is a download and nothing else', async (_what, hash) => {
  const answer = await get(hash)
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/octet-stream'])
  expect(answer.headers['content-disposition']).toMatch(/^attachment; /)
})

test('whatever it is, it runs nothing and may be kept for ever', async () => {
  const { headers } = await get(drawing)
  expect(headers['content-security-policy']).toBe("default-src 'none'; sandbox")
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
})

test.each([
  ['a blob that no operation attaches', unlisted],
  ['a commit', bug.tip],
  ['a hash of nothing', '0'.repeat(40)],
  ['a name', 'HEAD'],
  ['an option', '--textconv'],
  ['a file over the limit', large],
])('%s is not found', async (_what, hash) => {
  const answer = await get(hash)
  expect(answer.statusCode).toBe(404)
})

test('the page of the bug names its files', async () => {
  const { body } = await viewer.get(`/tracker/-/bugs/${bug.id}`)
  for (const hash of [image, drawing, page]) expect(body).toContain(`/tracker/-/files/${hash}`)
})
