/**
 * The order by relevance: by the sum of the scores of the terms that bugs must hold. Promises that bugs that fit
 * equally well stay in the order in which they came.
 */
import type { BugSummary } from '../bug/model.ts'
import type { Query } from './ast.ts'
import { type TextMatches, textTerms } from './text-test.ts'

export type ScoreBug = (bug: BugSummary) => number

/** How well a bug fits; undefined where the query has no term that says so, also where only titles are searched. */
export function compileScore(query: Query, textMatches: TextMatches): ScoreBug | undefined {
  const wanted = textTerms(query).filter(({ negated }) => !negated)
  const matches = wanted.map(({ term }) => textMatches(term))
  const [first, second] = matches
  if (!first) return undefined
  if (!second) return bug => first.score(bug)
  return bug => matches.reduce((sum, match) => sum + match.score(bug), 0)
}

/** Bugs that one sort takes, and what a score is moved by to leave room for their places. */
const maxBugs = 2 ** 21

/**
 * The best first. Scores and places become one number each, since sorting numbers is several times as fast as asking a
 * function which of two bugs is first, and most lists of a common word are long.
 */
export function sortByScore(bugs: readonly BugSummary[], score: ScoreBug): readonly BugSummary[] {
  if (bugs.length > maxBugs) return bugs.toSorted((a, b) => score(b) - score(a))
  const scores = Float32Array.from(bugs, score)
  // The bits of numbers that are not below 0 are in the order of the numbers.
  const bits = new Uint32Array(scores.buffer)
  const keys = Float64Array.from(bits, (value, place) => (0xffff_ffff - value) * maxBugs + place).sort()
  return Array.from(keys, key => bugs[key % maxBugs]).filter(bug => bug !== undefined)
}
