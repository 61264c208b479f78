/**
 * The search over all repositories: what was found in each, with the words marked. Promises to say what was not
 * searched, and where to go on; refuses to show more than a screen or two, since each repository has a list of its own
 * for the same query.
 */
import type { BugSummary } from '../bug/model.ts'
import { readReference } from '../bug/reference.ts'
import type { Query } from '../query/ast.ts'
import { printQuery } from '../query/print.ts'
import type { QueryError } from '../query/query-error.ts'
import { textPlaces } from '../query/text-places.ts'
import { strings } from '../strings/strings.ts'
import { visibleText } from '../text/visible-text.ts'
import { type BugRowView, bugRow } from './bug-row.ts'
import { labelAddress, labelViews } from './label-view.ts'
import { layoutView, type PageView, type RepositoryInput } from './layout.ts'
import { personViews } from './person-view.ts'
import { type QueryMistakeView, queryMistakeView } from './query-mistake.ts'
import { markedParts, type Snippet, type TextPart } from './search-snippet.ts'
import type { Site } from './site.ts'
import { counted, leftOut, shownText } from './wording.ts'

/** What was found in one repository. */
export interface FoundInRepository {
  readonly repository: RepositoryInput
  /** All that the query finds, in its order. */
  readonly bugs: readonly BugSummary[]
}

/** How far a search came. */
export interface SearchReach {
  /** The repository at which it began; undefined for the first part. */
  readonly from: string | undefined
  /** Repositories that are listed. */
  readonly total: number
  readonly looked: number
  /** Names of those that could not be searched now. */
  readonly late: readonly string[]
  /** Where it goes on; undefined where it is complete. */
  readonly next: string | undefined
}

export interface SearchAnswer {
  readonly query: Query
  readonly found: readonly FoundInRepository[]
  readonly reach: SearchReach
  /** Of the rows that are shown, by the bug's object. */
  readonly snippets: ReadonlyMap<BugSummary, Snippet>
}

export interface SearchInput {
  readonly site: Site
  /** As the visitor wrote it; undefined or blank asks for nothing yet. */
  readonly text: string | undefined
  /** Undefined where nothing was asked for. */
  readonly result: SearchAnswer | { readonly error: QueryError } | undefined
}

export interface SearchView extends PageView {
  readonly text: string
  readonly action: string
  readonly goUrl: string
  readonly helpUrl: string
  readonly clearUrl: string
  readonly mistake: QueryMistakeView | undefined
  /** What was typed looks like an id: where that leads. */
  readonly reference: { readonly text: string; readonly url: string } | undefined
  /** How much was found, and in how many repositories; empty where nothing was asked for. */
  readonly summary: string
  readonly groups: readonly GroupView[]
  /** Repositories whose bugs are counted only. */
  readonly others: readonly { readonly name: string; readonly url: string; readonly count: string }[]
  /** How many repositories with bugs are left out even there, in words. */
  readonly moreOthers: string
  readonly late: readonly { readonly name: string; readonly url: string }[]
  readonly moreLate: string
  readonly rest: { readonly text: string; readonly url: string } | undefined
  /** Where a later part of a search says from what on it is. */
  readonly from: string
}

export interface GroupView {
  readonly anchor: string
  readonly name: string
  readonly url: string
  readonly count: string
  readonly rows: readonly SearchRowView[]
  /** Empty where all are shown. */
  readonly more: string
}

export interface SearchRowView extends BugRowView {
  readonly titleParts: readonly TextPart[]
  readonly snippet: { readonly url: string; readonly parts: readonly TextPart[] } | undefined
}

const { common, search: words } = strings
const { nouns } = common

const maxRowsOfRepository = 5
const maxRows = 25
const maxOthers = 100
const maxLate = 20

/** The bugs of which rows are shown: of the repositories in their order, so many of each. */
export function shownBugs(found: readonly FoundInRepository[]): readonly FoundInRepository[] {
  let left = maxRows
  const shown: FoundInRepository[] = []
  for (const { repository, bugs } of inOrder(found)) {
    const rows = bugs.slice(0, Math.min(maxRowsOfRepository, left))
    left -= rows.length
    if (rows.length > 0) shown.push({ repository, bugs: rows })
  }
  return shown
}

/** The last active repository first; those in which nothing was found are left out. */
function inOrder(found: readonly FoundInRepository[]): readonly FoundInRepository[] {
  const activity = ({ repository }: FoundInRepository) => repository.tracker.lastActivity ?? 0
  return found.filter(({ bugs }) => bugs.length > 0).sort((a, b) => activity(b) - activity(a))
}

