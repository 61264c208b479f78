/**
 * The changes that lead the links of a page elsewhere (see `page-links.ts`): which tags are written anew, and what is
 * cut. It is told what the page has and where links lead, and looks at nothing else.
 */
import { escapeMarkup } from './markup.ts'
import type { Destination, LinkTargets } from './page-links.ts'

export interface PageElement {
  readonly name: string
  readonly attributes: Attributes
  readonly parent: PageElement | undefined
  readonly isInNavigation: boolean
  /** In something that goes. */
  readonly isGone: boolean
  readonly start: number
  readonly openEnd: number
  /** The closing tag; where it was implied, nothing at the end of the element. */
  closeStart: number
  end: number
}

type Attributes = Readonly<Record<string, string>>

export interface PageParts {
  readonly html: string
  /** Those of interest, in order. */
  readonly elements: readonly PageElement[]
  /** Pieces of text with addresses of the program in them. */
  readonly texts: readonly { readonly start: number; readonly end: number }[]
}

/** A piece of the page, and what comes in its place. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** What nobody answers without a server. */
export const withoutServer = new Set(['form', 'search'])
const foldable = new Set(['li', 'ul', 'ol', 'details', 'nav'])

/** Whether an element may have to change. */
export function isOfInterest({ name, attributes }: PageElement): boolean {
  return (
    withoutServer.has(name) ||
    foldable.has(name) ||
    name === 'meta' ||
    'href' in attributes ||
    'src' in attributes ||
    Object.keys(attributes).some(key => key.startsWith('data-'))
  )
}

/** The one link of an element; undefined without one, and for places on the same page. */
export function linkOf({ attributes }: PageElement): { key: 'href' | 'src'; url: string } | undefined {
  const key = attributes.href === undefined ? 'src' : 'href'
  const url = attributes[key]?.trim()
  return url === undefined || url === '' || url.startsWith('#') ? undefined : { key, url }
}

/** What leads on in an element: what is left of it, and what is not. */
interface Tally {
  kept: number
  lostText: number
  lostWhole: number
}

/** Every change of a page. They may lie in each other; see `applyEdits`. */
export function editsOf({ html, elements, texts }: PageParts, targets: LinkTargets): Edit[] {
  const changes = new Changes()
  for (const element of elements) changeElement(element, targets, changes)
  for (const element of elements) if (changes.leavesNothingOf(element)) changes.cut(element)
  for (const { start, end } of texts) changes.edits.push({ start, end, text: targets.text(html.slice(start, end)) })
  return changes.edits
}

class Changes {
  readonly edits: Edit[] = []
  readonly #tallies = new Map<PageElement, Tally>()

  count(element: PageElement, what: keyof Tally) {
    for (let above = element.parent; above; above = above.parent) {
      const tally = this.#tallies.get(above) ?? { kept: 0, lostText: 0, lostWhole: 0 }
      tally[what]++
      this.#tallies.set(above, tally)
    }
  }

  cut({ start, end }: PageElement) {
    this.edits.push({ start, end, text: '' })
  }

  /** Writes a tag anew, where anything of it is to change. */
  rewrite(element: PageElement, attributes: Attributes, name = element.name) {
    if (name === element.name && !differs(attributes, element.attributes)) return
    this.edits.push({ start: element.start, end: element.openEnd, text: openTag(name, attributes) })
    if (name === element.name || element.end === element.closeStart) return
    this.edits.push({ start: element.closeStart, end: element.end, text: `</${name}>` })
  }

  /** A list or a menu that had something that leads on, and has no more. */
  leavesNothingOf(element: PageElement): boolean {
    const tally = foldable.has(element.name) ? this.#tallies.get(element) : undefined
    if (tally === undefined || tally.kept > 0 || tally.lostWhole === 0) return false
    return element.isInNavigation || (element.name === 'li' && tally.lostText === 0)
  }
}

function changeElement(element: PageElement, targets: LinkTargets, changes: Changes): void {
  const { name, attributes } = element
  if (withoutServer.has(name)) {
    changes.count(element, 'lostWhole')
    changes.cut(element)
  } else if (name === 'meta' && attributes.property === 'og:url') {
    nameWhole(element, { key: 'content', whole: targets.whole(attributes.content ?? '') }, changes)
  } else if (name === 'link' && attributes.rel === 'canonical') {
    nameWhole(element, { key: 'href', whole: targets.whole(attributes.href ?? '') }, changes)
  } else {
    const link = linkOf(element)
    if (link) lead(element, { key: link.key, to: targets.link(link.url) }, changes)
    else changes.rewrite(element, withoutServerData(attributes))
  }
}

/** What tells others where the page is. */
function nameWhole(element: PageElement, { key, whole }: { key: string; whole: string | undefined }, changes: Changes) {
  if (whole === undefined) changes.cut(element)
  else changes.rewrite(element, { ...element.attributes, [key]: whole })
}

function lead(element: PageElement, { key, to }: { key: 'href' | 'src'; to: Destination }, changes: Changes) {
  const attributes = withoutServerData(element.attributes)
  if ('href' in to) {
    // A menu in which the reader can only stay is none.
    if (!('aria-current' in attributes)) changes.count(element, 'kept')
    changes.rewrite(element, { ...attributes, [key]: to.href })
  } else if (element.name === 'a' && to.lost === 'text' && !element.isInNavigation) {
    changes.count(element, 'lostText')
    changes.rewrite(element, withoutLink(attributes), 'span')
  } else {
    changes.count(element, 'lostWhole')
    changes.cut(element)
  }
}

/** Without the attributes by which the script would ask the server. */
function withoutServerData(attributes: Attributes): Attributes {
  return without(attributes, (key, value) => key.startsWith('data-') && value.startsWith('/'))
}

const ofLinks = new Set(['href', 'rel', 'target', 'type', 'hreflang', 'download', 'referrerpolicy'])

/** What is left of a link's attributes once it is none. */
function withoutLink(attributes: Attributes): Attributes {
  return without(attributes, key => ofLinks.has(key))
}

function without(attributes: Attributes, goes: (key: string, value: string) => boolean): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([key, value]) => !goes(key, value)))
}

function differs(a: Attributes, b: Attributes): boolean {
  const keys = Object.keys(b)
  return keys.length !== Object.keys(a).length || keys.some(key => a[key] !== b[key])
}

function openTag(name: string, attributes: Attributes): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeMarkup(value)}"`)
  return `<${name}${written.join('')}>`
}

/** Does all edits; one inside another is done by the other. */
export function applyEdits(html: string, edits: readonly Edit[]): string {
  const pieces: string[] = []
  let at = 0
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start < at) continue
    pieces.push(html.slice(at, start), text)
    at = end
  }
  pieces.push(html.slice(at))
  return pieces.join('')
}
