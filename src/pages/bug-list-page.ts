/**
 * The list of bugs of a repository. Promises that the box keeps what the visitor wrote, that every link is a plain
 * address of the same page with one thing changed, and that an empty list says why it is empty.
 */
import type { Query } from '../query/ast.ts'
import { createFilter, statusOf, withFilter, withStatus } from '../query/edit.ts'
import { printQuery } from '../query/print.ts'
import type { QueryError } from '../query/query-error.ts'
import type { CountedAnswer } from '../query/select.ts'
import { type BugRowView, bugRow } from './bug-row.ts'
import { type EmptyListView, emptyList } from './empty-list.ts'
import { maxMboxBugs } from './export-mbox.ts'
import { type ChipView, filterChips } from './filter-chips.ts'
import { filterMenus, type MenuView } from './filter-menus.ts'
import { labelViews } from './label-view.ts'
import { layoutView, type PageView, type RepositoryInput, type Site } from './layout.ts'
import type { Links } from './links.ts'
import { type PagerView, pageCount, pagerView } from './pager.ts'
import { personViews } from './person-view.ts'
import { type QueryMistakeView, queryMistakeView } from './query-mistake.ts'
import { visibleText } from './visible-text.ts'
import { grouped } from './wording.ts'

/** What the list shows where the address has no query (`api.md`, "Pages"). */
export const defaultListQuery = 'status:open sort:edit-desc'

/** Bugs on one page. */
export const bugsPerPage = 50

export interface BugListInput {
  readonly site: Site
  readonly repository: RepositoryInput
  /** The query as the address has it; undefined where it has none, and `defaultListQuery` was meant. */
  readonly text: string | undefined
  readonly result: FoundBugs | { readonly error: QueryError }
  /** From 1. */
  readonly page: number
}

/** A query that could be read, and its answer (`selectAndCount`). */
export interface FoundBugs extends CountedAnswer {
  readonly query: Query
}

export interface BugListView extends PageView {
  readonly heading: string
  /** What stands in the query box. */
  readonly text: string
  /** Where the query box leads. */
  readonly action: string
  readonly helpUrl: string
  readonly tabs: readonly TabView[]
  readonly menus: readonly MenuView[]
  readonly chips: readonly ChipView[]
  /** The list without any of the chips. */
  readonly clearUrl: string
  readonly rows: readonly BugRowView[]
  /** The first row's number in the whole list. */
  readonly firstNumber: number
  readonly pager: PagerView | undefined
  readonly empty: EmptyListView | undefined
  readonly mistake: QueryMistakeView | undefined
}

export interface TabView {
  /** Icon and class; empty for "all". */
  readonly status: string
  readonly text: string
  readonly count: string
  readonly url: string
  readonly current: boolean
}

export function bugListPage(input: BugListInput): BugListView {
  return 'error' in input.result ? mistakenList(input, input.result.error) : foundList(input, input.result)
}

function foundList(input: BugListInput, { query, bugs, counts, facets }: FoundBugs): BugListView {
  const { site, repository, text } = input
  const { tracker } = repository
  const urlOf = listAddress(site.links, repository.name)
  const label = labelViews(value => {
    const filter = createFilter('label', value)
    return filter && urlOf(withFilter(query, filter))
  })
  const person = personViews({ identities: tracker.identities, links: site.links, repository: repository.name })
  const total = bugs.length
  const paging = { page: Math.max(1, Math.floor(input.page)), pageSize: bugsPerPage, total }
  const last = pageCount(paging)
  const first = (paging.page - 1) * bugsPerPage
  const pager = paging.page > last ? undefined : pagerView(paging, page => urlOf(query, page))
  const context = { links: site.links, repository: repository.name, person, label }
  const rows = bugs.slice(first, first + bugsPerPage).map(bug => bugRow(bug, context))
  const q = queryParameter(query)
  return {
    ...frame(input, { q, page: paging.page, pager, current: statusOf(query) }),
    text: text ?? defaultListQuery,
    tabs: tabs({ query, counts, urlOf }),
    menus: filterMenus({
      query,
      facets,
      isSortable: bugs.length > 1,
      identities: tracker.identities,
      urlOf,
      labelsUrl: site.links.labels(repository.name),
      peopleUrl: site.links.people(repository.name),
    }),
    chips: filterChips(query, { urlOf, identities: tracker.identities }),
    clearUrl: site.links.bugs(repository.name),
    rows,
    firstNumber: first + 1,
    pager,
    empty: rows.length > 0 ? undefined : emptyList({ ...paging, last, query, counts, tracker, urlOf }),
    mistake: undefined,
  }
}

