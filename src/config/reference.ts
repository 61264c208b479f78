/**
 * The documentation of all settings, made from the schema: `config.example.yaml` and `docs/settings.md`. Both files
 * are written by `test/support/write-settings-docs.ts`, and a test refuses them when they differ from this.
 */
import { Document, type ToStringOptions } from 'yaml'
import { valueOptions } from './command-line.ts'
import { createSettingsSchema } from './schema.ts'
import { configVariable, environmentName, listSettings, type SettingDefinition } from './setting-list.ts'

interface FieldReference {
  readonly path: string
  /** What a value must be, as it follows "must be". */
  readonly type: string
  readonly description: string
  /** True where a change shows after a restart only. */
  readonly needsRestart: boolean
  /** As YAML, or words where it depends on the machine; undefined where there is none. */
  readonly default: string | undefined
  readonly required: boolean
}

export interface SettingReference extends FieldReference {
  readonly environment: string
  /** The option that gives it, with hyphens. */
  readonly option: string | undefined
  /** The fields of one entry, where the value is a list of groups. */
  readonly fields: readonly FieldReference[]
}

/** Every setting, in the order of the schema. */
export function settingsReference(): readonly SettingReference[] {
  return listSettings(createSettingsSchema()).settings.map(definition => ({
    ...fieldReference(definition),
    environment: environmentName(definition.path),
    option: optionOf(definition.path),
    fields: definition.fields.map(fieldReference),
  }))
}

function fieldReference(definition: SettingDefinition): FieldReference {
  const { path, expects, description, defaultValue, defaultText, required, needsRestart } = definition
  const standard = defaultValue === undefined ? undefined : yamlFlow(defaultValue)
  return { path, type: expects, description, needsRestart, default: defaultText ?? standard, required }
}

function optionOf(setting: string): string | undefined {
  const found = Object.entries(valueOptions).find(([, option]) => 'setting' in option && option.setting === setting)
  return found && `--${found[0]}`
}

/** A value as YAML on one line. */
function yamlFlow(value: unknown): string {
  const options: ToStringOptions = { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }
  return new Document(value).toString(options).trim()
}

/** The text of `config.example.yaml`: valid YAML that holds every default and nothing else. */
export function renderExample(): string {
  const { settings, groups } = listSettings(createSettingsSchema())
  const lines = [
    ...comment('', 'Every setting of git-bug-viewer with its default. Use it with --config FILE.'),
    ...comment(
      '',
      `A setting can also be given by the environment variable named below it; ${configVariable} names this file. The command line wins over the environment, the environment over the file.`,
    ),
    ...comment('', 'Relative paths start in the folder of this file. Sizes are numbers of bytes, or such as 64 MiB.'),
    ...comment('', 'SIGHUP makes the viewer read it again; what needs a restart says so.'),
    ...comment('', 'Made from the schema; docs/settings.md says the same as a table.'),
  ]
  const open = new Set<string>()
  for (const setting of settings) {
    const parents = parentsOf(setting.path)
    for (const parent of parents.filter(path => !open.has(path))) {
      open.add(parent)
      const indent = indentOf(parent)
      const description = groups.find(({ path }) => path === parent)?.description ?? ''
      lines.push('', ...comment(indent, description), `${indent}${lastPart(parent)}:`)
    }
    if (parents.length === 0 || !lines.at(-1)?.endsWith(':')) lines.push('')
    lines.push(...exampleLines(setting))
  }
  return `${lines.join('\n')}\n`
}

function exampleLines(setting: SettingDefinition): string[] {
  const indent = indentOf(setting.path)
  const lines = comment(indent, setting.description)
  lines.push(...comment(indent, `Must be ${setting.expects}.${setting.needsRestart ? ' Needs a restart.' : ''}`))
  for (const field of setting.fields) {
    const { path, required, defaultValue, description } = field
    const standard = defaultValue === undefined ? (required ? ' (required)' : '') : ` (${yamlFlow(defaultValue)})`
    lines.push(...comment(indent, `- ${path}${standard}: ${description}`))
  }
  lines.push(`${indent}# ${environmentName(setting.path)}`)
  const example = setting.example === undefined ? undefined : `${lastPart(setting.path)}: ${yamlFlow(setting.example)}`
  if (setting.defaultText !== undefined) lines.push(...comment(indent, `Default: ${setting.defaultText}`))
  if (setting.defaultValue === undefined) return [...lines, `${indent}#${example}`]
  if (example !== undefined) lines.push(`${indent}# For example ${example}`)
  return [...lines, `${indent}${lastPart(setting.path)}: ${yamlFlow(setting.defaultValue)}`]
}

