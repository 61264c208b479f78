/** The whole program in this process, without a port: for tests that look at answers. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import pino from 'pino'
import { compose } from '../../src/compose.ts'
import { readSettings } from '../../src/config/settings.ts'
import { openGit } from '../../src/git/git.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'

export interface Viewer extends AsyncDisposable {
  readonly app: FastifyInstance
  get(url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  inject(options: InjectOptions): Promise<LightMyRequestResponse>
  /** What was logged so far, one object a line. */
  readonly logged: readonly Record<string, unknown>[]
  /** Where it keeps files. */
  readonly dataDir: string
}

export interface ViewerOptions {
  readonly paths?: readonly string[]
  /** Text of a settings file. */
  readonly yaml?: string
}

/** Composes a viewer over repositories. */
export async function openViewer(options: ViewerOptions): Promise<Viewer> {
  const folder = await mkdtemp(join(tmpdir(), 'viewer-'))
  const config = join(folder, 'settings.yaml')
  await writeFile(config, options.yaml ?? '')
  const settings = await readSettings({
    options: options.yaml === undefined ? { 'data-dir': folder } : { config, 'data-dir': folder },
    // A machine that is busy with other tests must not turn a page into the one that says how far reading has come, or
    // that the server is busy.
    env: {
      GIT_BUG_VIEWER_CACHE_PROGRESS_AFTER_SECONDS: '600',
      GIT_BUG_VIEWER_LIMITS_REQUEST_SECONDS: '600',
      GIT_BUG_VIEWER_OVERLOAD_DELAY_MILLISECONDS: '0',
    },
    cwd: folder,
    homeDir: folder,
  })
  const logged: Record<string, unknown>[] = []
  const log = pino(
    { level: 'debug' },
    { write: (line: string) => logged.push(JSON.parse(line) as Record<string, unknown>) },
  )
  const metrics = settings.metrics.enabled ? createMetrics() : undefined
  const git = openGit(metrics ? { measures: metrics } : {})
  const program = await compose({ settings, paths: options.paths ?? [], cwd: folder, git, log, metrics })
  await program.app.ready()
  await program.markReady()
  return {
    app: program.app,
    logged,
    dataDir: folder,
    get: (url, headers = {}) => program.app.inject({ method: 'GET', url, headers }),
    inject: request => program.app.inject(request),
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
