/** What search engines, previews and caches in front are told. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const at = 1_700_000_000
const t = createTrackerWriter({ seed: 'crawlers' })
const ada = t.identity({ name: 'Ada Marsh', at })
const bug = t.bug(ada, { title: 'It smokes', message: 'A lot.', at: at + 1 })
const ahead = t.bug(ada, { title: 'From the future', message: '', at: 32_000_000_000 })

let shown: BuiltRepository
let hidden: BuiltRepository
let viewer: Viewer
const settings = (more: object = {}) => ({
  repositories: {
    list: [
      { path: shown.path, name: 'pots & pans/kiln' },
      { path: hidden.path, name: 'vault', hidden: true },
    ],
  },
  ...more,
})
const open = (more?: object) => openViewer({ yaml: JSON.stringify(settings(more)) })
beforeAll(async () => {
  shown = await buildRepository(t)
  hidden = await buildRepository(t)
  viewer = await open()
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  for (const built of [shown, hidden]) await built[Symbol.asyncDispose]()
})

const base = '/pots%20%26%20pans/kiln/-'
const host = { host: 'bugs.example.org' }

describe('robots.txt', () => {
  test('keeps crawlers from what says the same once more, and shows them the sitemap', async () => {
    const { headers, body } = await viewer.get('/robots.txt', host)
    expect(headers['content-type']).toBe('text/plain; charset=utf-8')
    const lines = body.split('\n')
    for (const line of [
      'User-agent: *',
      'Disallow: /*?',
      'Disallow: /*.json$',
      'Disallow: /-/search',
      'Disallow: /*/-/bugs/*/at/',
    ])
      expect(lines).toContain(line)
    expect(lines).toContain('Sitemap: http://bugs.example.org/sitemap.xml')
    expect(lines).not.toContain('Disallow: /')
  })

  test('asks all to stay away where the operator wants that', async () => {
    await using other = await open({ crawlers: { allow: false } })
    expect((await other.get('/robots.txt')).body).toBe('User-agent: *\nDisallow: /\n')
    expect((await other.get('/robots.txt', { host: 'no"host' })).body).toBe('User-agent: *\nDisallow: /\n')
    expect((await other.get('/sitemap.xml')).statusCode).toBe(404)
  })

  test('knows hosts with names as containers have them', async () => {
    expect((await viewer.get('/robots.txt', { host: 'bug_viewer:3000' })).body).toContain('http://bug_viewer:3000/')
  })

  test('speaks of the paths below a base path, and is at the root as well', async () => {
    await using other = await open({ server: { basePath: '/bugs', publicUrl: 'https://example.org/bugs' } })
    const { body } = await other.get('/robots.txt')
    expect(body).toContain('Disallow: /bugs/*?\n')
    expect(body).toContain('Sitemap: https://example.org/bugs/sitemap.xml\n')
    expect((await other.get('/bugs/robots.txt')).body).toBe(body)
    expect((await other.get('/bugs/sitemap.xml')).body).toContain('<loc>https://example.org/bugs/pots')
  })
})

describe('sitemaps', () => {
  test('the index has every repository that is listed', async () => {
    const { headers, body } = await viewer.get('/sitemap.xml', host)
    expect(headers['content-type']).toBe('application/xml; charset=utf-8')
    expect([...body.matchAll(/<loc>([^<]*)/g)].map(([, url]) => url)).toEqual([
      `http://bugs.example.org${base}/sitemap.xml`,
    ])
  })

  test('that of a repository has its pages and bugs, with dates that can be', async () => {
    const { body } = await viewer.get(`${base}/sitemap.xml`, host)
    expect(body).toContain(
      `<url><loc>http://bugs.example.org${base}/bugs/${bug.id}</loc><lastmod>2023-11-14T22:13:21Z</lastmod></url>`,
    )
    expect(body).toContain(`<url><loc>http://bugs.example.org${base}/bugs/${ahead.id}</loc></url>`)
    for (const page of ['bugs', 'about', 'labels', 'identities', 'activity'])
      expect(body).toContain(`${base}/${page}</loc>`)
    expect((await viewer.get(`${base}/sitemap-2.xml`)).statusCode).toBe(404)
    expect((await viewer.get(`${base}/sitemap-0.xml`)).statusCode).toBe(404)
  })
})

describe('other forms of a page', () => {
  test.each(['bugs.json', 'bugs.csv', 'bugs.txt', 'bugs.mbox', 'bugs.atom', `bugs/${bug.id}.md`, 'labels.json'])(
    '%s is kept out of search engines',
    async path => {
      const answer = await viewer.get(`${base}/${path}`)
      expect([answer.statusCode, answer.headers['x-robots-tag']]).toEqual([200, 'noindex'])
    },
  )

  test('pages are not, but for filtered lists', async () => {
    const list = await viewer.get(`${base}/bugs`)
    expect(list.headers['x-robots-tag']).toBeUndefined()
    expect(list.body).not.toContain('name="robots"')
    expect((await viewer.get(`${base}/bugs?q=smokes`)).body).toContain('<meta name="robots" content="noindex">')
  })

  test.each(['bugs.json', `bugs/${bug.id}.json`, 'labels.json', 'identities.json', 'problems.json'])(
    'scripts of other sites may read %s, and its errors',
    async path => {
      expect((await viewer.get(`${base}/${path}`)).headers['access-control-allow-origin']).toBe('*')
      const missing = await viewer.get(`/nowhere/-/${path}`)
      expect([missing.statusCode, missing.headers['access-control-allow-origin']]).toEqual([404, '*'])
    },
  )
})

describe('a cache in front', () => {
  test('asks each time, or answers for as long as the settings allow', async () => {
    expect((await viewer.get(`${base}/bugs`)).headers['cache-control']).toBe('public, max-age=0, must-revalidate')
    await using other = await open({ server: { sharedCacheSeconds: 60 } })
    for (const path of ['bugs', 'bugs.json', 'bugs.atom', `bugs/${bug.id}`])
      expect((await other.get(`${base}/${path}`)).headers['cache-control']).toBe(
        'public, max-age=0, s-maxage=60, stale-while-revalidate=600',
      )
  })
})

describe('what is shown where somebody shares an address', () => {
  test.each([
    ['a list', `${base}/bugs`],
    ['a bug', `${base}/bugs/${bug.id}`],
    ['a person', `${base}/identities/${ada.id}`],
    ['the people', `${base}/identities`],
    ['the labels', `${base}/labels`],
    ['the page about a repository', `${base}/about`],
    ['the search', '/-/search'],
  ])('%s has a title and a description', async (_what, path) => {
    await using other = await open({ server: { publicUrl: 'https://bugs.example.org' } })
    const { body } = await other.get(path)
    expect(body).toMatch(/<meta property="og:title" content="[^"]{3,}">/)
    expect(body).toMatch(/<meta property="og:description" content="[^"]{3,}">/)
    expect(body).toContain(
      `<meta property="og:url" content="https://bugs.example.org${path.replaceAll('&', '&amp;')}">`,
    )
  })
})
