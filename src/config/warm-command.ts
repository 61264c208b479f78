/**
 * The command `git-bug-viewer warm`: which options it has and what its help says. Those of the server that it takes
 * too are checked with the settings. Paths are as they were written.
 */
import { pickShared, readArguments, type SharedOption, sharedOptions } from './command-arguments.ts'

export type WarmCommand =
  | { readonly kind: 'warm-help' }
  | {
      readonly kind: 'warm'
      readonly paths: readonly string[]
      /** For `readSettings`. */
      readonly options: Readonly<Partial<Record<SharedOption, string>>>
    }

/**
 * Reads the arguments after the word `warm`. `--help` wins over everything else.
 * @throws ViewerError SETTING_INVALID that names the argument
 */
export function parseWarmCommand(argv: readonly string[]): WarmCommand {
  const given = readArguments(argv, { command: 'warm', values: sharedOptions, flags: [] })
  if (!given) return { kind: 'warm-help' }
  return { kind: 'warm', paths: given.paths, options: pickShared(given.values) }
}

/** The part of the help that is about this command, with a final newline. */
export function warmCommandHelp(): string {
  return `Reading repositories before the server does (see docs/operations/warm.md):
  warm [PATH...]  put what they hold into the data folder, for the next start
    --config, --data-dir, --log-level, --log-format
`
}
