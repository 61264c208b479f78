/**
 * The address of a list for any query. Promises that the default query has the short address, and that whatever else the
 * reader chose (how many bugs on a page, a board) stays as it is while the query changes.
 */
import type { Query } from '../query/ast.ts'
import { type Grouping, printGrouping } from '../query/group.ts'
import { createQueryPrinter } from '../query/print.ts'
import type { Links, ListOptions } from './links.ts'

/** What the list shows where the address has no query (`api.md`, "Pages"). */
export const defaultListQuery = 'status:open sort:edit-desc'

/** Bugs on one page, where the address does not say. */
export const bugsPerPage = 50

/** The most that an address can ask for. */
export const maxBugsPerPage = 200

/** What an address of a list says beside its query. */
export interface ListForm {
  /** Bugs on a page. */
  readonly limit: number
  /** The columns of a board; undefined for a list. */
  readonly grouping: Grouping | undefined
}

/** Where the list of a query is; the first page where none is given. */
export type ListAddress = (query: Query, page?: number) => string

/** Makes the addresses of one repository's lists of one form. */
export function listAddress(links: Links, repository: string, form: ListForm): ListAddress {
  const options = formOptions(form)
  const print = createQueryPrinter()
  return (query, page) => links.bugs(repository, { q: queryParameter(print(query)), page, ...options })
}

/** The parameters of a form. */
export function formOptions({ limit, grouping }: ListForm): Pick<ListOptions, 'limit' | 'group'> {
  return {
    limit: limit === bugsPerPage ? undefined : limit,
    group: grouping && printGrouping(grouping),
  }
}

/** The `q` of a query; undefined for the default one. @param text as the printer writes it */
export function queryParameter(text: string): string | undefined {
  return text === defaultListQuery ? undefined : text
}
