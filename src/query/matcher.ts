/**
 * Turns a query into a test of one bug (`format.md`, "The query language"). Of several filters of one kind, any has to
 * match for `status`, `author`, `actor`, `participant`, `involves`, `metadata` and `id`, and all for every other kind.
 * What is negated must not match, each by itself. Kinds are joined by "and".
 *
 * Whatever does not depend on the bug is worked out once. Tests run from the cheapest to the dearest, and stop at the
 * first that fails. Refuses to know where bugs come from and in which order they go.
 */
import type { BugSummary, Identity } from '../bug/model.ts'
import { type Filter, type FilterKind, isPersonKind, type PersonKind, type Query, type Range } from './ast.ts'
import { createCaselessSearch } from './byte-search.ts'
import { compilePeople, type MatchPerson } from './people.ts'
import { compileTextTest, type TextMatches } from './text-test.ts'

export type MatchBug = (bug: BugSummary) => boolean

/** What a query needs beside the summaries. */
export interface MatchContext {
  readonly identities: ReadonlyMap<string, Identity>
  /** Which bugs hold the terms that `textTerms` lists. */
  readonly textMatches: TextMatches
}

/** A test of everything that the query's filters say. */
export function compileMatcher(query: Query, context: MatchContext): MatchBug {
  const tests: MatchBug[] = []
  for (const { kind, several } of cheapestFirst) {
    const same = query.filters.filter(filter => filter.kind === kind)
    const wanted = compileFilters(
      same.filter(filter => !filter.negated),
      context,
    )
    const unwanted = compileFilters(
      same.filter(filter => filter.negated),
      context,
    )
    if (several === 'all' || wanted.length === 1) tests.push(...wanted)
    else if (wanted.length > 1) tests.push(bug => wanted.some(test => test(bug)))
    for (const test of unwanted) tests.push(bug => !test(bug))
  }
  const textTest = compileTextTest(query, context.textMatches)
  if (textTest !== undefined) tests.push(textTest)
  // What most lists ask for is one thing, and it is asked of every bug.
  const [first, second] = tests
  if (!first) return () => true
  return second ? bug => tests.every(test => test(bug)) : first
}

type Several = 'any' | 'all'
type TestedKind = Exclude<FilterKind, 'term' | 'in'>

/** Every kind but the terms and their scope, which `compileTextTest` takes together. */
const cheapestFirst: readonly { kind: TestedKind; several: Several }[] = [
  { kind: 'status', several: 'any' },
  { kind: 'comments', several: 'all' },
  { kind: 'created', several: 'all' },
  { kind: 'updated', several: 'all' },
  { kind: 'no', several: 'all' },
  { kind: 'id', several: 'any' },
  { kind: 'author', several: 'any' },
  { kind: 'metadata', several: 'any' },
  { kind: 'label', several: 'all' },
  { kind: 'participant', several: 'any' },
  { kind: 'actor', several: 'any' },
  { kind: 'involves', several: 'any' },
  { kind: 'title', several: 'all' },
]

/** Tests of filters of one kind, as if none were negated. Those on people, of whom any is to match, are one. */
function compileFilters(filters: readonly Filter[], { identities }: MatchContext): MatchBug[] {
  const [first] = filters
  if (!first) return []
  if (!isPersonKind(first.kind)) return filters.map(compileFilter)
  const match = compilePeople(
    filters.map(({ value }) => value),
    identities,
  )
  return [compilePeopleTest(first.kind, match)]
}

function compilePeopleTest(kind: PersonKind, match: MatchPerson): MatchBug {
  switch (kind) {
    case 'author':
      return bug => match(bug.authorId)
    case 'participant':
      return bug => bug.participantIds.some(match)
    case 'actor':
      return bug => bug.actorIds.some(match)
    case 'involves':
      return bug => match(bug.authorId) || bug.participantIds.some(match) || bug.actorIds.some(match)
  }
}

/** The test of one filter, as if it were not negated. */
function compileFilter(filter: Filter): MatchBug {
  const { value } = filter
  switch (filter.kind) {
    case 'status':
      return bug => bug.status === value
    case 'comments':
      return bug => isIn(filter.range, bug.commentCount)
    case 'created':
      return bug => isIn(filter.range, bug.createdAt)
    case 'updated':
      return bug => isIn(filter.range, bug.editedAt)
    case 'no':
      return bug => bug.labels.length === 0
    case 'id':
      return bug => bug.id.startsWith(value)
    case 'metadata':
      return bug => bug.metadata.get(filter.key) === value
    case 'label':
      return bug => bug.labels.includes(value)
    case 'title': {
      const search = createCaselessSearch(value)
      return bug => search(bug.title)
    }
    // Not among the kinds that get here; what they ask is in the test of texts, or in the one of people.
    case 'term':
    case 'in':
    case 'author':
    case 'participant':
    case 'actor':
    case 'involves':
      return () => true
  }
}

function isIn(range: Range, value: number): boolean {
  return value >= range.from && value < range.before
}
