/**
 * What a check has found, in lines: for people `<repository>: <ref>: <reason>`, for programs a JSON object each. What a
 * terminal would obey is made visible in the first, and escaped in the second, so a line is a line.
 */
import { counted, grouped, terminalText } from '../base/progress-bar.ts'

/** Something that is wrong. */
export interface CheckProblem {
  readonly repository: string
  /** Undefined where the repository as a whole could not be read. */
  readonly ref: string | undefined
  readonly reason: string
}

/** What a check has come to. */
export interface CheckSummary {
  readonly repositories: number
  /** How many of these hold neither bugs nor people. */
  readonly empty: number
  readonly bugs: number
  readonly people: number
  readonly files: number
  readonly problems: number
  /** Whether it came to its end. */
  readonly isComplete: boolean
}

/** How a check is told. Each text ends with a newline. */
export interface CheckFormat {
  problem(problem: CheckProblem): string
  summary(summary: CheckSummary, seconds: number): string
}

/** Longer reasons are cut. */
const maxChars = 1000

/** For people. */
export const textFormat: CheckFormat = {
  problem: ({ repository, ref, reason }) =>
    `${[repository, ...(ref === undefined ? [] : [ref]), reason].map(part => terminalText(cut(part))).join(': ')}\n`,
  summary({ repositories, empty, bugs, people, files, problems, isComplete }, seconds) {
    const without = empty === 0 ? '' : ` (${grouped(empty)} without bugs)`
    const parts = [
      `${counted(repositories, 'repository', 'repositories')}${without}`,
      counted(bugs, 'bug', 'bugs'),
      counted(people, 'person', 'people'),
      counted(files, 'attached file', 'attached files'),
      problems === 0 ? 'no problems' : counted(problems, 'problem', 'problems'),
      `${seconds.toFixed(1)} s`,
    ]
    return `${isComplete ? '' : 'stopped: '}${parts.join(', ')}\n`
  },
}

/** For programs; docs/operations/check.md has the fields. */
export const jsonFormat: CheckFormat = {
  problem: ({ repository, ref, reason }) =>
    line({ type: 'problem', repository, ref: ref === undefined ? null : cut(ref), reason: cut(reason) }),
  summary: (summary, seconds) => line({ type: 'summary', ...summary, seconds: Number(seconds.toFixed(3)) }),
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`
}

function cut(text: string): string {
  return text.length > maxChars ? `${text.slice(0, maxChars)}…`.toWellFormed() : text
}
