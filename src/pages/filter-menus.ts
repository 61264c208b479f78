/**
 * The menus above a list of bugs: plain links, each to the same query with one thing changed. Counts are of the bugs
 * that the query finds now, so the number beside a label is the number of bugs behind its link.
 */
import { type BugSummary, humanId, type Identity } from '../bug/model.ts'
import { type Filter, type Query, type Sort, sortOf } from '../query/ast.ts'
import { createFilter, hasFilter, toggleFilter, withoutFilter, withSort } from '../query/edit.ts'
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
  /** What the query finds. */
  readonly bugs: readonly BugSummary[]
  readonly identities: ReadonlyMap<string, Identity>
  /** Where the list with that query is. */
  readonly urlOf: (query: Query) => string
  readonly labelsUrl: string
  readonly peopleUrl: string
}

/** Links of one menu at most; more would hide the list in browsers that show menus opened. */
const maxEntries = 40

const sorts: readonly { readonly text: string; readonly sort: Sort }[] = [
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
  const { query, bugs, urlOf } = input
  const counts = new Map<string, number>()
  let unlabelled = 0
  for (const bug of bugs) {
    if (bug.labels.length === 0) unlabelled++
    for (const label of bug.labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  }
  const none: Filter = { kind: 'no', negated: false, value: 'label' }
  const { shown, left } = mostFrequent(counts)
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
  const counts = new Map<string, number>()
  for (const { authorId } of input.bugs) counts.set(authorId, (counts.get(authorId) ?? 0) + 1)
  const { shown, left } = mostFrequent(counts)
  const entries = shown.flatMap(([id, count]) => {
    const filter = createFilter('author', humanId(id))
    const text = personName(id, input.identities.get(id))
    return filter === undefined ? [] : [toggleEntry({ ...input, filter, count, text })]
  })
  const more = left > 0 ? { text: 'All people', url: input.peopleUrl } : undefined
  return { name: 'Author', isFilter: true, entries, more }
}

function sortMenu({ query, bugs, urlOf }: MenuInput): MenuView {
  const now = sortOf(query)
  const entries = sorts.map(({ text, sort }) => ({
    text,
    count: '',
    url: urlOf(withSort(query, sort)),
    active: sort.key === now.key && sort.direction === now.direction,
  }))
  return { name: 'Sort', isFilter: false, entries: bugs.length > 1 ? entries : [], more: undefined }
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