export function searchPage(input: SearchInput): SearchView {
  const { site, text = '', result } = input
  const { links } = site
  const frame = {
    text,
    action: links.search(),
    goUrl: links.go(),
    helpUrl: links.queryHelp(),
    clearUrl: links.search(),
    reference: referenceView(text, site),
    ...nothingFound,
  }
  const layout = { site, description: words.bugsOfAllRepositories(site.title) }
  if (result === undefined) {
    return {
      ...frame,
      layout: layoutView({ ...layout, title: words.title, canonical: links.search() }),
      mistake: undefined,
    }
  }
  if ('error' in result) {
    return {
      ...frame,
      layout: layoutView({ ...layout, title: common.queryMistakeTitle, indexed: false }),
      mistake: queryMistakeView(text, result.error, links.search),
    }
  }
  const { from, next } = result.reach
  return {
    ...frame,
    layout: layoutView({
      ...layout,
      title: words.titleOf(visibleText(text)),
      canonical: links.search(text, from),
      indexed: false,
      nextUrl: next === undefined ? undefined : links.search(text, next),
      formats: [
        { label: common.formats.atom, type: 'application/atom+xml', url: links.searchAtom(text, from) },
        { label: common.formats.json, type: 'application/json', url: links.searchJson(text, from) },
      ],
    }),
    mistake: undefined,
    ...answerView(input, result),
  }
}

const nothingFound = {
  summary: '',
  groups: [],
  others: [],
  moreOthers: '',
  late: [],
  moreLate: '',
  rest: undefined,
  from: '',
} satisfies Partial<SearchView>

/** Short words such as “cafe” are more often words than ids. */
const maxWordDigits = 6

function referenceView(text: string, { links }: Site): SearchView['reference'] {
  const reference = readReference(text)
  if (reference?.kind !== 'id') return undefined
  if (reference.prefix.length <= maxWordDigits && !/\d/.test(reference.prefix)) return undefined
  return { text: reference.prefix, url: links.go(reference.prefix) }
}

function answerView({ site, text = '' }: SearchInput, { query, found, reach, snippets }: SearchAnswer) {
  const { links } = site
  const q = printQuery(query)
  const shown = shownBugs(found)
  const ordered = inOrder(found)
  const titles = textPlaces(query, 'title')
  const row = (repository: RepositoryInput) => {
    const { name } = repository
    const context = {
      links,
      repository: name,
      person: personViews(site, repository),
      label: labelViews(site.look, labelAddress(links, name)),
    }
    return (bug: BugSummary): SearchRowView => {
      const view = bugRow(bug, context)
      const snippet = snippets.get(bug)
      return {
        ...view,
        titleParts: markedParts(view.title, titles),
        snippet: snippet && { url: links.comment(name, bug.id, snippet.commentId), parts: snippet.parts },
      }
    }
  }
  const listOf = ({ repository, bugs }: FoundInRepository) => ({
    name: visibleText(repository.name),
    url: links.bugs(repository.name, { q }),
    count: counted(bugs.length, ...nouns.bug),
  })
  const others = ordered.slice(shown.length)
  return {
    summary: summaryOf(ordered, reach),
    groups: shown.map((part, index): GroupView => {
      const whole = ordered[index] ?? part
      return {
        ...listOf(whole),
        anchor: `in-${index + 1}`,
        rows: part.bugs.map(row(part.repository)),
        more: leftOut(whole.bugs.length, part.bugs.length, nouns.moreBug),
      }
    }),
    others: others.slice(0, maxOthers).map(listOf),
    moreOthers: leftOut(others.length, maxOthers, nouns.moreRepository),
    late: reach.late.slice(0, maxLate).map(name => ({ name: visibleText(name), url: links.bugs(name, { q }) })),
    moreLate: leftOut(reach.late.length, maxLate, words.more),
    rest:
      reach.next === undefined
        ? undefined
        : { text: words.searchTheRest(shownText(reach.next, 100)), url: links.search(text, reach.next) },
    from: reach.from === undefined ? '' : shownText(reach.from, 100),
  }
}

function summaryOf(found: readonly FoundInRepository[], { total, looked, late }: SearchReach): string {
  const bugs = found.reduce((sum, part) => sum + part.bugs.length, 0)
  const searched = looked - late.length
  const repositories = counted(total, ...nouns.repository)
  const where = searched < total ? common.someOf(`${searched}`, repositories) : repositories
  const reached = searched === 1 ? words.wasSearched(where) : words.wereSearched(where)
  if (bugs === 0) return `${words.noBugFound} ${reached}`
  const count = counted(bugs, ...nouns.bug)
  const isSpread = found.length > 1 || total > 1
  return `${isSpread ? words.foundIn(count, counted(found.length, ...nouns.repository)) : words.found(count)} ${reached}`
}
