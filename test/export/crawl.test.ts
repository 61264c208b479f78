import { expect, test } from 'vitest'
import { type CrawlItem, createCrawl } from '../../src/export/crawl.ts'
import { parseManifest, writeManifest } from '../../src/export/manifest.ts'
import { sitemapFiles } from '../../src/export/sitemap.ts'

const item = (file: string): CrawlItem => ({
  file,
  address: { repository: 't', url: `/${file}`, path: file, kind: 'file' },
})

/** Crawls pages that link to these files; every other file is not there. */
async function crawlThrough(pages: Readonly<Record<string, readonly string[]>>, signal = new AbortController().signal) {
  const crawl = createCrawl()
  const visits: string[] = []
  const written = new Map<string, readonly string[]>()
  crawl.add(item('a.html'))
  await crawl.run(async ({ file }) => {
    visits.push(file)
    const links = pages[file]?.filter(link => crawl.mayBeThere(link))
    if (links) written.set(file, links)
    return { isThere: links !== undefined, links: (links ?? []).map(item) }
  }, signal)
  return { visits, written, crawl }
}

test('every file is visited once, and what a page offers as a file comes before other pages', async () => {
  const { visits, crawl } = await crawlThrough({
    'a.html': ['b.html', 'a.json', 'c.html', 'a.html'],
    'b.html': ['a.html', 'b.json', 'c.html'],
    'c.html': [],
    'a.json': [],
    'b.json': [],
  })
  expect(visits).toEqual(['a.html', 'a.json', 'b.html', 'c.html', 'b.json'])
  expect([crawl.done, crawl.known]).toEqual([5, 5])
})

test('pages that were written with a link to what is not there are made again without it', async () => {
  const { visits, written, crawl } = await crawlThrough({
    'a.html': ['b.html', 'gone.html'],
    'b.html': ['gone.html', 'c.html'],
    'c.html': ['gone.html'],
  })
  expect([...written.values()].flat()).not.toContain('gone.html')
  expect(visits.filter(file => file === 'gone.html')).toHaveLength(1)
  expect(crawl.done).toBe(crawl.known)
})

test('a signal ends it', async () => {
  await expect(crawlThrough({ 'a.html': [] }, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})

test('a manifest reads back as what was written, and anything else is none', () => {
  const files = new Map([['t/-/bugs/index.html', { bytes: 12, isListed: true }]])
  const manifest = { key: 'k', site: files, repositories: new Map([['a b', { etags: { '/x': 'W/"1"' }, files }]]) }
  const text = writeManifest(manifest)
  expect(parseManifest(text)).toEqual(manifest)
  for (const other of ['', 'null', '[]', '{}', text.slice(0, -9), text.replace('"version":1', '"version":2')]) {
    expect(parseManifest(other)).toBeUndefined()
  }
  expect(parseManifest(text.replaceAll('t/-/bugs', '../../etc'))).toBeUndefined()
  expect(parseManifest(text.replaceAll('t/-/bugs', '/etc'))).toBeUndefined()
})

test('a sitemap of more pages than one may have is several', () => {
  const pages = Array.from({ length: 50_001 }, (_, index) => `https://x.example/${index}?a&b`)
  const files = sitemapFiles(pages, 'https://x.example')
  expect([...files.keys()]).toEqual(['sitemap-1.xml', 'sitemap-2.xml', 'sitemap.xml'])
  expect(files.get('sitemap-2.xml')).toContain('<url><loc>https://x.example/50000?a&amp;b</loc></url>')
  expect(files.get('sitemap.xml')).toContain('<loc>https://x.example/sitemap-1.xml</loc>')
})
