/**
 * Turns what zod found into sentences: which setting, where it was given, what would be right, what is there instead.
 * The only file that knows the shape of zod's issues.
 */
import type { z } from 'zod'
import { kindOfValue, type SettingProblem, showValue, sourcePhrase } from './problem.ts'
import type { SettingDefinition, SettingList } from './setting-list.ts'
import { type CollectedValues, unknownSetting } from './source.ts'

export interface IssueContext {
  readonly collected: CollectedValues
  readonly list: SettingList
}

/** One sentence for each wrong value; several issues of one value say the same. */
export function explainIssues(issues: readonly z.core.$ZodIssue[], context: IssueContext): SettingProblem[] {
  const problems = new Map<string, SettingProblem>()
  for (const issue of issues) {
    for (const problem of explainIssue(issue, context)) problems.set(problem.message, problem)
  }
  return [...problems.values()]
}

function explainIssue(issue: z.core.$ZodIssue, { collected, list }: IssueContext): SettingProblem[] {
  const shown = showPath(issue.path)
  const definition = list.settings.find(({ path }) => shown === path || shown.startsWith(`${path}[`))
  const given = definition && collected.values.get(definition.path)
  if (definition === undefined || given === undefined) return [{ setting: shown, message: `${shown} cannot be used` }]
  if (issue.code === 'unrecognized_keys') {
    const known = definition.fields.map(field => `${shown}.${field.path}`)
    return issue.keys.map(key => {
      const setting = `${shown}.${key}`
      return { setting, message: unknownSetting(setting, given.source, known) }
    })
  }
  const expected = `${shown} ${sourcePhrase(given.source)} must be ${issue.message}`
  return [{ setting: shown, message: expected + contrast(issue.input, definition) }]
}

/** What is there instead, as the end of the sentence. */
function contrast(value: unknown, definition: SettingDefinition): string {
  if (value === undefined) return ', and is missing'
  if (value === null || value === '') return ', and is empty'
  return `, not ${definition.secret ? kindOfValue(value) : showValue(value)}`
}

/** `repositories.list[0].path` */
function showPath(path: readonly PropertyKey[]): string {
  const parts = path.map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
  return parts.join('').replace(/^\./, '')
}
