/** An export of a program that answers what no real one does all at once: failures, redirects, pages that are gone. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Answer } from '../../src/export/answer.ts'
import { exportSite, type RepositoryReport } from '../../src/export/export-site.ts'
import { openOutputFolder } from '../../src/export/output-folder.ts'
import { brokenLinks, filesOf } from '../support/static-site.ts'

const id = 'ab'.repeat(32)
const page = (...links: readonly string[]): Partial<Answer> => ({
  body: Buffer.from(
    `<!DOCTYPE html><title>x</title><main id="here">${links.map(url => `<a href="${url}">x</a>`).join('')}</main>`,
  ),
})
const site: Readonly<Record<string, Partial<Answer>>> = {
  '/api/v1/repos': { type: 'application/json', body: Buffer.from('{"items":[{"name":"t"},{"name":"u"}]}') },
  '/': page('/t/-/bugs', '/u/-/bugs', '/-/help/query'),
  '/-/help/query': page('/'),
  '/-/not-found': { ...page('/'), status: 404 },
  '/t/-/bugs': {
    ...page('/t/-/gone', `/t/-/bugs/${id}`, '/t/-/c/abcdef', '/t/-/bugs/1234', '/u/-/bugs', '/t/'),
    etag: 'W/"1"',
  },
  [`/t/-/bugs/${id}`]: page('/t/-/gone', '/t/-/broken', '/t/-/bugs.json', '#here'),
  '/t/-/c/abcdef': { status: 302, location: `/t/-/bugs/${id}#here` },
  '/t/-/bugs/1234': { status: 300 },
  '/t': { status: 302, location: '/t/-/bugs' },
  '/t/-/broken': { status: 500 },
  '/u/-/bugs': { status: 503 },
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'answers-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function exportOnce() {
  const asked: string[] = []
  const reports: RepositoryReport[] = []
  await using output = await openOutputFolder(folder, { force: false })
  const missing: Answer = {
    status: 404,
    type: 'text/html',
    location: undefined,
    etag: undefined,
    body: Buffer.from(''),
  }
  const summary = await exportSite(
    { formats: new Set(['html', 'json']), named: new Set(), baseUrl: undefined, allowsCrawlers: true },
    {
      output,
      signal: new AbortController().signal,
      reporter: { progress: () => {}, repository: report => reports.push(report) },
      askFile: async url => {
        throw new Error(`no file is attached: ${url}`)
      },
      ask: async (url, etag) => {
        asked.push(url)
        const found = site[url]
        if (found?.etag !== undefined && found.etag === etag) return { ...missing, status: 304 }
        return found ? { ...missing, status: 200, ...found } : missing
      },
    },
  )
  return { asked, reports, summary, list: await readFile(join(folder, 't/-/bugs/index.html'), 'utf8') }
}

test('what is gone or broken is no link, and redirects lead where they lead', async () => {
  const { list, reports, summary } = await exportOnce()
  expect(filesOf(folder)).toEqual([
    '-/help/query/index.html',
    '404.html',
    'index.html',
    `t/-/bugs/${id}/index.html`,
    't/-/bugs/index.html',
  ])
  expect(brokenLinks(folder)).toEqual([])
  expect(list.match(/<a href="[^"]*">|<span>/g)).toEqual([
    '<span>',
    `<a href="${id}/index.html">`,
    `<a href="${id}/index.html#here">`,
    '<span>',
    '<span>',
    '<a href="index.html">',
  ])
  expect(reports).toEqual([
    expect.objectContaining({ name: 't', outcome: 'partly', failures: ['/t/-/broken was answered with status 500'] }),
    expect.objectContaining({ name: 'u', outcome: 'failed', failures: ['/u/-/bugs was answered with status 503'] }),
  ])
  expect(summary).toMatchObject({ failures: 2, isComplete: true })
})

test('a repository with a page that failed is asked for again, whatever its ETag', async () => {
  await exportOnce()
  const { asked, summary } = await exportOnce()
  expect(asked).toContain('/t/-/broken')
  expect(summary).toMatchObject({ files: 5, removed: 0, failures: 2 })
})

test('a run in which nothing failed lets the next one skip the repository', async () => {
  const calm = { ...site[`/t/-/bugs/${id}`] }
  Object.assign(site[`/t/-/bugs/${id}`]!, page('/t/-/gone'))
  await exportOnce()
  const { asked, reports } = await exportOnce()
  Object.assign(site[`/t/-/bugs/${id}`]!, calm)
  expect(asked).not.toContain(`/t/-/bugs/${id}`)
  expect(reports[0]).toMatchObject({ name: 't', outcome: 'unchanged', files: 2 })
})
