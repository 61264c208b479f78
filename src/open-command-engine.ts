/** The engine for a command that reads repositories and serves no pages. Like `compose.ts`, it may know every room. */
import type { Settings } from './config/settings.ts'
import { openGit } from './git/git.ts'
import { type Engine, openEngine } from './open-engine.ts'
import { createLogger } from './telemetry/logger.ts'

export interface CommandEngine extends Engine {
  readonly log: Awaited<ReturnType<typeof createLogger>>
}

/** Opens it, once the folders were searched for repositories. @throws SETTING_INVALID, GIT_MISSING, GIT_TOO_OLD */
export async function openCommandEngine(settings: Settings, cwd: string): Promise<CommandEngine> {
  const log = await createLogger(settings.logs)
  const git = openGit({ silenceLimitMs: settings.limits.gitTimeoutSeconds * 1000 })
  git.catch(() => {})
  const { paths } = settings
  const engine = await openEngine({ settings, paths, cwd, git, log, metrics: undefined, isForCommand: true })
  await engine.manager.registry.filled()
  return { ...engine, log }
}
