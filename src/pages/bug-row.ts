/**
 * A bug as one row of a list: what a reader needs to decide whether to open it. Long titles and many labels are cut
 * here; the bug's own page has all of them.
 */
import { type BugSummary, humanId } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import type { LabelView } from './label-view.ts'
import type { Links } from './links.ts'
import type { PersonView } from './person-view.ts'
import { dayView, type TimeView } from './time.ts'
import { counted, shownText } from './wording.ts'

export interface BugRowView {
  readonly url: string
  readonly title: string
  readonly humanId: string
  /** `open` or `closed`: icon and class. */
  readonly status: string
  readonly statusWord: string
  /** Comments without the description. */
  readonly replies: number
  /** The noun for that number. */
  readonly repliesWord: string
  readonly repliesText: string
  readonly author: PersonView
  readonly opened: TimeView
  readonly updated: TimeView
  readonly labels: readonly LabelView[]
  /** How many more labels there are; 0 where all are shown. */
  readonly moreLabels: number
  readonly moreLabelsText: string
}

/** What rows of one page share. */
export interface RowContext {
  readonly links: Links
  readonly repository: string
  readonly person: (identityId: string) => PersonView
  readonly label: (label: string) => LabelView
}

const maxTitleChars = 300
const maxLabels = 4

export function bugRow(bug: BugSummary, { links, repository, person, label }: RowContext): BugRowView {
  const { reply, moreLabel } = strings.common.nouns
  const replies = repliesOf(bug)
  const moreLabels = Math.max(0, bug.labels.length - maxLabels)
  return {
    url: links.bug(repository, bug.id),
    title: shortTitle(bug.title),
    humanId: humanId(bug.id),
    status: bug.status,
    statusWord: statusWord(bug),
    replies,
    repliesWord: replies === 1 ? reply[0] : reply[1],
    repliesText: counted(replies, ...reply),
    author: person(bug.authorId),
    opened: dayView(bug.createdAt),
    updated: dayView(bug.editedAt),
    labels: bug.labels.slice(0, maxLabels).map(label),
    moreLabels,
    moreLabelsText: moreLabels === 0 ? '' : counted(moreLabels, ...moreLabel),
  }
}

/** A title fit for a line of a list. */
export function shortTitle(title: string): string {
  return shownText(title, maxTitleChars)
}

export function statusWord({ status }: { status: BugSummary['status'] }): string {
  return strings.common[status]
}

/** Number of comments that answer the description. */
export function repliesOf({ commentCount }: { commentCount: number }): number {
  return Math.max(0, commentCount - 1)
}
