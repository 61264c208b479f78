/**
 * Text of a comment as HTML that may stand in a line. It sees all text once it is safe, wherever it came from, and is
 * the only one that writes elements of its own into it: marks of odd characters, emoji, colours of code, the operator's
 * links, and marks where a link may come (`text-fragment.ts`).
 *
 * Promises: everything else is escaped; every character of the text is there, as itself or as what is shown for it;
 * linear time, and a bound on how many elements one comment gets. Past that, text stays text.
 */

import { emojiOf } from './emoji.ts'
import { escapeAttribute, escapeText } from './escape.ts'
import type { Highlight } from './highlighter.ts'
import { markLink, markText } from './text-fragment.ts'
import { type OddText, replaceOdd } from './visible-text.ts'
import type { WordLinks } from './word-links.ts'

/** Where a stretch of text stands: links come only into prose, and nothing at all into code. */
export type TextPlace = 'prose' | 'link' | 'code'

/** Writes the texts of one comment, in order. */
export interface TextWriter {
  text(text: string, place: TextPlace): string
  /** A block of code, without the elements around it. @param language as the writer called it */
  code(code: string, language: string): string
  /** The start tag of a link. @param attributes as the gate wrote them, with a space before each */
  link(attributes: string): string
}

export interface TextWriterOptions {
  readonly highlight: Highlight
  /** Undefined where the operator has chosen none. */
  readonly wordLinks: WordLinks | undefined
}

/** Elements of each kind that are written into one comment. */
const maxElements = 1000
/** Places of one comment where the operator's patterns are tried. */
const maxTries = 20_000
const maxSlugChars = 200
/** Characters of code in one comment that are coloured. */
const maxCodeChars = 12 * 1024

/** Most texts have none of these, and are done at once. */
const trigger = /[:@#]|[0-9a-f]{7}/
/**
 * - `:code:`
 * - `@name`, but no part of an address, a path or a package
 * - `#12`; what is before it is looked at by hand
 * - the beginning of an id or hash: 7 to 64 digits that are no part of a word, a number, a file's name or a UUID
 */
const candidate =
  /:[a-z0-9_+-]{1,40}:|(?<![\p{L}\p{N}_@./-])@[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]{0,62}[\p{L}\p{N}_])?|#[0-9]{1,10}(?![\p{L}\p{N}_])|(?<![\w/-]|(?<!\.)\.)[0-9a-f]{7,64}(?![\w-]|\.\w)/gu
const wordCharacter = /[\p{L}\p{N}_]/u
const slugCharacter = /[\w./-]/
const slug = /^[\w-][\w.-]*(?:\/[\w.-]*[\w-])+$/
/** What a link that may lead to an imported bug ends in: its number, and a place on its page. */
const numbered = / href="https?:\/\/[^"]*[/=][0-9]{1,10}\/?(?:#[^"]*)?"/

function showOdd({ code, name }: OddText): string {
  return `<span class="odd" title="${code} ${escapeAttribute(name)}">[${code}]</span>`
}

/** Where the name of the repository before a `#12` starts: at the `#` where there is none; -1 where there is a word. */
function slugStart(text: string, at: number, from: number): number {
  let start = at
  while (start > from && at - start < maxSlugChars && slugCharacter.test(text[start - 1] ?? '')) start--
  if (start === at) return /[&#]/.test(text[at - 1] ?? '') ? -1 : at
  return slug.test(text.slice(start, at)) ? start : -1
}

/** Where what was found really starts; -1 where it is part of something else. @param found.done what is written already */
function startOf(text: string, found: { readonly index: number; readonly end: number; readonly done: number }): number {
  const { index, end, done } = found
  if (text[index] === '#') return slugStart(text, index, done)
  if (text[index] !== ':') return index
  const before = index === done ? '' : (text[index - 1] ?? '')
  return /[\w:/]/.test(before) || /\w/.test(text[end] ?? '') ? -1 : index
}

/** Makes the writer of one comment. */
export function createTextWriter({ highlight, wordLinks }: TextWriterOptions): TextWriter {
  const left = {
    odd: maxElements,
    emoji: maxElements,
    words: maxElements,
    marks: maxElements,
    tries: maxTries,
    code: maxCodeChars,
  }

  /** Counts down, and says whether there was any left. */
  const take = (kind: keyof typeof left): boolean => left[kind]-- > 0

  const show = (text: string): string =>
    replaceOdd(escapeText(text), odd => (take('odd') ? showOdd(odd) : `[${odd.code}]`))

  const emoji = (name: string): string | undefined => {
    const character = emojiOf(name)
    if (character === undefined || !take('emoji')) return character
    return `<span role="img" aria-label="${name.replaceAll('_', ' ')}" title=":${name}:">${character}</span>`
  }

  /** What takes the place of a candidate; undefined where it is only text. */
  const element = (text: string, place: TextPlace): string | undefined => {
    if (text.startsWith(':')) return emoji(text.slice(1, -1))
    if (place !== 'prose' || left.marks <= 0 || show(text) !== text) return undefined
    left.marks--
    return markText(text)
  }

  /** Emoji and places for links. */
  const mark = (text: string, place: TextPlace): string => {
    if (!trigger.test(text)) return show(text)
    let written = ''
    let done = 0
    candidate.lastIndex = 0
    for (let match = candidate.exec(text); match !== null; match = candidate.exec(text)) {
      const found = match[0]
      const end = match.index + found.length
      // One colon may end a code and begin the next.
      if (found.startsWith(':')) candidate.lastIndex = end - 1
      const start = startOf(text, { index: match.index, end, done })
      const put = start === -1 ? undefined : element(text.slice(start, end), place)
      if (put === undefined) continue
      written += show(text.slice(done, start)) + put
      done = end
      candidate.lastIndex = end
    }
    return written + show(text.slice(done))
  }

  /** The operator's links, and the rest between them. */
  const linkWords = (text: string, find: WordLinks): string => {
    let written = ''
    let done = 0
    for (let at = 0; at < text.length && left.words > 0 && left.tries > 0; at++) {
      if (/\s/.test(text[at] ?? '') || (at > 0 && wordCharacter.test(text[at - 1] ?? ''))) continue
      left.tries--
      const word = find(text, at)
      if (word === undefined) continue
      left.words--
      const { length, href, rel } = word
      const shown = show(text.slice(at, at + length))
      written += `${mark(text.slice(done, at), 'prose')}<a href="${escapeAttribute(href)}" rel="${rel}">${shown}</a>`
      done = at + length
      at = done - 1
    }
    return written + mark(text.slice(done), 'prose')
  }

  return {
    text(text, place) {
      if (place === 'code') return show(text)
      return place === 'prose' && wordLinks !== undefined ? linkWords(text, wordLinks) : mark(text, place)
    },
    code(code, language) {
      const pieces = code.length <= left.code ? highlight(code, language) : undefined
      if (pieces === undefined) return show(code)
      left.code -= code.length
      let written = ''
      for (const { text, kind } of pieces)
        written += kind === undefined ? show(text) : `<span class="${kind}">${show(text)}</span>`
      return written
    },
    link(attributes) {
      const tag = `<a${attributes}>`
      return numbered.test(attributes) && !attributes.startsWith(' class=') && take('marks') ? markLink(tag) : tag
    },
  }
}
