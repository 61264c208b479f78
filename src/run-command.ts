/**
 * Every command but the server: `check`, `warm`, `export`, `hook`, help and version. Each is loaded when it is wanted,
 * says what it has to say, and leaves the exit status. A signal ends what takes long in order, the second one at once.
 */
import { type CommandLine, commandHelpText, helpText } from './config/command-line.ts'
import type { HookCommand } from './config/hook-command.ts'
import { resolvePath } from './config/setting-path.ts'
import { readSettings, type Settings } from './config/settings.ts'
import { readVersion } from './project-files.ts'

/** What is not the server. */
export type OtherCommand = Exclude<CommandLine, { kind: 'run' }>

/** From where relative paths start, and `~`. */
export interface CommandPlace {
  readonly cwd: string
  readonly homeDir: string
}

const exitIncomplete = 1

/** Does what it says. @throws SETTING_INVALID, GIT_MISSING, GIT_TOO_OLD, which are mistakes of whoever called it */
export async function runCommand(command: OtherCommand, place: CommandPlace): Promise<void> {
  switch (command.kind) {
    case 'help':
      return print(helpText())
    case 'version':
      return print(`${await readVersion()}\n`)
    case 'check-help':
      return print(commandHelpText('check'))
    case 'warm-help':
      return print(commandHelpText('warm'))
    case 'export-help':
      return print(commandHelpText('export'))
    case 'hook-help':
      return print(commandHelpText('hook'))
    case 'check':
      return await check(command, place)
    case 'warm':
      return await warm(command, place)
    case 'export':
      return await exportFiles(command, place)
    default:
      return print(await runHookCommand(command, path => absolute(path, place)))
  }
}

type Command<Kind> = Extract<OtherCommand, { kind: Kind }>

async function check(command: Command<'check'>, place: CommandPlace): Promise<void> {
  const settings = await settingsOf(command, place)
  const { runCheck } = await import('./run-check.ts')
  await untilSignal(async signal => {
    const input = { command, settings, cwd: place.cwd, signal, output: process.stdout, told: process.stderr }
    if (!(await runCheck(input))) process.exitCode = exitIncomplete
  })
}

async function warm(command: Command<'warm'>, place: CommandPlace): Promise<void> {
  const settings = await settingsOf(command, place)
  const { runWarm } = await import('./run-warm.ts')
  await untilSignal(async signal => {
    const { text, isComplete } = await runWarm({ settings, cwd: place.cwd, signal, told: process.stderr })
    print(text)
    if (!isComplete) process.exitCode = exitIncomplete
  })
}

async function exportFiles(command: Command<'export'>, place: CommandPlace): Promise<void> {
  const settings = await settingsOf(command, place)
  const { explainWriteError, runExport } = await import('./run-export.ts')
  await untilSignal(async signal => {
    const out = absolute(command.out, place)
    const { paths } = settings
    try {
      const told = process.stderr
      const { text, isComplete } = await runExport({ command, settings, out, paths, cwd: place.cwd, signal, told })
      print(text)
      if (!isComplete) process.exitCode = exitIncomplete
    } catch (error) {
      const reason = explainWriteError(error)
      if (reason === undefined) throw error
      process.stderr.write(`git-bug-viewer: ${reason}\n`)
      process.exitCode = exitIncomplete
    }
  })
}

/** A progress bar and the log share the terminal: only what somebody should know. */
async function settingsOf(
  { options, paths }: Command<'check' | 'warm' | 'export'>,
  { cwd, homeDir }: CommandPlace,
): Promise<Settings> {
  return await readSettings({
    options: { 'log-level': 'warn', ...options },
    paths,
    env: process.env,
    cwd,
    homeDir,
  })
}

async function untilSignal(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const ending = new AbortController()
  const end = () => ending.abort()
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.once(signal, end)
  try {
    await work(ending.signal)
  } finally {
    for (const signal of signals) process.removeListener(signal, end)
  }
}

/** Does what `git-bug-viewer hook` is told, and returns what it has to say. */
async function runHookCommand(
  command: Exclude<HookCommand, { kind: 'hook-help' }>,
  absolute: (path: string) => string,
): Promise<string> {
  const [{ readHookScript }, { installHook, uninstallHook }, { readGitVersion }] = await Promise.all([
    import('./git/hook-script.ts'),
    import('./git/hook-install.ts'),
    import('./git/version.ts'),
  ])
  const program = 'git'
  if (command.kind !== 'hook-print') await readGitVersion(program)
  if (command.kind === 'hook-uninstall') {
    const { file, earlier } = await uninstallHook(program, absolute(command.path))
    return earlier === undefined
      ? `removed ${file}\n`
      : `removed ${file}, and put back the hook that was there before\n`
  }
  const { root, secretFile, ...options } = command.options
  const defaults = {
    ...options,
    root: root === undefined ? undefined : absolute(root),
    secretFile: secretFile === undefined ? undefined : absolute(secretFile),
  }
  if (command.kind === 'hook-print') return await readHookScript(defaults)
  const { file, earlier, isShared } = await installHook(program, absolute(command.path), defaults)
  const first = earlier === undefined ? '' : `it runs ${earlier} first\n`
  const shared = isShared ? 'every repository that has its hooks in this folder runs it\n' : ''
  return `installed ${file}\n${first}${shared}`
}

function absolute(path: string, { cwd, homeDir }: CommandPlace): string {
  return resolvePath(path, { folder: cwd, homeDir })
}

function print(text: string): void {
  process.stdout.write(text)
}
