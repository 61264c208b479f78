/**
 * The command `git-bug-viewer export`: which options it has and what its help says. Its own options are checked here;
 * those of the server that it takes too are checked with the settings. Paths are as they were written.
 */
import { type ExportFormat, exportFormats, isExportFormat } from '../base/export-formats.ts'
import { parsePublicUrl } from './address.ts'
import { pickShared, readArguments, type SharedOption, sharedOptions } from './command-arguments.ts'
import { nearestName } from './nearest-name.ts'
import { settingsError, showText } from './problem.ts'

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

const ownOptions = ['out', 'base-url', 'formats'] as const

/**
 * Reads the arguments after the word `export`. `--help` wins over everything else.
 * @throws ViewerError SETTING_INVALID that names the argument
 */
export function parseExportCommand(argv: readonly string[]): ExportCommand {
  const given = readArguments(argv, {
    command: 'export',
    values: [...ownOptions, ...sharedOptions],
    flags: ['force'],
  })
  if (!given) return { kind: 'export-help' }
  const { values, flags, paths } = given
  const out = values.get('out')
  if (out === undefined) throw refusal('export needs the option --out with the folder to write to')
  return {
    kind: 'export',
    out,
    baseUrl: readBaseUrl(values.get('base-url')),
    formats: readFormats(values.get('formats')),
    force: flags.has('force'),
    paths,
    options: pickShared(values),
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

function refusal(message: string) {
  return settingsError([{ message }])
}

/** The part of the help that is about this command, with a final newline. */
export function exportCommandHelp(): string {
  const rows = [
    ['export [PATH...]', 'write the pages, or those that changed'],
    ['  --out DIR', 'folder to write to; always needed'],
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
