/**
 * The command: reads what it was told, starts the server, says where it is, and ends in order on SIGTERM or SIGINT.
 * A mistake of the user's is one sentence on standard error and exit status 2; a failure of ours is status 1.
 */
import type { AddressInfo } from 'node:net'
import closeWithGrace from 'close-with-grace'
import { isViewerError, ViewerError } from './base/errors.ts'
import { helpText, parseCommandLine } from './config/command-line.ts'
import { type ExportCommand, exportCommandHelp } from './config/export-command.ts'
import { type HookCommand, hookCommandHelp } from './config/hook-command.ts'
import { resolvePath } from './config/setting-path.ts'
import { readSettings, type Settings } from './config/settings.ts'
import { openGit } from './git/git.ts'
import { homeFolder, readVersion } from './project-files.ts'
import { createMetrics } from './telemetry/metrics.ts'

const exitMistake = 2
/** After this the end is no longer in order. Less than service managers wait, and more than requests under way are given. */
const shutdownLimitMs = 19_000

/** Runs the command. Settles once the server listens, or the command has said what it was asked. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await run(argv)
  } catch (error) {
    if (!isMistake(error)) throw error
    process.stderr.write(`git-bug-viewer: ${error.message}\n`)
    process.exitCode = exitMistake
  }
}

function isMistake(error: unknown): error is ViewerError {
  return ['SETTING_INVALID', 'GIT_MISSING', 'GIT_TOO_OLD'].some(code =>
    isViewerError(error, code as ViewerError['code']),
  )
}

async function run(argv: readonly string[]): Promise<void> {
  const command = parseCommandLine(argv)
  if (command.kind === 'help') return void process.stdout.write(helpText())
  if (command.kind === 'version') return void process.stdout.write(`${await readVersion()}\n`)
  const cwd = process.cwd()
  const homeDir = homeFolder() ?? cwd
  if (command.kind === 'export-help') return void process.stdout.write(exportCommandHelp())
  if (command.kind === 'export') {
    return await exportFiles(command, { cwd, absolute: path => resolvePath(path, { folder: cwd, homeDir }), homeDir })
  }
  if (command.kind !== 'run') {
    const output = await runHookCommand(command, path => resolvePath(path, { folder: cwd, homeDir }))
    return void process.stdout.write(output)
  }
  const { options, paths } = command
  const settings = await readSettings({ options, paths, env: process.env, cwd, homeDir })
  const metrics = settings.metrics.enabled ? createMetrics() : undefined
  // git is asked for its version while the rest of the program is loaded.
  const silenceLimitMs = settings.limits.gitTimeoutSeconds * 1000
  const git = openGit({ silenceLimitMs, ...(metrics && { measures: metrics }) })
  git.catch(() => {})
  // Loaded here and not above, so that help and mistakes do not wait for the whole program.
  const [{ compose }, { createLogger }] = await Promise.all([import('./compose.ts'), import('./telemetry/logger.ts')])
  const log = await createLogger(settings.logs)
  const program = await compose({ settings, paths: settings.paths, cwd, git, log, metrics })
  try {
    await program.listenForMetrics()
    await program.app.listen({ host: settings.server.host, port: settings.server.port })
  } catch (error) {
    await program[Symbol.asyncDispose]()
    throw explainListen(error, settings)
  }
  closeWithGrace({ delay: shutdownLimitMs, logger: false }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'the program cannot go on')
    else log.info({ signal }, 'shutting down')
    program.markStopping()
    await program[Symbol.asyncDispose]()
  })
  process.stdout.write(`git-bug-viewer is ready: ${siteUrl(settings, program.app.server.address())}\n`)
  await program.markReady()
}

interface CommandPlace {
  readonly cwd: string
  readonly homeDir: string
  absolute(path: string): string
}

/** Does what `git-bug-viewer export` is told. A signal ends it in order; the second one at once. */
async function exportFiles(command: Extract<ExportCommand, { kind: 'export' }>, place: CommandPlace): Promise<void> {
  const { cwd, homeDir, absolute } = place
  // A progress bar and the log share the terminal: only what somebody should know.
  const options = { 'log-level': 'warn', ...command.options }
  const settings = await readSettings({ options, paths: command.paths, env: process.env, cwd, homeDir })
  const { explainWriteError, runExport } = await import('./run-export.ts')
  const ending = new AbortController()
  const end = () => ending.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end)
  try {
    const out = absolute(command.out)
    const { paths } = settings
    const { signal } = ending
    const { text, isComplete } = await runExport({ command, settings, out, paths, cwd, signal, told: process.stderr })
    process.stdout.write(text)
    if (!isComplete) process.exitCode = 1
  } catch (error) {
    const reason = explainWriteError(error)
    if (reason === undefined) throw error
    process.stderr.write(`git-bug-viewer: ${reason}\n`)
    process.exitCode = 1
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, end)
  }
}

/** Does what `git-bug-viewer hook` is told, and returns what it has to say. */
async function runHookCommand(command: HookCommand, absolute: (path: string) => string): Promise<string> {
  if (command.kind === 'hook-help') return hookCommandHelp()
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

/** The URL that the user can open here; a server that listens on every address is reached by its own name too. */
function siteUrl({ server }: Settings, listening: AddressInfo | string | null): string {
  const address = typeof listening === 'string' || listening === null ? undefined : listening
  const bound = address?.address ?? server.host
  const host = bound === '0.0.0.0' || bound === '::' ? 'localhost' : bound.includes(':') ? `[${bound}]` : bound
  return `http://${host}:${address?.port ?? server.port}${server.basePath}/`
}

function explainListen(error: unknown, { server }: Settings): unknown {
  const { code } = error as NodeJS.ErrnoException
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `server.port ${server.port} is in use on ${server.host}; choose another with --port, or 0 for a free one`,
    EACCES: `server.port ${server.port} may not be used by this account; choose one above 1023 with --port`,
    EADDRNOTAVAIL: `server.host ${server.host} is not an address of this machine; choose another with --host`,
    ENOTFOUND: `server.host ${server.host} is not known; choose another with --host`,
  }
  const reason = reasons[code ?? '']
  return reason === undefined ? error : new ViewerError('SETTING_INVALID', reason, { cause: error })
}
