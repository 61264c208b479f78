/**
 * The menus above a list of bugs: plain links, each to the same query with one thing changed. Counts are of the bugs
 * that the query finds now, so the number beside a label is the number of bugs behind its link.
 */
import { humanId, type Identity } from '../bug/model.ts'
import { type Filter, type Query, type Sort, sortOf } from '../query/ast.ts'
import {
  createFilter,
  hasFilter,
  toggleFilter,
  withFilter,
  withoutFilter,
  withoutWanted,
  withSort,
} from '../query/edit.ts'
import { type Grouping, printGrouping, scopeOf } from '../query/group.ts'
import { strings } from '../strings/strings.ts'
import { groupingName } from './board-view.ts'
import type { Counted, OrderedFacets } from './facet-order.ts'
import { labelFilter, labelParts } from './label-view.ts'
import type { ListAddress } from './list-address.ts'
import { personName } from './person-view.ts'
import { grouped } from './wording.ts'

export interface MenuView {
  readonly name: string
  readonly isFilter: boolean
  readonly parts: readonly MenuPart[]
  /** Where the entries that are left out can be found; undefined where none is. */
  readonly more: { readonly text: string; readonly url: string } | undefined
}

/** Entries under a heading of their own. */
export interface MenuPart {
  /** Such as `kind/`; empty for entries without. */
  readonly heading: string
  readonly entries: readonly MenuEntry[]
}

export interface MenuEntry {
  readonly text: string
  /** Empty where nothing is counted. */
  readonly count: string
  readonly url: string
  /** In force now; following the link of a filter takes it away. */
  readonly active: boolean
}

export interface MenuInput {
  readonly query: Query
  /** Of what the query finds. */
  readonly facets: OrderedFacets
  /** Whether there is anything to be put in order. */
  readonly isSortable: boolean
  readonly identities: ReadonlyMap<string, Identity>
  /** Where the list with that query is. */
  readonly urlOf: ListAddress
  readonly grouping: Grouping | undefined
  /** Where the same query is as a board, or without one as a list. */
  readonly groupUrlOf: (grouping: Grouping | undefined) => string
  readonly labelsUrl: string
  readonly peopleUrl: string
}

/** Links of one menu at most; more would hide the list in browsers that show menus opened. */
const maxEntries = 40
/** Scopes that a board is offered for, those of the most labels first. */
const maxScopes = 20

export interface NamedSort {
  readonly text: string
  readonly sort: Sort
}

const words = strings.filter

/** Offered where there are words that something can fit. */
const bestMatch: NamedSort = { text: words.sorts.bestMatch, sort: { key: 'relevance', direction: 'desc' } }
const sorts: readonly NamedSort[] = [
  { text: words.sorts.recentlyUpdated, sort: { key: 'updated', direction: 'desc' } },
  { text: words.sorts.leastRecentlyUpdated, sort: { key: 'updated', direction: 'asc' } },
  { text: words.sorts.newest, sort: { key: 'creation', direction: 'desc' } },
  { text: words.sorts.oldest, sort: { key: 'creation', direction: 'asc' } },
  { text: words.sorts.mostDiscussed, sort: { key: 'comments', direction: 'desc' } },
  { text: words.sorts.leastDiscussed, sort: { key: 'comments', direction: 'asc' } },
  { text: words.sorts.recentlyRecorded, sort: { key: 'edit', direction: 'desc' } },
  { text: words.sorts.leastRecentlyRecorded, sort: { key: 'edit', direction: 'asc' } },
  { text: words.sorts.byId, sort: { key: 'id', direction: 'asc' } },
  { text: words.sorts.byIdLastFirst, sort: { key: 'id', direction: 'desc' } },
]

/** The orders that a query can be put in. */
export function sortsFor(query: Query): readonly NamedSort[] {
  const hasWords = query.filters.some(({ kind, negated }) => kind === 'term' && !negated)
  return hasWords ? [bestMatch, ...sorts] : sorts
}

/** Label, Author, Group and Sort; a menu without entries is left out. */
export function filterMenus(input: MenuInput): MenuView[] {
  const menus = [labelMenu(input), authorMenu(input), groupMenu(input), sortMenu(input)]
  return menus.filter(({ parts }) => parts.some(({ entries }) => entries.length > 0))
}

