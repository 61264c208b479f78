/**
 * Writes Atom 1.0 (RFC 4287). Promises well-formed XML whatever the texts hold: everything is escaped, and characters
 * that XML 1.0 cannot carry at all are left out. It knows nothing of bugs.
 */

export interface Feed {
  /** An absolute URI that never changes. */
  readonly id: string
  readonly title: string
  /** ISO 8601; see `latest`. */
  readonly updated: string
  /** Absolute address of the feed itself. */
  readonly selfUrl: string
  /** Absolute address of the page that the feed is of. */
  readonly pageUrl: string
  /** Absolute address of the feed that goes on where this one ends (RFC 5005). */
  readonly nextUrl?: string | undefined
  readonly iconUrl: string
  readonly entries: readonly FeedEntry[]
}

export interface FeedEntry {
  readonly id: string
  readonly title: string
  readonly author: string
  readonly url: string
  readonly published: string
  readonly updated: string
  readonly categories: readonly string[]
  /** Plain text; empty for none. */
  readonly summary: string
  /** HTML; empty for none. */
  readonly html: string
  /** What the entry answers (RFC 4685). */
  readonly inReplyTo: { readonly id: string; readonly url: string } | undefined
}

/**
 * The feed as a document of the type `application/atom+xml`, in UTF-8. Addresses in the HTML of entries may be those
 * of the host alone: `xml:base` says which host (RFC 4287, 2).
 */
export function writeAtom(feed: Feed): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0" xml:base="${escapeXml(feed.pageUrl)}">
<id>${escapeXml(feed.id)}</id>
<title>${escapeXml(feed.title)}</title>
<updated>${escapeXml(feed.updated)}</updated>
<link rel="self" type="application/atom+xml" href="${escapeXml(feed.selfUrl)}"/>
<link rel="alternate" type="text/html" href="${escapeXml(feed.pageUrl)}"/>
${feed.nextUrl === undefined ? '' : `<link rel="next" type="application/atom+xml" href="${escapeXml(feed.nextUrl)}"/>\n`}<icon>${escapeXml(feed.iconUrl)}</icon>
<generator>git-bug-viewer</generator>
${feed.entries.map(writeEntry).join('')}</feed>
`
}

function writeEntry(entry: FeedEntry): string {
  const { inReplyTo } = entry
  const lines = [
    '<entry>',
    `<id>${escapeXml(entry.id)}</id>`,
    `<title>${escapeXml(entry.title)}</title>`,
    `<author><name>${escapeXml(entry.author)}</name></author>`,
    `<link rel="alternate" type="text/html" href="${escapeXml(entry.url)}"/>`,
    `<published>${escapeXml(entry.published)}</published>`,
    `<updated>${escapeXml(entry.updated)}</updated>`,
    ...entry.categories.map(term => `<category term="${escapeXml(term)}"/>`),
  ]
  if (inReplyTo !== undefined) {
    const { id, url } = inReplyTo
    lines.push(`<thr:in-reply-to ref="${escapeXml(id)}" type="text/html" href="${escapeXml(url)}"/>`)
  }
  if (entry.summary !== '') lines.push(`<summary>${escapeXml(entry.summary)}</summary>`)
  if (entry.html !== '') lines.push(`<content type="html">${escapeXml(entry.html)}</content>`)
  return `${lines.join('\n')}\n</entry>\n`
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for an element or an attribute, without what is no character of XML 1.0 (its section 2.2). */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, character => escapes[character] ?? '')
}

/** The latest of some times in ISO 8601 to the second; the beginning of 1970 where there is none. */
export function latest(times: readonly string[]): string {
  return times.toSorted().at(-1) ?? noTime
}

/** What stands for a time that is not known: Atom wants one. */
export const noTime = '1970-01-01T00:00:00Z'
