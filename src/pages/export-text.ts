/**
 * Bugs as plain text, for terminals and text browsers: facts first, then what happened in its order. Nothing is
 * wrapped. What people wrote is indented by four spaces, line by line, so that no text can pass for a heading or for
 * somebody else's words, and what controls a terminal is shown and does nothing (`visible-text.ts`).
 */
import { mapInTurns } from '../base/turns.ts'
import { isFileHash } from '../bug/ids.ts'
import { type Bug, type CommentEvent, humanId, type TimelineEvent } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import { visibleText } from '../text/visible-text.ts'
import { repliesOf } from './bug-row.ts'
import { type BugListExportInput, bugsPerTurn } from './export-csv.ts'
import type { RepositoryInput } from './layout.ts'
import { personName } from './person-view.ts'
import type { Site } from './site.ts'
import { dayView, minuteView } from './time.ts'
import { counted } from './wording.ts'

export interface BugExportInput {
  readonly site: Site
  readonly repository: RepositoryInput
  /** Scheme, host and port of the addresses in it, such as `https://bugs.example.org`. */
  readonly origin: string
  readonly bug: Bug
}

const words = strings.export
const { nouns, unknownDate, utc } = strings.common
const statusWidth = Math.max(words.status.open.length, words.status.closed.length)

/** What it is, and the value. */
type Fact = readonly [string, string]

/** A list of bugs, a line for each. @param input.query as the list understood it */
export async function bugListText(input: BugListExportInput & { readonly query: string }): Promise<string> {
  const { site, repository, origin, bugs, query } = input
  const { name, tracker } = repository
  const lines = await mapInTurns(bugs, bugsPerTurn, bug => {
    const author = oneLine(personName(bug.authorId, tracker.identities.get(bug.authorId)))
    const labels = bug.labels.length === 0 ? '' : ` [${bug.labels.map(oneLine).join(', ')}]`
    const about = `${author}, ${counted(repliesOf(bug), ...nouns.reply)}`
    const day = dayView(bug.editedAt).text.padEnd(unknownDate.length)
    return `${humanId(bug.id)}  ${words.status[bug.status].padEnd(statusWidth)}  ${day}  ${oneLine(bug.title)}${labels} (${about})`
  })
  const head = [
    words.bugsOf(counted(bugs.length, ...nouns.bug), oneLine(name)),
    ...factLines([
      [words.query, oneLine(query)],
      [words.page, `${origin}${site.links.bugs(name, { q: query })}`],
    ]),
  ]
  return [...head, ...(lines.length === 0 ? [] : ['', ...lines]), ''].join('\n')
}

/** One bug: its facts, then comments and changes in order. */
export function bugText(input: BugExportInput): string {
  const { bug, repository } = input
  const facts = [...bugFacts(input), [words.page, bugAddress(input)] as const]
  const person = (id: string) => oneLine(personName(id, repository.tracker.identities.get(id)))
  const parts = bug.timeline.map(event => {
    const when = momentText(event.at)
    if (!('message' in event)) {
      return `${when}  ${person(event.authorId)} ${changeText(event, oneLine)}`
    }
    const lines = textLines(event.message)
    const files = attachedFiles(event, input).map(({ url, text }) => words.attached(url ?? text))
    return [
      `${when}  ${person(event.authorId)} ${lines.length > 0 ? words.wrote : words.wroteNoText}${editNote(event)}${lines.length > 0 ? ':' : ''}`,
      ...(lines.length > 0 ? ['', ...lines.map(line => (line === '' ? '' : `    ${line}`))] : []),
      ...(files.length > 0 ? ['', ...files] : []),
    ].join('\n')
  })
  const head = [oneLine(bug.title), '', ...factLines(facts)]
  return `${[head.join('\n'), ...parts].join('\n\n')}\n`
}

/** Facts one below the other, their values too. */
function factLines(facts: readonly Fact[]): readonly string[] {
  const width = Math.max(...facts.map(([fact]) => fact.length)) + 2
  return facts.map(([fact, value]) => `${`${fact}:`.padEnd(width)}${value}`)
}

/** What stands above the comments, in the text and in the Markdown of a bug. Each value is one line. */
export function bugFacts({ repository, bug }: BugExportInput): readonly Fact[] {
  const { name, tracker } = repository
  return [
    [words.repository, oneLine(name)],
    [words.id, bug.id],
    [words.statusFact, words.status[bug.status]],
    ...(bug.labels.length === 0 ? [] : [[words.labels, bug.labels.map(oneLine).join(', ')] as const]),
    [words.author, oneLine(personName(bug.authorId, tracker.identities.get(bug.authorId)))],
    [words.opened, momentText(bug.createdAt)],
    [words.updated, momentText(bug.editedAt)],
  ]
}

/** What somebody did, after their name. @param quote makes a title or a label fit for where it stands */
export function changeText(event: Exclude<TimelineEvent, CommentEvent>, quote: (text: string) => string): string {
  switch (event.type) {
    case 'title':
      return words.changedTheTitle(quote(event.was), quote(event.title))
    case 'status':
      return event.status === 'open' ? words.openedAgain : words.closed
    case 'labels':
      return [
        event.added.length === 0 ? '' : words.added(event.added.map(quote).join(', ')),
        event.removed.length === 0 ? '' : words.removed(event.removed.map(quote).join(', ')),
      ]
        .filter(part => part !== '')
        .join(words.and)
  }
}

/** That a comment was edited, where it was; empty otherwise. */
export function editNote({ edited, editedAt, history }: CommentEvent): string {
  if (!edited) return ''
  return words.edited(counted(history.length - 1, ...nouns.time), momentText(editedAt))
}

/** Where the bug's page is. */
export function bugAddress({ site, repository, origin, bug }: BugExportInput): string {
  return `${origin}${site.links.bug(repository.name, bug.id)}`
}

/** The attached files; what is no hash of a file has no address. */
export function attachedFiles({ files }: CommentEvent, { site, repository, origin }: BugExportInput) {
  return files.map(file => ({
    url: isFileHash(file) ? `${origin}${site.links.file(repository.name, file)}` : undefined,
    text: words.noFile(oneLine(file)),
  }))
}

/** A time to the minute. */
export function momentText(unixSeconds: number): string {
  const { iso, text } = minuteView(unixSeconds)
  return iso === undefined ? text : `${text}${utc}`
}

/** A text that stays on its line, with nothing hidden in it. */
export function oneLine(text: string): string {
  return visibleText(text)
    .replace(/[\t\r\n]+/g, ' ')
    .trim()
}

/** The lines of a text, with nothing hidden in them. Empty lines at its end are left out, so that no text has none. */
export function textLines(text: string): string[] {
  const shown = visibleText(text).trimEnd()
  return shown === '' ? [] : shown.split(/\r?\n/)
}
