/**
 * The timeline of a bug, whole and in the order of the data: comments as cards, everything else as lines, runs of
 * noise folded into one line. Promises an anchor for each event, and a mark on every time that cannot be right or is
 * earlier than something before it.
 */
import type { FileFacts } from '../bug/file-kind.ts'
import type { LabelsEvent, Status, TimelineEvent, TitleEvent } from '../bug/model.ts'
import { humanId } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import { filesOfComments } from './attached-files.ts'
import { type CommentInput, type CommentView, commentsThatFit, commentView, isComment } from './comment-view.ts'
import type { LabelView } from './label-view.ts'
import { anchor } from './links.ts'
import type { PersonView } from './person-view.ts'
import { minuteView, type TimeView } from './time.ts'
import { type ClockMark, clockFaults, clockMark } from './timeline-clock.ts'
import { foldRuns, type TimelineRunView } from './timeline-fold.ts'
import { leftOut, shownText } from './wording.ts'

/** What is shown of one event; exactly one of the last four is there. */
export interface TimelineItemView {
  /** The name of its place on the page, without `#`. */
  readonly anchor: string
  /** The name that it had where it was imported from, so that the ends of old addresses still lead there. */
  readonly place: string | undefined
  readonly author: PersonView
  readonly at: TimeView
  /** What is odd about that time. */
  readonly clock: ClockMark | undefined
  /** The commit that brought it, on the last event of each: the bug as it was then. */
  readonly commit: { readonly short: string; readonly url: string } | undefined
  readonly signature: SignatureView | undefined
  readonly comment: CommentView | undefined
  readonly status: Status | undefined
  readonly title: { readonly was: string; readonly now: string } | undefined
  readonly labels: { readonly added: SomeLabelsView; readonly removed: SomeLabelsView } | undefined
}

/** What is known of the signature of the pack that brought an event. */
export interface SignatureView {
  readonly state: 'signed' | 'unsigned' | 'bad'
  readonly text: string
}

export interface SomeLabelsView {
  readonly shown: readonly LabelView[]
  /** How many more there are, in words; empty where all are shown. */
  readonly more: string
}

export interface TimelineInput extends Omit<CommentInput, 'fitting' | 'files'> {
  readonly timeline: readonly TimelineEvent[]
  /** When the state was read, milliseconds since 1970. */
  readonly readAtMs: number
  readonly label: (label: string) => LabelView
  readonly signatureOf: (commit: string) => SignatureView | undefined
  /** What is known of attached files, by hash. */
  readonly knownFiles: ReadonlyMap<string, FileFacts>
}

export interface TimelineView {
  readonly items: readonly TimelineItemView[]
  /** The same events, those together that are shown together. */
  readonly runs: readonly TimelineRunView[]
  /** How many events are left out, in words; empty where none is. */
  readonly more: string
}

/** What is shown of one bug at most, so that nobody can push a page that no browser opens. What is more is counted. */
const maxEvents = 5000
const maxLabels = 50
const maxTitleChars = 2000

/** The events that a timeline shows. */
export function shownEvents(timeline: readonly TimelineEvent[]): readonly TimelineEvent[] {
  return timeline.slice(0, maxEvents)
}

export function timelineView(input: TimelineInput): TimelineView {
  const { timeline, links, repository, bugId } = input
  const events = shownEvents(timeline)
  const faults = clockFaults(
    events.map(({ at }) => at),
    input.readAtMs,
  )
  const anchors = new Set<string>()
  const fitting = commentsThatFit(events)
  const files = filesOfComments(events, { links, repository, known: input.knownFiles })
  const entries = events.map((event, index) => {
    const { commit } = event
    const isLast = commit !== timeline[index + 1]?.commit
    const item: TimelineItemView = {
      anchor: freeAnchor(event.id, anchors),
      place: isComment(event) ? freePlace(event.importedPlace, anchors) : undefined,
      author: input.person(event.authorId),
      at: minuteView(event.at),
      clock: clockMark(faults[index]),
      commit: isLast ? { short: humanId(commit), url: links.bugAt(repository, bugId, commit) } : undefined,
      signature: isLast ? input.signatureOf(commit) : undefined,
      comment: isComment(event) ? commentView(event, { ...input, fitting, files }) : undefined,
      status: event.type === 'status' ? event.status : undefined,
      title: event.type === 'title' ? titleView(event) : undefined,
      labels: event.type === 'labels' ? labelsView(event, input) : undefined,
    }
    return { event, item, byBot: input.isBot(event.authorId) }
  })
  return {
    items: entries.map(({ item }) => item),
    runs: foldRuns(entries),
    more: leftOut(timeline.length, maxEvents, strings.bug.moreEvents),
  }
}

/** Two events of one bug may begin with the same digits; the later one is then found by its whole id. */
function freeAnchor(id: string, taken: Set<string>): string {
  const short = anchor(id)
  const name = taken.has(short) ? `c-${id}` : short
  taken.add(name)
  return name
}

/** What was imported twice has its old place once. */
function freePlace(place: string | undefined, taken: Set<string>): string | undefined {
  if (place === undefined || taken.has(place)) return undefined
  taken.add(place)
  return place
}

function titleView({ was, title }: TitleEvent): TimelineItemView['title'] {
  return { was: shownText(was, maxTitleChars), now: shownText(title, maxTitleChars) }
}

function labelsView({ added, removed }: LabelsEvent, { label }: TimelineInput): TimelineItemView['labels'] {
  const some = (labels: readonly string[]): SomeLabelsView => ({
    shown: labels.slice(0, maxLabels).map(label),
    more: leftOut(labels.length, maxLabels, strings.timeline.moreLabels),
  })
  return { added: some(added), removed: some(removed) }
}
