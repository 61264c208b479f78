/**
 * The menus above a list of bugs: plain links, each to the same query with one thing changed. Counts are of the bugs
 * that the query finds now, so the number beside a label is the number of bugs behind its link.
 */
import { humanId, type Identity } from '../bug/model.ts'
import { type Filter, type Query, type Sort, sortOf } from '../query/ast.ts'
import { createFilter, hasFilter, toggleFilter, withoutFilter, withSort } from '../query/edit.ts'
import type { Facets } from '../query/facets.ts'
import { labelParts } from './label-view.ts'
import { personName } from './person-view.ts'
import { grouped } from './wording.ts'

export interface MenuView {
  readonly name: string
  readonly isFilter: boolean
  readonly entries: readonly MenuEntry[]
  /** Where the entries that are left out can be found; undefined where none is. */
  readonly more: { readonly text: string; readonly url: string } | undefined
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
  readonly facets: Facets
  /** Whether there is anything to be put in order. */
  readonly isSortable: boolean
  readonly identities: ReadonlyMap<string, Identity>
  /** Where the list with that query is. */
  readonly urlOf: (query: Query) => string
  readonly labelsUrl: string
  readonly peopleUrl: string
}

/** Links of one menu at most; more would hide the list in browsers that show menus opened. */
const maxEntries = 40

interface NamedSort {
  readonly text: string
  readonly sort: Sort
}

/** Offered where there are words that something can fit. */
const bestMatch: NamedSort = { text: 'Best match', sort: { key: 'relevance', direction: 'desc' } }
const sorts: readonly NamedSort[] = [
  { text: 'Recently updated', sort: { key: 'edit', direction: 'desc' } },
  { text: 'Least recently updated', sort: { key: 'edit', direction: 'asc' } },
  { text: 'Newest', sort: { key: 'creation', direction: 'desc' } },
  { text: 'Oldest', sort: { key: 'creation', direction: 'asc' } },
  { text: 'Most discussed', sort: { key: 'comments', direction: 'desc' } },
  { text: 'Least discussed', sort: { key: 'comments', direction: 'asc' } },
]

/** Label, Author and Sort; a menu without entries is left out. */
export function filterMenus(input: MenuInput): MenuView[] {
  return [labelMenu(input), authorMenu(input), sortMenu(input)].filter(menu => menu.entries.length > 0)
}

function labelMenu(input: MenuInput): MenuView {
  const { query, facets, urlOf } = input
  const { labels, unlabelled } = facets
  const none: Filter = { kind: 'no', negated: false, value: 'label' }
  const { shown, left } = mostFrequent(labels)
  const entries = shown.flatMap(([label, count]) => {
    const filter = createFilter('label', label)
    const { scope, value } = labelParts(label)
    return filter === undefined ? [] : [toggleEntry({ ...input, filter, count, text: `${scope}${value}` })]
  })
  if (unlabelled > 0) entries.push(toggleEntry({ ...input, filter: none, count: unlabelled, text: 'No label' }))
  // A filter that finds nothing must still be there to be taken away.
  if (unlabelled === 0 && hasFilter(query, none)) {
    entries.push({ text: 'No label', count: '', url: urlOf(withoutFilter(query, none)), active: true })
  }
  const more = left > 0 ? { text: 'All labels', url: input.labelsUrl } : undefined
  return { name: 'Label', isFilter: true, entries, more }
}

function authorMenu(input: MenuInput): MenuView {
  const { shown, left } = mostFrequent(input.facets.authors)
  const entries = shown.flatMap(([id, count]) => {
    const filter = createFilter('author', humanId(id))
    const text = personName(id, input.identities.get(id))
    return filter === undefined ? [] : [toggleEntry({ ...input, filter, count, text })]
  })
  const more = left > 0 ? { text: 'All people', url: input.peopleUrl } : undefined
  return { name: 'Author', isFilter: true, entries, more }
}

function sortMenu({ query, isSortable, urlOf }: MenuInput): MenuView {
  const now = sortOf(query)
  const hasWords = query.filters.some(({ kind, negated }) => kind === 'term' && !negated)
  const entries = (hasWords ? [bestMatch, ...sorts] : sorts).map(({ text, sort }) => ({
    text,
    count: '',
    url: urlOf(withSort(query, sort)),
    active: sort.key === now.key && sort.direction === now.direction,
  }))
  return { name: 'Sort', isFilter: false, entries: isSortable ? entries : [], more: undefined }
}

function toggleEntry(entry: MenuInput & { filter: Filter; count: number; text: string }): MenuEntry {
  return {
    text: entry.text,
    count: grouped(entry.count),
    url: entry.urlOf(toggleFilter(entry.query, entry.filter)),
    active: hasFilter(entry.query, entry.filter),
  }
}

/** The most frequent first, equal ones by name; how many are left out. */
function mostFrequent(counts: ReadonlyMap<string, number>): { shown: [string, number][]; left: number } {
  const sorted = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
  return { shown: sorted.slice(0, maxEntries), left: Math.max(0, sorted.length - maxEntries) }
}
