/**
 * The command `git-bug-viewer warm`: opens the engine as a server does, without one, and has `commands/` open every
 * repository, so that the store and the search index of the data folder have what they hold. Like `compose.ts`, it may
 * know every room.
 */
import { systemClock } from './base/clock.ts'
import { ViewerError } from './base/errors.ts'
import { counted, createProgressBar, grouped, type ProgressOutput, terminalText } from './base/progress-bar.ts'
import { type WarmSummary, warmAll } from './commands/warm-all.ts'
import type { Settings } from './config/settings.ts'
import { openCommandEngine } from './open-command-engine.ts'
import { searchFolder } from './open-engine.ts'
import { isSearchFolderInUse } from './search/open-database.ts'

export interface WarmInput {
  readonly settings: Settings
  readonly cwd: string
  /** Ends it early; what was read until then is kept. */
  readonly signal: AbortSignal
  /** Where it tells how it goes. */
  readonly told: ProgressOutput
}

/** Runs it. @returns what it did, to be printed, and whether all went well @throws SETTING_INVALID, GIT_MISSING, GIT_TOO_OLD */
export async function runWarm({ settings, cwd, signal, told }: WarmInput): Promise<WarmResult> {
  const startedMs = systemClock.monotonicMs()
  const isInFiles = settings.store.backend === 'sqlite'
  if (!settings.store.enabled || (!isInFiles && settings.store.redis.url === undefined)) {
    throw new ViewerError(
      'SETTING_INVALID',
      'there is nothing to warm: the settings of store keep nothing between runs',
    )
  }
  if (isInFiles && isSearchFolderInUse(searchFolder(settings))) {
    told.write(`${settings.dataDir} is in use by another process, which collects the texts for searching by itself\n`)
  }
  const bar = createProgressBar(told, systemClock)
  const say = (line: string) => {
    bar.clear()
    told.write(`${terminalText(line)}\n`)
  }
  let summary: WarmSummary
  {
    // Closed before anything is said of the end: what was read is on disk then.
    await using engine = await openCommandEngine(settings, cwd)
    const { manager, search, clock } = engine
    const names = manager.registry.all().map(({ name }) => name)
    if (names.length === 0) throw nothingToWarm('no repository was found')
    summary = await warmAll(
      names,
      {
        manager,
        search,
        clock,
        atOnce: settings.cache.maxBuilds,
        onStep: ({ repository, done, known }) =>
          bar.draw({ done, known, text: `${grouped(done)} of ${grouped(known)}  ${repository}` }),
        onWarm: ({ repository, bugs, people }) =>
          say(`${repository}: ${counted(bugs, 'bug', 'bugs')}, ${counted(people, 'person', 'people')}`),
        onFailure: ({ repository, reason }) => say(`${repository}: could not be read: ${reason}`),
        onIndexing: () => bar.draw({ done: 1, known: 1, text: 'finishing the search index' }),
      },
      signal,
    )
    bar.clear()
  }
  const seconds = (systemClock.monotonicMs() - startedMs) / 1000
  return { text: summaryLine(summary, seconds), isComplete: summary.isComplete && summary.failed === 0 }
}

export interface WarmResult {
  readonly text: string
  readonly isComplete: boolean
}

function nothingToWarm(reason: string): ViewerError {
  return new ViewerError('SETTING_INVALID', `there is nothing to warm: ${reason}`)
}

function summaryLine({ repositories, empty, failed, bugs, isComplete }: WarmSummary, seconds: number): string {
  const parts = [
    counted(repositories, 'repository', 'repositories'),
    ...(empty === 0 ? [] : [`${grouped(empty)} without bugs`]),
    ...(failed === 0 ? [] : [`${grouped(failed)} could not be read`]),
    counted(bugs, 'bug', 'bugs'),
    `${seconds.toFixed(1)} s`,
  ]
  return `${isComplete ? '' : 'stopped: '}${parts.join(', ')}\n`
}
