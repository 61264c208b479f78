/**
 * The command line (`api.md`, section "Command line"): which options there are and what their help says. It refuses
 * unknown options and options without a value; whether a value fits is for `readSettings`. What begins with the word
 * of a command is for that command's file, such as `export-command.ts`; a folder of that name is written `./export`.
 */
import { parseArgs } from 'node:util'
import { type CheckCommand, checkCommandHelp, parseCheckCommand } from './check-command.ts'
import { type ExportCommand, exportCommandHelp, parseExportCommand } from './export-command.ts'
import { type HookCommand, hookCommandHelp, parseHookCommand } from './hook-command.ts'
import { nearestName } from './nearest-name.ts'
import { settingsError, showText } from './problem.ts'
import { parseWarmCommand, type WarmCommand, warmCommandHelp } from './warm-command.ts'

interface ValueOption {
  /** The setting that it gives; none for the settings file itself. */
  readonly setting?: string
  readonly placeholder: string
  readonly help: string
}

/** Options with a value, in the order of the help. */
export const valueOptions = {
  config: { placeholder: 'FILE', help: 'settings file (YAML), see config.example.yaml' },
  host: { setting: 'server.host', placeholder: 'ADDRESS', help: 'address to listen on (127.0.0.1)' },
  port: { setting: 'server.port', placeholder: 'NUMBER', help: 'port to listen on (3000; 0 picks a free one)' },
  'data-dir': { setting: 'dataDir', placeholder: 'FOLDER', help: 'folder for the files the viewer keeps for itself' },
  'log-level': { setting: 'logs.level', placeholder: 'LEVEL', help: 'least serious messages to write (info)' },
  'log-format': { setting: 'logs.format', placeholder: 'FORMAT', help: 'auto, json or pretty (auto)' },
} as const satisfies Readonly<Record<string, ValueOption>>

type OptionName = keyof typeof valueOptions

/** The text given for each option; the last one, where an option is repeated. */
export type CommandLineOptions = Readonly<Partial<Record<OptionName, string>>>

export type CommandLine =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | HookCommand
  | ExportCommand
  | CheckCommand
  | WarmCommand
  /** `paths` are as they were written; `readSettings` makes them absolute, and takes addresses out of them. */
  | { readonly kind: 'run'; readonly options: CommandLineOptions; readonly paths: readonly string[] }

/**
 * Reads the arguments after the program's name. `--help` and `--version` win over everything else.
 * @throws ViewerError SETTING_INVALID that names the argument
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const [word, ...rest] = argv
  if (word === 'check') return parseCheckCommand(rest)
  if (word === 'warm') return parseWarmCommand(rest)
  if (word === 'export') return parseExportCommand(rest)
  if (word === 'hook') return parseHookCommand(rest)
  // Not strict, because parseArgs' own messages do not say which option was meant; every token is checked below.
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options: { ...parseArgsOptions(), help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const given = tokens.filter(token => token.kind === 'option')
  if (given.some(token => token.name === 'help')) return { kind: 'help' }
  if (given.some(token => token.name === 'version')) return { kind: 'version' }
  const options: Partial<Record<OptionName, string>> = {}
  for (const token of given) {
    if (!isOptionName(token.name)) throw unknownOption(token.rawName)
    // `--host --port 1` would listen on "--port"; a value that starts so can be given as --host=--port.
    const mistaken = token.inlineValue === false && token.value.startsWith('-')
    if (token.value === undefined || token.value === '' || mistaken) {
      throw settingsError([{ message: `the option ${token.rawName} needs a value: ${valueOptions[token.name].help}` }])
    }
    options[token.name] = token.value
  }
  if (positionals.includes('')) throw settingsError([{ message: 'a PATH on the command line must not be empty' }])
  return { kind: 'run', options, paths: positionals }
}

function parseArgsOptions(): Record<string, { type: 'string' }> {
  return Object.fromEntries(Object.keys(valueOptions).map(name => [name, { type: 'string' }]))
}

function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(valueOptions, name)
}

function unknownOption(rawName: string) {
  const known = [...Object.keys(valueOptions), 'help', 'version'].map(name => `--${name}`)
  const message = `${showText(rawName)} is not an option; the nearest is ${nearestName(rawName, known)}`
  return settingsError([{ message }])
}

/** What each command is called with; the help of the program lists them in this order. */
const commandUsages = {
  check: 'check [--json] [options] [PATH...]',
  warm: 'warm [options] [PATH...]',
  export: 'export --out DIR [options] [PATH...]',
  hook: 'hook print|install|uninstall ...',
} as const

type CommandName = keyof typeof commandUsages

const commandHelps: Readonly<Record<CommandName, () => string>> = {
  check: checkCommandHelp,
  warm: warmCommandHelp,
  export: exportCommandHelp,
  hook: hookCommandHelp,
}

/** What `--help` prints after a command, with a final newline. */
export function commandHelpText(name: CommandName): string {
  return `Usage: git-bug-viewer ${commandUsages[name]}

${commandHelps[name]()}
git-bug-viewer --help has all commands and the options of the server.
`
}

/**
 * What to add to a mistake: whoever misspells a command is told of a folder that he never had in mind.
 * @param message of the mistake
 */
export function commandHint([word = '']: readonly string[], message: string): string {
  const isWord = /^[a-z]+$/.test(word) && message.includes(`/${word} `)
  return isWord ? `, and ${word} is no command; those are ${Object.keys(commandUsages).join(', ')}` : ''
}

/** What `--help` prints, with a final newline. */
export function helpText(): string {
  const rows = Object.entries(valueOptions).map(([name, option]) => [`--${name} ${option.placeholder}`, option.help])
  rows.push(['-h, --help', 'print this and end'], ['--version', 'print the version and end'])
  const width = Math.max(...rows.map(([left = '']) => left.length))
  return `Usage: git-bug-viewer [options] [PATH...]
${Object.values(commandUsages)
  .map(usage => `       git-bug-viewer ${usage}\n`)
  .join('')}
Shows the bugs that git-bug keeps inside git repositories as web pages.

A PATH is a git repository (bare or not), a folder that is searched for
repositories, or the address of a remote repository. Without PATH and without a
settings file: the repository around the current folder if it holds bugs, else
a demo.

Options:
${rows.map(([left = '', right = '']) => `  ${left.padEnd(width)}  ${right}`).join('\n')}

${checkCommandHelp()}
${warmCommandHelp()}
${exportCommandHelp()}
${hookCommandHelp()}
Every setting can also be given in the settings file or by an environment
variable; docs/settings.md lists them.
`
}
