/** The activity page and badges as they are served, of a real repository. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { applyTo, type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'
import { parseXml } from '../support/xml.ts'

const start = 1_700_000_000
const day = 86_400

const t = createTrackerWriter({ seed: 'pictures' })
const ada = t.identity({ name: 'Ada', at: start })
const old = t.bug(ada, { title: 'Old', message: '', at: start })
old.status(ada, 'closed', start + 20 * day)
t.bug(ada, { title: 'New', message: '', at: start + 10 * day })
t.bug(ada, { title: 'Newer', message: '', at: start + 11 * day })

let built: BuiltRepository
let viewer: Viewer
let base: string
beforeAll(async () => {
  built = await buildRepository(t)
  viewer = await openViewer({ paths: [built.path] })
  base = '/tracker/-'
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

const words = (svg: string) => parseXml(svg).attributes.get('aria-label')

describe('the activity page', () => {
  test('shows what happened, and is answered with 304 until something does', async () => {
    const page = await viewer.get(`${base}/activity`)
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.body).toContain('▼ 1 closed')
    const again = await viewer.get(`${base}/activity`, { 'if-none-match': String(page.headers.etag) })
    expect([again.statusCode, again.body]).toEqual([304, ''])
  })

  test('is there for programs', async () => {
    const answer = await viewer.get(`${base}/activity.json`)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    const json = answer.json<{ openBugs: number; weeks: { closed: number; open: number }[] }>()
    expect(json).toMatchObject({ openBugs: 2, closedBugs: 1, history: { unit: 'week' } })
    expect(json.weeks.at(-1)).toMatchObject({ closed: 1, open: 2 })
  })

  test('of an unknown repository is unknown', async () => {
    expect((await viewer.get('/nothing/-/activity')).statusCode).toBe(404)
  })
})

describe('a badge', () => {
  test.each([
    ['', 'bugs: 2 open'],
    ['?q=status:closed&label=done', 'done: 1 closed'],
    ['?q=', 'bugs: 3'],
    ['?q=title:newer+status:open&label=%3Cb%3E', '<b>: 1 open'],
    ['?q=Newer+sort:edit', 'bugs: 1'],
  ])('of %j says %j', async (query, text) => {
    const { statusCode, body } = await viewer.get(`${base}/badge.svg${query}`)
    expect([statusCode, words(body)]).toEqual([200, text])
  })

  test('may be shown by any page, is looked at again each time, and can do nothing', async () => {
    const first = await viewer.get(`${base}/badge.svg`)
    const again = await viewer.get(`${base}/badge.svg`)
    for (const { headers } of [first, again]) {
      expect(headers).toMatchObject({
        'content-type': 'image/svg+xml; charset=utf-8',
        'cache-control': 'public, max-age=0, must-revalidate',
        'content-security-policy': "default-src 'none'; sandbox",
        'cross-origin-resource-policy': 'cross-origin',
        'x-content-type-options': 'nosniff',
      })
    }
    const unchanged = await viewer.get(`${base}/badge.svg`, { 'if-none-match': String(first.headers.etag) })
    expect(unchanged.statusCode).toBe(304)
    // Another query is another badge, though it has the same state.
    expect((await viewer.get(`${base}/badge.svg?q=`)).body).not.toBe(first.body)
  })

  test.each([
    ['/tracker/-/badge.svg?q=lable:x', 400, 'bugs: bad query'],
    ['/tracker/-/badge.svg?q=%22', 400, 'bugs: bad query'],
    ['/tracker/-/badge.svg?label=a&label=b', 400, 'bugs: bad address'],
    ['/nothing/-/badge.svg', 404, 'bugs: unknown repository'],
  ])('for %s is %i and says %j', async (url, status, text) => {
    const { statusCode, headers, body } = await viewer.get(url)
    expect([statusCode, headers['content-type'], words(body)]).toEqual([status, 'image/svg+xml; charset=utf-8', text])
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['cross-origin-resource-policy']).toBe('cross-origin')
  })

  test('counts anew when something has changed', async () => {
    const before = await viewer.get(`${base}/badge.svg`)
    t.bug(ada, { title: 'Newest', message: '', at: start + 30 * day })
    await applyTo(built.path, t)
    await viewer.inject({ method: 'POST', url: '/hooks/post-receive?repo=tracker', payload: { refs: ['refs/bugs/x'] } })
    const again = async () => await viewer.get(`${base}/badge.svg`, { 'if-none-match': String(before.headers.etag) })
    await expect.poll(async () => (await again()).statusCode).toBe(200)
    expect(words((await again()).body)).toBe('bugs: 3 open')
  })
})
