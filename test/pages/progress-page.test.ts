import { expect, test } from 'vitest'
import { createLinks } from '../../src/pages/links.ts'
import { type BuildProgress, progressPage, progressText } from '../../src/pages/progress-page.ts'
import { createSite } from '../../src/pages/site.ts'
import { hostileText } from '../support/kiln.ts'
import { createRenderer } from '../support/preview.ts'

const render = createRenderer()
const site = createSite({ title: 'bugs.example.org', links: createLinks({ basePath: '', asset: name => name }) })
const view = (progress: BuildProgress, name = 'tools/kiln', url = '/tools/kiln/-/bugs') =>
  progressPage({ site, name, progress, url })
const html = (...input: Parameters<typeof view>) => render({ template: 'progress', view: view(...input) })

test('the numbers are in words, and the bar has the same ones', () => {
  const page = html({ done: 1234, total: 10_000 })
  expect(page).toContain('<span id="how-far">1,234 of 10,000 bugs and people read</span>')
  expect(page).toContain('<progress aria-labelledby="how-far" value="1234" max="10000"></progress>')
  expect(page).toContain('<title>Reading tools/kiln… · tools/kiln · bugs.example.org</title>')
})

test.each([
  [{ done: 0, total: 0 }],
  [{ done: 5, total: 0 }],
  [{ done: 11, total: 10 }],
  [{ done: -1, total: 10 }],
  [{ done: Number.NaN, total: 10 }],
])('numbers that say nothing, %j, are a bar without an end', progress => {
  expect(progressText(progress)).toBe('finding out how much there is to read')
  expect(html(progress)).toContain('<progress aria-labelledby="how-far"></progress>')
})

test('one bug alone is counted as one', () => {
  expect(progressText({ done: 0, total: 1 })).toBe('0 of 1 bug or person read')
})

test('no search engine keeps it, and it loads itself again by a header', () => {
  const page = html({ done: 1, total: 2 })
  expect(page).toContain('<meta name="robots" content="noindex">')
  expect(page).not.toContain('http-equiv')
})

test('a name and an address from outside stay texts', () => {
  const page = html({ done: 1, total: 2 }, hostileText, '/"><script>alert(1)</script>')
  expect(page.match(/<script[^>]*>/g)).toEqual(['<script src="/-/static/viewer.js">'])
  expect(page).toContain('href="/&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"')
})
