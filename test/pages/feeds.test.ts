import { describe, expect, test } from 'vitest'
import { escapeXml, latest, writeAtom } from '../../src/pages/atom.ts'
import { bugFeed, bugListFeed } from '../../src/pages/feeds.ts'
import { createLinks } from '../../src/pages/links.ts'
import { createSite } from '../../src/pages/site.ts'
import { createMarkdown } from '../../src/text/markdown.ts'
import { inventBug, inventTracker } from '../support/invented-tracker.ts'
import { hostileText, inventKiln } from '../support/kiln.ts'
import { childrenOf, parseXml, textOf, type XmlElement } from '../support/xml.ts'

const site = createSite({ title: 'Bugs & more', links: createLinks({ basePath: '/t', asset: name => name }) })
const kiln = inventKiln()
const repository = { name: 'tools/kiln', tracker: kiln.tracker }
const origin = 'https://bugs.example.org:8443'
const markdown = createMarkdown()
const listFeed = (text?: string) => parseXml(bugListFeed({ site, repository, origin, bugs: kiln.tracker.bugs, text }))
const feedOf = (bug: typeof kiln.rich) => parseXml(bugFeed({ site, repository, origin, bug, markdown }))
const href = (element: XmlElement, rel: string) =>
  childrenOf(element, 'link')
    .find(link => link.attributes.get('rel') === rel)
    ?.attributes.get('href')

