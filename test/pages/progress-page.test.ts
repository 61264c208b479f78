import { describe, expect, test } from 'vitest'
import { createLinks } from '../../src/pages/links.ts'
import { type BuildProgress, type CloneProgress, progressPage, progressText } from '../../src/pages/progress-page.ts'
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
  expect(progressText(progress)).toBe(
    'the repository is being read for the first time: finding out how much there is to read',
  )
  expect(html(progress)).toContain('<progress aria-labelledby="how-far"></progress>')
})

test('one bug alone is counted as one', () => {
  expect(progressText({ done: 0, total: 1 })).toContain(': 0 of 1 bug or person read')
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

describe('a copy that is being brought here', () => {
  const nothing = { done: 0, total: 0, bytes: 0 }
  const page = (clone: CloneProgress) => html({ done: 0, total: 0, clone }, 'codeberg.org/group/tool')

  test.each<[CloneProgress, string, string]>([
    [{ ...nothing, step: 'waiting' }, 'Waiting for its turn', ''],
    [{ ...nothing, step: 'connecting' }, 'Step 1 of 5: asking the server there', ''],
    [
      { step: 'counting', done: 60, total: 240, bytes: 0 },
      'Step 2 of 5: the server there counts what there is to send',
      ' value="60" max="240"',
    ],
    [
      { step: 'receiving', done: 1234, total: 5678, bytes: 3_200_000 },
      'Step 3 of 5: receiving 1,234 of 5,678 objects · 3.2 MB',
      ' value="1234" max="5678"',
    ],
    [{ step: 'receiving', done: 0, total: 1, bytes: 0 }, 'Step 3 of 5: receiving 0 of 1 object', ' value="0" max="1"'],
    [{ ...nothing, step: 'receiving', done: 7 }, 'Step 3 of 5: receiving', ''],
    [
      { step: 'resolving', done: 3, total: 4, bytes: 5 },
      'Step 4 of 5: putting together 3 of 4 objects',
      ' value="3" max="4"',
    ],
    [{ ...nothing, step: 'storing' }, 'Step 5 of 5: storing it', ''],
  ])('says where it is: %j', (clone, line, bar) => {
    const text = page(clone)
    expect(text).toContain(`<span id="how-far">${line}</span>`)
    expect(text).toContain(`<progress aria-labelledby="how-far"${bar}></progress>`)
  })

  test('is another page than that of reading it, and says so to programs', () => {
    const text = page({ step: 'receiving', done: 1, total: 2, bytes: 0 })
    expect(text).toContain('<h1>Fetching codeberg.org/group/tool…</h1>')
    expect(text).not.toContain('for the first time')
    expect(progressText({ done: 0, total: 0, clone: { step: 'receiving', done: 1, total: 2, bytes: 9 } })).toBe(
      'the repository is being fetched: receiving 1 of 2 objects · 9 bytes',
    )
  })
})
