/**
 * A comment's text as HTML that may stand on a page.
 *
 * ```
 * source ─► cut ─► parser ─► gate ─► arranger ─► HTML
 *          size    Markdown  safety   validity, odd characters marked
 *                     │                  │
 *                     └── too deep, too large ──► plain text in <pre>
 * ```
 *
 * Promises, for any string: HTML of the elements and attributes in `markdown-elements.ts` only, valid where flow
 * content may stand, every element closed; nothing in it loads anything, has an id, a style or a script; hidden
 * characters are shown; work and output are bounded by a multiple of the source. What is left out is counted in a note.
 *
 * It refuses to guess: no language of code, no emoji codes, no links but those that Markdown makes. Links that a
 * tracker knows (bug ids, `#123`, people) belong into the arranger's `writeText`, which sees all text once it is safe.
 */

import { arrange } from './markdown-arranger.ts'
import { elements } from './markdown-elements.ts'
import { createGate } from './markdown-gate.ts'
import { createMarkdownParser } from './markdown-parser.ts'
import { escapeText } from './markdown-raw-html.ts'
import { replaceOdd, visibleText } from './visible-text.ts'

export interface MarkdownOptions {
  /** Characters (UTF-16 units) of one comment that are shown; 256 Ki by default. */
  readonly maxChars?: number
  /** Levels of elements inside one another before the text is shown as it was written; 100 by default. */
  readonly maxDepth?: number
  /** Pieces of structure (blocks, inline elements, stretches of text, openings and closings counted apart). */
  readonly maxTokens?: number
}

interface RenderedMarkdown {
  /** HTML for a place where flow content may stand. Not to be escaped. */
  readonly html: string
  /** The end of the text was left out; a note in `html` says how much. */
  readonly cut: boolean
}

/** Renders comments. Keeps nothing between two calls. */
export interface Markdown {
  /**
   * A comment as HTML.
   * @param source Markdown as the writer left it; any string
   */
  render(source: string): RenderedMarkdown
  /**
   * The beginning of a comment as one line of plain text, to be escaped; for feeds and descriptions.
   * @param maxChars characters (UTF-16 units) of the line, an ellipsis at its end included
   */
  excerpt(source: string, maxChars: number): string
}

/** Odd characters that are explained by a title; the others of the same comment are only shown. */
const maxExplainedOdd = 1000
/** An excerpt reads this much of the source: room for a template's comment or a quote at the beginning. */
const excerptSourceChars = 16 * 1024

const tagPattern = /<\/?([a-z0-9]+)[^>]*>/g

function note(text: string): string {
  return `<p class="cut">${text}</p>\n`
}

/** Where to cut: after a line if that keeps at least half of what may stay, else wherever no character is split. */
function cutAt(source: string, maxChars: number): number {
  if (source.length <= maxChars) return source.length
  const lineEnd = source.lastIndexOf('\n', maxChars - 1) + 1
  if (lineEnd > maxChars / 2) return lineEnd
  const last = source.charCodeAt(maxChars - 1)
  return last >= 0xd800 && last < 0xdc00 ? maxChars - 1 : maxChars
}

/** Marks odd characters in text that is already escaped. */
function createTextWriter(): (escaped: string) => string {
  let explained = 0
  return escaped =>
    replaceOdd(escaped, ({ code, name }) => {
      if (explained >= maxExplainedOdd) return `[${code}]`
      explained++
      return `<span class="odd" title="${code} ${name}">[${code}]</span>`
    })
}

function plainText(source: string, writeText: (escaped: string) => string): string {
  const reason = 'This text is shown as it was written: its structure is too deep or too large to lay out.'
  // A parser drops one newline after the tag.
  return `${note(reason)}<pre class="plain">\n${writeText(escapeText(source))}</pre>\n`
}

/** Our own HTML without its tags: in it, brackets are only around tags. */
function toPlainText(html: string): string {
  return html
    .replace(tagPattern, (_tag, name: string) => (name !== 'br' && elements.get(name)?.place === 'line' ? '' : ' '))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

/** The first `maxChars` characters of a line, with an ellipsis where there are more; cut between words if it can be. */
function shorten(line: string, maxChars: number): string {
  if (line.length <= maxChars) return line
  const room = Math.max(0, maxChars - 1)
  const end = cutAt(line, room)
  const space = line.lastIndexOf(' ', end)
  return `${line.slice(0, space > room / 2 ? space : end)}…`.slice(0, Math.max(0, maxChars))
}

/** Builds the renderer. A call to it takes some milliseconds for 5 KB of dense markup, so results are worth keeping. */
export function createMarkdown(options: MarkdownOptions = {}): Markdown {
  const { maxChars = 256 * 1024, maxDepth = 100, maxTokens = 100_000 } = options
  const parser = createMarkdownParser({ maxDepth, maxTokens })
  const gate = createGate(maxDepth)

  /** Undefined where the structure is too deep or too large. */
  function layOut(source: string, writeText: (escaped: string) => string): string | undefined {
    const unsafe = parser.toHtml(source)
    const safe = unsafe === undefined ? undefined : gate.sanitize(unsafe)
    return safe === undefined ? undefined : arrange(safe, writeText)
  }

  return {
    render(source) {
      const end = cutAt(source, maxChars)
      const shown = source.slice(0, end).toWellFormed()
      const writeText = createTextWriter()
      const html = layOut(shown, writeText) ?? plainText(shown, writeText)
      const left = source.length - end
      if (left === 0) return { html, cut: false }
      const share = `${left.toLocaleString('en')} of ${source.length.toLocaleString('en')} characters`
      return { html: `${html}${note(`The rest of this text is left out here: ${share}.`)}`, cut: true }
    },

    excerpt(source, maxLineChars) {
      const read = source.slice(0, cutAt(source, Math.min(excerptSourceChars, maxChars))).toWellFormed()
      const html = layOut(read, createTextWriter())
      const text = html === undefined ? visibleText(read) : toPlainText(html)
      return shorten(text.replace(/\s+/g, ' ').trim(), maxLineChars)
    },
  }
}
