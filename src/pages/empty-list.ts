/** Why a list of bugs is empty, in words, with the way on. */
import type { Tracker } from '../bug/model.ts'
import { emptyQuery, type Query } from '../query/ast.ts'
import { statusOf, withStatus } from '../query/edit.ts'
import { counted, grouped } from './wording.ts'

export interface EmptyListView {
  readonly why: string
  /** What to type in a clone, where that is the way on; else empty. */
  readonly commands: readonly string[]
  readonly ways: readonly { readonly text: string; readonly url: string }[]
}

export interface EmptyListInput {
  readonly page: number
  /** The last page that has bugs. */
  readonly last: number
  /** What the query finds on all pages. */
  readonly total: number
  readonly query: Query
  readonly counts: { readonly open: number; readonly closed: number }
  readonly tracker: Tracker
  readonly urlOf: (query: Query, page?: number) => string
}

export function emptyList(input: EmptyListInput): EmptyListView {
  const { total, page, last, query, counts, tracker, urlOf } = input
  if (total > 0) {
    const why = `There is no page ${grouped(page)}: the list ends with page ${grouped(last)}.`
    return { why, commands: [], ways: [{ text: 'Go to the last page', url: urlOf(query, last) }] }
  }
  if (tracker.bugs.length === 0) return withoutBugs(tracker)
  const all = { text: 'Show all bugs of this repository', url: urlOf(emptyQuery) }
  const status = statusOf(query)
  const other = status === 'open' ? 'closed' : 'open'
  if (status === undefined || counts[other] === 0) {
    return { why: 'No bug matches this query.', commands: [], ways: [all] }
  }
  const plain = query.filters.every(filter => filter.kind === 'status')
  const why = plain ? `No bug is ${status}.` : `No ${status} bug matches this query.`
  const matching = plain ? 'bug' : 'matching bug'
  const text = `Show ${counted(counts[other], `${other} ${matching}`, `${other} ${matching}s`)}`
  return { why, commands: [], ways: [{ text, url: urlOf(withStatus(query, other)) }, ...(plain ? [] : [all])] }
}

function withoutBugs(tracker: Tracker): EmptyListView {
  const unread = tracker.problems.length > 0
  return {
    why: unread
      ? 'No bug of this repository could be read. The problems page, linked at the end of this page, says why.'
      : 'This repository has people but no bugs yet. In a clone of it, the first one is made with:',
    commands: unread ? [] : ['git bug bug new', 'git bug push'],
    ways: [],
  }
}
