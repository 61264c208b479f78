/**
 * A comment's text as HTML that may stand on a page.
 *
 * ```
 * source ─► cut ─► parser ──── no HTML in it: pieces ────► tree ─► arranger ─► writer of texts ─► HTML
 *          size    Markdown ─► HTML ─► gate: safety ────────┘     validity    odd characters, emoji,
 *                     │                  │                                    colours, places for links
 *                     └── too deep, too large ──► plain text in <pre>
 * ```
 *
 * Promises, for any string: HTML of the elements and attributes in `markdown-elements.ts` only, valid where flow
 * content may stand, every element closed; nothing in it has an id, a style or a script, or loads anything that the
 * operator does not want loaded; hidden characters are shown; work and output are bounded by a multiple of the source.
 * What is left out is counted in a note.
 *
 * It refuses to guess: no language of code, and no links but those that Markdown makes and the operator has told of.
 * Where a link that only a state knows may come (bug ids, `#123`, people) is marked; see `text-fragment.ts`.
 */

import { strings } from '../strings/strings.ts'
import { escapeText, unescapeText } from './escape.ts'
import { createHighlighter } from './highlighter.ts'
import { arrange } from './markdown-arranger.ts'
import type { ImageMode } from './markdown-attributes.ts'
import { elements } from './markdown-elements.ts'
import { createGate } from './markdown-gate.ts'
import { createMarkdownParser } from './markdown-parser.ts'
import { createTokenTree } from './markdown-token-tree.ts'
import { parseTree } from './markdown-tree.ts'
import { findQuotedTail } from './quoted-tail.ts'
import { fillFragment, type TextFragment } from './text-fragment.ts'
import { createTextWriter, type TextWriter } from './text-writer.ts'
import { visibleText } from './visible-text.ts'
import type { WordLinks } from './word-links.ts'

export interface MarkdownOptions {
  /** Characters (UTF-16 units) of one comment that are shown; 256 Ki by default. */
  readonly maxChars?: number
  /** Levels of elements inside one another before the text is shown as it was written; 100 by default. */
  readonly maxDepth?: number
  /** Pieces of structure (blocks, inline elements, stretches of text, openings and closings counted apart). */
  readonly maxTokens?: number
  /** What becomes of pictures; `link` by default. */
  readonly images?: ImageMode
}

export interface RenderedMarkdown {
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
   * A comment whose links to things of its repository are still to be put in. Depends on nothing but what is given.
   * @param wordLinks the operator's links for the repository
   */
  fragment(source: string, wordLinks?: WordLinks): TextFragment
  /**
   * The beginning of a comment as one line of plain text, to be escaped; for feeds and descriptions. What a mail quotes
   * at its end is no part of it.
   * @param maxChars characters (UTF-16 units) of the line, an ellipsis at its end included
   */
  excerpt(source: string, maxChars: number): string
}

/** An excerpt reads this much of the source: room for a template's comment or a quote at the beginning. */
const excerptSourceChars = 16 * 1024

const tagPattern = /<\/?([a-z0-9]+)[^>]*>/g

function note(text: string): string {
  return `<p class="cut">${escapeText(text)}</p>\n`
}

/** Where to cut: after a line if that keeps at least half of what may stay, else wherever no character is split. */
function cutAt(source: string, maxChars: number): number {
  if (source.length <= maxChars) return source.length
  const lineEnd = source.lastIndexOf('\n', maxChars - 1) + 1
  if (lineEnd > maxChars / 2) return lineEnd
  const last = source.charCodeAt(maxChars - 1)
  return last >= 0xd800 && last < 0xdc00 ? maxChars - 1 : maxChars
}

function plainText(source: string, writer: TextWriter): string {
  // A parser drops one newline after the tag.
  return `${note(strings.text.shownAsWritten)}<pre class="plain">\n${writer.text(source, 'code')}</pre>\n`
}

/** Our own HTML without its tags: in it, brackets are only around tags. */
function toPlainText(html: string): string {
  const text = html.replace(tagPattern, (_tag, name: string) =>
    name !== 'br' && elements.get(name)?.place === 'line' ? '' : ' ',
  )
  return unescapeText(text)
}

/** The first `maxChars` characters of a line, with an ellipsis where there are more; cut between words if it can be. */
function shorten(line: string, maxChars: number): string {
  if (line.length <= maxChars) return line
  const room = Math.max(0, maxChars - 1)
  const end = cutAt(line, room)
  const space = line.lastIndexOf(' ', end)
  return `${line.slice(0, space > room / 2 ? space : end)}…`.slice(0, Math.max(0, maxChars))
}

/** Builds the renderer. A call to it takes a millisecond or so for 5 KB of dense markup: results are worth keeping. */
export function createMarkdown(options: MarkdownOptions = {}): Markdown {
  const { maxChars = 256 * 1024, maxDepth = 100, maxTokens = 100_000, images = 'link' } = options
  const parser = createMarkdownParser({ maxDepth, maxTokens })
  const gate = createGate({ maxDepth, images })
  const treeOf = createTokenTree({ maxDepth, images })
  const highlight = createHighlighter()

  /** Undefined where the structure is too deep or too large. */
  function layOut(source: string, writer: TextWriter, isCut: boolean): string | undefined {
    const parsed = parser.parse(source, isCut)
    if (parsed === undefined) return undefined
    const tree = treeOf(parsed.tokens)
    if (tree === 'deep') return undefined
    if (tree !== 'html') return arrange(tree, writer)
    const safe = gate.sanitize(parsed.toHtml())
    return safe === undefined ? undefined : arrange(parseTree(safe), writer)
  }

  function fragment(source: string, wordLinks?: WordLinks): TextFragment {
    const end = cutAt(source, maxChars)
    const shown = source.slice(0, end).toWellFormed()
    const writer = createTextWriter({ highlight, wordLinks })
    const left = source.length - end
    const html = layOut(shown, writer, left > 0) ?? plainText(shown, writer)
    if (left === 0) return { html, cut: false }
    const rest = strings.text.restLeftOut(left.toLocaleString('en'), source.length.toLocaleString('en'))
    return { html: `${html}${note(rest)}`, cut: true }
  }

  return {
    fragment,
    render: source => fillFragment(fragment(source), () => undefined),

    excerpt(source, maxLineChars) {
      const end = cutAt(source, Math.min(excerptSourceChars, maxChars))
      const tail = end < source.length ? undefined : findQuotedTail(source)
      // What looks like a signature may be the end of a patch in the middle of code, and more may follow.
      const read = source.slice(0, tail && !tail.isSignature ? tail.start : end).toWellFormed()
      const html = layOut(read, createTextWriter({ highlight: () => undefined, wordLinks: undefined }), true)
      const text =
        html === undefined ? visibleText(read) : toPlainText(fillFragment({ html, cut: false }, () => undefined).html)
      return shorten(text.replace(/\s+/g, ' ').trim(), maxLineChars)
    },
  }
}
