/**
 * What bare terms ask: each must be in the title or a comment, and case and accents do not matter (`foldText`). A word is
 * looked for as a part of words, several words as a phrase (`bug/search-words.ts`). Texts are not here. Somebody else
 * says beforehand which bugs hold a term; with `in:title` nobody has to be asked.
 */
import type { BugSummary } from '../bug/model.ts'
import { foldText } from '../bug/search-text.ts'
import { PhraseSearch, readTerm } from '../bug/search-words.ts'
import type { Query } from './ast.ts'
import { createByteSearch } from './byte-search.ts'

/** Which bugs hold a term in their title or comments. */
export interface TermMatch {
  has(bug: BugSummary): boolean
  /** The same, by the bug's `textNumber`. */
  hasNumber(textNumber: number): boolean
  /** How well it fits, the better the higher; 0 where it does not, and where nobody has asked for it. */
  score(bug: BugSummary): number
}

/** The answer to each of `textTerms`. */
export type TextMatches = (term: string) => TermMatch

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
    const searches = terms.map(({ term, negated }) => ({ search: createTitleSearch(term), negated }))
    return bug => {
      const title = Buffer.from(foldText(bug.title))
      return searches.every(({ search, negated }) => search(title) !== negated)
    }
  }
  const tests = terms.map(({ term, negated }) => ({ match: textMatches(term), negated }))
  return bug => tests.every(({ match, negated }) => match.has(bug) !== negated)
}

/** The same test by the numbers of bugs; undefined where there are no terms, or titles answer. */
export function compileNumberTest(
  query: Query,
  textMatches: TextMatches,
): ((textNumber: number) => boolean) | undefined {
  const terms = textTerms(query)
  const tests = terms.map(({ term, negated }) => ({ match: textMatches(term), negated }))
  const [first, second] = tests
  if (!first) return undefined
  // Most queries have one term, and it is asked of every bug.
  if (!second && !first.negated) return textNumber => first.match.hasNumber(textNumber)
  return textNumber => tests.every(({ match, negated }) => match.hasNumber(textNumber) !== negated)
}

function createTitleSearch(term: string): (title: Buffer) => boolean {
  const read = readTerm(term)
  if (read.kind !== 'phrase') return createByteSearch(Buffer.from(term))
  const search = new PhraseSearch(read.words)
  return title => {
    search.restart()
    return search.push(title) || search.end()
  }
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
