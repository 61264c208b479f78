/**
 * What a page says that shows a bug as it was at a commit. The commit fixes what the page shows of the bug for ever,
 * and browsers keep it; how much came later grows, so it is told together with the moment at which it was so.
 */
import { type Bug, humanId, type TimelineEvent } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import { isComment } from './comment-view.ts'
import type { RepositoryInput } from './layout.ts'
import type { Links } from './links.ts'
import { minuteView, type TimeView } from './time.ts'
import { counted } from './wording.ts'

export interface AsOfView {
  readonly commit: string
  /** Of the last edit by earlier. */
  readonly at: TimeView
  /** Such as `3 later changes were`. */
  readonly later: string
  /** When that was so. */
  readonly readAt: TimeView
  /** The bug as it is now, at the first event that came later. */
  readonly currentUrl: string
}

export interface AsOfInput {
  /** The bug at that commit, which is its tip. */
  readonly earlier: Bug
  readonly current: Bug
  readonly links: Links
  readonly repository: RepositoryInput
}

export function asOfView({ earlier, current, links, repository }: AsOfInput): AsOfView {
  const known = new Set(earlier.timeline.map(({ id }) => id))
  const first = current.timeline.find(({ id }) => !known.has(id))
  const later = changesOf(current.timeline) - changesOf(earlier.timeline)
  return {
    commit: humanId(earlier.tip),
    at: minuteView(earlier.editedAt),
    later: later === 0 ? strings.bug.noLaterChange : counted(later, ...strings.bug.laterChanges),
    readAt: minuteView(repository.tracker.readAtMs / 1000),
    currentUrl: first ? links.comment(repository.name, current.id, first.id) : links.bug(repository.name, current.id),
  }
}

/** Events and edits of comments: all that a reader can see. */
function changesOf(timeline: readonly TimelineEvent[]): number {
  return timeline.reduce((sum, event) => sum + (isComment(event) ? event.history.length : 1), 0)
}
