/** The feeds of a real repository, as a feed reader finds and reads them (RFC 4287, RFC 4685). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'
import { childrenOf, parseXml, textOf, type XmlElement } from '../support/xml.ts'

const start = 1_700_000_000
const t = createTrackerWriter({ seed: 'feeds' })
const ada = t.identity({ name: 'Ada', login: 'ada', at: start })
const bugs = Array.from({ length: 30 }, (_, index) =>
  t.bug(ada, { title: `Bug ${index}`, message: `See ${'x'.repeat(index)}`, at: start + index }),
)
const [first, second] = bugs
const comment = first!.comment(ada, { message: `Like ${second!.id.slice(0, 10)}`, at: start + 100 })
first!.labels(ada, { added: ['kind/bug'], at: start + 200 })
first!.status(ada, 'closed', start + 300)

let repository: BuiltRepository
let viewer: Viewer
const base = '/tracker/-'
beforeAll(async () => {
  repository = await buildRepository(t)
  viewer = await openViewer({ paths: [repository.path] })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await repository[Symbol.asyncDispose]()
})

async function feedAt(url: string): Promise<XmlElement> {
  const { statusCode, headers, body } = await viewer.get(url, { host: 'bugs.example.org' })
  expect([statusCode, headers['content-type']]).toEqual([200, 'application/atom+xml; charset=utf-8'])
  return parseXml(body)
}
const href = (element: XmlElement, rel: string) =>
  childrenOf(element, 'link')
    .find(link => link.attributes.get('rel') === rel)
    ?.attributes.get('href')

describe.each([
  ['the list', `${base}/bugs`, 'bugs.atom'],
  ['a query', `${base}/bugs?q=status:closed`, 'bugs.atom?q=status:closed'],
  ['a bug', `${base}/bugs/${first!.id}`, `bugs/${first!.id}.atom`],
  ['a person', `${base}/identities/${ada.id}`, `identities/${ada.id}.atom`],
])('the feed of %s', (_, page, feed) => {
  test('is found on its page, and is what it says', async () => {
    const { body } = await viewer.get(page)
    expect(body).toContain(
      `<link rel="alternate" type="application/atom+xml" title="Feed (Atom)" href="${base}/${feed}">`,
    )
    const read = await feedAt(`${base}/${feed}`)
    expect(href(read, 'self')).toBe(`http://bugs.example.org${base}/${feed}`)
    expect(href(read, 'alternate')).toBe(`http://bugs.example.org${page}`)
    expect(read.attributes.get('xml:base')).toBe(`http://bugs.example.org${page}`)
    const entries = childrenOf(read, 'entry')
    expect(entries.length).toBeGreaterThan(0)
    expect(entries.length).toBeLessThanOrEqual(25)
    for (const element of [read, ...entries]) {
      for (const name of ['id', 'title', 'updated']) expect(childrenOf(element, name)).toHaveLength(1)
      expect(textOf(element, 'id')).toMatch(/^tag:bugs\.example\.org,2026:tracker\/[!-~]+$/)
      expect(textOf(element, 'updated')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    }
    for (const entry of entries) {
      expect(childrenOf(entry, 'author').map(author => textOf(author, 'name'))).toEqual(['Ada (ada)'])
      const { statusCode } = await viewer.get(href(entry, 'alternate')!.replace('http://bugs.example.org', ''))
      expect(statusCode).toBe(200)
    }
    expect(new Set(entries.map(entry => textOf(entry, 'id'))).size).toBe(entries.length)
  })
})

test('a query decides what is in a feed', async () => {
  const titles = async (q: string) =>
    childrenOf(await feedAt(`${base}/bugs.atom?q=${encodeURIComponent(q)}`), 'entry').map(entry =>
      textOf(entry, 'title'),
    )
  expect(await titles('label:kind/bug')).toEqual(['Bug 0'])
  expect(await titles('status:open')).toHaveLength(25)
  expect(await titles('title:"Bug 29"')).toEqual(['Bug 29'])
  expect((await viewer.get(`${base}/bugs.atom?q=nonsense:x`)).statusCode).toBe(400)
})

test('a bug has an entry for each comment and change of status, and none for labels', async () => {
  const entries = childrenOf(await feedAt(`${base}/bugs/${first!.id}.atom`), 'entry')
  expect(entries.map(entry => textOf(entry, 'title'))).toEqual([
    'Ada (ada) closed Bug 0',
    'Ada (ada) commented on Bug 0',
    'Bug 0',
  ])
  const [, answer, bug] = entries
  const [reply] = childrenOf(answer!, 'thr:in-reply-to')
  expect(reply!.attributes.get('ref')).toBe(textOf(bug!, 'id'))
  expect(href(answer!, 'alternate')).toContain('#c-')
  expect(comment).toMatch(/^[0-9a-f]{64}$/)
  expect(textOf(answer!, 'content')).toContain('Like')
})