/** The text of `docs/settings.md`. */
export function renderReference(): string {
  const { groups } = listSettings(createSettingsSchema())
  const settings = settingsReference()
  const sections = ['', ...groups.map(({ path }) => path)].map(group => {
    const members = settings.filter(({ path }) => (parentsOf(path).at(-1) ?? '') === group)
    const description = groups.find(({ path }) => path === group)?.description
    const heading = group === '' ? '## Without a group' : `## ${group}\n\n${description}`
    return [heading, settingTable(members), ...members.filter(({ fields }) => fields.length > 0).map(fieldTable)]
  })
  // Settings without a group come last, as in the example file.
  return [referenceIntroduction, ...[...sections.slice(1), ...sections.slice(0, 1)].flat()].join('\n\n').concat('\n')
}

const referenceIntroduction = `# Settings

This page and \`config.example.yaml\` are made from the schema in \`src/config/schema.ts\` by
\`node test/support/write-settings-docs.ts\`; a test keeps them equal.

A setting is looked for in four places, and the last one that has it wins:

1. its default;
2. the settings file, YAML, named by \`--config FILE\` or by the variable \`${configVariable}\`;
3. its environment variable. Texts are taken as they are; everything else is read as YAML, so that a list is
   \`[/srv/git, /home/git]\`;
4. its option on the command line.

Whatever is wrong in any of them stops the start with one sentence and exit status 2: a name that is no setting, a
value that does not fit, a variable that starts with \`GIT_BUG_VIEWER_\` and is none of these.

On SIGHUP the viewer reads all of them again, and goes over to what has changed without dropping a request
([operations](deployment.md#new-settings-without-a-restart)). Settings that "need a restart" stay as they were until then.

Paths: \`~/\` is the home folder. Relative paths in the file start in the file's folder, those of the environment and
the command line in the current folder. Sizes are numbers of bytes, or a number with \`KiB\`, \`MiB\` or \`GiB\`. The file
is at most 1 MiB of YAML without aliases, tags and duplicate names.`

function settingTable(settings: readonly SettingReference[]): string {
  const rows = settings.map(setting => {
    const names = [setting.path, setting.environment, ...(setting.option === undefined ? [] : [setting.option])]
    return [names.map(name => `\`${name}\``).join('<br>'), ...meaningCells(setting)]
  })
  return table(['Setting, variable, option', 'Default', 'Must be', 'Meaning'], rows)
}

function fieldTable({ path, fields }: SettingReference): string {
  const rows = fields.map(field => [`\`${field.path}\``, ...meaningCells(field)])
  return `An entry of \`${path}\`:\n\n${table(['Field', 'Default', 'Must be', 'Meaning'], rows)}`
}

function meaningCells(field: FieldReference): string[] {
  const standard = field.default === undefined ? (field.required ? 'required' : 'none') : `\`${field.default}\``
  const description = field.needsRestart ? `${field.description} Needs a restart.` : field.description
  return [standard, ...[field.type, description].map(text => text.replaceAll(/[*_[\]<]/g, '\\$&'))]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]) => `| ${row.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [cells(head), cells(head.map(() => '---')), ...rows.map(cells)].join('\n')
}

/** The text as comment lines of at most 100 characters, where its words allow. */
function comment(indent: string, text: string): string[] {
  const lines: string[] = []
  let current = `${indent}#`
  for (const word of text.split(' ')) {
    if (current.length + 1 + word.length > 100) {
      lines.push(current)
      current = `${indent}#`
    }
    current += ` ${word}`
  }
  return [...lines, current]
}

/** `cache.rebuild.enabled`: `cache`, `cache.rebuild`. */
function parentsOf(path: string): string[] {
  const parts = path.split('.').slice(0, -1)
  return parts.map((_, at) => parts.slice(0, at + 1).join('.'))
}

function indentOf(path: string): string {
  return '  '.repeat(parentsOf(path).length)
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}
