/**
 * What is wrong with a setting, as one sentence that says where and what would be right, and all of them as one
 * error. Values are shown shortened, without control characters, and without the user part of URLs; secrets never.
 */
import { ViewerError } from '../base/errors.ts'

/** Where a value was given. */
export interface SettingSource {
  readonly kind: 'file' | 'variable' | 'option'
  /** The file's path, the variable's name, or the option with its hyphens. */
  readonly name: string
  /** Absolute; where relative paths of this source start. */
  readonly folder: string
}

export interface SettingProblem {
  /** Path of the setting, or undefined where the source as a whole is wrong. */
  readonly setting?: string | undefined
  readonly message: string
}

/** "in /etc/gbv.yaml", "in the variable …", "in the option --port". */
export function sourcePhrase(source: SettingSource): string {
  return source.kind === 'file' ? `in ${source.name}` : `in the ${source.kind} ${source.name}`
}

/**
 * All problems as one error: the first is its message, `data.problems` holds every one.
 * @param problems at least one
 */
export function settingsError(problems: readonly SettingProblem[]): ViewerError {
  const first = problems[0]?.message ?? 'a setting cannot be used'
  const message = problems.length > 1 ? `${first} (and ${problems.length - 1} more)` : first
  return new ViewerError('SETTING_INVALID', message, { data: { problems } })
}

/** A value for a sentence: texts in quotes, at most 60 characters; lists and groups only as such. */
export function showValue(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return showText(value)
  return Array.isArray(value) ? 'a list' : 'a group of settings'
}

/** A text in quotes, safe for a terminal and a log. */
export function showText(text: string): string {
  // Masked before it is cut, or a long password would lose the @ that gives it away.
  const masked = text.replaceAll(/\/\/[^\s/]*@/g, '//…@')
  const shown = masked.length > 60 ? `${masked.slice(0, 59)}…` : masked
  // JSON leaves out the controls above ASCII and those that turn the direction of text.
  return JSON.stringify(shown).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, character => {
    return `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0')}`
  })
}

/** An address as far as no secret can be in it: a password may lie before an @, however many there are, and in a query. */
export function withoutSecrets(address: string): string {
  return address.replace(/^([a-z]{1,10}:\/\/)?.*[@?#].*$/is, '$1…')
}

/** What the value is, without showing it. */
export function kindOfValue(value: unknown): string {
  if (typeof value === 'object') return value === null ? 'nothing' : showValue(value)
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'number' ? 'a number' : 'a text'
}
