/**
 * The one place where a comment's HTML becomes safe. Only elements, attributes and classes of the allow-list in
 * `markdown-elements.ts` get out, and no attribute is passed on unread.
 *
 * - A link leads out by `http:`, `https:` or `mailto:`, with `rel="nofollow noopener ugc"`. Any other target (a
 *   relative path, `#part`, another scheme) means nothing on this site: the text stays, with the target as its title.
 * - An image is never loaded. It becomes a link that says what it shows and which host has it.
 * - The box of a task becomes a symbol with a name for screen readers, so that no form control is needed.
 */

import sanitizeHtml from 'sanitize-html'

import { elements } from './markdown-elements.ts'
import { visibleText } from './visible-text.ts'

type Attributes = Readonly<Record<string, string>>
interface Tag {
  readonly tagName: string
  readonly attribs: Record<string, string>
  readonly text?: string
}

const outgoingSchemes: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:'])
const rel = 'nofollow noopener ugc'
const maxTargetChars = 4096
const maxTitleChars = 300

/** Targets that are programs or data, not places: of no use to a reader even as a title. */
const untitledSchemes: ReadonlySet<string> = new Set(['javascript:', 'vbscript:', 'data:'])

/** Without the attributes that are not there. */
function present(attributes: Record<string, string | undefined>): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) found[name] = value
  return found
}

/** Text for a `title`; undefined where there is none. */
function titleOf(text: string | undefined): string | undefined {
  const shown = visibleText((text ?? '').trim().slice(0, maxTitleChars))
  return shown === '' ? undefined : shown
}

/** The target in the form that browsers would give it; undefined where no link may lead there. */
function outgoing(target: string | undefined): URL | undefined {
  if (target === undefined || target.length > maxTargetChars) return undefined
  const url = URL.parse(target)
  return url !== null && outgoingSchemes.has(url.protocol) && url.href.length <= maxTargetChars * 3 ? url : undefined
}

/** The target as a title where no link may lead there. */
function inertTitle(target: string | undefined): string | undefined {
  if (target === undefined || untitledSchemes.has(URL.parse(target)?.protocol ?? '')) return undefined
  return titleOf(target)
}

function toLink(_name: string, { href, title }: Attributes): Tag {
  const url = outgoing(href)
  if (url !== undefined) return { tagName: 'a', attribs: present({ href: url.href, rel, title: titleOf(title) }) }
  const target = inertTitle(href)
  return { tagName: 'span', attribs: target === undefined ? {} : { class: 'inert', title: target } }
}

function toImageLink(_name: string, { src, alt, title }: Attributes): Tag {
  const description = (alt ?? '').trim()
  const label = description === '' ? 'image' : `image: ${description}`
  const url = outgoing(src)
  if (url === undefined || url.hostname === '') {
    return { tagName: 'span', attribs: present({ class: 'image', title: inertTitle(src) }), text: label }
  }
  const attribs = present({ class: 'image', href: url.href, rel, title: titleOf(title) })
  return { tagName: 'a', attribs, text: `${label} (${url.hostname})` }
}

function toTaskSymbol(_name: string, { checked }: Attributes): Tag {
  const done = checked !== undefined
  const attribs = { class: done ? 'task task-done' : 'task', role: 'img', 'aria-label': done ? 'done' : 'to do' }
  return { tagName: 'span', attribs, text: done ? '☑' : '☐' }
}

/** The value where it is a whole number from 1 to 100, the range that a table written by hand needs. */
function span(value: string | undefined): string | undefined {
  return value !== undefined && /^(?:[1-9][0-9]?|100)$/.test(value) ? value : undefined
}

function toCell(tagName: string, { style, align, colspan, rowspan, scope }: Attributes): Tag {
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
function toBare(tagName: string): Tag {
  return { tagName, attribs: {} }
}

/** Keeps the class where the allow-list will, and nothing else. */
function toClassOnly(tagName: string, attributes: Attributes): Tag {
  return { tagName, attribs: present({ class: attributes.class?.toLowerCase() }) }
}

function toList(tagName: string, { start }: Attributes): Tag {
  return {
    tagName,
    attribs: present({ start: start !== undefined && /^-?[0-9]{1,9}$/.test(start) ? start : undefined }),
  }
}

function gateOptions(): sanitizeHtml.IOptions {
  const entries = [...elements]
  return {
    allowedTags: entries.map(([name]) => name),
    allowedAttributes: Object.fromEntries(entries.map(([name, rule]) => [name, [...(rule.attributes ?? [])]])),
    allowedClasses: Object.fromEntries(entries.map(([name, rule]) => [name, [...(rule.classes ?? [])]])),
    allowedSchemes: ['http', 'https', 'mailto'],
    allowProtocolRelative: false,
    disallowedTagsMode: 'discard',
    selfClosing: ['br', 'hr', 'wbr'],
    parseStyleAttributes: false,
    transformTags: {
      a: toLink,
      abbr: (tagName, { title }) => ({ tagName, attribs: present({ title: titleOf(title) }) }),
      code: toClassOnly,
      details: (tagName, { open }) => ({ tagName, attribs: present({ open: open === undefined ? undefined : '' }) }),
      img: toImageLink,
      input: toTaskSymbol,
      li: toClassOnly,
      ol: toList,
      pre: toClassOnly,
      p: toBare,
      span: toBare,
      td: toCell,
      th: toCell,
    },
  }
}

/** Stops the sanitizer; never leaves this file. */
class TooDeep extends Error {}

/** Makes HTML safe. */
export interface Gate {
  /**
   * Balanced HTML of allow-listed elements only, in the spelling of `sanitize-html`: `<br />`, and `&amp;`, `&lt;`,
   * `&gt;`, `&quot;` as the only entities.
   * @param html anything at all
   * @returns undefined where elements are nested deeper than allowed, in what comes in or in what would go out
   */
  sanitize(html: string): string | undefined
}

/**
 * Builds the gate.
 * @param maxDepth levels of elements inside one another; the parser's work grows with the square of its depth
 */
export function createGate(maxDepth: number): Gate {
  const options = gateOptions()
  return {
    sanitize(html) {
      let depth = 0
      const onOpenTag = () => {
        depth++
        if (depth > maxDepth) throw new TooDeep()
      }
      const onCloseTag = () => {
        depth--
      }
      try {
        return sanitizeHtml(html, { ...options, onOpenTag, onCloseTag })
      } catch (error) {
        if (error instanceof TooDeep) return undefined
        throw error
      }
    },
  }
}
