import { expect, test } from 'vitest'

import { createMarkdown } from '../../src/text/markdown.ts'
import { fillFragment } from '../../src/text/text-fragment.ts'

const fragment = createMarkdown().fragment('#1 & #2 https://a.b/issues/3?x=1&y=4 <https://a.b/5>')
const rel = 'rel="nofollow noopener ugc"'

test('what means nothing stays what it is', () => {
  const asked: string[] = []
  const { html } = fillFragment(fragment, candidate => {
    asked.push(candidate)
    return undefined
  })
  expect(asked).toEqual(['#1', '#2', 'https://a.b/issues/3?x=1&y=4', 'https://a.b/5'])
  expect(html).toBe(
    `<p>#1 &amp; #2 <a href="https://a.b/issues/3?x=1&amp;y=4" ${rel}>https://a.b/issues/3?x=1&amp;y=4</a> <a href="https://a.b/5" ${rel}>https://a.b/5</a></p>\n`,
  )
})

test('what means something is a link; one that is there keeps its text', () => {
  const link = { href: '/x?a=1&b', title: 'Open: "<b>', className: 'ref', rel: undefined }
  const { html } = fillFragment(fragment, candidate => (/[15]$/.test(candidate) ? link : undefined))
  const tag = '<a class="ref" href="/x?a=1&amp;b" title="Open: &quot;&lt;b&gt;">'
  expect(html).toContain(`<p>${tag}#1</a> &amp; #2 `)
  expect(html).toContain(`${tag}https://a.b/5</a>`)
})
