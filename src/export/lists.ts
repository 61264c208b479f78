/**
 * Which lists of bugs an export has. Files cannot answer queries, so there is one list for each question that pages
 * ask most: open, closed or all bugs, of the whole repository or of one label or person, the last edited first; and the
 * queries that the operator has named. Links that mean the same list lead to the same file; all others lead nowhere.
 */
import type { Filter, Query } from '../query/ast.ts'
import { parseQuery } from '../query/parser.ts'
import { printQuery } from '../query/print.ts'
import { safeName } from './file-names.ts'

/** A list that an export has. */
export interface ExportedList {
  /** The query to ask the program for; undefined for the list that it shows without one. */
  readonly query: string | undefined
  /** Name of its folder or file; empty for the list without a query. */
  readonly slug: string
  /** Of the whole repository: it is there in every format, the others as pages and feeds. */
  readonly isMain: boolean
}

const sort = { key: 'edit', direction: 'desc' } as const
/** Filters of which a list may have one, besides the status. */
const single = new Set<Filter['kind']>(['label', 'author', 'participant', 'actor', 'no'])

/**
 * The list that a link means; undefined for one that an export does not have.
 * @param text the `q` of the link; undefined without one
 * @param named queries of the operator, as `printQuery` writes them
 */
export function findList(text: string | undefined, named: ReadonlySet<string>): ExportedList | undefined {
  if (text === undefined) return openBugs
  const parsed = parseQuery(text)
  if ('error' in parsed) return undefined
  return simpleList(parsed.query) ?? namedList(printQuery(parsed.query), named)
}

/** A query as the settings have it, as it is looked for by `findList`; undefined where it cannot be read. */
export function normalQuery(text: string): string | undefined {
  const parsed = parseQuery(text)
  return 'error' in parsed ? undefined : printQuery(parsed.query)
}

const openBugs: ExportedList = { query: undefined, slug: '', isMain: true }

function simpleList(query: Query): ExportedList | undefined {
  if (query.sort !== undefined && (query.sort.key !== sort.key || query.sort.direction !== sort.direction)) {
    return undefined
  }
  const statuses = query.filters.filter(filter => filter.kind === 'status')
  const others = query.filters.filter(filter => filter.kind !== 'status')
  const [status, ...moreStatuses] = statuses
  if (moreStatuses.length > 0 || status?.negated) return undefined
  const what = others.length === 0 ? '' : otherName(others)
  if (what === undefined) return undefined
  if (what === '' && status?.value === 'open') return openBugs
  return {
    query: printQuery({ filters: [...statuses, ...others], sort }),
    slug: safeName([status?.value ?? 'all', what].filter(part => part !== '').join('-')),
    isMain: what === '',
  }
}

/** What the filters besides the status leave, in words; undefined where an export has no such list. */
function otherName([first, second, ...more]: readonly Filter[]): string | undefined {
  if (first === undefined || more.length > 0 || first.negated || !single.has(first.kind)) return undefined
  const name = `${first.kind}-${first.value}`
  if (second === undefined) return name
  // What a person has written in bugs of others, as the person's page asks for it.
  const isOfOthers =
    first.kind === 'participant' && second.kind === 'author' && second.negated && second.value === first.value
  return isOfOthers ? `${name}-of-others` : undefined
}

function namedList(printed: string, named: ReadonlySet<string>): ExportedList | undefined {
  return named.has(printed) ? { query: printed, slug: safeName(`query-${printed}`), isMain: false } : undefined
}
