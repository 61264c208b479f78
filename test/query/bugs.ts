/** Bugs and people for the tests of this room: what a test does not name is filled in. */
import type { BugSummary, Identity } from '../../src/bug/model.ts'
import { foldText } from '../../src/bug/search-text.ts'
import type { Query } from '../../src/query/ast.ts'
import { parseQuery } from '../../src/query/parser.ts'
import type { QueryError } from '../../src/query/query-error.ts'
import { type QuerySource, selectBugs } from '../../src/query/select.ts'

/** Each has a number of its own, as those of a tracker have. */
let bugs = 0

export function createBug(parts: Partial<BugSummary> & { readonly id: string }): BugSummary {
  return {
    tip: parts.id.padEnd(40, '0').slice(0, 40),
    textNumber: bugs++,
    status: 'open',
    title: 'a title',
    labels: [],
    authorId: 'a'.repeat(64),
    createdAt: 0,
    editedAt: 0,
    createLamport: 1,
    editLamport: 1,
    commentCount: 1,
    actorIds: [],
    participantIds: [],
    metadata: new Map(),
    statusChanges: [],
    ...parts,
  }
}

export function createIdentity(parts: Partial<Identity> & { readonly id: string }): Identity {
  return {
    tip: '0'.repeat(40),
    name: undefined,
    email: undefined,
    login: undefined,
    avatarUrl: undefined,
    displayName: '',
    versions: [],
    ...parts,
  }
}

/**
 * A source whose texts are `texts` (by id of the bug); a bug without one has its title. It fits the better the more often
 * its text holds the term.
 */
export function createSource(
  bugs: readonly BugSummary[],
  options: { readonly identities?: readonly Identity[]; readonly texts?: Readonly<Record<string, string>> } = {},
): QuerySource {
  const byNumber = new Map(bugs.map(bug => [bug.textNumber, bug]))
  const texts = new Map(bugs.map(({ id, title }) => [id, foldText(options.texts?.[id] ?? title)]))
  return {
    bugs,
    identities: new Map((options.identities ?? []).map(identity => [identity.id, identity])),
    textMatches: term => {
      const score = ({ id }: BugSummary) => (texts.get(id)?.split(term).length ?? 1) - 1
      const has = (bug: BugSummary | undefined) => bug !== undefined && score(bug) > 0
      return { has, hasNumber: number => has(byNumber.get(number)), score }
    },
  }
}

/** The query of a text that is one; fails the test otherwise. */
export function parseGood(text: string): Query {
  const parsed = parseQuery(text)
  if ('error' in parsed) throw new Error(`${text}: ${parsed.error.message}`)
  return parsed.query
}

/** The error of a text that is no query; fails the test otherwise. */
export function parseBad(text: string): QueryError {
  const parsed = parseQuery(text)
  if ('query' in parsed) throw new Error(`${text} was read as a query`)
  return parsed.error
}

/** The ids that a query finds, in order. */
export function find(text: string, source: QuerySource): string[] {
  return selectBugs(parseGood(text), source).map(bug => bug.id)
}
