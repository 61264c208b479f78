/**
 * How the status of a bug has changed, in short: who did it and when, the last change first, the opening at the end.
 * What set the status that the bug had already is no change (`BugSummary.statusChanges`).
 */
import type { Status, TimelineEvent } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import type { PersonView } from './person-view.ts'
import { dayView, type TimeView } from './time.ts'
import type { TimelineItemView } from './timeline.ts'
import { leftOut } from './wording.ts'

export interface StatusHistoryView {
  readonly changes: readonly StatusChangeView[]
  /** How many earlier ones are left out, in words; empty where none is. */
  readonly more: string
}

export interface StatusChangeView {
  readonly status: Status
  readonly word: string
  readonly author: PersonView
  readonly at: TimeView
  /** Its place on the page; undefined where the page does not show the event. */
  readonly anchor: string | undefined
}

export interface StatusHistoryInput {
  readonly timeline: readonly TimelineEvent[]
  /** The events of `timeline` that the page shows: the first ones, or all. */
  readonly items: readonly TimelineItemView[]
  readonly person: (identityId: string) => PersonView
}

const maxChanges = 10

/** Undefined for a bug that has been open ever since. */
export function statusHistory({ timeline, items, person }: StatusHistoryInput): StatusHistoryView | undefined {
  const changes: { readonly event: TimelineEvent; readonly index: number; readonly status: Status }[] = []
  for (const [index, event] of timeline.entries()) {
    const status = statusAfter(event)
    if (status !== undefined && status !== changes.at(-1)?.status) changes.push({ event, index, status })
  }
  if (changes.length < 2) return undefined
  const last = changes.slice(-maxChanges).reverse()
  return {
    changes: last.map(({ event, index, status }) => ({
      status,
      word: strings.bug.statusChange[event.type === 'create' ? 'opened' : status],
      author: person(event.authorId),
      at: dayView(event.at),
      anchor: items[index]?.anchor,
    })),
    more: leftOut(changes.length, maxChanges, strings.bug.earlierChanges),
  }
}

function statusAfter(event: TimelineEvent): Status | undefined {
  if (event.type === 'create') return 'open'
  return event.type === 'status' ? event.status : undefined
}
