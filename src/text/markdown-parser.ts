/**
 * GitHub-flavoured Markdown to pieces, or to HTML that is not yet safe: what CommonMark says, with tables,
 * strikethrough, task lists, bare links and hard line breaks. What a mail carries at its end (`quoted-tail.ts`) is folded.
 *
 * Promises: linear work in the length of the source, and `undefined` instead of HTML where the structure would be too
 * deep or the HTML far larger than the source (a short reference to a long link definition, used often). It passes
 * every link and image on, whatever its target: the gate alone decides where a link may lead.
 */

import MarkdownItParser, { type MarkdownIt, type StateCore, type Token } from 'markdown-it'

import { renamedElements } from './markdown-elements.ts'
import { filterBlock, filterTags } from './markdown-raw-html.ts'
import { findQuotedTail } from './quoted-tail.ts'
import { foldTail, parseFolded, parsePlain } from './tail-folding.ts'

/** Bounds on what a comment's structure may cost. */
export interface StructureLimits {
  /** Levels of quotes, lists, emphasis and so on inside one another. */
  readonly maxDepth: number
  /** Pieces of structure: openings and closings of blocks, inline elements and stretches of text. */
  readonly maxTokens: number
}

/** A link longer than this is not linked. */
const maxBareLinkChars = 4096
/** What text and link targets may come to, beside a multiple of the source: a constant, so that short texts pass. */
const growthFactor = 4
const growthAllowance = 256 * 1024

/**
 * Brackets, bars and lines take the parser longest, each up to some microseconds. Texts with more than these are shown
 * as they were written; a log of 256 KiB with a bracket in each word has half as many.
 */
const maxCost = 60_000
const costs: Readonly<Record<string, number>> = { '[': 3, '|': 1, '\n': 1 }

/**
 * The parser looks how far a quote may reach before it reads what is in it, and that may be far less: for `> #`, `a`,
 * `> #`, `a` and so on it looks through the rest of the text with every second line. All quotes of a text together may
 * take so many lines, which is eight times the longest text.
 */
const maxQuotedLines = 8 * maxCost

/** Thrown while a text is read whose quotes take too long. */
class TooCostly extends Error {}

/**
 * Counts the lines that quotes take.
 * @returns what starts again with the next text
 */
function countQuotedLines(markdown: MarkdownIt): { reset(): void } {
  let lines = 0
  // The first rule of all that sees what is in a quote; up to where the quote may reach, so far.
  markdown.block.ruler.before('table', 'quoted_lines', (state, startLine, endLine) => {
    if (state.tokens.at(-1)?.type === 'blockquote_open') lines += endLine - startLine
    if (lines > maxQuotedLines) throw new TooCostly()
    return false
  })
  return {
    reset() {
      lines = 0
    },
  }
}

/** What reading a text may cost at most. */
function costOf(source: string): number {
  let cost = 0
  for (const sign in costs) {
    const weight = costs[sign] ?? 0
    for (let at = source.indexOf(sign); at !== -1; at = source.indexOf(sign, at + 1)) cost += weight
  }
  return cost
}

const taskMark = /^\[([ xX])\][ \t]/

/** Links that begin with `www.`: a host and a path as after `http://`, whatever the top-level domain. */
function linkWww(linkify: MarkdownIt['linkify']): void {
  const tail = new RegExp(linkify.re.get_url_host_port().source + linkify.re.get_path().source, 'iy')
  linkify.add('www.', {
    validate(text, at) {
      tail.lastIndex = at
      return tail.exec(text)?.[0].length ?? 0
    },
    normalize(match) {
      match.url = `http://${match.url}`
    },
  })
}

