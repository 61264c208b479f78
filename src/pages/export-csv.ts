/**
 * A list of bugs as a table for spreadsheets and scripts: CSV as RFC 4180 has it, in UTF-8, a header line first.
 * Promises that every line has the same cells, and that no cell is run as a formula: one that a spreadsheet would run
 * starts with an apostrophe. Labels are joined by a comma and a space; where a label has a comma itself, the JSON is
 * exact. A time that no calendar shows is an empty cell.
 */
import { mapInTurns } from '../base/turns.ts'
import { type BugSummary, humanId } from '../bug/model.ts'
import { visibleText } from '../text/visible-text.ts'
import type { RepositoryInput } from './layout.ts'
import { personName } from './person-view.ts'
import type { Site } from './site.ts'
import { isoTime } from './time.ts'

export interface BugListExportInput {
  readonly site: Site
  readonly repository: RepositoryInput
  /** Scheme, host and port of the addresses in it, such as `https://bugs.example.org`. */
  readonly origin: string
  /** What the query finds, in its order. */
  readonly bugs: readonly BugSummary[]
}

/** A list may have very many; others have their turn in between. */
export const bugsPerTurn = 500

const columns = [
  'humanId',
  'id',
  'status',
  'title',
  'labels',
  'author',
  'createdAt',
  'editedAt',
  'comments',
  'url',
] as const

/** A line for each bug. */
export async function bugListCsv({ site, repository, origin, bugs }: BugListExportInput): Promise<string> {
  const { name, tracker } = repository
  const lines = await mapInTurns(bugs, bugsPerTurn, bug => {
    const cells: Record<(typeof columns)[number], string> = {
      humanId: humanId(bug.id),
      id: bug.id,
      status: bug.status,
      title: visibleText(bug.title),
      labels: bug.labels.map(visibleText).join(', '),
      author: personName(bug.authorId, tracker.identities.get(bug.authorId)),
      createdAt: isoTime(bug.createdAt) ?? '',
      editedAt: isoTime(bug.editedAt) ?? '',
      comments: String(bug.commentCount),
      url: `${origin}${site.links.bug(name, bug.id)}`,
    }
    return `${columns.map(column => csvCell(cells[column])).join(',')}\r\n`
  })
  return `${columns.join(',')}\r\n${lines.join('')}`
}

/** What spreadsheets take for the start of a formula; some take the wide forms of East Asian keyboards too. */
const formulaStart = /^[=+\-@\t\r\n＝＋－＠]/

/** One cell, quoted where it has to be. */
export function csvCell(text: string): string {
  const safe = formulaStart.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
