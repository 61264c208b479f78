/**
 * A comment's HTML with the places where links may come once the repository's state is known. What such a place means
 * (a bug, a person, a commit) changes with every push; the fragment does not, so it can be kept for ever.
 *
 * A place is marked in the HTML itself: U+0001, what stands there without a link, U+0002. It is either plain text
 * without anything to escape (`3f2a1b9`, `#12`, `@ada`), or the start tag of a link that leads out. No text of a comment
 * can forge a mark: its control characters are shown as `[U+0001]` before the marks are put in.
 */
import { escapeAttribute } from './escape.ts'
import type { RenderedMarkdown } from './markdown.ts'

/** A rendered comment before its links. */
export interface TextFragment {
  /** HTML with marks; not to be shown as it is. */
  readonly html: string
  /** As in `RenderedMarkdown`. */
  readonly cut: boolean
}

/** Where a marked place leads. */
export interface LocalLink {
  readonly href: string
  readonly title: string | undefined
  /** Space between several; undefined for none. */
  readonly className: string | undefined
  /** For links that leave this site. */
  readonly rel: string | undefined
}

/**
 * Says what a place means: a hash or the beginning of an id, `#12`, `owner/repository#12`, `@name`, or an address that
 * begins with `http`. Undefined where it means nothing.
 */
export type ResolveLink = (candidate: string) => LocalLink | undefined

const start = '\u0001'
const end = '\u0002'
const href = / href="([^"]*)"/

/** Marks text that may become a link. @param text without characters that have to be escaped */
export function markText(text: string): string {
  return `${start}${text}${end}`
}

/** Marks the start tag of a link that may lead to something of this site instead. */
export function markLink(tag: string): string {
  return `${start}${tag}${end}`
}

function startTag({ href: target, title, className, rel }: LocalLink): string {
  const attributes = { class: className, href: target, rel, title }
  let written = '<a'
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) written += ` ${name}="${escapeAttribute(value)}"`
  }
  return `${written}>`
}

function fillPlace(place: string, resolve: ResolveLink): string {
  if (!place.startsWith('<')) {
    const link = resolve(place)
    return link === undefined ? place : `${startTag(link)}${place}</a>`
  }
  const target = href.exec(place)?.[1]?.replaceAll('&amp;', '&')
  const link = target === undefined ? undefined : resolve(target)
  return link === undefined ? place : startTag(link)
}

/** Puts the links in. */
export function fillFragment({ html, cut }: TextFragment, resolve: ResolveLink): RenderedMarkdown {
  let from = html.indexOf(start)
  if (from === -1) return { html, cut }
  let filled = ''
  let done = 0
  while (from !== -1) {
    const to = html.indexOf(end, from)
    filled += html.slice(done, from) + fillPlace(html.slice(from + 1, to), resolve)
    done = to + 1
    from = html.indexOf(start, done)
  }
  return { html: filled + html.slice(done), cut }
}
