import { expect, test } from 'vitest'
import { createLinks } from '../../src/pages/links.ts'
import { bugsPerSitemap, sitemapParts, writeSitemap, writeSitemapIndex } from '../../src/pages/sitemap.ts'
import { inventBug, inventTracker } from '../support/invented-tracker.ts'

const links = createLinks({ basePath: '', asset: name => name })
const origin = 'https://bugs.example.org'

test('a large repository has several parts, and a new bug changes the last one only', () => {
  const bug = inventBug(1, { title: 'One', events: [['ada', 1_700_000_000, { type: 'create', text: '' }]] })
  const many = Array.from({ length: bugsPerSitemap + 2 }, (_, n) => ({ ...bug, id: n.toString(16).padStart(64, '0') }))
  const tracker = { ...inventTracker({ bugs: [bug], identities: [] }), bugs: many.toReversed() }
  const part = (number: number, of = tracker) =>
    writeSitemap({ links, origin, repository: { name: 'kiln', tracker: of }, part: number })
  const ids = (xml: string) => [...xml.matchAll(/bugs\/([0-9a-f]{64})</g)].map(([, id]) => id!)
  expect([...ids(part(1)), ...ids(part(2))]).toEqual(many.map(({ id }) => id))
  const fewer = { ...tracker, bugs: tracker.bugs.slice(1) }
  expect(part(1, fewer)).toBe(part(1))
  expect(part(1).length).toBeLessThan(50 * 1024 * 1024)
  expect(
    writeSitemapIndex({
      links,
      origin,
      repositories: [
        { name: 'kiln', bugs: many.length },
        { name: 'new', bugs: undefined },
      ],
    }),
  ).toContain(
    `<sitemap><loc>${origin}/kiln/-/sitemap.xml</loc></sitemap>\n<sitemap><loc>${origin}/kiln/-/sitemap-2.xml</loc></sitemap>\n<sitemap><loc>${origin}/new/-/sitemap.xml</loc></sitemap>`,
  )
})

test('there is one part at least, and none without a bug of its own', () => {
  expect([0, 1, bugsPerSitemap, bugsPerSitemap + 1].map(sitemapParts)).toEqual([1, 1, 1, 2])
})
