/**
 * The command `git-bug-viewer export`: which options it has and what its help says. Its own options are checked here;
 * those of the server that it takes too are checked with the settings. Paths are as they were written.
 */
import { parseArgs } from 'node:util'
import { type ExportFormat, exportFormats, isExportFormat } from '../base/export-formats.ts'
import { parsePublicUrl } from './address.ts'
import { isAddressLike } from './command-paths.ts'
import { nearestName } from './nearest-name.ts'
import { settingsError, showText, withoutSecrets } from './problem.ts'

export type ExportCommand =
  | { readonly kind: 'export-help' }
  | {
      readonly kind: 'export'
      readonly out: string
      /** Without a slash at its end; undefined where nobody knows. */
      readonly baseUrl: string | undefined
      readonly formats: ReadonlySet<ExportFormat>
      /** Write into a folder that holds other files. */
      readonly force: boolean
      readonly paths: readonly string[]
      /** For `readSettings`. */
      readonly options: Readonly<Partial<Record<SharedOption, string>>>
    }

/** Options of the server that mean the same here. */
const sharedOptions = ['config', 'data-dir', 'log-level', 'log-format'] as const
type SharedOption = (typeof sharedOptions)[number]

const ownOptions = ['out', 'base-url', 'formats'] as const
const valueNames: readonly string[] = [...ownOptions, ...sharedOptions]
const flagNames: readonly string[] = ['force', 'help']

/**
 * Reads the arguments after the word `export`. `--help` wins over everything else.
 * @throws ViewerError SETTING_INVALID that names the argument
 */
export function parseExportCommand(argv: readonly string[]): ExportCommand {
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options: {
      ...Object.fromEntries(valueNames.map(name => [name, { type: 'string' as const }])),
      force: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const given = tokens.filter(token => token.kind === 'option')
  if (given.some(token => token.name === 'help')) return { kind: 'export-help' }
  const values = new Map<string, string>()
  for (const { name, rawName, value, inlineValue } of given) {
    if (![...valueNames, ...flagNames].includes(name)) throw unknownOption(rawName)
    if (flagNames.includes(name)) {
      if (value !== undefined) throw refusal(`the option ${rawName} of export takes no value`)
      values.set(name, '')
      continue
    }
    // As in `parseCommandLine`: a value that starts with a hyphen is given with an equals sign.
    const isMistaken = inlineValue === false && value?.startsWith('-')
    if (value === undefined || value === '' || /\p{Cc}/u.test(value) || isMistaken) {
      throw refusal(`the option ${rawName} of export needs a value, in one line`)
    }
    values.set(name, value)
  }
  const out = values.get('out')
  if (out === undefined) throw refusal('export needs the option --out with the folder to write to')
  if (positionals.includes('')) throw refusal('a PATH on the command line must not be empty')
  const address = positionals.find(isAddressLike)
  if (address !== undefined) {
    throw refusal(
      `export fetches nothing: the PATH ${showText(withoutSecrets(address))} must be a folder of this machine`,
    )
  }
  return {
    kind: 'export',
    out,
    baseUrl: readBaseUrl(values.get('base-url')),
    formats: readFormats(values.get('formats')),
    force: values.has('force'),
    paths: positionals,
    options: Object.fromEntries(
      sharedOptions.flatMap(name => (values.has(name) ? [[name, values.get(name) ?? '']] : [])),
    ),
  }
}

function readBaseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = parsePublicUrl(text)
  if (url === undefined) throw refusal('the option --base-url of export must be a URL such as https://example.org/bugs')
  return url
}

function readFormats(text: string | undefined): ReadonlySet<ExportFormat> {
  if (text === undefined) return new Set(exportFormats)
  const formats = text.split(',').map(name => name.trim().toLowerCase())
  const unknown = formats.find(name => !isExportFormat(name))
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, exportFormats)
    throw refusal(`the option --formats of export does not know ${showText(unknown)}; the nearest is ${nearest}`)
  }
  // Pages are what everything else is linked from.
  return new Set(['html', ...formats.filter(isExportFormat)])
}

function unknownOption(rawName: string) {
  const known = [...valueNames, ...flagNames].map(name => `--${name}`)
  return refusal(`${showText(rawName)} is not an option of export; the nearest is ${nearestName(rawName, known)}`)
}

function refusal(message: string) {
  return settingsError([{ message }])
}

/** The part of the help that is about this command, with a final newline. */
export function exportCommandHelp(): string {
  const rows = [
    ['export --out DIR [PATH...]', 'write the pages, or those that changed'],
    ['  --base-url URL', 'where DIR will be; feeds and sitemap need it'],
    ['  --formats LIST', `${exportFormats.join(',')} (all)`],
    ['  --force', 'write into a folder that holds other files'],
    ['  --config, --data-dir, --log-level, --log-format', ''],
  ]
  const width = Math.max(...rows.filter(([, right]) => right !== '').map(([left = '']) => left.length))
  return `The whole site as files (see docs/export.md; a folder named export is ./export):
${rows.map(([left = '', right = '']) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join('\n')}
`
}
