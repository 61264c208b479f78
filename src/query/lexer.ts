/**
 * Cuts a query into tokens and tokens into chunks, by the rules of the real client (`format.md`, "The query language"):
 *
 *   -metadata:"github-url":"https://example.org/7"
 *   │└──┬───┘ └────┬─────┘ └──────────┬──────────┘
 *   │ chunk      chunk              chunk            values without their quotes: github-url, https://example.org/7
 *   negated
 *
 * - Tokens end at Unicode white space, chunks at colons, both only outside quotes.
 * - `'` and `"` quote; inside one the other is literal; there are no escapes. A quote may open and close anywhere in a
 *   chunk, and stays part of the value unless the chunk's first and last characters are the same quote. So
 *   `label:"needs \"quotes\""` is one token: the quotes pair up as `"needs \"`, `quotes\` outside, `""`.
 * - One leading `-` negates (ours; the client has no "not"). A token that is just `-`, or starts with two dashes, is
 *   taken as written, so that pasted options such as `--global` are search terms.
 *
 * One pass over the text, no regular expression. Refuses to know any qualifier.
 */
import { createQueryError, type QueryError, type Span } from './query-error.ts'

export interface Chunk extends Span {
  /** Without the quotes around it. */
  readonly value: string
}

export interface Token extends Span {
  readonly negated: boolean
  /** At least one; a chunk may be empty. */
  readonly chunks: readonly Chunk[]
}

/**
 * The tokens of a text.
 * @param maxTokens more than that many is the error `too-long`
 * @returns `{ tokens }`, or `{ error }` with code `unmatched-quote` (at the quote that is never closed) or `too-long`
 */
export function tokenize(text: string, maxTokens: number): { tokens: Token[] } | { error: QueryError } {
  const tokens: Token[] = []
  let position = 0
  while (true) {
    while (position < text.length && isWhiteSpace(text.charCodeAt(position))) position++
    if (position === text.length) return { tokens }
    if (tokens.length === maxTokens) {
      const at = { start: position, length: text.length - position }
      return { error: createQueryError('too-long', `the query has more than ${maxTokens} parts`, at) }
    }
    const read = readToken(text, position)
    if ('error' in read) return read
    tokens.push(read.token)
    position += read.token.length
  }
}

function readToken(text: string, start: number): { token: Token } | { error: QueryError } {
  const negated = isNegated(text, start)
  const chunks: Chunk[] = []
  let chunkStart = negated ? start + 1 : start
  let openQuote = 0
  let openedAt = 0
  let position = chunkStart
  for (; position < text.length; position++) {
    const unit = text.charCodeAt(position)
    if (openQuote !== 0) {
      if (unit === openQuote) openQuote = 0
    } else if (isQuote(unit)) {
      openQuote = unit
      openedAt = position
    } else if (unit === 0x3a) {
      chunks.push(readChunk(text, chunkStart, position))
      chunkStart = position + 1
    } else if (isWhiteSpace(unit)) break
  }
  if (openQuote !== 0) {
    const at = { start: openedAt, length: 1 }
    return { error: createQueryError('unmatched-quote', `the quote ${text.charAt(openedAt)} is never closed`, at) }
  }
  chunks.push(readChunk(text, chunkStart, position))
  return { token: { start, length: position - start, negated, chunks } }
}

function isNegated(text: string, start: number): boolean {
  if (text.charCodeAt(start) !== 0x2d || start + 1 === text.length) return false
  const next = text.charCodeAt(start + 1)
  return next !== 0x2d && !isWhiteSpace(next)
}

function readChunk(text: string, start: number, end: number): Chunk {
  const first = text.charCodeAt(start)
  // Quotes pair up inside a chunk, so a chunk is never one quote alone.
  const wrapped = isQuote(first) && first === text.charCodeAt(end - 1)
  return { start, length: end - start, value: wrapped ? text.slice(start + 1, end - 1) : text.slice(start, end) }
}

function isQuote(unit: number): boolean {
  return unit === 0x22 || unit === 0x27
}

/** The Unicode property White_Space; all of it lies in one UTF-16 unit. JavaScript's `\s` is a different set. */
function isWhiteSpace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)
  if (unit < 0x1680) return unit === 0x85 || unit === 0xa0
  return (
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000
  )
}
