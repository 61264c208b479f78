import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { feedUrls, rewriteFeed } from '../../src/export/feed-links.ts'
import { type LinkTargets, readPage } from '../../src/export/page-links.ts'
import { addressesIn, replaceAddresses } from '../../src/export/text-addresses.ts'
import { parseXml } from '../support/xml.ts'

/** What starts with `/gone` leads nowhere, with its text; `/useless` without. */
const targets: LinkTargets = {
  link: url =>
    url.startsWith('/gone')
      ? { lost: 'text' }
      : url.startsWith('/useless')
        ? { lost: 'nothing' }
        : { href: url.startsWith('/') ? `..${url}` : url },
  whole: () => undefined,
  text: text => text.replaceAll('https://git-bug-viewer.invalid/', 'https://example.org/'),
}
const write = (html: string) => readPage(html).write(targets)

describe('links of a page', () => {
  test('lead elsewhere, and everything around them stays as it was', () => {
    expect(write('<P>a &amp; b<br><a  class=x href="/y?a=1&amp;b=2#c">z</a ><!-- / --></p>')).toBe(
      '<P>a &amp; b<br><a class="x" href="../y?a=1&amp;b=2#c">z</a ><!-- / --></p>',
    )
    for (const same of [
      '<a href="#here">x</a>',
      '<a href="https://other.example/?q">x</a>',
      '<svg viewBox="0 0 1 1"/>',
    ]) {
      expect(write(same)).toBe(same)
    }
  })

  test('keep their text without an address, and go whole in navigation', () => {
    expect(write('<p><a class="label" href="/gone" rel="nofollow" title="t"><b>bug</b></a></p>')).toBe(
      '<p><span class="label" title="t"><b>bug</b></span></p>',
    )
    expect(write('<nav><a href="/gone">x</a><a href="/y">y</a></nav>')).toBe('<nav><a href="../y">y</a></nav>')
    expect(write('<p>a <a href="/useless">raw</a></p>')).toBe('<p>a </p>')
    expect(write('<link rel="next" href="/gone"><img src="/gone" alt="">')).toBe('')
  })

  test('take lists and menus with them of which nothing is left', () => {
    const menu =
      '<details><summary>Sort</summary><a href="/here" aria-current="true">Now</a><a href="/gone">Old</a></details>'
    expect(write(`<nav>${menu}<ul><li><a href="/y">y</a></li><li><a href="/gone">z</a></li></ul></nav>`)).toBe(
      '<nav><ul><li><a href="../y">y</a></li></ul></nav>',
    )
    expect(write('<body><footer><ul><li><a href="/gone">x</a></li></ul></footer></body>')).toBe(
      '<body><footer></footer></body>',
    )
    // Not where somebody wrote it.
    expect(write('<details><summary>s</summary><a href="/gone">x</a> text</details>')).toContain('text</details>')
    expect(write('<ul><li><a href="/useless">x</a></li><li>y</li></ul>')).toBe('<ul><li>y</li></ul>')
  })

  test('forms and what the script would ask the server for are gone', () => {
    const page =
      '<body data-events="/t/-/events" data-theme="x"><search><form action="/x"><a href="/y">y</a></form></search><p>z'
    expect(write(page)).toBe('<body data-theme="x"><p>z')
    expect([...readPage(page).urls]).toEqual([])
    expect(write('<a data-image="https://x.example/p.png" href="https://x.example/p.png">p</a>')).toContain(
      'data-image',
    )
  })

  test('whole addresses are written where they are known, and dropped where not', () => {
    const head =
      '<link rel="canonical" href="/t"><meta property="og:url" content="https://git-bug-viewer.invalid/t"><title>x</title>'
    expect(write(head)).toBe('<title>x</title>')
    expect(readPage(head).write({ ...targets, whole: () => 'https://example.org/t?a&b' })).toBe(
      '<link rel="canonical" href="https://example.org/t?a&amp;b"><meta property="og:url" content="https://example.org/t?a&amp;b"><title>x</title>',
    )
    expect(write('<pre>![b](https://git-bug-viewer.invalid/t/-/badge.svg) &lt;</pre>')).toBe(
      '<pre>![b](https://example.org/t/-/badge.svg) &lt;</pre>',
    )
  })

  test('of any nonsense that stands for a page, none leads to the server', () => {
    const piece = fc.constantFrom(
      '<a href="/gone">',
      '<a href=/y>',
      '</a>',
      '<nav>',
      '</nav>',
      '<li>',
      '</li>',
      '<form>',
      '</form>',
      '<p>',
      '&amp;',
      '"',
      '<',
      '<details>',
      '</details>',
      'x',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), pieces => {
        const written = write(pieces.join(''))
        expect([...readPage(written).urls].filter(url => url.startsWith('/'))).toEqual([])
      }),
    )
  })

  test('a page that search engines are not to list is told from others', () => {
    expect(readPage('<meta name="robots" content="noindex"><p>x').isListed).toBe(false)
    expect(readPage('<meta name="viewport" content="noindex"><p>x').isListed).toBe(true)
  })
})

describe('addresses of a feed', () => {
  const feed = `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:git-bug-viewer.invalid,2026:t/bugs</id><icon>https://git-bug-viewer.invalid/-/i.svg</icon>
<link rel="self" href="https://git-bug-viewer.invalid/t/-/bugs.atom?q=a&amp;b"/>
<entry><title>https://git-bug-viewer.invalid/ &lt;a href="/t">not</title><content type="html">&lt;p&gt;a &amp;amp; &lt;a href="/t/-/bugs"&gt;b&lt;/a&gt;&lt;/p&gt;</content></entry></feed>`

  test('become whole ones, in attributes, in the icon and in the HTML of entries', () => {
    expect([...feedUrls(feed)]).toEqual([
      'https://git-bug-viewer.invalid/-/i.svg',
      'https://git-bug-viewer.invalid/t/-/bugs.atom?q=a&b',
      '/t/-/bugs',
    ])
    const whole = (url: string) => `https://example.org/x${url.replace(/^https:\/\/[^/]*/, '')}`
    const written = rewriteFeed(feed, {
      whole,
      host: 'example.org',
      html: { ...targets, link: url => ({ href: whole(url) }) },
    })
    expect(parseXml(written).name).toBe('feed')
    expect(written).toContain('<id>tag:example.org,2026:t/bugs</id>')
    expect(written).toContain('<icon>https://example.org/x/-/i.svg</icon>')
    expect(written).toContain('<link rel="self" href="https://example.org/x/t/-/bugs.atom?q=a&amp;b"/>')
    expect(written).toContain(
      '&lt;p&gt;a &amp;amp; &lt;a href=&quot;https://example.org/x/t/-/bugs&quot;&gt;b&lt;/a&gt;&lt;/p&gt;',
    )
  })
})

test('addresses in plain text are found up to what ends them', () => {
  const text =
    'a,http://git-bug-viewer.invalid/t/-/bugs/1\n[x](https://git-bug-viewer.invalid/t?q=1) https://git-bug-viewer.invalid'
  expect(addressesIn(text)).toEqual(['/t/-/bugs/1', '/t?q=1', '/'])
  expect(replaceAddresses(text, path => `<${path}>`)).toBe('a,</t/-/bugs/1>\n[x](</t?q=1>) </>')
})