function mistakenList(input: BugListInput, error: QueryError): BugListView {
  const { site, repository } = input
  const text = input.text ?? defaultListQuery
  const { openBugs: open, closedBugs: closed } = repository.tracker
  const urlOf = listAddress(site.links, repository.name)
  return {
    ...frame(input, { q: text, page: 1, pager: undefined, current: undefined }),
    text,
    tabs: tabs({ query: { filters: [], sort: undefined }, counts: { open, closed }, urlOf, current: 'none' }),
    menus: [],
    chips: [],
    clearUrl: site.links.bugs(repository.name),
    rows: [],
    firstNumber: 1,
    pager: undefined,
    empty: undefined,
    mistake: queryMistakeView(text, error),
  }
}

interface FrameInput {
  readonly q: string | undefined
  readonly page: number
  readonly pager: PagerView | undefined
  readonly current: 'open' | 'closed' | undefined
}

function frame({ site, repository, text, result }: BugListInput, { q, page, pager, current }: FrameInput) {
  const { links } = site
  const { name } = repository
  const what = current === undefined ? 'Bugs' : current === 'open' ? 'Open bugs' : 'Closed bugs'
  const layout = layoutView({
    site,
    title: 'error' in result ? 'A mistake in the query' : page > 1 ? `${what}, page ${grouped(page)}` : what,
    repository,
    tab: 'bugs',
    indexed: text === undefined && !('error' in result),
    searchBox: false,
    previousUrl: pager?.previousUrl,
    nextUrl: pager?.nextUrl,
    ...('error' in result
      ? {}
      : {
          canonical: links.bugs(name, { q, page }),
          formats: [
            { label: 'Atom', type: 'application/atom+xml', url: links.bugsAtom(name, q) },
            { label: 'JSON', type: 'application/json', url: links.bugsJson(name, q) },
            { label: 'CSV', type: 'text/csv', url: links.bugsCsv(name, q) },
            { label: 'Text', type: 'text/plain', url: links.bugsText(name, q) },
            ...(result.bugs.length > maxMboxBugs
              ? []
              : [{ label: 'mbox', type: 'application/mbox', url: links.bugsMbox(name, q) }]),
          ],
        }),
  })
  return {
    layout,
    heading: `${what} of ${visibleText(name)}`,
    action: links.bugs(name),
    helpUrl: links.queryHelp(),
  }
}

/** The `q` of a query; undefined for the default one, so that its address is the short one. */
function queryParameter(query: Query): string | undefined {
  const text = printQuery(query)
  return text === defaultListQuery ? undefined : text
}

function listAddress(links: Links, name: string): (query: Query, page?: number) => string {
  return (query, page) => links.bugs(name, { q: queryParameter(query), page })
}

function tabs(input: {
  query: Query
  counts: FoundBugs['counts']
  urlOf: (query: Query) => string
  current?: 'none'
}): TabView[] {
  const { query, counts, urlOf } = input
  const now = statusOf(query)
  const isAll = now === undefined && !query.filters.some(filter => filter.kind === 'status')
  const tab = (status: 'open' | 'closed'): TabView => ({
    status,
    text: status === 'open' ? 'Open' : 'Closed',
    count: grouped(counts[status]),
    url: urlOf(withStatus(query, status)),
    current: now === status && input.current !== 'none',
  })
  return [
    tab('open'),
    tab('closed'),
    {
      status: '',
      text: 'All',
      count: grouped(counts.open + counts.closed),
      url: urlOf(withStatus(query, undefined)),
      current: isAll && input.current !== 'none',
    },
  ]
}
