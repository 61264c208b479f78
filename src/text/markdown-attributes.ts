/**
 * What an element of a comment may say of itself: the one place where attributes are decided, for what people wrote as
 * HTML (`markdown-gate.ts`) and for what the parser made (`markdown-token-tree.ts`). No attribute is passed on unread.
 *
 * - A link leads out by `http:`, `https:` or `mailto:`, with `rel="nofollow noopener ugc"`. Any other target (a
 *   relative path, `#part`, another scheme) means nothing on this site: the text stays, with the target as its title.
 * - An image is not loaded unless the operator wants it. It becomes a link that says what it shows and which host has it.
 * - The box of a task becomes a symbol with a name for screen readers, so that no form control is needed.
 */

import { strings } from '../strings/strings.ts'
import { visibleText } from './visible-text.ts'

type Attributes = Readonly<Record<string, string>>

/**
 * What becomes of pictures of other hosts: `link` is a link; `click` a link that says to the page's script where the
 * picture is, so that it can put it there when the reader asks for it; `always` the picture.
 */
export type ImageMode = 'link' | 'click' | 'always'

/** An element as it goes out, with the text that stands in it where that is ours. */
export interface Tag {
  readonly tagName: string
  readonly attribs: Record<string, string>
  readonly text?: string
}

/** How an element goes out that came in with these attributes, which may be anything. */
export type TagRule = (tagName: string, attributes: Attributes) => Tag

const outgoingSchemes: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:'])
/** What a link that leads out says of where it leads. */
export const outgoingRel = 'nofollow noopener ugc'
const maxTargetChars = 4096
const maxTitleChars = 300

/** Targets that are programs or data, not places: of no use to a reader even as a title. */
const untitledSchemes: ReadonlySet<string> = new Set(['javascript:', 'vbscript:', 'data:'])

/** Without the attributes that are not there. */
function present(attributes: Record<string, string | undefined>): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name in attributes) {
    const value = attributes[name]
    if (value !== undefined) found[name] = value
  }
  return found
}

/** Text for a `title`; undefined where there is none. */
function titleOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const shown = visibleText(text.trim().slice(0, maxTitleChars))
  return shown === '' ? undefined : shown
}

/** The target in the form that browsers would give it; undefined where no link may lead there. */
export function outgoing(target: string | undefined): URL | undefined {
  if (target === undefined || target.length > maxTargetChars) return undefined
  const url = URL.parse(target)
  return url !== null && outgoingSchemes.has(url.protocol) && url.href.length <= maxTargetChars * 3 ? url : undefined
}

/** The target as a title where no link may lead there. */
function inertTitle(target: string | undefined): string | undefined {
  if (target === undefined || untitledSchemes.has(URL.parse(target)?.protocol ?? '')) return undefined
  return titleOf(target)
}

const toLink: TagRule = (_name, { href, title }) => {
  const url = outgoing(href)
  if (url !== undefined)
    return { tagName: 'a', attribs: present({ href: url.href, rel: outgoingRel, title: titleOf(title) }) }
  const target = inertTitle(href)
  return { tagName: 'span', attribs: target === undefined ? {} : { class: 'inert', title: target } }
}

/** A width or height in CSS pixels, where it is one. */
function pixels(value: string | undefined): string | undefined {
  return value !== undefined && /^[1-9][0-9]{0,3}$/.test(value) ? value : undefined
}

function createImageRule(mode: ImageMode): TagRule {
  return (_name, { src, alt, title, width, height }) => {
    const description = (alt ?? '').trim()
    const label = description === '' ? strings.text.image : strings.text.imageOf(description)
    const url = outgoing(src)
    if (url === undefined || url.hostname === '') {
      return { tagName: 'span', attribs: present({ class: 'image', title: inertTitle(src) }), text: label }
    }
    const { href } = url
    if (mode === 'always') {
      const attribs = present({
        src: href,
        alt: visibleText(description),
        title: titleOf(title),
        width: pixels(width),
        height: pixels(height),
        loading: 'lazy',
        referrerpolicy: 'no-referrer',
      })
      return { tagName: 'img', attribs }
    }
    const attribs = present({
      class: 'image',
      href,
      rel: outgoingRel,
      title: titleOf(title),
      'data-image': mode === 'click' ? href : undefined,
    })
    return { tagName: 'a', attribs, text: `${label} (${url.hostname})` }
  }
}

const toTaskSymbol: TagRule = (_name, { checked }) => {
  const done = checked !== undefined
  const attribs = {
    class: done ? 'task task-done' : 'task',
    role: 'img',
    'aria-label': done ? strings.text.done : strings.text.toDo,
  }
  return { tagName: 'span', attribs, text: done ? '☑' : '☐' }
}

/** The value where it is a whole number from 1 to 100, the range that a table written by hand needs. */
function span(value: string | undefined): string | undefined {
  return value !== undefined && /^(?:[1-9][0-9]?|100)$/.test(value) ? value : undefined
}

const toCell: TagRule = (tagName, { style, align, colspan, rowspan, scope }) => {
  const alignment =
    /^text-align:(left|center|right)$/.exec(style ?? '')?.[1] ?? /^(?:left|center|right)$/.exec(align ?? '')?.[0]
  return {
    tagName,
    attribs: present({
      class: alignment === undefined ? undefined : `align-${alignment}`,
      colspan: span(colspan),
      rowspan: span(rowspan),
      scope: tagName === 'td' ? undefined : scope === 'row' ? 'row' : 'col',
    }),
  }
}

/** For elements whose classes are ours to give. */
const toBare: TagRule = tagName => ({ tagName, attribs: {} })

/** Keeps the class where the allow-list will, and nothing else. */
const toClassOnly: TagRule = (tagName, attributes) => ({
  tagName,
  attribs: present({ class: attributes.class?.toLowerCase() }),
})

const toList: TagRule = (tagName, { start }) => ({
  tagName,
  attribs: present({ start: start !== undefined && /^-?[0-9]{1,9}$/.test(start) ? start : undefined }),
})

/** The rules by the name of the element that comes in. Elements without a rule keep none of their attributes. */
export function createTagRules(images: ImageMode): ReadonlyMap<string, TagRule> {
  return new Map<string, TagRule>([
    ['a', toLink],
    ['abbr', (tagName, { title }) => ({ tagName, attribs: present({ title: titleOf(title) }) })],
    ['code', toClassOnly],
    ['details', (tagName, { open }) => ({ tagName, attribs: present({ open: open === undefined ? undefined : '' }) })],
    ['img', createImageRule(images)],
    ['input', toTaskSymbol],
    ['li', toClassOnly],
    ['ol', toList],
    ['p', toBare],
    ['pre', toClassOnly],
    ['span', toBare],
    ['td', toCell],
    ['th', toCell],
  ])
}
