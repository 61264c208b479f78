import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { createWorks } from '../../src/http/works.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer } from '../support/viewer.ts'

let built: BuiltRepository
beforeAll(async () => {
  const at = 1_700_000_000
  const t = createTrackerWriter({ seed: 'works' })
  const ada = t.identity({ name: 'Ada', at })
  t.bug(ada, { title: 'It smokes', message: '', at })
  built = await buildRepository(t)
})
afterAll(() => built[Symbol.asyncDispose]())

test('a repository has only so many works at a time, and each that ends makes room for another one', () => {
  const works = createWorks(2)
  const [first] = [works.begin('kiln'), works.begin('kiln')]
  expect(() => works.begin('kiln')).toThrow(expect.objectContaining({ code: 'TOO_BUSY', data: { subject: 'kiln' } }))
  using _other = works.begin('forge')
  first![Symbol.dispose]()
  using _third = works.begin('kiln')
  expect(() => works.begin('kiln')).toThrow(expect.objectContaining({ code: 'TOO_BUSY' }))
})

test('a repository that many wait for holds up no other, and its visitors are told when to come back', async () => {
  const list = [
    { path: built.path, name: 'popular' },
    { path: built.path, name: 'quiet' },
  ]
  await using viewer = await openViewer({
    yaml: JSON.stringify({ repositories: { list }, limits: { worksPerRepository: 2 } }),
  })
  // None of them is open: each waits until it has been read.
  const urls = [
    '/popular/-/bugs?q=a',
    '/popular/-/bugs?q=b',
    '/popular/-/bugs?q=c',
    '/popular/-/bugs.json',
    '/quiet/-/bugs',
  ]
  const answers = await Promise.all(urls.map(url => viewer.get(url)))
  expect(answers.map(answer => answer.statusCode)).toEqual([200, 200, 503, 503, 200])
  const [, , page, json] = answers
  expect(page!.headers).toMatchObject({ 'retry-after': '5', 'cache-control': 'no-store' })
  expect(page!.body).toContain('Very busy')
  expect(json!.json()).toMatchObject({ code: 'TOO_BUSY' })
  expect(viewer.logged.filter(line => line.msg === 'a request failed')).toEqual([])
  expect((await viewer.get('/popular/-/bugs?q=c')).statusCode).toBe(200)
})

test('searches over all repositories are bounded as one', async () => {
  await using viewer = await openViewer({ paths: [built.path], yaml: 'limits: { worksPerRepository: 1 }' })
  const answers = await Promise.all(['/-/search.json?q=a', '/-/search.json?q=b'].map(url => viewer.get(url)))
  expect(answers.map(answer => answer.statusCode)).toEqual([200, 503])
})

test('fetches and exports do not count: many may wait for the same one', async () => {
  await using viewer = await openViewer({ paths: [built.path], yaml: 'limits: { worksPerRepository: 1 }' })
  const urls = ['/tracker/-/bugs.ndjson', '/tracker/-/bugs.ndjson', '/tracker/-/bugs.bundle', '/tracker/-/bugs']
  const answers = await Promise.all(urls.map(url => viewer.get(url)))
  expect(answers.map(answer => answer.statusCode)).toEqual([200, 200, 200, 200])
})