/** Turns the `[ ]` or `[x]` at the start of a list item into a token of its own. */
function markTasks(state: StateCore): void {
  for (const [index, token] of state.tokens.entries()) {
    const item = state.tokens[index - 2]
    if (token.type !== 'inline' || item?.type !== 'list_item_open') continue
    if (state.tokens[index - 1]?.type !== 'paragraph_open') continue
    const first = token.children?.[0]
    const match = first?.type === 'text' ? taskMark.exec(first.content) : null
    if (first === undefined || match === null || token.children === null) continue
    first.content = first.content.slice(3)
    const box = new state.Token('task', 'input', 0)
    box.attrSet('type', 'checkbox')
    if (match[1] !== ' ') box.attrSet('checked', '')
    token.children.unshift(box)
    item.attrSet('class', 'task-item')
  }
}

/** Headings step back behind those of the page; heads of columns say that they are. */
function adaptTags(state: StateCore): void {
  for (const token of state.tokens) {
    if (token.type === 'heading_open' || token.type === 'heading_close') {
      token.tag = renamedElements.get(token.tag) ?? token.tag
    } else if (token.type === 'th_open') {
      token.attrSet('scope', 'col')
    }
  }
}

/** Adds up what rendering would cost. */
function weigh(tokens: readonly Token[]): { count: number; depth: number; chars: number } {
  const sum = { count: 0, depth: 0, chars: 0 }
  const waiting: (readonly Token[])[] = [tokens]
  for (let list = waiting.pop(); list !== undefined; list = waiting.pop()) {
    sum.count += list.length
    for (const token of list) {
      sum.depth = Math.max(sum.depth, token.level + 1)
      if (token.children !== null) waiting.push(token.children)
      else sum.chars += token.content.length
      for (const [, value] of token.attrs ?? []) sum.chars += String(value).length
    }
  }
  return sum
}

/** A comment that was read. */
export interface ParsedMarkdown {
  readonly tokens: readonly Token[]
  /** HTML of it that must go through the gate. */
  toHtml(): string
}

/** Reads Markdown; made once and used for every comment. */
export interface MarkdownParser {
  /**
   * Undefined where the source goes beyond the limits.
   * @param isCut the end of the text is not there, and so nothing of it is folded
   */
  parse(source: string, isCut?: boolean): ParsedMarkdown | undefined
}

/** Builds a parser with its limits. */
export function createMarkdownParser(limits: StructureLimits): MarkdownParser {
  const markdown = new MarkdownItParser({ html: true, breaks: true, linkify: true, maxNesting: limits.maxDepth })
  markdown.validateLink = () => true
  // What was written is shown, not a decoded form of it.
  markdown.normalizeLinkText = text => text

  // `example.py` is a file and no host, so a bare link needs a scheme or `www.`; `//` is a comment far more often than
  // an address, and looking for it takes quadratic time.
  markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: true, maxLength: maxBareLinkChars }).add('//').add('ftp:')
  linkWww(markdown.linkify)

  markdown.core.ruler.push('tasks', markTasks)
  markdown.core.ruler.push('tags', adaptTags)
  markdown.core.ruler.push('fold', foldTail)
  const quotedLines = countQuotedLines(markdown)
  const rules = markdown.renderer.rules
  rules.html_block = (tokens, index) => filterBlock(tokens[index]?.content ?? '')
  rules.html_inline = (tokens, index) => filterTags(tokens[index]?.content ?? '')

  const read = (source: string, isCut: boolean) => {
    const tail = isCut ? undefined : findQuotedTail(source)
    quotedLines.reset()
    return (tail && parseFolded(markdown, { source, tail })) ?? parsePlain(markdown, source)
  }

  return {
    parse(source, isCut = false) {
      if (costOf(source) > maxCost) return undefined
      const parsed = unlessTooCostly(() => read(source, isCut))
      if (parsed === undefined) return undefined
      const { tokens, env } = parsed
      const { count, depth, chars } = weigh(tokens)
      // At its own limit markdown-it leaves out what is deeper and says nothing: hence `>=`.
      if (depth >= limits.maxDepth || count > limits.maxTokens) return undefined
      if (chars > source.length * growthFactor + growthAllowance) return undefined
      return { tokens, toHtml: () => markdown.renderer.render(tokens, markdown.options, env) }
    },
  }
}

function unlessTooCostly<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof TooCostly) return undefined
    throw error
  }
}
