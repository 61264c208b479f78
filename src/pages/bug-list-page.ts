/**
 * The list of bugs of a repository. Promises that the box keeps what the visitor wrote, that every link is a plain
 * address of the same page with one thing changed, and that an empty list says why it is empty.
 */
import type { Query } from '../query/ast.ts'
import { statusOf, withFilter, withStatus } from '../query/edit.ts'
import { type Grouping, parseGrouping } from '../query/group.ts'
import { parseQuery } from '../query/parser.ts'
import { printQuery } from '../query/print.ts'
import type { QueryError } from '../query/query-error.ts'
import type { CountedAnswer } from '../query/select.ts'
import { strings } from '../strings/strings.ts'
import { visibleText } from '../text/visible-text.ts'
import { type BoardView, boardView, groupingName } from './board-view.ts'
import { type BugRowView, bugRow } from './bug-row.ts'
import { type EmptyListView, emptyBoard, emptyList, type LoosenedQuery } from './empty-list.ts'
import { orderFacets } from './facet-order.ts'
import { type ChipsView, filterChips } from './filter-chips.ts'
import { type FilterFormView, filterForm } from './filter-form.ts'
import { filterMenus, type MenuView, scopesOf } from './filter-menus.ts'
import { labelFilter, labelViews } from './label-view.ts'
import { layoutView, type PageView, type RepositoryInput } from './layout.ts'
import type { Links } from './links.ts'
import {
  bugsPerPage,
  defaultListQuery,
  formOptions,
  type ListAddress,
  type ListForm,
  listAddress,
  queryParameter,
} from './list-address.ts'
import { type PagerView, pageCount, pagerView } from './pager.ts'
import { personViews } from './person-view.ts'
import { type QueryMistakeView, queryMistakeView } from './query-mistake.ts'
import type { Site } from './site.ts'
import { grouped } from './wording.ts'

export interface BugListInput {
  readonly site: Site
  readonly repository: RepositoryInput
  /** The query as the address has it; undefined where it has none, and `defaultListQuery` was meant. */
  readonly text: string | undefined
  readonly result: FoundBugs | { readonly error: QueryError }
  /** From 1. A board has one page. */
  readonly page: number
  /** Bugs on a page; undefined for the usual number. */
  readonly limit?: number | undefined
  /** What a board is asked to be grouped by, as the address says it; undefined for a list. */
  readonly group?: string | undefined
  /** Where nothing is found: what would be, without one filter. */
  readonly loosened?: readonly LoosenedQuery[] | undefined
}

/** A query that could be read, and its answer (`selectAndCount`). */
export interface FoundBugs extends CountedAnswer {
  readonly query: Query
}

