/**
 * One bug as Markdown (CommonMark): the title, its facts, a section for each comment, changes as list items. What
 * people wrote is in block quotes, word for word: there it renders as it does on its own, and neither a heading, nor a
 * fence or an HTML comment that nobody closed, can reach what comes after it. Titles, names and labels are escaped.
 */
import { strings } from '../strings/strings.ts'
import {
  attachedFiles,
  type BugExportInput,
  bugAddress,
  bugFacts,
  changeText,
  editNote,
  momentText,
  oneLine,
  textLines,
} from './export-text.ts'
import { personName } from './person-view.ts'

/** One bug. */
export function bugMarkdown(input: BugExportInput): string {
  const { bug, repository } = input
  const person = (id: string) => escapeMarkdown(personName(id, repository.tracker.identities.get(id)))
  const facts = bugFacts(input).map(([fact, value]) => `- ${fact}: ${escapeMarkdown(value)}`)
  const blocks = [
    `# ${escapeMarkdown(bug.title)}`,
    [...facts, `- ${strings.export.page}: <${bugAddress(input)}>`].join('\n'),
  ]
  let changes: string[] = []
  const endChanges = () => {
    if (changes.length > 0) blocks.push(changes.join('\n'))
    changes = []
  }
  for (const event of bug.timeline) {
    const when = momentText(event.at)
    if (!('message' in event)) {
      changes.push(`- ${person(event.authorId)} ${changeText(event, escapeMarkdown)}, ${when}`)
      continue
    }
    endChanges()
    blocks.push(`## ${person(event.authorId)}, ${when}${editNote(event)}`)
    const lines = textLines(event.message)
    if (lines.length > 0) blocks.push(lines.map(line => (line === '' ? '>' : `> ${line}`)).join('\n'))
    const files = attachedFiles(event, input)
    if (files.length > 0) blocks.push(files.map(attachedLine).join('\n'))
  }
  endChanges()
  return `${blocks.join('\n\n')}\n`
}

function attachedLine({ url, text }: ReturnType<typeof attachedFiles>[number]): string {
  return `- ${strings.export.attached(url === undefined ? escapeMarkdown(text) : `<${url}>`)}`
}

/** A text on one line that Markdown shows as it is. It always follows something, so only what works inside a line counts. */
export function escapeMarkdown(text: string): string {
  return oneLine(text).replace(/[\\`*_[\]<>&#~|$]/g, '\\$&')
}
