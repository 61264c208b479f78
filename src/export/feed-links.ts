/**
 * An Atom feed for readers elsewhere: every address of the program in it becomes the whole address of a file of the
 * export, in links, in the icon and in the HTML of entries. Ids get the host of the export, and stay the same in every
 * run (RFC 4287, 4.2.6).
 */
import { Parser } from 'htmlparser2'
import { ownHost } from './addresses.ts'
import { escapeMarkup } from './markup.ts'
import { type LinkTargets, readPage } from './page-links.ts'

export interface FeedTargets {
  /** The whole address for one of the program; that of the export itself where it has no such file. */
  whole(url: string): string
  /** For the HTML of entries, whose addresses have to be whole too. */
  readonly html: LinkTargets
  /** Of the export. */
  readonly host: string
}

/** Every address that a feed names. */
export function feedUrls(xml: string): ReadonlySet<string> {
  const urls = new Set<string>()
  rewriteFeed(xml, {
    host: ownHost,
    whole: url => {
      urls.add(url)
      return url
    },
    html: {
      link: href => {
        urls.add(href)
        return { href }
      },
      whole: url => url,
      text: text => text,
    },
  })
  return urls
}

/** The feed with its addresses led to the export. */
export function rewriteFeed(xml: string, targets: FeedTargets): string {
  const pieces: string[] = []
  let at = 0
  const replace = (start: number, end: number, text: string) => {
    pieces.push(xml.slice(at, start), text)
    at = end
  }
  let inside: { readonly name: string; readonly start: number; text: string } | undefined
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const start = parser.startIndex
        const end = parser.endIndex + 1
        if (name === 'icon' || (name === 'content' && attributes.type === 'html'))
          inside = { name, start: end, text: '' }
        const { href, 'xml:base': base } = attributes
        if (href === undefined && base === undefined) return
        const whole = {
          ...(href === undefined ? {} : { href: targets.whole(href) }),
          ...(base === undefined ? {} : { 'xml:base': targets.whole(base) }),
        }
        const written = Object.entries({ ...attributes, ...whole }).map(
          ([key, value]) => ` ${key}="${escapeMarkup(value)}"`,
        )
        replace(start, end, `<${name}${written.join('')}${xml[end - 2] === '/' ? '/' : ''}>`)
      },
      ontext(text) {
        if (inside) inside.text += text
      },
      onclosetag(name) {
        if (inside?.name !== name) return
        const text = name === 'icon' ? targets.whole(inside.text) : readPage(inside.text).write(targets.html)
        replace(inside.start, parser.startIndex, escapeMarkup(text))
        inside = undefined
      },
    },
    { xmlMode: true, decodeEntities: true },
  )
  parser.end(xml)
  pieces.push(xml.slice(at))
  return pieces.join('').replaceAll(`tag:${ownHost},`, `tag:${targets.host},`)
}