export interface BugListView extends PageView, ChipsView {
  readonly heading: string
  /** What stands in the query box. */
  readonly text: string
  /** Where the query box leads. */
  readonly action: string
  /** What goes along with the box and the form: parameters other than the query. */
  readonly hidden: readonly { readonly name: string; readonly value: string }[]
  readonly suggestUrl: string
  readonly helpUrl: string
  /** The operator's. */
  readonly named: readonly { readonly name: string; readonly url: string; readonly current: boolean }[]
  readonly tabs: readonly TabView[]
  readonly menus: readonly MenuView[]
  readonly form: FilterFormView | undefined
  /** The list without any of the chips. */
  readonly clearUrl: string
  readonly rows: readonly BugRowView[]
  /** The first row's number in the whole list. */
  readonly firstNumber: number
  readonly board: BoardView | undefined
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

function foundList(input: BugListInput, { query, bugs, counts, facets: counted }: FoundBugs): BugListView {
  const facets = orderFacets(counted)
  const { site, repository, text, group } = input
  const { links } = site
  const { tracker, name } = repository
  const form = formOf(input)
  const urlOf = listAddress(links, name, form)
  const listUrlOf = listAddress(links, name, { ...form, grouping: undefined })
  const { columns } = site.choicesFor(name)
  const groupUrlOf = (grouping: Grouping | undefined) => listAddress(links, name, { ...form, grouping })(query)
  const label = labelViews(site.look, value => {
    const filter = labelFilter(value)
    return filter && urlOf(withFilter(query, filter))
  })
  const person = personViews(site, repository)
  const context = { links, repository: name, person, label }
  const { identities } = tracker
  const isBoard = group !== undefined
  const board =
    form.grouping && bugs.length > 0
      ? boardView({ query, grouping: form.grouping, bugs, identities, listUrlOf, columns, ...context })
      : undefined
  const paging = { page: isBoard ? 1 : Math.max(1, Math.floor(input.page)), pageSize: form.limit, total: bugs.length }
  const last = pageCount(paging)
  const first = (paging.page - 1) * form.limit
  const pager = isBoard || paging.page > last ? undefined : pagerView(paging, page => urlOf(query, page))
  const rows = isBoard ? [] : bugs.slice(first, first + form.limit).map(bug => bugRow(bug, context))
  const isShown = rows.length > 0 || board !== undefined
  return {
    ...frame(input, { query, page: paging.page, pager }),
    text: text ?? defaultListQuery,
    named: namedQueries(input, { urlOf, now: printQuery(query) }),
    tabs: tabs({ query, counts, urlOf }),
    menus: filterMenus({
      query,
      facets,
      isSortable: bugs.length > 1,
      identities,
      urlOf,
      grouping: form.grouping,
      groupUrlOf,
      labelsUrl: links.labels(name),
      peopleUrl: links.people(name),
    }),
    form: filterForm({ query, facets, identities }),
    ...filterChips(query, { urlOf, identities }),
    clearUrl: links.bugs(name, formOptions(form)),
    rows,
    firstNumber: first + 1,
    board,
    pager,
    empty: isShown
      ? undefined
      : isBoard && bugs.length > 0
        ? emptyBoard({ group, scopes: scopesOf(facets), groupUrlOf })
        : emptyList({
            ...paging,
            last,
            query,
            counts,
            tracker,
            urlOf,
            loosened: input.loosened ?? [],
            goUrl: id => links.go(id),
            text: text ?? '',
          }),
    mistake: undefined,
  }
}

function mistakenList(input: BugListInput, error: QueryError): BugListView {
  const { site, repository } = input
  const text = input.text ?? defaultListQuery
  const { openBugs: open, closedBugs: closed } = repository.tracker
  const form = formOf(input)
  const urlOf = listAddress(site.links, repository.name, form)
  return {
    ...frame(input, { query: undefined, page: 1, pager: undefined }),
    text,
    named: namedQueries(input, { urlOf, now: undefined }),
    tabs: tabs({ query: { filters: [], sort: undefined }, counts: { open, closed }, urlOf, current: 'none' }),
    menus: [],
    form: undefined,
    chips: [],
    moreChips: '',
    clearUrl: site.links.bugs(repository.name, formOptions(form)),
    rows: [],
    firstNumber: 1,
    board: undefined,
    pager: undefined,
    empty: undefined,
    mistake: queryMistakeView(text, error, q => site.links.bugs(repository.name, { ...formOptions(form), q })),
  }
}

function formOf({ limit, group }: BugListInput): ListForm {
  return { limit: limit ?? bugsPerPage, grouping: group === undefined ? undefined : parseGrouping(group) }
}

interface FrameInput {
  /** Undefined where it could not be read. */
  readonly query: Query | undefined
  readonly page: number
  readonly pager: PagerView | undefined
}

function frame(input: BugListInput, { query, page, pager }: FrameInput) {
  const { site, repository, text, result } = input
  const { links } = site
  const { name } = repository
  const form = formOf(input)
  const options = formOptions(form)
  const q = query && queryParameter(printQuery(query))
  const current = query && statusOf(query)
  const s = strings.list
  const bugs = s.bugs[current ?? 'all']
  const grouping = form.grouping && groupingName(form.grouping)
  const what = inColumns(bugs, grouping)
  const isPlain = text === undefined && input.limit === undefined && input.group === undefined
  const layout = layoutView({
    site,
    title: 'error' in result ? strings.common.queryMistakeTitle : page > 1 ? s.page(what, grouped(page)) : what,
    repository,
    tab: 'bugs',
    indexed: isPlain && !('error' in result),
    searchBox: false,
    previousUrl: pager?.previousUrl,
    nextUrl: pager?.nextUrl,
    ...('error' in result
      ? {}
      : {
          canonical: links.bugs(name, { q, page, ...options }),
          formats: formats({ links, name, q }),
        }),
  })
  return {
    layout,
    heading: inColumns(s.of(bugs, visibleText(name)), grouping),
    action: links.bugs(name),
    hidden: Object.entries(options).flatMap(([key, value]) =>
      value === undefined ? [] : [{ name: key, value: String(value) }],
    ),
    suggestUrl: links.suggest(name),
    helpUrl: links.queryHelp(),
  }
}

/** What a list or a board shows, in words. */
function inColumns(bugs: string, grouping: string | undefined): string {
  return grouping === undefined ? bugs : strings.list.by(bugs, grouping)
}

interface FormatsInput {
  readonly links: Links
  readonly name: string
  readonly q: string | undefined
}

function formats({ links, name, q }: FormatsInput) {
  const { formats: s } = strings.common
  return [
    { label: s.atom, type: 'application/atom+xml', url: links.bugsAtom(name, q) },
    { label: s.json, type: 'application/json', url: links.bugsJson(name, q) },
    { label: s.csv, type: 'text/csv', url: links.bugsCsv(name, q) },
    { label: s.text, type: 'text/plain', url: links.bugsText(name, q) },
    { label: s.ndjson, type: 'application/x-ndjson', url: links.bugsNdjson(name, q) },
    { label: s.mbox, type: 'application/mbox', url: links.bugsMbox(name, q) },
  ]
}

/** The operator's queries; one that cannot be read leads to the page that says what is wrong with it. */
function namedQueries(
  { site, repository }: BugListInput,
  { urlOf, now }: { urlOf: ListAddress; now: string | undefined },
): BugListView['named'] {
  return site.choicesFor(repository.name).queries.map(({ name, query: text }) => {
    const parsed = parseQuery(text)
    if ('error' in parsed) return { name, url: site.links.bugs(repository.name, { q: text }), current: false }
    return { name, url: urlOf(parsed.query), current: printQuery(parsed.query) === now }
  })
}

function tabs(input: { query: Query; counts: FoundBugs['counts']; urlOf: ListAddress; current?: 'none' }): TabView[] {
  const { query, counts, urlOf } = input
  const now = statusOf(query)
  const isAll = now === undefined && !query.filters.some(filter => filter.kind === 'status')
  const tab = (status: 'open' | 'closed'): TabView => ({
    status,
    text: strings.common[status],
    count: grouped(counts[status]),
    url: urlOf(withStatus(query, status)),
    current: now === status && input.current !== 'none',
  })
  return [
    tab('open'),
    tab('closed'),
    {
      status: '',
      text: strings.list.all,
      count: grouped(counts.open + counts.closed),
      url: urlOf(withStatus(query, undefined)),
      current: isAll && input.current !== 'none',
    },
  ]
}
