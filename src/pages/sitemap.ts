/**
 * Sitemaps (sitemaps.org, protocol 0.9): an index of all listed repositories, and for each of them its pages in parts of
 * a bounded size. Parts are in the order in which bugs were opened, so that a new bug changes the last one only.
 */
import type { Tracker } from '../bug/model.ts'
import { escapeXml } from './atom.ts'
import type { Links } from './links.ts'
import { isoTime } from './time.ts'

/** Bugs of one part; the protocol allows 50,000 addresses and 50 MB. */
export const bugsPerSitemap = 20_000

export interface SitemapIndexInput {
  readonly links: Links
  /** Scheme and host: the protocol wants whole addresses. */
  readonly origin: string
  readonly repositories: readonly {
    readonly name: string
    /** Undefined where it is not known yet. */
    readonly bugs: number | undefined
  }[]
}

const xmlns = 'http://www.sitemaps.org/schemas/sitemap/0.9'

/** The index. A repository whose size is not known yet has its first part in it. */
export function writeSitemapIndex({ links, origin, repositories }: SitemapIndexInput): string {
  const entries = repositories.flatMap(({ name, bugs = 0 }) =>
    Array.from({ length: sitemapParts(bugs) }, (_, part) =>
      entryOf('sitemap', `${origin}${links.sitemap(name, part + 1)}`),
    ),
  )
  return document('sitemapindex', entries)
}

/** How many parts the sitemap of a repository has. */
export function sitemapParts(bugs: number): number {
  return Math.max(1, Math.ceil(bugs / bugsPerSitemap))
}

export interface SitemapInput {
  readonly links: Links
  readonly origin: string
  readonly repository: { readonly name: string; readonly tracker: Tracker }
  /** From 1. */
  readonly part: number
}

/** One part of a repository's sitemap. */
export function writeSitemap({ links, origin, repository, part }: SitemapInput): string {
  const { name, tracker } = repository
  // A clock that was ahead when it wrote the bug says nothing of when its page has changed.
  const changed = (unixSeconds: number | undefined) =>
    unixSeconds === undefined || unixSeconds * 1000 > tracker.readAtMs ? undefined : isoTime(unixSeconds)
  const entry = (path: string, at?: number) => entryOf('url', `${origin}${path}`, changed(at))
  const pages =
    part > 1
      ? []
      : [
          entry(links.bugs(name), tracker.lastActivity),
          entry(links.about(name)),
          entry(links.labels(name)),
          entry(links.people(name)),
          entry(links.activity(name)),
        ]
  const end = tracker.bugs.length - (part - 1) * bugsPerSitemap
  const bugs = tracker.bugs.slice(Math.max(0, end - bugsPerSitemap), Math.max(0, end)).reverse()
  return document('urlset', [...pages, ...bugs.map(bug => entry(links.bug(name, bug.id), bug.editedAt))])
}

function entryOf(element: 'url' | 'sitemap', address: string, changedAt?: string): string {
  const lastmod = changedAt === undefined ? '' : `<lastmod>${changedAt}</lastmod>`
  return `<${element}><loc>${escapeXml(address)}</loc>${lastmod}</${element}>`
}

function document(element: string, entries: readonly string[]): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n<${element} xmlns="${xmlns}">\n${entries.join('\n')}\n</${element}>\n`
}
