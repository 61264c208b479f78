/**
 * A board: the bugs of a query in columns, each column a list under a heading. Promises a bounded page: of each column
 * the first bugs, with a link to the list of all of them, and of very many columns the largest.
 */
import { type BugSummary, humanId, type Identity } from '../bug/model.ts'
import type { Query } from '../query/ast.ts'
import { createFilter, withFilter, withoutKind, withStatus } from '../query/edit.ts'
import { type Column, type GroupedBugs, type Grouping, groupBugs } from '../query/group.ts'
import { printQuery } from '../query/print.ts'
import type { BugList } from '../query/select.ts'
import { strings } from '../strings/strings.ts'
import { repliesOf, shortTitle, statusWord } from './bug-row.ts'
import { type LabelView, labelParts } from './label-view.ts'
import type { Links } from './links.ts'
import type { ListAddress } from './list-address.ts'
import { type PersonView, personName } from './person-view.ts'
import { dayView, type TimeView } from './time.ts'
import { counted, grouped, leftOut, shownText } from './wording.ts'

export interface BoardView {
  /** Such as `Bugs by priority`. */
  readonly label: string
  readonly columns: readonly ColumnView[]
  /** Columns that are not shown, in words; empty where all are. */
  readonly left: string
}

export interface ColumnView {
  readonly title: string
  /** Class of a label's colour; empty where the column is none. */
  readonly hue: string
  readonly count: string
  /** The list of its bugs; undefined where no query says them. */
  readonly url: string | undefined
  readonly cards: readonly CardView[]
  /** How many more bugs there are, in words; empty where all are shown. */
  readonly more: string
}

export interface CardView {
  readonly url: string
  readonly title: string
  readonly humanId: string
  readonly status: string
  readonly statusWord: string
  readonly replies: number
  readonly repliesText: string
  readonly author: PersonView
  readonly updated: TimeView
  /** Labels other than the column's. */
  readonly labels: readonly LabelView[]
  readonly moreLabels: number
}

export interface BoardInput {
  readonly query: Query
  readonly grouping: Grouping
  readonly bugs: BugList
  readonly links: Links
  readonly repository: string
  readonly identities: ReadonlyMap<string, Identity>
  readonly person: (identityId: string) => PersonView
  readonly label: (label: string) => LabelView
  /** Where the list of a query is, without a board. */
  readonly listUrlOf: ListAddress
  /** Labels whose columns come first. */
  readonly columns: readonly string[]
}

const limits = { maxColumns: 20, maxBugs: 25 }
const maxLabels = 3
const maxNameChars = 60
/** A longer query is no link: addresses have an end. */
const maxQueryChars = 2000

/** @returns undefined where no bug of the answer has a value to be grouped by */
export function boardView(input: BoardInput): BoardView | undefined {
  const found = groupBugs(input.bugs, input.grouping, { ...limits, first: input.columns })
  if (found.columns.every(({ key }) => key === undefined)) return undefined
  return {
    label: strings.board.bugsBy(groupingName(input.grouping)),
    columns: found.columns.map(column => columnView(column, { ...input, found })),
    left: leftOut(found.left, 0, strings.board.smallerColumnsAre),
  }
}

/** What a board's columns are, in words. */
export function groupingName(grouping: Grouping): string {
  return grouping.kind === 'scope' ? shownText(grouping.scope, maxNameChars) : strings.board.groupings[grouping.kind]
}

function columnView(column: Column, input: BoardInput & { found: GroupedBugs }): ColumnView {
  const { key, count, first } = column
  const { grouping } = input
  const query = columnQuery(column, input)
  return {
    ...heading(key, input),
    count: grouped(count),
    url: query && printQuery(query).length <= maxQueryChars ? input.listUrlOf(query) : undefined,
    cards: first.map(bug => cardView(bug, { ...input, own: grouping.kind === 'scope' ? key : undefined })),
    more: leftOut(count, first.length, strings.common.nouns.moreBug),
  }
}

function heading(key: string | undefined, { grouping, identities, label }: BoardInput) {
  if (key === undefined) return { title: strings.board.none(groupingName(grouping)), hue: '' }
  switch (grouping.kind) {
    case 'status':
      return { title: key === 'open' ? strings.common.open : strings.common.closed, hue: '' }
    case 'author':
      return { title: personName(key, identities.get(key)), hue: '' }
    case 'scope':
      return { title: labelParts(key).value, hue: label(key).hue }
  }
}

/** The query of a column's bugs. Those without a value are all those that have none of the others, where all are shown. */
function columnQuery({ key }: Column, { query, grouping, found }: BoardInput & { found: GroupedBugs }) {
  if (grouping.kind === 'status') {
    return key === 'open' || key === 'closed' ? withStatus(query, key) : undefined
  }
  if (grouping.kind === 'author') {
    const author = key === undefined ? undefined : createFilter('author', humanId(key))
    return author && withFilter(withoutKind(query, 'author'), author)
  }
  if (key !== undefined) return withLabel(query, key, false)
  if (found.left > 0) return undefined
  return found.columns.reduce<Query | undefined>(
    (narrowed, { key: other }) =>
      other === undefined || narrowed === undefined ? narrowed : withLabel(narrowed, other, true),
    query,
  )
}

function withLabel(query: Query, label: string, negated: boolean): Query | undefined {
  const filter = createFilter('label', label, negated)
  return filter && withFilter(query, filter)
}

function cardView(bug: BugSummary, input: BoardInput & { own: string | undefined }): CardView {
  const labels = bug.labels.filter(label => label !== input.own)
  const replies = repliesOf(bug)
  return {
    url: input.links.bug(input.repository, bug.id),
    title: shortTitle(bug.title),
    humanId: humanId(bug.id),
    status: bug.status,
    statusWord: statusWord(bug),
    replies,
    repliesText: counted(replies, ...strings.common.nouns.reply),
    author: input.person(bug.authorId),
    updated: dayView(bug.editedAt),
    labels: labels.slice(0, maxLabels).map(input.label),
    moreLabels: Math.max(0, labels.length - maxLabels),
  }
}
