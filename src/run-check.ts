/**
 * The command `git-bug-viewer check`: opens the engine as a server does, without one and with nothing kept on disk, so
 * that everything is read from git, and has `commands/` read it all. Like `compose.ts`, it may know every room.
 */
import { systemClock } from './base/clock.ts'
import { ViewerError } from './base/errors.ts'
import { createProgressBar, grouped, type ProgressOutput } from './base/progress-bar.ts'
import { checkAll } from './commands/check-all.ts'
import { jsonFormat, textFormat } from './commands/check-report.ts'
import type { CheckCommand } from './config/check-command.ts'
import type { Settings } from './config/settings.ts'
import { openCommandEngine } from './open-command-engine.ts'

export interface CheckInput {
  readonly command: Extract<CheckCommand, { kind: 'check' }>
  readonly settings: Settings
  readonly cwd: string
  /** Ends it early. */
  readonly signal: AbortSignal
  /** Takes the lines. */
  readonly output: { write(text: string): unknown }
  /** Where it tells how it goes. */
  readonly told: ProgressOutput
}

/** Runs it. @returns whether everything was read and nothing is wrong @throws SETTING_INVALID, GIT_MISSING, GIT_TOO_OLD */
export async function runCheck(input: CheckInput): Promise<boolean> {
  const { command, cwd, signal, output, told } = input
  const startedMs = systemClock.monotonicMs()
  const settings = settingsForCheck(input.settings)
  await using engine = await openCommandEngine(settings, cwd)
  const { manager, git, clock, log } = engine
  const repositories = manager.registry.all()
  const bar = createProgressBar(told, clock)
  const format = command.json ? jsonFormat : textFormat
  const summary = await checkAll(
    repositories,
    {
      manager,
      clock,
      log,
      readTypes: ({ location }, hashes, stop) => git.readObjectSizes({ folder: location.folder, hashes }, stop),
      onStep: ({ repository, done, known }) =>
        bar.draw({ done, known, text: `${grouped(done)} of ${grouped(known)}  ${repository}` }),
      onProblem(problem) {
        bar.clear()
        output.write(format.problem(problem))
      },
    },
    signal,
  )
  bar.clear()
  // Whoever checks a clone in a pipeline and forgot to fetch the bugs must not be told that all is well.
  if (summary.isComplete && summary.problems === 0 && summary.empty === summary.repositories) {
    throw new ViewerError('SETTING_INVALID', nothingToCheck(summary.repositories))
  }
  output.write(format.summary(summary, (clock.monotonicMs() - startedMs) / 1000))
  return summary.isComplete && summary.problems === 0
}

function nothingToCheck(repositories: number): string {
  return repositories === 0
    ? 'there is nothing to check: no repository was found'
    : "there is nothing to check: no bugs and no people were found; a clone gets them with: git fetch origin 'refs/bugs/*:refs/bugs/*' 'refs/identities/*:refs/identities/*'"
}

/** Everything comes from git, once, and nothing is written. */
function settingsForCheck(settings: Settings): Settings {
  const { store, streams, cache } = settings
  return {
    ...settings,
    store: { ...store, enabled: false },
    streams: { ...streams, enabled: false },
    cache: { ...cache, lookMilliseconds: hourMs },
  }
}

/** One state of each repository is looked at. */
const hourMs = 3_600_000