/** Those without a scope first, then scope by scope; within each the most frequent first. */
function labelMenu(input: MenuInput): MenuView {
  const { query, facets, urlOf } = input
  const { labels, unlabelled } = facets
  const none: Filter = { kind: 'no', negated: false, value: 'label' }
  const { shown, left } = firstOf(labels)
  const byScope = new Map<string, MenuEntry[]>([['', []]])
  for (const [label, count] of shown) {
    const filter = labelFilter(label)
    if (filter === undefined) continue
    const { scope, value } = labelParts(label)
    const entries = byScope.get(scope)
    const entry = toggleEntry({ ...input, filter, count, text: value })
    if (entries) entries.push(entry)
    else byScope.set(scope, [entry])
  }
  const plain = byScope.get('') ?? []
  if (unlabelled > 0) plain.push(toggleEntry({ ...input, filter: none, count: unlabelled, text: words.noLabel }))
  // A filter that finds nothing must still be there to be taken away.
  if (unlabelled === 0 && hasFilter(query, none)) {
    plain.push({ text: words.noLabel, count: '', url: urlOf(withoutFilter(query, none)), active: true })
  }
  const parts = [...byScope].map(([heading, entries]) => ({ heading, entries }))
  const more = left > 0 ? { text: words.allLabels, url: input.labelsUrl } : undefined
  return {
    name: words.label,
    isFilter: true,
    parts: parts.filter(({ entries }) => entries.length > 0).sort((a, b) => (a.heading < b.heading ? -1 : 1)),
    more,
  }
}

function authorMenu(input: MenuInput): MenuView {
  const { shown, left } = firstOf(input.facets.authors)
  const entries = shown.flatMap(([id, count]) => {
    const filter = createFilter('author', humanId(id))
    const text = personName(id, input.identities.get(id))
    if (filter === undefined) return []
    const entry = toggleEntry({ ...input, filter, count, text })
    // Of several authors any will do: one more would find more, so the one that is chosen stands for all.
    return [
      entry.active ? entry : { ...entry, url: input.urlOf(withFilter(withoutWanted(input.query, 'author'), filter)) },
    ]
  })
  const more = left > 0 ? { text: words.allPeople, url: input.peopleUrl } : undefined
  return { name: words.author, isFilter: true, parts: [{ heading: '', entries }], more }
}

/** Every scope of the labels of the bugs that are found, and what every bug has. */
function groupMenu({ facets, grouping, groupUrlOf, isSortable }: MenuInput): MenuView {
  const entry = (one: Grouping): MenuEntry => {
    const active = grouping !== undefined && printGrouping(grouping) === printGrouping(one)
    return { text: groupingName(one), count: '', url: groupUrlOf(active ? undefined : one), active }
  }
  const general = [entry({ kind: 'status' }), entry({ kind: 'author' })]
  const scoped = scopesOf(facets).map(scope => entry({ kind: 'scope', scope }))
  const isOffered = isSortable || grouping !== undefined
  const parts = [
    { heading: '', entries: grouping === undefined ? general : [...general, asList(groupUrlOf)] },
    { heading: words.labels, entries: scoped },
  ]
  return {
    name: words.board,
    isFilter: false,
    parts: isOffered ? parts.filter(({ entries }) => entries.length > 0) : [],
    more: undefined,
  }
}

function asList(groupUrlOf: MenuInput['groupUrlOf']): MenuEntry {
  return { text: words.noBoard, count: '', url: groupUrlOf(undefined), active: false }
}

/** Scopes of the labels that are counted, by name. */
export function scopesOf({ labels }: Pick<OrderedFacets, 'labels'>): string[] {
  const counts = new Map<string, number>()
  for (const [label, count] of labels) {
    const scope = scopeOf(label)
    if (scope !== undefined) counts.set(scope, (counts.get(scope) ?? 0) + count)
  }
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, maxScopes)
  return most.map(([scope]) => scope).sort()
}

function sortMenu({ query, isSortable, urlOf }: MenuInput): MenuView {
  const now = sortOf(query)
  const entries = sortsFor(query).map(({ text, sort }) => ({
    text,
    count: '',
    url: urlOf(withSort(query, sort)),
    active: sort.key === now.key && sort.direction === now.direction,
  }))
  return {
    name: words.sort,
    isFilter: false,
    parts: [{ heading: '', entries: isSortable ? entries : [] }],
    more: undefined,
  }
}

function toggleEntry(entry: MenuInput & { filter: Filter; count: number; text: string }): MenuEntry {
  return {
    text: entry.text,
    count: grouped(entry.count),
    url: entry.urlOf(toggleFilter(entry.query, entry.filter)),
    active: hasFilter(entry.query, entry.filter),
  }
}

/** Those that a menu has room for; how many are left out. */
function firstOf(counts: readonly Counted[]): { shown: readonly Counted[]; left: number } {
  return { shown: counts.slice(0, maxEntries), left: Math.max(0, counts.length - maxEntries) }
}
