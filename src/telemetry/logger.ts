/**
 * The program's log, on standard error: standard output is for what the user asked to be told. Secrets do not get into
 * it: of a request only method, address and sender are written, and settings are never logged whole.
 */
import pino, { type Logger, stdTimeFunctions } from 'pino'
import { harmlessLine } from './terminal-line.ts'

export interface LogOptions {
  readonly level: string
  readonly format: 'auto' | 'json' | 'pretty'
}

const standardError = 2

/** Makes the logger. */
export async function createLogger(options: LogOptions): Promise<Logger> {
  const settings = {
    level: options.level,
    timestamp: stdTimeFunctions.isoTime,
    serializers: { req: describeRequest },
  }
  // In this process and not in a worker: what is written before a crash must be there.
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && process.stderr.isTTY)
  if (!isPretty) return pino(settings, pino.destination({ fd: standardError, sync: true }))
  const { default: pretty } = await import('pino-pretty')
  const terminal = pretty({
    destination: standardError,
    sync: true,
    colorize: process.stderr.isTTY,
    ignore: 'pid,hostname',
  })
  return pino(settings, { write: line => terminal.write(harmlessLine(line)) })
}

interface LoggedRequest {
  readonly method: string
  /** As the client sent it; `url` is what the router made of it. */
  readonly originalUrl: string
  readonly ip: string
}

function describeRequest({ method, originalUrl, ip }: LoggedRequest) {
  return { method, url: originalUrl, remoteAddress: ip }
}
