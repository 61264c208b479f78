/**
 * The command: reads what it was told, and does it; without another command's name it is the server.
 * A mistake of the user's is one sentence on standard error and exit status 2; a failure of ours is status 1.
 */
import { isViewerError, type ViewerError } from './base/errors.ts'
import { commandHint, parseCommandLine } from './config/command-line.ts'
import { readSettings } from './config/settings.ts'
import { openGit } from './git/git.ts'
import { homeFolder } from './project-files.ts'
import { runCommand } from './run-command.ts'
import { createMetrics } from './telemetry/metrics.ts'

const exitMistake = 2

/** Runs the command. Settles once the server listens, or the command has said what it was asked. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await run(argv)
  } catch (error) {
    if (!isMistake(error)) throw error
    process.stderr.write(`git-bug-viewer: ${error.message}${commandHint(argv, error.message)}\n`)
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
  const cwd = process.cwd()
  const homeDir = homeFolder() ?? cwd
  if (command.kind !== 'run') return await runCommand(command, { cwd, homeDir })
  const { options, paths } = command
  const read = () => readSettings({ options, paths, env: process.env, cwd, homeDir })
  const settings = await read()
  const metrics = settings.metrics.enabled ? createMetrics() : undefined
  // git is asked for its version while the rest of the program is loaded.
  const silenceLimitMs = settings.limits.gitTimeoutSeconds * 1000
  const git = openGit({ silenceLimitMs, ...(metrics && { measures: metrics }) })
  git.catch(() => {})
  // Loaded here and not above, so that help and mistakes do not wait for the whole program.
  const { runServer } = await import('./run-server.ts')
  await runServer({ settings, cwd, git, metrics, readAgain: read })
}
