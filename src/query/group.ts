/**
 * The bugs of an answer in columns, for a board: by the values of a scope of labels (`priority/high`, `priority/low`),
 * by status or by author. Pure. Promises that every bug is counted, in each column that it belongs to, and that what is
 * kept for the columns is bounded however many bugs, labels and people there are.
 */
import type { BugSummary } from '../bug/model.ts'
import type { BugList } from './select.ts'

/** What the columns of a board are. */
export type Grouping =
  | { readonly kind: 'scope'; readonly scope: string }
  | { readonly kind: 'status' }
  | { readonly kind: 'author' }

export interface Column {
  /** The whole label, the status or the author's id; undefined for bugs that have no value. */
  readonly key: string | undefined
  readonly count: number
  /** The first of them, in the answer's order. */
  readonly first: readonly BugSummary[]
}

export interface GroupedBugs {
  /** Those that were named first, then by name, numbers in names by their size; the one without a value is the last. None is empty. */
  readonly columns: readonly Column[]
  /** Columns that are left out, those with the fewest bugs. */
  readonly left: number
}

export interface GroupLimits {
  readonly maxColumns: number
  /** Bugs that are kept for one column. */
  readonly maxBugs: number
  /** Keys of columns that come first, in this order. */
  readonly first?: readonly string[]
}

/** A longer one is none: it stands in addresses. */
const maxScopeChars = 200

/**
 * Reads what an address says: the scope, with or without its slash, or `status` or `author`. With the slash it is always
 * a scope, so that labels such as `status/new` have a board too.
 * @returns undefined for what can be no scope
 */
export function parseGrouping(text: string): Grouping | undefined {
  if (text === 'status' || text === 'author') return { kind: text }
  const scope = text.endsWith('/') ? text.slice(0, -1) : text
  return scope === '' || scope.length > maxScopeChars || scope.includes('/') ? undefined : { kind: 'scope', scope }
}

/** The shortest text that `parseGrouping` reads so. */
export function printGrouping(grouping: Grouping): string {
  if (grouping.kind !== 'scope') return grouping.kind
  const { scope } = grouping
  return scope === 'status' || scope === 'author' ? `${scope}/` : scope
}

/** What stands before the first slash of a label; undefined unless something stands on both sides, not too long before. */
export function scopeOf(label: string): string | undefined {
  const slash = label.indexOf('/')
  const isScope = slash > 0 && slash <= maxScopeChars && slash < label.length - 1
  return isScope ? label.slice(0, slash) : undefined
}

/** Puts every bug of an answer into its columns. */
export function groupBugs(bugs: BugList, grouping: Grouping, limits: GroupLimits): GroupedBugs {
  const columns = new Map<string | undefined, { count: number; first: BugSummary[] }>()
  const put = (key: string | undefined, bug: BugSummary) => {
    const column = columns.get(key) ?? { count: 0, first: [] }
    if (column.count === 0) columns.set(key, column)
    if (column.count++ < limits.maxBugs) column.first.push(bug)
  }
  const keysOf = compileKeys(grouping)
  for (const bug of bugs.slice(0, bugs.length)) {
    const keys = keysOf(bug)
    if (keys.length === 0) put(undefined, bug)
    for (const key of keys) put(key, bug)
  }
  const ranks = new Map((limits.first ?? []).map((key, rank) => [key, rank] as const).reverse())
  const rankOf = ({ key = '' }: Column) => ranks.get(key) ?? ranks.size
  const inOrder = (a: Column, b: Column) => rankOf(a) - rankOf(b) || compareNames(a, b)
  const all = [...columns].map(([key, { count, first }]): Column => ({ key, count, first }))
  const kept = all.sort((a, b) => b.count - a.count || compareNames(a, b)).slice(0, limits.maxColumns)
  return { columns: kept.sort(inOrder), left: all.length - kept.length }
}

function compileKeys(grouping: Grouping): (bug: BugSummary) => readonly string[] {
  switch (grouping.kind) {
    case 'status':
      return ({ status }) => [status]
    case 'author':
      return ({ authorId }) => [authorId]
    case 'scope':
      return ({ labels }) => labels.filter(label => scopeOf(label) === grouping.scope)
  }
}

function compareNames({ key: a }: Column, { key: b }: Column): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return compareText(padNumbers(a), padNumbers(b)) || compareText(a, b)
}

function compareText(a: string, b: string): number {
  if (a < b) return -1
  return a > b ? 1 : 0
}

/** So that `p10` comes after `p9`. The rule of no language: pages are the same wherever they are made. */
function padNumbers(name: string): string {
  return name
    .slice(0, 200)
    .toLowerCase()
    .replace(/[0-9]{1,12}/g, digits => digits.padStart(12, '0'))
}
