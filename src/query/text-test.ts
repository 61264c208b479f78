/**
 * What bare terms ask: each must be in the title or a comment, as a part of it, and case and accents do not matter
 * (`foldText`). Texts are not here. Somebody else says beforehand which bugs hold a term; with `in:title` nobody has to
 * be asked.
 */
import type { BugSummary } from '../bug/model.ts'
import { foldText } from '../bug/search-text.ts'
import type { Query } from './ast.ts'
import { createByteSearch } from './byte-search.ts'

/** The tips of the bugs whose title or comments hold a term, one of `textTerms`. More tips than there are do no harm. */
export type TextMatches = (term: string) => ReadonlySet<string>

/** A term to be looked up in texts. */
export interface TextTerm {
  /** As `foldText` folds it; not empty. */
  readonly term: string
  /** Bugs must not hold it. */
  readonly negated: boolean
}

/**
 * The terms that texts must be asked for before the query can be answered, each once, those that bugs must hold first.
 * A term of which folding leaves nothing (a lone accent) asks for nothing; with `in:title` titles answer, and there are none.
 */
export function textTerms(query: Query): readonly TextTerm[] {
  return isTitleOnly(query) ? [] : foldTerms(query)
}

/** A test of all bare terms of a query; undefined where there are none. */
export function compileTextTest(query: Query, textMatches: TextMatches): ((bug: BugSummary) => boolean) | undefined {
  const terms = foldTerms(query)
  if (terms.length === 0) return undefined
  if (isTitleOnly(query)) {
    const searches = terms.map(({ term, negated }) => ({ search: createByteSearch(Buffer.from(term)), negated }))
    return bug => {
      const title = Buffer.from(foldText(bug.title))
      return searches.every(({ search, negated }) => search(title) !== negated)
    }
  }
  const tests = terms.map(({ term, negated }) => ({ tips: textMatches(term), negated }))
  return bug => tests.every(({ tips, negated }) => tips.has(bug.tip) !== negated)
}

function isTitleOnly(query: Query): boolean {
  return query.filters.some(filter => filter.kind === 'in')
}

function foldTerms(query: Query): TextTerm[] {
  const terms: TextTerm[] = []
  for (const negated of [false, true]) {
    const same = query.filters.filter(filter => filter.kind === 'term' && filter.negated === negated)
    const folded = new Set(same.map(filter => foldText(filter.value)))
    folded.delete('')
    for (const term of folded) terms.push({ term, negated })
  }
  return terms
}
