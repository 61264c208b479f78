/**
 * Looks bare terms up in texts: each must be in the title or a comment, as a part of it, and case and accents do not
 * matter (`foldText`). Texts are UTF-8 in one piece per bug, fetched once for all terms.
 */
import type { BugSummary } from '../bug/model.ts'
import { foldText } from '../bug/search-text.ts'
import type { Query } from './ast.ts'
import { createByteSearch } from './byte-search.ts'

/** Title and comments of a bug as `foldText` folds them, in UTF-8; undefined where nobody has the text. */
export type FoldedText = (bug: BugSummary) => Uint8Array | undefined

/**
 * A test of all bare terms of a query; undefined where there are none. With `in:title`, and for a bug without text,
 * the title alone is searched. A term of which folding leaves nothing (a lone accent) asks for nothing.
 */
export function compileTextTest(query: Query, foldedText: FoldedText): ((bug: BugSummary) => boolean) | undefined {
  const wanted = compileTerms(query, false)
  const unwanted = compileTerms(query, true)
  if (wanted.length + unwanted.length === 0) return undefined
  const titleOnly = query.filters.some(filter => filter.kind === 'in')
  return bug => {
    const text = titleOnly ? undefined : foldedText(bug)
    const bytes = text === undefined ? Buffer.from(foldText(bug.title)) : asBuffer(text)
    return wanted.every(search => search(bytes)) && !unwanted.some(search => search(bytes))
  }
}

function compileTerms(query: Query, negated: boolean): ((bytes: Buffer) => boolean)[] {
  const terms = query.filters.filter(filter => filter.kind === 'term' && filter.negated === negated)
  const folded = new Set(terms.map(term => foldText(term.value)))
  folded.delete('')
  return Array.from(folded, term => createByteSearch(Buffer.from(term)))
}

/** The same bytes, not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
