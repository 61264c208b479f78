/**
 * The timeline of a bug, whole and in the order of the data: comments as cards, everything else as lines. Promises an
 * anchor for each, and a mark on what carries an earlier time than something before it, because a clock was wrong or
 * it was written apart and joined later.
 */
import type { CommentEvent, LabelsEvent, Status, TimelineEvent, TitleEvent } from '../bug/model.ts'
import { humanId } from '../bug/model.ts'
import type { LabelView } from './label-view.ts'
import { anchor, type Links } from './links.ts'
import type { Markdown } from './markdown.ts'
import type { PersonView } from './person-view.ts'
import { isoTime, minuteView, type TimeView } from './time.ts'
import { counted, leftOut, shownText } from './wording.ts'

/** What is shown of one event; exactly one of the last four is there. */
export interface TimelineItemView {
  /** The name of its place on the page, without `#`. */
  readonly anchor: string
  readonly author: PersonView
  readonly at: TimeView
  readonly late: boolean
  readonly comment: CommentView | undefined
  readonly status: Status | undefined
  readonly title: { readonly was: string; readonly now: string } | undefined
  readonly labels: { readonly added: SomeLabelsView; readonly removed: SomeLabelsView } | undefined
}

export interface SomeLabelsView {
  readonly shown: readonly LabelView[]
  /** How many more there are, in words; empty where all are shown. */
  readonly more: string
}

export interface CommentView {
  /** Short form of the combined id, as git-bug prints it. */
  readonly id: string
  /** Safe HTML; empty where the comment has no text. */
  readonly html: string
  readonly cut: boolean
  readonly isDescription: boolean
  readonly files: readonly { readonly name: string; readonly url: string | undefined }[]
  /** How many more there are, in words; empty where all are shown. */
  readonly moreFiles: string
  readonly edits: EditsView | undefined
}

export interface EditsView {
  /** Such as `edited twice`. */
  readonly text: string
  readonly lastAt: TimeView
  /** The texts before the one that is shown, the latest first. */
  readonly earlier: readonly { readonly at: TimeView; readonly source: string; readonly isFirst: boolean }[]
  /** How many more there are, in words; empty where all are shown. */
  readonly more: string
  /** A text was too long to be shown in full. */
  readonly cut: boolean
}

export interface TimelineInput {
  readonly timeline: readonly TimelineEvent[]
  readonly links: Links
  readonly repository: string
  readonly person: (identityId: string) => PersonView
  readonly label: (label: string) => LabelView
  readonly markdown: Markdown
}

/** What is shown of one bug at most, so that nobody can push a page that no browser opens. What is more is counted. */
const maxEvents = 5000
const maxEarlier = 20
const maxEarlierChars = 64 * 1024
const maxFiles = 100
const maxLabels = 50
const maxTitleChars = 2000
const hash = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** How many events `timelineView` leaves out, in words; empty where it shows all. */
export function eventsLeftOut(timeline: readonly TimelineEvent[]): string {
  return leftOut(timeline.length, maxEvents, ['more event is', 'more events are'])
}

export function timelineView(input: TimelineInput): TimelineItemView[] {
  let latest = -Infinity
  const anchors = new Set<string>()
  return input.timeline.slice(0, maxEvents).map(event => {
    const known = isoTime(event.at) !== undefined
    const late = known && event.at < latest
    if (known) latest = Math.max(latest, event.at)
    // Two events of one bug may begin with the same digits; the later one is then found by its whole id.
    const short = anchor(event.id)
    const name = anchors.has(short) ? `c-${event.id}` : short
    anchors.add(name)
    return {
      anchor: name,
      author: input.person(event.authorId),
      at: minuteView(event.at),
      late,
      comment: isComment(event) ? commentView(event, input) : undefined,
      status: event.type === 'status' ? event.status : undefined,
      title: event.type === 'title' ? titleView(event) : undefined,
      labels: event.type === 'labels' ? labelsView(event, input) : undefined,
    }
  })
}

function isComment(event: TimelineEvent): event is CommentEvent {
  return event.type === 'create' || event.type === 'comment'
}

function titleView({ was, title }: TitleEvent): TimelineItemView['title'] {
  return { was: shownText(was, maxTitleChars), now: shownText(title, maxTitleChars) }
}

function labelsView({ added, removed }: LabelsEvent, { label }: TimelineInput): TimelineItemView['labels'] {
  const some = (labels: readonly string[]): SomeLabelsView => ({
    shown: labels.slice(0, maxLabels).map(label),
    more: leftOut(labels.length, maxLabels, ['more', 'more']),
  })
  return { added: some(added), removed: some(removed) }
}

function commentView(event: CommentEvent, { markdown, links, repository }: TimelineInput): CommentView {
  const { html, cut } = event.message.trim() === '' ? { html: '', cut: false } : markdown.render(event.message)
  return {
    id: humanId(event.id),
    html,
    cut,
    isDescription: event.type === 'create',
    files: event.files.slice(0, maxFiles).map(file => {
      const known = hash.test(file)
      return {
        name: known ? file.slice(0, 12) : shownText(file, 64),
        url: known ? links.file(repository, file) : undefined,
      }
    }),
    moreFiles: leftOut(event.files.length, maxFiles, ['more file', 'more files']),
    edits: event.edited ? editsView(event) : undefined,
  }
}

function editsView({ history, editedAt }: CommentEvent): EditsView {
  const past = history.slice(0, -1)
  const shown = past.slice(-maxEarlier)
  const left = past.length - shown.length
  const times = past.length === 1 ? 'once' : past.length === 2 ? 'twice' : counted(past.length, 'time', 'times')
  return {
    text: past.length === 0 ? 'edited' : `edited ${times}`,
    lastAt: minuteView(editedAt),
    earlier: shown
      .map(({ message, at }, index) => ({
        at: minuteView(at),
        source: shownText(message, maxEarlierChars),
        isFirst: left + index === 0,
      }))
      .reverse(),
    more: leftOut(past.length, maxEarlier, ['text before these is', 'texts before these are']),
    cut: shown.some(({ message }) => message.length > maxEarlierChars),
  }
}
