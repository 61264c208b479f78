/**
 * The command `git-bug-viewer export`: composes the program as for a server, without one, and has `export/` ask it for
 * every page. Like `compose.ts`, it may know every room.
 */
import type { OutgoingHttpHeader } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { systemClock } from './base/clock.ts'
import { isViewerError, ViewerError } from './base/errors.ts'
import type { ProgressOutput } from './base/progress-bar.ts'
import { compose } from './compose.ts'
import type { ExportCommand } from './config/export-command.ts'
import type { Settings } from './config/settings.ts'
import { ownHost, readAddress } from './export/addresses.ts'
import type { Ask, AskFile } from './export/answer.ts'
import { type ExportOptions, type ExportSummary, exportSite } from './export/export-site.ts'
import { normalQuery } from './export/lists.ts'
import { openOutputFolder } from './export/output-folder.ts'
import { createReporter, summaryLine } from './export/progress.ts'
import { openGit } from './git/git.ts'
import { createLogger } from './telemetry/logger.ts'

export interface ExportInput {
  readonly command: Extract<ExportCommand, { kind: 'export' }>
  readonly settings: Settings
  /** Absolute. */
  readonly out: string
  /** Absolute. */
  readonly paths: readonly string[]
  readonly cwd: string
  /** Ends it early. */
  readonly signal: AbortSignal
  /** Where it tells how it goes. */
  readonly told: ProgressOutput
}

/** Runs the export. @returns what it did, to be printed, and whether all went well @throws SETTING_INVALID */
export async function runExport(input: ExportInput): Promise<{ readonly text: string; readonly isComplete: boolean }> {
  const { command, cwd, out, paths, signal, told } = input
  const startedMs = systemClock.monotonicMs()
  const settings = settingsForExport(input.settings, command.baseUrl)
  // Before anything is read: whoever names the wrong folder is told at once.
  await using output = await openOutputFolder(out, { force: command.force })
  const log = await createLogger(settings.logs)
  const git = openGit({ silenceLimitMs: settings.limits.gitTimeoutSeconds * 1000 })
  git.catch(() => {})
  const options = exportOptions(command, settings)
  const offers = (url: string) => typeof readAddress(url, '/', options) !== 'string'
  const copy = { offers, key: JSON.stringify([[...options.formats], [...options.named]]) }
  await using program = await compose({ settings, paths, cwd, git, log, metrics: undefined, copy })
  const reporter = createReporter(told, systemClock)
  const ask: Ask = async (url, etag) => {
    const headers = { host: ownHost, ...(etag === undefined ? {} : { 'if-none-match': etag }) }
    const { statusCode, headers: sent, rawPayload } = await program.app.inject({ method: 'GET', url, headers })
    return {
      status: statusCode,
      type: mediaType(sent['content-type']),
      location: sent.location,
      etag: sent.etag,
      body: rawPayload,
    }
  }
  let summary: ExportSummary
  try {
    summary = await exportSite(options, { ask, askFile: fileAsker(program.app), output, signal, reporter })
  } finally {
    reporter.end()
  }
  const seconds = (systemClock.monotonicMs() - startedMs) / 1000
  return {
    text: `${summaryLine(summary, { folder: out, seconds })}\n`,
    isComplete: summary.isComplete && summary.failures === 0,
  }
}

/** Asks for attached files, and hands them on as they come. */
function fileAsker(app: FastifyInstance): AskFile {
  const headers = { host: ownHost }
  return async url => {
    const { statusCode, headers: sent } = await app.inject({ method: 'HEAD', url, headers })
    const bytes = Number(sent['content-length'] ?? 0)
    return { status: statusCode, type: mediaType(sent['content-type']), bytes, read: () => readFile(url, bytes) }
  }
  async function* readFile(url: string, bytes: number): AsyncGenerator<Uint8Array> {
    const failed = (cause?: unknown) =>
      new ViewerError('STREAM_FAILED', `${url} was not answered to its end`, { cause })
    const answer = await app.inject({ method: 'GET', url, headers, payloadAsStream: true })
    let left = bytes
    try {
      for await (const piece of answer.stream() as AsyncIterable<Uint8Array>) {
        left -= piece.length
        yield piece
      }
    } catch (error) {
      throw failed(error)
    } finally {
      // Whoever has read enough is a client that has gone.
      answer.raw.res.destroy()
    }
    if (answer.statusCode !== 200 || left !== 0) throw failed()
  }
}

function mediaType(header: OutgoingHttpHeader | undefined): string {
  return String(header ?? '').split(';', 1)[0] ?? ''
}

function exportOptions(command: ExportInput['command'], { repositories, crawlers }: Settings): ExportOptions {
  const formats = new Set(command.formats)
  // A feed is read elsewhere, and one that does not say where it is from leads nowhere.
  if (command.baseUrl === undefined) formats.delete('atom')
  const queries = repositories.pages.flatMap(page => page.queries.map(({ query }) => normalQuery(query)))
  return {
    formats,
    named: new Set(queries.filter(query => query !== undefined)),
    baseUrl: command.baseUrl,
    allowsCrawlers: crawlers.allow,
  }
}

/** For one reader that takes everything in one go, and wants one state of each repository. */
function settingsForExport(settings: Settings, baseUrl: string | undefined): Settings {
  const { server, cache, crawlers, live, hooks } = settings
  const { publicUrl: _, ...serverRest } = server
  const longest = 3600
  return {
    ...settings,
    server: { ...serverRest, basePath: '', ...(baseUrl === undefined ? {} : { publicUrl: `https://${ownHost}` }) },
    cache: {
      ...cache,
      progressAfterSeconds: longest,
      lookMilliseconds: longest * 1000,
      pagesMaxBytes: 1024,
      rebuild: { ...cache.rebuild, enabled: false },
    },
    crawlers: { ...crawlers, requestsPerMinute: 0 },
    live: { ...live, enabled: false },
    hooks: { ...hooks, enabled: false },
    logs: { ...settings.logs, requests: false },
  }
}

/** What to say of a file that cannot be written; undefined for every other error. */
export function explainWriteError(error: unknown): string | undefined {
  if (isViewerError(error) || !(error instanceof Error) || !('syscall' in error)) return undefined
  return `the export cannot be written: ${error.message}`
}
