/**
 * The command `git-bug-viewer check`: which options it has and what its help says. Those of the server that it takes
 * too are checked with the settings. Paths are as they were written.
 */
import { pickShared, readArguments, type SharedOption, sharedOptions } from './command-arguments.ts'

export type CheckCommand =
  | { readonly kind: 'check-help' }
  | {
      readonly kind: 'check'
      /** A JSON object a line instead of text. */
      readonly json: boolean
      readonly paths: readonly string[]
      /** For `readSettings`. */
      readonly options: Readonly<Partial<Record<SharedOption, string>>>
    }

/**
 * Reads the arguments after the word `check`. `--help` wins over everything else.
 * @throws ViewerError SETTING_INVALID that names the argument
 */
export function parseCheckCommand(argv: readonly string[]): CheckCommand {
  const given = readArguments(argv, { command: 'check', values: sharedOptions, flags: ['json'] })
  if (!given) return { kind: 'check-help' }
  return { kind: 'check', json: given.flags.has('json'), paths: given.paths, options: pickShared(given.values) }
}

/** The part of the help that is about this command, with a final newline. */
export function checkCommandHelp(): string {
  return `Reading everything, and telling what is wrong (see docs/operations/check.md):
  check [PATH...]  a line for each problem; status 1 where there is one
    --json         a JSON object a line instead
    --config, --data-dir, --log-level, --log-format
`
}
