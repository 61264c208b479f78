/**
 * The links of an HTML page, and the page with its links led elsewhere. Everything else stays as it is, byte for byte:
 * tags are found by a parser, and only those that change are written anew. What makes no sense without a server goes:
 * forms, searches, attributes that name its addresses for the script. A link that leads nowhere loses its address and
 * keeps its text; in navigation, where it would only be in the way, it goes whole, and so does a list or menu of which
 * nothing is left.
 */
import { Parser } from 'htmlparser2'
import { ownHost } from './addresses.ts'
import { applyEdits, editsOf, isOfInterest, linkOf, type PageElement, withoutServer } from './page-edits.ts'
import { addressesIn } from './text-addresses.ts'

/** Where a link leads: an address for the attribute (the one that is there, for other sites), or nowhere. */
export type Destination = { readonly href: string } | { readonly lost: 'text' | 'nothing' }

/** What the addresses of a page become. */
export interface LinkTargets {
  /** Of a link. */
  link(url: string): Destination
  /** Of what names the page itself to others: its whole address; undefined where nobody knows it. */
  whole(url: string): string | undefined
  /** Of addresses in the middle of a text. */
  text(text: string): string
}

export interface ReadPage {
  /** Every address that the page links to, as attributes have it; and those of the program in its text. */
  readonly urls: ReadonlySet<string>
  /** False where the page asks search engines not to list it. */
  readonly isListed: boolean
  write(targets: LinkTargets): string
}

/** Reads a page, or a piece of one. */
export function readPage(html: string): ReadPage {
  const elements: PageElement[] = []
  const texts: { start: number; end: number }[] = []
  const open: PageElement[] = []
  const parser = new Parser({
    onopentag(name, attributes) {
      const parent = open.at(-1)
      const openEnd = parser.endIndex + 1
      const element = {
        name,
        attributes,
        parent,
        isInNavigation: (parent?.isInNavigation ?? false) || name === 'nav' || isPageFooter(name, parent),
        isGone: (parent?.isGone ?? false) || (parent !== undefined && withoutServer.has(parent.name)),
        start: parser.startIndex,
        openEnd,
        closeStart: openEnd,
        end: openEnd,
      }
      open.push(element)
      if (!element.isGone && isOfInterest(element)) elements.push(element)
    },
    onclosetag(_name, isImplied) {
      const element = open.pop()
      if (element === undefined) return
      // An implied end is where the next tag starts; what has no content ends with its only tag.
      const at = Math.max(element.openEnd, parser.startIndex)
      element.closeStart = isImplied ? Math.min(at, html.length) : parser.startIndex
      element.end = isImplied ? element.closeStart : parser.endIndex + 1
    },
    ontext(text) {
      if (text.includes(ownHost)) texts.push({ start: parser.startIndex, end: parser.endIndex + 1 })
    },
  })
  parser.end(html)
  const inTexts = texts.flatMap(({ start, end }) => addressesIn(html.slice(start, end)))
  const urls = new Set([...elements.flatMap(element => linkOf(element)?.url ?? []), ...inTexts])
  const isListed = !elements.some(
    ({ name, attributes }) =>
      name === 'meta' && attributes.name === 'robots' && attributes.content?.includes('noindex'),
  )
  return { urls, isListed, write: targets => applyEdits(html, editsOf({ html, elements, texts }, targets)) }
}

function isPageFooter(name: string, parent: PageElement | undefined): boolean {
  return name === 'footer' && parent?.name === 'body'
}