/** What RFC 4287 asks of every feed and entry. */
function expectAtom(feed: XmlElement): void {
  expect(feed.name).toBe('feed')
  expect(feed.attributes.get('xmlns')).toBe('http://www.w3.org/2005/Atom')
  for (const element of [feed, ...childrenOf(feed, 'entry')]) {
    for (const name of ['id', 'title', 'updated']) expect(childrenOf(element, name)).toHaveLength(1)
    expect(textOf(element, 'id')).toMatch(/^tag:bugs\.example\.org,2026:[!-~]+$/)
    expect(textOf(element, 'updated')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(href(element, 'alternate')).toMatch(/^https:\/\/bugs\.example\.org:8443\/t\/tools\/kiln\/-\/bugs/)
  }
  for (const entry of childrenOf(feed, 'entry')) expect(textOf(childrenOf(entry, 'author')[0]!, 'name')).not.toBe('')
  const ids = [feed, ...childrenOf(feed, 'entry')].map(element => textOf(element, 'id'))
  expect(new Set(ids).size).toBe(ids.length)
}

describe('the feed of a list', () => {
  test('has an entry per bug, the newest edit first, 25 at most', () => {
    const feed = listFeed()
    expectAtom(feed)
    const entries = childrenOf(feed, 'entry')
    expect(entries).toHaveLength(25)
    expect(textOf(entries[0]!, 'title')).toBe('Firing schedule is lost when the controller restarts')
    const times = entries.map(entry => textOf(entry, 'updated')!).filter(time => !time.startsWith('1970'))
    expect(times).toEqual(times.toSorted().reverse())
    expect(textOf(feed, 'updated')).toBe(times[0])
  })

  test('keeps the query in its own address and in its id', () => {
    const feed = listFeed('label:kind/bug')
    expect(href(feed, 'self')).toBe(`${origin}/t/tools/kiln/-/bugs.atom?q=label:kind/bug`)
    expect(textOf(feed, 'id')).not.toBe(textOf(listFeed(), 'id'))
    expect(textOf(feed, 'title')).toBe('label:kind/bug · tools/kiln · Bugs & more')
  })

  test('says labels as categories', () => {
    const [entry] = childrenOf(listFeed(), 'entry')
    expect(childrenOf(entry!, 'category').map(category => category.attributes.get('term'))).toContain('kind/bug')
  })
})

describe('the feed of a bug', () => {
  test('has an entry per comment and change of status, the last written first', () => {
    const feed = feedOf(kiln.rich)
    expectAtom(feed)
    const title = 'Firing schedule is lost when the controller restarts'
    expect(
      childrenOf(feed, 'entry').map(entry => textOf(entry, 'title')?.replace(/unknown \(.*\)/, 'unknown')),
    ).toEqual([
      `kiln-bot commented on ${title}`,
      `unknown opened again ${title}`,
      `Ada Marsh (ada) closed ${title}`,
      `Zoë Ünal commented on ${title}`,
      `tomas commented on ${title}`,
      title,
    ])
  })

  test('carries the rendered text, and what it answers', () => {
    const entries = childrenOf(feedOf(kiln.rich), 'entry')
    const description = entries.at(-1)!
    expect(textOf(description, 'content')).toContain('<strong>The firing that was running is gone</strong>')
    expect(childrenOf(description, 'thr:in-reply-to')).toEqual([])
    expect(childrenOf(entries[0]!, 'thr:in-reply-to')[0]?.attributes.get('ref')).toBe(textOf(description, 'id'))
    expect(textOf(entries[3]!, 'updated')).toBe('2026-11-17T23:05:00Z')
  })

  test('of a hostile bug is well-formed and hides nothing', () => {
    const feed = feedOf(kiln.hostile)
    expectAtom(feed)
    const [last] = childrenOf(feed, 'entry')
    expect(textOf(last!, 'title')).toContain('<script>alert(1)</script>"\' onload=alert(1) [U+202E]gnp.exe[U+0007]')
    expect(textOf(last!, 'published')).toBe('1970-01-01T00:00:00Z')
  })

  test('has the beginning of texts that are too long for it, and the whole of the others', () => {
    const text = 'It smokes. '.repeat(14_000)
    const events = Array.from({ length: 5 }, () => ['ada', 1_700_000_000, { type: 'comment', text }] as const)
    const short = { type: 'comment', text: 'Short.' } as const
    const create = { type: 'create', text: 'First.' } as const
    const bug = inventBug(90, { title: 'x', events: [['ada', 1, create], ...events, ['ada', 2, short]] })
    const xml = bugFeed({ site, repository, origin, bug, markdown })
    expect(xml.length).toBeLessThan(300_000)
    expect(xml.match(/<summary>It smokes\. .*…<\/summary>/g)).toHaveLength(4)
    expect(xml).toContain('&lt;p&gt;Short.&lt;/p&gt;')
    expect(xml).toContain('&lt;p&gt;First.&lt;/p&gt;')
  })

  test('has 25 entries at most', () => {
    const bug = inventBug(1, {
      title: 'x',
      events: Array.from(
        { length: 40 },
        (_, index) => ['ada', 1000 + index, { type: index === 0 ? 'create' : 'comment', text: `${index}` }] as const,
      ),
    })
    const feed = feedOf(bug)
    expect(childrenOf(feed, 'entry')).toHaveLength(25)
    expect(textOf(feed, 'updated')).toBe('1970-01-01T00:17:19Z')
  })

  test('an odd name, repository or host still makes a tag', () => {
    const tracker = inventTracker({ bugs: kiln.bugs, identities: [] })
    const xml = bugFeed({
      site,
      repository: { name: hostileText, tracker },
      origin: 'http://[::1]:3000',
      bug: kiln.rich,
      markdown,
    })
    expect(textOf(parseXml(xml), 'id')).toMatch(/^tag:1,2026:[!-~]+$/)
  })
})

describe('Atom', () => {
  test('leaves out characters that XML cannot carry, and escapes the rest', () => {
    expect(escapeXml('a\0\u0008\u000b\u001f\ufffe\uffffb')).toBe('ab')
    expect(escapeXml('\t\n\u0085😀')).toBe('\t\n\u0085😀')
    expect(escapeXml('\ud800x')).toBe('\ufffdx')
    expect(escapeXml(`<&>"']]>`)).toBe('&lt;&amp;&gt;&quot;&#39;]]&gt;')
  })

  test('an empty feed is a feed', () => {
    const feed = writeAtom({
      id: 'tag:x,2026:y',
      title: 't',
      updated: latest([]),
      selfUrl: 'http://x/a',
      pageUrl: 'http://x/',
      iconUrl: 'http://x/i',
      entries: [],
    })
    expect(textOf(parseXml(feed), 'updated')).toBe('1970-01-01T00:00:00Z')
  })
})
