/** Why a list of bugs is empty, in words, with the way on. */
import type { Tracker } from '../bug/model.ts'
import { emptyQuery, type Query } from '../query/ast.ts'
import { statusOf, withStatus } from '../query/edit.ts'
import type { Grouping } from '../query/group.ts'
import { strings } from '../strings/strings.ts'
import { groupingName } from './board-view.ts'
import type { ListAddress } from './list-address.ts'
import { counted, grouped, shownText } from './wording.ts'

export interface EmptyListView {
  readonly why: string
  /** What to type in a clone, where that is the way on; else empty. */
  readonly commands: readonly string[]
  readonly ways: readonly { readonly text: string; readonly url: string }[]
}

/** The query without one of its filters. */
export interface LoosenedQuery {
  /** The filter, as it is written. */
  readonly without: string
  readonly query: Query
  /** Bugs that it finds. */
  readonly count: number
}

export interface EmptyListInput {
  readonly page: number
  /** The last page that has bugs. */
  readonly last: number
  /** What the query finds on all pages. */
  readonly total: number
  readonly query: Query
  readonly counts: { readonly open: number; readonly closed: number }
  readonly tracker: Tracker
  readonly urlOf: ListAddress
  readonly loosened: readonly LoosenedQuery[]
  /** Where any id is looked for. */
  readonly goUrl: (id: string) => string
  /** The query as the visitor wrote it. */
  readonly text: string
}

const maxFilterChars = 60

export function emptyList(input: EmptyListInput): EmptyListView {
  const { total, page, last, query, counts, tracker, urlOf } = input
  const s = strings.list
  if (total > 0) {
    const why = s.noSuchPage(grouped(page), grouped(last))
    return { why, commands: [], ways: [{ text: s.goToTheLastPage, url: urlOf(query, last) }] }
  }
  if (tracker.bugs.length === 0) return withoutBugs(tracker)
  const all = { text: s.showAll, url: urlOf(emptyQuery) }
  const ways = [...idWays(input), ...looserWays(input)]
  const status = statusOf(query)
  const other = status === 'open' ? 'closed' : 'open'
  if (status === undefined || counts[other] === 0) {
    return { why: s.noneMatches, commands: [], ways: [...ways, all] }
  }
  const plain = query.filters.every(filter => filter.kind === 'status')
  const why = (plain ? s.noneIs : s.noneOfStatusMatches)[status]
  const { openBug, closedBug } = strings.common.nouns
  const nouns: Record<'open' | 'closed', readonly [string, string]> = plain
    ? { open: openBug, closed: closedBug }
    : s.matching
  const text = s.show(counted(counts[other], ...nouns[other]))
  const toOther = { text, url: urlOf(withStatus(query, other)) }
  return { why, commands: [], ways: [toOther, ...ways, ...(plain ? [] : [all])] }
}

/** What looks like an id and is no bug's may be that of a comment or a person. */
function idWays({ text, goUrl }: EmptyListInput): EmptyListView['ways'] {
  const id = text.trim()
  return /^[0-9a-f]{4,64}$/i.test(id) ? [{ text: strings.list.lookForTheId(id), url: goUrl(id) }] : []
}

/** The fewest bugs first: the nearest to what was asked for. The other status has a link of its own. */
function looserWays({ loosened, urlOf }: EmptyListInput): EmptyListView['ways'] {
  const found = loosened.filter(({ count, without }) => count > 0 && !/^-?status:/.test(without))
  return found
    .toSorted((a, b) => a.count - b.count)
    .map(({ without, query, count }) => ({
      text: strings.list.without(counted(count, ...strings.common.nouns.bug), shownText(without, maxFilterChars)),
      url: urlOf(query),
    }))
}

export interface EmptyBoardInput {
  /** As the address says it. */
  readonly group: string
  /** Scopes of the labels of the bugs that there are. */
  readonly scopes: readonly string[]
  readonly groupUrlOf: (grouping: Grouping | undefined) => string
}

/** Why a board has no column although there are bugs. */
export function emptyBoard({ group, scopes, groupUrlOf }: EmptyBoardInput): EmptyListView {
  const name = shownText(group.replace(/\/$/, ''), maxFilterChars)
  const groupings: Grouping[] = [
    ...scopes.map(scope => ({ kind: 'scope', scope }) as const),
    { kind: 'status' },
    { kind: 'author' },
  ]
  return {
    why: strings.list.nothingToGroupBy(name),
    commands: [],
    ways: [
      ...groupings.map(grouping => ({ text: groupingName(grouping), url: groupUrlOf(grouping) })),
      { text: strings.list.orAsAList, url: groupUrlOf(undefined) },
    ],
  }
}

function withoutBugs(tracker: Tracker): EmptyListView {
  const unread = tracker.problems.length > 0
  return {
    why: unread ? strings.list.couldNotBeRead : strings.list.noBugsYet,
    commands: unread ? [] : ['git bug bug new', 'git bug push'],
    ways: [],
  }
}
