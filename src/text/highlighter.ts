/**
 * Colours of code, for languages that the writer has named: nothing is guessed. What comes out is the code itself, cut
 * into pieces with the class of each; no HTML of the highlighter gets any further than this file, so whatever it may do
 * wrong, it can only give a piece another of our own few classes.
 *
 * Promises: the pieces make up exactly the code that was given. The same code gives the same pieces: what bounds the
 * work is its length and that of its lines, never a clock. The highlighter is loaded with the first block that wants it.
 */
import { createRequire } from 'node:module'

import type { HLJSApi } from 'highlight.js'

import { unescapeText } from './escape.ts'

/** A stretch of code; without a class where nothing is to be said of it. */
export interface CodePiece {
  readonly text: string
  readonly kind: string | undefined
}

/**
 * Cuts code into pieces.
 * @param language as the writer called it
 * @returns undefined where the language is not known, or the code goes beyond the limits
 */
export type Highlight = (code: string, language: string) => readonly CodePiece[] | undefined

/**
 * Some languages take quadratic time for what is made to be slow (C# in the length of a block, C++ in that of a line):
 * up to 80 ms for a block of this size, where code that people write takes 2.
 */
const maxChars = 6 * 1024
const maxLineChars = 300
/** Pieces of one block: each takes an element. */
const maxPieces = 5000

/** What each of the highlighter's classes is to a reader; its own are many, and most look alike everywhere. */
const kinds: ReadonlyMap<string, string> = new Map(
  Object.entries({
    hk: ['keyword', 'selector-tag', 'doctag', 'tag', 'template-tag', 'operator'],
    hs: ['string', 'regexp', 'char', 'subst', 'code', 'link', 'meta string'],
    hc: ['comment', 'quote'],
    hn: ['number', 'literal', 'symbol', 'bullet', 'type', 'built_in', 'variable', 'template-variable'],
    ht: ['title', 'section', 'name', 'selector-id', 'selector-class', 'attr', 'attribute', 'property', 'meta'],
    hi: ['addition'],
    hd: ['deletion'],
  }).flatMap(([kind, names]) => names.map(name => [`hljs-${name}`, kind])),
)

const part = /<span class="([^"]*)">|<\/span>|[^<]+/g

/** The pieces of what the highlighter wrote. Spans inside others count, where they say something. */
function readPieces(html: string): CodePiece[] {
  const pieces: CodePiece[] = []
  const open: (string | undefined)[] = []
  for (const [whole, names] of html.matchAll(part)) {
    if (names !== undefined) open.push(kinds.get(names.split(' ')[0] ?? '') ?? open.at(-1))
    else if (whole === '</span>') open.pop()
    else addPiece(pieces, { text: unescapeText(whole), kind: open.at(-1) })
  }
  return pieces
}

function addPiece(pieces: CodePiece[], piece: CodePiece): void {
  const before = pieces.at(-1)
  if (before !== undefined && before.kind === piece.kind) {
    pieces[pieces.length - 1] = { text: before.text + piece.text, kind: piece.kind }
  } else pieces.push(piece)
}

/** Makes a highlighter. */
export function createHighlighter(): Highlight {
  let api: HLJSApi | undefined
  const load = (): HLJSApi => {
    // At once and not by a promise: a comment must look the same whether it is the first with code or not.
    api ??= createRequire(import.meta.url)('highlight.js/lib/common') as HLJSApi
    return api
  }
  return (code, language) => {
    if (code.length > maxChars || code.split('\n').some(line => line.length > maxLineChars)) return undefined
    const highlighter = load()
    if (highlighter.getLanguage(language) === undefined) return undefined
    const pieces = readPieces(highlighter.highlight(code, { language, ignoreIllegals: true }).value)
    const isWhole = pieces.map(({ text }) => text).join('') === code
    const isSound = pieces.length <= maxPieces && pieces.every(({ text }) => text.isWellFormed())
    return isWhole && isSound ? pieces : undefined
  }
}
