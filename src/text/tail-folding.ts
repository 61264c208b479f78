/**
 * Folds the end of a mail among the parser's pieces: what begins at its first line goes into a `details`. Promises that
 * all of it stays, laid out as without folding, and refuses where the line is inside of something that begins earlier
 * (code, a list, HTML): then it is no end of a mail.
 */

import type { Env, MarkdownIt, StateCore, Token } from 'markdown-it'

import { strings } from '../strings/strings.ts'
import type { QuotedTail } from './quoted-tail.ts'

/** What the rule is told, and what it says. */
interface FoldOrder {
  /** Number of the line at which the tail begins, from 0. */
  readonly line: number
  readonly label: string
  isDone: boolean
}

interface FoldEnv extends Env {
  readonly fold?: FoldOrder
}

/** A text in pieces, with what the parser's own writer of HTML needs of it. */
export interface ParsedText {
  readonly tokens: Token[]
  readonly env: Env
}

/** Parses a text as it is. */
export function parsePlain(markdown: MarkdownIt, source: string): ParsedText {
  const env: Env = {}
  return { tokens: markdown.parse(source, env), env }
}

/**
 * Parses a text with its tail folded; undefined where that is not possible.
 * @param markdown has `foldTail` as the last of its rules
 */
export function parseFolded(
  markdown: MarkdownIt,
  { source, tail }: { readonly source: string; readonly tail: QuotedTail },
): ParsedText | undefined {
  const head = source.slice(0, tail.start)
  const fold: FoldOrder = {
    line: head.split(/\r\n|\r|\n/).length,
    label: tail.isSignature ? strings.text.signature : strings.text.quotedText,
    isDone: false,
  }
  const env: FoldEnv = { fold }
  // With an empty line before it, `-- ` does not underline the line above as a heading.
  const tokens = markdown.parse(`${head}${head.at(-1) ?? ''}${source.slice(tail.start)}`, env)
  return fold.isDone ? { tokens, env } : undefined
}

/** The parser's rule. */
export function foldTail(state: StateCore): void {
  const { fold }: FoldEnv = state.env
  if (fold === undefined) return
  const index = state.tokens.findIndex(({ level, map }) => level === 0 && map?.[0] === fold.line)
  if (index === -1) return
  const block = (type: string, nesting: 1 | 0 | -1, level: number) => {
    const tag = type === 'inline' ? '' : type.replace(/_.*/, '')
    return Object.assign(new state.Token(type, tag, nesting), { block: true, level })
  }
  const text = Object.assign(new state.Token('text', '', 0), { content: fold.label })
  const label = Object.assign(block('inline', 0, 2), { content: fold.label, children: [text] })
  const tail = state.tokens.slice(index)
  for (const token of tail) token.level++
  state.tokens = [
    ...state.tokens.slice(0, index),
    block('details_open', 1, 0),
    block('summary_open', 1, 1),
    label,
    block('summary_close', -1, 1),
    ...tail,
    block('details_close', -1, 0),
  ]
  fold.isDone = true
}
