/**
 * A comment as a card of the timeline: its text, its files, where it can be taken away, when it was edited and by whom.
 * What would make the page too large is counted and left out.
 */

import { type CommentEvent, type CommentVersion, humanId, type TimelineEvent } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import type { CommentTexts } from '../text/comment-texts.ts'
import type { FilesView } from './attached-files.ts'
import { editedTimes } from './edits-page.ts'
import type { Links } from './links.ts'
import type { PersonView } from './person-view.ts'
import { minuteView, type TimeView } from './time.ts'
import { leftOut, shownText } from './wording.ts'

export interface CommentView {
  /** Combined id, short as git-bug prints it, and whole. */
  readonly id: string
  readonly wholeId: string
  /** Safe HTML; empty where the comment has no text. */
  readonly html: string
  readonly cut: boolean
  readonly isDescription: boolean
  /** The text as it was written; undefined where the page shows an earlier state. */
  readonly textUrl: string | undefined
  /** What stands for a folded comment: the beginning of its text; empty for one that is shown. */
  readonly folded: string
  /** Undefined where it has none. */
  readonly files: FilesView | undefined
  readonly edits: EditsView | undefined
}

/** The edits of a comment. */
export interface EditsView {
  /** Such as `edited twice`. */
  readonly text: string
  /** Who did it last, where that is not the comment's author; likewise for each. */
  readonly lastBy: PersonView | undefined
  /** The latest first. */
  readonly each: readonly { readonly at: TimeView; readonly by: PersonView | undefined }[]
  /** How many more there are, in words; empty where all are shown. */
  readonly more: string
  /** What each has changed; undefined where the page shows an earlier state. */
  readonly url: string | undefined
}

export interface CommentInput {
  readonly links: Links
  readonly repository: string
  readonly bugId: string
  readonly person: (identityId: string) => PersonView
  readonly texts: CommentTexts
  /** Whether the person is a program. */
  readonly isBot: (identityId: string) => boolean
  /** Whether the bug is shown as it is now. */
  readonly isCurrent: boolean
  /** The comments whose texts are shown (`commentsThatFit`). */
  readonly fitting: ReadonlySet<TimelineEvent>
  /** The files of those that have some. */
  readonly files: ReadonlyMap<TimelineEvent, FilesView>
}

/** Characters of all texts of a page: more than people write on one bug, and as much as a browser takes. */
const maxPageChars = 4 * 1024 * 1024
/** Of one text as much as is laid out. */
const maxTextChars = 256 * 1024
const maxEdits = 20
/** A longer comment of a program is folded into a line of this length. */
const maxFoldedChars = 120

/** Whether the event shows a comment. */
export function isComment(event: TimelineEvent): event is CommentEvent {
  return event.type === 'create' || event.type === 'comment'
}

/** The text that a comment has now. */
export function currentText({ history }: CommentEvent): CommentVersion {
  const last = history.at(-1)
  if (last === undefined) throw new Error('a comment has a text')
  return last
}

/** The comments whose texts a page has room for, in their order; a short one may fit where a long one does not. */
export function commentsThatFit(events: readonly TimelineEvent[]): ReadonlySet<CommentEvent> {
  const fitting = new Set<CommentEvent>()
  let room = maxPageChars
  for (const event of events) {
    if (!isComment(event)) continue
    const length = Math.min(event.message.length, maxTextChars)
    if (length > room) continue
    room -= length
    fitting.add(event)
  }
  return fitting
}

export function commentView(event: CommentEvent, input: CommentInput): CommentView {
  const { links, repository, isCurrent } = input
  const { html, cut } = shownComment(event, input)
  return {
    id: humanId(event.id),
    wholeId: event.id,
    html,
    cut,
    isDescription: event.type === 'create',
    textUrl: isCurrent ? links.commentText(repository, event.id) : undefined,
    folded: event.type === 'comment' && input.isBot(event.authorId) ? firstLine(event.message) : '',
    files: input.files.get(event),
    edits: event.edited ? editsView(event, input) : undefined,
  }
}

function shownComment(event: CommentEvent, { texts, fitting }: CommentInput): Pick<CommentView, 'html' | 'cut'> {
  if (event.message.trim() === '') return { html: '', cut: false }
  if (!fitting.has(event)) return { html: `<p class="cut">${strings.timeline.textLeftOut}</p>`, cut: true }
  return texts.render({ operationId: currentText(event).operationId, source: event.message })
}

/** The first line that has something in it; empty where that is the whole text. */
function firstLine(message: string): string {
  const text = message.slice(0, 8 * maxFoldedChars).trim()
  const line = shownText(text.split('\n', 1)[0] ?? '', maxFoldedChars)
  return message.trim() === line ? '' : line
}

function editsView(event: CommentEvent, { person, links, repository, bugId, isCurrent }: CommentInput): EditsView {
  const past = event.history.slice(1)
  const by = ({ authorId }: CommentVersion) => (authorId === event.authorId ? undefined : person(authorId))
  return {
    text: editedTimes(past.length),
    lastBy: by(currentText(event)),
    each: past
      .slice(-maxEdits)
      .map(version => ({ at: minuteView(version.at), by: by(version) }))
      .reverse(),
    more: leftOut(past.length, maxEdits, strings.timeline.earlierEdits),
    url: isCurrent ? links.edits(repository, bugId, event.id) : undefined,
  }
}
