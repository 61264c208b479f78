/** How many pages a program visits that goes wherever it may: as many as there are bugs and people, and some more. */
import { Parser } from 'htmlparser2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const at = 1_700_000_000
const bugs = 120
const people = 30

let built: BuiltRepository
let viewer: Viewer
beforeAll(async () => {
  const t = createTrackerWriter({ seed: 'crawl' })
  const all = Array.from({ length: people }, (_, n) => t.identity({ name: `Person ${n}`, at }))
  for (let n = 0; n < bugs; n++) {
    const bug = t.bug(all[n % people]!, { title: `Bug ${n}`, message: 'See #1 and `words`.', at: at + n })
    bug.comment(all[(n + 1) % people]!, { message: 'Indeed.', at: at + n + 1 })
    bug.labels(all[(n + 1) % people]!, { added: [`kind/k${n % 9}`, `l${n % 40}`], at: at + n + 2 })
  }
  built = await buildRepository(t)
  viewer = await openViewer({ paths: [built.path], yaml: 'server: { publicUrl: "http://bugs.example.org" }' })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

interface Page {
  /** Addresses on this site, without fragments. */
  readonly followed: readonly string[]
  readonly unfollowed: readonly string[]
  readonly isListed: boolean
}

function readPage(html: string, url: string): Page {
  const [followed, unfollowed] = [new Set<string>(), new Set<string>()]
  let isListed = true
  const parser = new Parser({
    onopentag(name, { href, rel = '', content = '', ...other }) {
      if (name === 'meta' && other.name === 'robots') isListed = !content.includes('noindex')
      if (name !== 'a' || href === undefined) return
      const target = new URL(href, new URL(url, 'http://bugs.example.org'))
      if (target.host !== 'bugs.example.org') return
      const into = rel.split(' ').includes('nofollow') ? unfollowed : followed
      into.add(target.pathname + target.search)
    },
  })
  parser.end(html)
  return { followed: [...followed], unfollowed: [...unfollowed], isListed }
}

/** The rules for everybody (RFC 9309): `*` is any text, `$` the end. */
async function readRules(): Promise<(url: string) => boolean> {
  const { body } = await viewer.get('/robots.txt')
  const rules = body
    .split('\n')
    .filter(line => line.startsWith('Disallow: '))
    .map(line => line.slice('Disallow: '.length))
    .map(path => new RegExp(`^${path.replace(/[.?+^()[\]{}|\\]/g, '\\$&').replaceAll('*', '.*')}`))
  return url => !rules.some(rule => rule.test(url))
}

/** Visits everything that `goes` lets it, from the index on. */
async function crawl(goes: (url: string) => boolean, takes: (page: Page) => readonly string[]) {
  const visited = new Map<string, Page>()
  const waiting = ['/']
  for (let url = waiting.pop(); url !== undefined && visited.size < 3000; url = waiting.pop()) {
    if (visited.has(url) || !goes(url)) continue
    const { statusCode, headers, body } = await viewer.get(url)
    const isPage = statusCode === 200 && String(headers['content-type']).startsWith('text/html')
    const page = isPage ? readPage(body, url) : { followed: [], unfollowed: [], isListed: false }
    visited.set(url, page)
    waiting.push(...takes(page), ...(headers.location === undefined ? [] : [headers.location]))
  }
  return visited
}

/** The index, the lists and what is said of the repository. */
const fewPages = 40

describe('a crawler', () => {
  test('that keeps to robots.txt and to nofollow visits each bug, each person and a few pages', async () => {
    const visited = await crawl(await readRules(), page => page.followed)
    expect(visited.size).toBeLessThan(bugs + people + fewPages)
    const ofBugs = [...visited.keys()].filter(url => /\/bugs\/[0-9a-f]{64}$/.test(url))
    // Those of the first page of the list; the sitemap has the others.
    expect(ofBugs.length).toBeGreaterThan(20)
  })

  test('that knows only nofollow visits no more than that, and the pages of the list', async () => {
    const visited = await crawl(
      () => true,
      page => page.followed,
    )
    const strange = [...visited.keys()].filter(
      url => url.includes('?') && !/\?(?:page=\d+|q=[^&]*&page=\d+)$/.test(url),
    )
    expect(strange.length).toBeLessThan(fewPages)
    expect(visited.size).toBeLessThan(2 * (bugs + people) + fewPages)
  })

  test('is told of every page with filters that it is none to be listed', async () => {
    const visited = await crawl(await readRules(), page => page.followed)
    const unfollowed = new Set([...visited.values()].flatMap(page => page.unfollowed))
    const withQuery = [...unfollowed].filter(url => url.startsWith('/tracker/-/bugs?')).slice(0, 60)
    expect(withQuery.length).toBeGreaterThan(20)
    for (const url of withQuery) {
      const { body, statusCode } = await viewer.get(url)
      expect([url, statusCode, readPage(body, url).isListed]).toEqual([url, 200, false])
    }
  })
})
