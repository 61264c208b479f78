/**
 * Collects what the file, the environment and the command line give, each value with where it came from. Later
 * sources replace earlier ones setting by setting; names that are no setting become problems. Values are not checked
 * here.
 */
import { dirname } from 'node:path'
import { readBoundedText } from './bounded-file.ts'
import { type CommandLineOptions, valueOptions } from './command-line.ts'
import { nearestName } from './nearest-name.ts'
import { kindOfValue, type SettingProblem, type SettingSource, showText, sourcePhrase } from './problem.ts'
import { configVariable, environmentName, environmentPrefix, type SettingList } from './setting-list.ts'
import { resolvePath } from './setting-path.ts'
import type { YamlResult } from './yaml-text.ts'

/** A value as it was given, before any check. */
interface GivenValue {
  readonly value: unknown
  readonly source: SettingSource
}

export interface SettingsInput {
  readonly options: CommandLineOptions
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute; where relative paths of options and variables start. */
  readonly cwd: string
  readonly homeDir: string
  /** PATHs of the command line, as they were written. */
  readonly paths?: readonly string[]
}

export interface CollectedValues {
  /** By path of the setting. */
  readonly values: ReadonlyMap<string, GivenValue>
  readonly problems: readonly SettingProblem[]
  /** Absolute path of the settings file, where one was named. */
  readonly configFile: string | undefined
}

const maxFileBytes = 1024 * 1024

/** Reads all sources: the file, then the environment, then the options. */
export async function readSources(input: SettingsInput, list: SettingList): Promise<CollectedValues> {
  const values = new Map<string, GivenValue>()
  const problems: SettingProblem[] = []
  const named = namedFile(input)
  const configFile = named && resolvePath(named.path, { folder: input.cwd, homeDir: input.homeDir })
  if (named && configFile !== undefined) {
    problems.push(...(await collectFile({ path: configFile, by: named.source }, list, values)))
  }
  problems.push(...(await collectEnvironment(input, list, values)))
  for (const [name, option] of Object.entries(valueOptions)) {
    const text = input.options[name as keyof typeof valueOptions]
    if (text === undefined || !('setting' in option)) continue
    const source: SettingSource = { kind: 'option', name: `--${name}`, folder: input.cwd }
    problems.push(...(await collectText({ path: option.setting, text, source }, list, values)))
  }
  return { values, problems, configFile }
}

/** Which file to read and who said so; the option wins over the variable. */
function namedFile(input: SettingsInput): { path: string; source: SettingSource } | undefined {
  const fromOption = input.options.config
  if (fromOption !== undefined) {
    return { path: fromOption, source: { kind: 'option', name: '--config', folder: input.cwd } }
  }
  const fromVariable = input.env[configVariable]
  if (fromVariable === undefined) return undefined
  return { path: fromVariable, source: { kind: 'variable', name: configVariable, folder: input.cwd } }
}

async function collectFile(
  file: { path: string; by: SettingSource },
  list: SettingList,
  values: Map<string, GivenValue>,
): Promise<SettingProblem[]> {
  const read = await readBoundedText(file.path, maxFileBytes)
  if ('reason' in read) {
    return [{ message: `the settings file ${file.path} ${sourcePhrase(file.by)} cannot be used: ${read.reason}` }]
  }
  const yaml = await parseYaml(read.text)
  if ('fault' in yaml) {
    const { line, column, reason } = yaml.fault
    return [{ message: `${file.path} is not valid YAML at line ${line}, column ${column}: ${reason}` }]
  }
  const source: SettingSource = { kind: 'file', name: file.path, folder: dirname(file.path) }
  return collectGroup({ path: '', value: yaml.value, source }, list, values)
}

/** Takes a group of the file apart; its depth is that of the schema, whatever the file holds. */
function collectGroup(
  group: { path: string; value: unknown; source: SettingSource },
  list: SettingList,
  values: Map<string, GivenValue>,
): SettingProblem[] {
  const { value, source } = group
  // A group whose settings are all commented out is empty, as is a file of comments.
  if (value === null) return []
  const setting = group.path === '' ? undefined : group.path
  if (typeof value !== 'object' || Array.isArray(value)) {
    const what = setting === undefined ? `the settings ${sourcePhrase(source)}` : `${setting} ${sourcePhrase(source)}`
    return [{ setting, message: `${what} must be a group of settings, not ${kindOfValue(value)}` }]
  }
  const problems: SettingProblem[] = []
  for (const [key, inner] of Object.entries(value)) {
    const path = group.path === '' ? key : `${group.path}.${key}`
    if (list.settings.some(known => known.path === path)) values.set(path, { value: inner, source })
    else if (list.groups.some(known => known.path === path)) {
      problems.push(...collectGroup({ path, value: inner, source }, list, values))
    } else {
      const known = [...list.settings, ...list.groups].map(one => one.path)
      problems.push({ setting: path, message: unknownSetting(path, source, known) })
    }
  }
  return problems
}

/** The sentence for a name that is no setting. */
export function unknownSetting(path: string, source: SettingSource, known: readonly string[]): string {
  return `${showName(path)} ${sourcePhrase(source)} is not a setting; the nearest is ${nearestName(path, known)}`
}

/** A name as it is, or in quotes where it holds what names do not. */
function showName(name: string): string {
  return /^[\w.[\]-]{1,60}$/.test(name) ? name : showText(name)
}

async function collectEnvironment(
  input: SettingsInput,
  list: SettingList,
  values: Map<string, GivenValue>,
): Promise<SettingProblem[]> {
  const problems: SettingProblem[] = []
  const paths = new Map(list.settings.map(({ path }) => [environmentName(path), path]))
  for (const [name, text] of Object.entries(input.env)) {
    if (text === undefined || !name.startsWith(environmentPrefix) || name === configVariable) continue
    const path = paths.get(name)
    const source: SettingSource = { kind: 'variable', name, folder: input.cwd }
    if (path !== undefined) problems.push(...(await collectText({ path, text, source }, list, values)))
    else {
      const typed = name.slice(environmentPrefix.length)
      const nearest = nearestName(typed, ['config', ...paths.values()])
      const shown = `${showName(name)} is not a setting; the nearest is ${nearest && environmentName(nearest)}`
      problems.push({ message: `the variable ${shown}` })
    }
  }
  return problems
}

/** A value from text: taken as it is where the setting is a text, read as YAML where it is not. */
async function collectText(
  given: { path: string; text: string; source: SettingSource },
  list: SettingList,
  values: Map<string, GivenValue>,
): Promise<SettingProblem[]> {
  const { path, text, source } = given
  if (list.settings.find(known => known.path === path)?.literal) {
    values.set(path, { value: text, source })
    return []
  }
  if (text.length > maxFileBytes) {
    return [{ setting: path, message: `${path} ${sourcePhrase(source)} is longer than ${maxFileBytes} characters` }]
  }
  const yaml = await parseYaml(text)
  if ('fault' in yaml) {
    const { line, column, reason } = yaml.fault
    const place = `line ${line}, column ${column}`
    return [{ setting: path, message: `${path} ${sourcePhrase(source)} is not valid YAML at ${place}: ${reason}` }]
  }
  values.set(path, { value: yaml.value, source })
  return []
}

/** What `--port 80` and the like give, the usual case, needs no YAML parser, which takes a while to load. */
const plainNumber = /^(?:0|[1-9][0-9]{0,14})$/

async function parseYaml(text: string): Promise<YamlResult> {
  if (plainNumber.test(text)) return { value: Number(text) }
  const { parseYamlText } = await import('./yaml-text.ts')
  return parseYamlText(text)
}
