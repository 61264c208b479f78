/**
 * The command `git-bug-viewer hook`: which actions and options it has and what its help says. Unlike the options of the
 * server, these are checked here, because no setting stands behind them. Paths are as they were written.
 */
import { parseArgs } from 'node:util'
import { parsePublicUrl } from './address.ts'
import { nearestName } from './nearest-name.ts'
import { settingsError, showText } from './problem.ts'
import { isRepositoryName } from './repository-name.ts'

/** What the hook's script is to go by. */
export interface HookOptions {
  readonly url?: string
  readonly repo?: string
  readonly root?: string
  readonly secretFile?: string
}

export type HookCommand =
  | { readonly kind: 'hook-help' }
  | { readonly kind: 'hook-print'; readonly options: HookOptions }
  | { readonly kind: 'hook-install'; readonly path: string; readonly options: HookOptions }
  | { readonly kind: 'hook-uninstall'; readonly path: string }

interface HookOption {
  readonly key: keyof HookOptions
  readonly placeholder: string
  readonly help: string
  /** What fits after "must be". */
  readonly expects: string
  /** The value as it is used; undefined where it cannot be. */
  parse(text: string): string | undefined
}

const options: Readonly<Record<string, HookOption>> = {
  url: {
    key: 'url',
    placeholder: 'URL',
    help: 'where the viewer is (http://127.0.0.1:3000)',
    expects: 'a URL such as http://127.0.0.1:3000/bugs',
    parse: parsePublicUrl,
  },
  repo: {
    key: 'repo',
    placeholder: 'NAME',
    help: 'name of the repository in the viewer',
    expects: 'a name such as tool or group/tool',
    parse: text => (isRepositoryName(text) ? text : undefined),
  },
  root: {
    key: 'root',
    placeholder: 'DIR',
    help: 'instead: folder that the viewer searches',
    expects: 'the path of a folder',
    parse: parsePath,
  },
  'secret-file': {
    key: 'secretFile',
    placeholder: 'FILE',
    help: 'file with the hook secret of the viewer',
    expects: 'the path of a file',
    parse: parsePath,
  },
}

const actions = ['print', 'install', 'uninstall']

/**
 * Reads the arguments after the word `hook`. `--help` wins over everything else.
 * @throws ViewerError SETTING_INVALID that names the argument
 */
export function parseHookCommand(argv: readonly string[]): HookCommand {
  const names = Object.fromEntries(Object.keys(options).map(name => [name, { type: 'string' as const }]))
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options: { ...names, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const given = tokens.filter(token => token.kind === 'option')
  if (given.some(token => token.name === 'help')) return { kind: 'hook-help' }
  const [action = '', path, ...more] = positionals
  if (!actions.includes(action)) {
    const found = action === '' ? '' : `, not ${showText(action)}`
    throw refusal(`hook must be followed by print, install or uninstall${found}; a folder of that name is ./hook`)
  }
  const values = readOptions(given)
  if (action === 'print') {
    if (path !== undefined) throw refusal('hook print takes no PATH')
    return { kind: 'hook-print', options: values }
  }
  if (path === undefined || parsePath(path) === undefined || more.length > 0) {
    throw refusal(`hook ${action} needs the PATH of one repository, in one line`)
  }
  if (action === 'install') return { kind: 'hook-install', path, options: values }
  if (given.length > 0) throw refusal('hook uninstall takes no options')
  return { kind: 'hook-uninstall', path }
}

type OptionToken = Extract<NonNullable<ReturnType<typeof parseArgs>['tokens']>[number], { kind: 'option' }>

function readOptions(given: readonly OptionToken[]): HookOptions {
  const values: { -readonly [Key in keyof HookOptions]: HookOptions[Key] } = {}
  for (const token of given) {
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (option === undefined) {
      const known = [...Object.keys(options), 'help'].map(name => `--${name}`)
      throw refusal(
        `${showText(token.rawName)} is not an option of hook; the nearest is ${nearestName(token.rawName, known)}`,
      )
    }
    // As in `parseCommandLine`: a value that starts with a hyphen is given with an equals sign.
    const mistaken = token.inlineValue === false && token.value.startsWith('-')
    const text = mistaken ? undefined : token.value
    const value = text === undefined ? undefined : option.parse(text)
    if (value === undefined) throw refusal(`the option ${token.rawName} of hook must be ${option.expects}, in one line`)
    values[option.key] = value
  }
  return values
}

function parsePath(text: string): string | undefined {
  return text !== '' && !/\p{Cc}/u.test(text) ? text : undefined
}

function refusal(message: string) {
  return settingsError([{ message }])
}

/** The part of the help that is about this command, with a final newline. */
export function hookCommandHelp(): string {
  const rows = [
    ['hook print', 'print a post-receive script that tells of pushes'],
    ['hook install PATH', 'put it into a repository; another hook is kept'],
    ['hook uninstall PATH', 'take it out, and put back what was there before'],
    ...Object.entries(options).map(([name, option]) => [`  --${name} ${option.placeholder}`, option.help]),
  ]
  const width = Math.max(...rows.map(([left = '']) => left.length))
  return `The hook of a repository (see docs/hooks.md; a folder named hook is ./hook):
${rows.map(([left = '', right = '']) => `  ${left.padEnd(width)}  ${right}`).join('\n')}
`
}
