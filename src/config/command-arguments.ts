/**
 * The arguments of a command such as `export` or `check`: which of its options were given, with which texts. It refuses
 * unknown options, options without a value, and flags with one; whether a value fits is for the command.
 */
import { parseArgs } from 'node:util'
import { isAddressLike } from './command-paths.ts'
import { nearestName } from './nearest-name.ts'
import { settingsError, showText, withoutSecrets } from './problem.ts'

/** What a command takes besides PATHs and `--help`. */
export interface CommandOptions<Value extends string, Flag extends string> {
  /** The word that begins it. */
  readonly command: string
  /** Options with a value. */
  readonly values: readonly Value[]
  readonly flags: readonly Flag[]
}

/** What was given. */
export interface CommandArguments<Value extends string, Flag extends string> {
  /** The last one, where an option is repeated. */
  readonly values: ReadonlyMap<Value, string>
  readonly flags: ReadonlySet<Flag>
  /** As they were written; none is empty, and none an address. */
  readonly paths: readonly string[]
}

/** Options of the server that mean the same in every command that reads repositories. */
export const sharedOptions = ['config', 'data-dir', 'log-level', 'log-format'] as const
export type SharedOption = (typeof sharedOptions)[number]

/** The shared options among those that were given, for `readSettings`. */
export function pickShared(values: ReadonlyMap<string, string>): Readonly<Partial<Record<SharedOption, string>>> {
  return Object.fromEntries(sharedOptions.flatMap(name => (values.has(name) ? [[name, values.get(name) ?? '']] : [])))
}

/**
 * Reads the arguments after a command's word.
 * @returns undefined where its help is asked for, which wins over everything else
 * @throws ViewerError SETTING_INVALID that names the argument
 */
export function readArguments<Value extends string, Flag extends string>(
  argv: readonly string[],
  { command, values: valueNames, flags: flagNames }: CommandOptions<Value, Flag>,
): CommandArguments<Value, Flag> | undefined {
  // Not strict, because parseArgs' own messages do not say which option was meant; every token is checked below.
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options: {
      ...Object.fromEntries(valueNames.map(name => [name, { type: 'string' as const }])),
      ...Object.fromEntries(flagNames.map(name => [name, { type: 'boolean' as const }])),
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const given = tokens.filter(token => token.kind === 'option')
  if (given.some(token => token.name === 'help')) return undefined
  const values = new Map<Value, string>()
  const flags = new Set<Flag>()
  for (const { name, rawName, value, inlineValue } of given) {
    const flag = flagNames.find(known => known === name)
    const option = valueNames.find(known => known === name)
    if (flag !== undefined) {
      if (value !== undefined) throw refusal(`the option ${rawName} of ${command} takes no value`)
      flags.add(flag)
    } else if (option !== undefined) {
      // As in `parseCommandLine`: a value that starts with a hyphen is given with an equals sign.
      const isMistaken = inlineValue === false && value?.startsWith('-')
      if (value === undefined || value === '' || /\p{Cc}/u.test(value) || isMistaken) {
        throw refusal(`the option ${rawName} of ${command} needs a value, in one line`)
      }
      values.set(option, value)
    } else {
      const known = [...valueNames, ...flagNames, 'help'].map(each => `--${each}`)
      const nearest = nearestName(rawName, known)
      throw refusal(`${showText(rawName)} is not an option of ${command}; the nearest is ${nearest}`)
    }
  }
  if (positionals.includes('')) throw refusal('a PATH on the command line must not be empty')
  const address = positionals.find(isAddressLike)
  if (address !== undefined) {
    const shown = showText(withoutSecrets(address))
    throw refusal(`${command} fetches nothing: the PATH ${shown} must be a folder of this machine`)
  }
  return { values, flags, paths: positionals }
}

function refusal(message: string) {
  return settingsError([{ message }])
}
