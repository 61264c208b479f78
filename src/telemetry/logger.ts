/**
 * The program's log, on standard error: standard output is for what the user asked to be told. Secrets do not get into
 * it: headers that carry them are cut out, and settings are never logged whole.
 */
import pino, { type Logger, stdTimeFunctions } from 'pino'

export interface LogOptions {
  readonly level: string
  readonly format: 'json' | 'pretty'
}

const standardError = 2
const secretHeaders = ['authorization', 'cookie', 'x-hub-signature-256'].map(name => `req.headers["${name}"]`)

/** Makes the logger. */
export async function createLogger(options: LogOptions): Promise<Logger> {
  const settings = {
    level: options.level,
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: secretHeaders, censor: '[secret]' },
  }
  // In this process and not in a worker: what is written before a crash must be there.
  if (options.format === 'json') return pino(settings, pino.destination({ fd: standardError, sync: true }))
  const { default: pretty } = await import('pino-pretty')
  return pino(
    settings,
    pretty({ destination: standardError, sync: true, colorize: process.stderr.isTTY, ignore: 'pid,hostname' }),
  )
}
