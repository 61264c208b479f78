/**
 * The server: listens, says where it is, reads its settings again on SIGHUP, and ends in order on SIGTERM or SIGINT. Like
 * `compose.ts`, it may know every room.
 */
import { closeSync, openSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import closeWithGrace from 'close-with-grace'
import { isViewerError, ViewerError } from './base/errors.ts'
import { compose, type Program } from './compose.ts'
import type { Settings } from './config/settings.ts'
import type { Git } from './git/git.ts'
import { createLogger } from './telemetry/logger.ts'
import type { Metrics } from './telemetry/metrics.ts'

export interface ServerInput {
  readonly settings: Settings
  readonly cwd: string
  /** Being opened. */
  readonly git: Promise<Git>
  /** What is measured; undefined measures nothing. */
  readonly metrics: Metrics | undefined
  /** Reads the settings as they are now. @throws SETTING_INVALID */
  readAgain(): Promise<Settings>
}

/** After this the end is no longer in order. Less than service managers wait, and more than requests under way are given. */
const shutdownLimitMs = 19_000

/** Runs the server. Settles once it listens. @throws SETTING_INVALID, GIT_MISSING, GIT_TOO_OLD */
export async function runServer({ settings, cwd, git, metrics, readAgain }: ServerInput): Promise<void> {
  // From the beginning: without a listener the signal ends the process.
  let isHungUp = false
  let hangUp = () => {
    isHungUp = true
  }
  process.on('SIGHUP', () => hangUp())
  // For programs that profile or restart others: sent to this one, it does nothing.
  process.on('SIGUSR2', () => {})
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  const log = await createLogger(settings.logs)
  const program = await compose({ settings, paths: settings.paths, cwd, git, log, metrics })
  let bound: AddressInfo
  try {
    await program.listenForMetrics()
    bound = await program.listen(settings.server)
  } catch (error) {
    await program[Symbol.asyncDispose]()
    throw explainListen(error, settings.server)
  }
  const end = async () => {
    program.markStopping()
    await program[Symbol.asyncDispose]()
  }
  const graceful = closeWithGrace(
    // Both have listeners of their own.
    { delay: shutdownLimitMs, logger: false, skip: ['SIGHUP', 'SIGUSR2'] },
    async ({ err, signal }) => {
      if (err) log.fatal({ err }, 'the program cannot go on')
      else log.info({ signal }, 'shutting down')
      await end()
    },
  )
  hangUp = () => {
    if (hasTerminal && !isTerminalThere()) graceful.close()
    else void reload(program, { readAgain, log })
  }
  if (isHungUp) hangUp()
  process.stdout.write(`git-bug-viewer is ready: ${siteUrl(settings, bound)}\n`)
  await program.markReady()
}

/** Whether the terminal is still there in which the program was started: a window that was closed sends SIGHUP too. */
function isTerminalThere(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

interface ReloadParts extends Pick<ServerInput, 'readAgain'> {
  readonly log: Awaited<ReturnType<typeof createLogger>>
}

/** Goes over to the settings as they are now. What is wrong with them is logged, and everything stays as it was. */
async function reload(program: Program, { readAgain, log }: ReloadParts): Promise<void> {
  try {
    const changes = await program.reload(readAgain)
    if (!changes) return
    const waiting = changes.filter(({ needsRestart }) => needsRestart).map(({ path }) => path)
    const changed = changes.filter(({ needsRestart }) => !needsRestart).map(({ path }) => path)
    log.info({ changed }, 'the settings were read again')
    if (waiting.length > 0)
      log.warn({ waiting }, 'some settings have changed that need a restart; they stay as they were')
  } catch (error) {
    const mistake = isViewerError(error, 'SETTING_INVALID') ? error.message : undefined
    if (mistake === undefined)
      log.error({ err: error }, 'the settings cannot be read again; everything stays as it was')
    else log.error({ reason: mistake }, 'the settings cannot be used; everything stays as it was')
  }
}

/** The URL that the user can open here; a server that listens on every address is reached by its own name too. */
function siteUrl({ server }: Settings, { address, port }: AddressInfo): string {
  const host =
    address === '0.0.0.0' || address === '::' ? 'localhost' : address.includes(':') ? `[${address}]` : address
  return `http://${host}:${port}${server.basePath}/`
}

function explainListen(error: unknown, { host, port }: Settings['server']): unknown {
  const { code } = error as NodeJS.ErrnoException
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `server.port ${port} is in use on ${host}; choose another with --port, or 0 for a free one`,
    EACCES: `server.port ${port} may not be used by this account; choose one above 1023 with --port`,
    EADDRNOTAVAIL: `server.host ${host} is not an address of this machine; choose another with --host`,
    ENOTFOUND: `server.host ${host} is not known; choose another with --host`,
  }
  const reason = reasons[code ?? '']
  return reason === undefined ? error : new ViewerError('SETTING_INVALID', reason, { cause: error })
}
