/**
 * The log of one request, which has the request's id in every line. Most requests never say anything, and a log of
 * pino's own costs more than finding their answer; so it is made when the first line is written.
 */
import type { FastifyBaseLogger } from 'fastify'

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
type Bindings = Parameters<FastifyBaseLogger['child']>[0]
type Options = Parameters<FastifyBaseLogger['child']>[1]

class RequestLog implements FastifyBaseLogger {
  readonly #make: () => FastifyBaseLogger
  #made: FastifyBaseLogger | undefined

  constructor(make: () => FastifyBaseLogger) {
    this.#make = make
  }

  get level() {
    return this.#log.level
  }

  trace(...line: unknown[]) {
    this.#write('trace', line)
  }

  debug(...line: unknown[]) {
    this.#write('debug', line)
  }

  info(...line: unknown[]) {
    this.#write('info', line)
  }

  warn(...line: unknown[]) {
    this.#write('warn', line)
  }

  error(...line: unknown[]) {
    this.#write('error', line)
  }

  fatal(...line: unknown[]) {
    this.#write('fatal', line)
  }

  silent(...line: unknown[]) {
    this.#write('silent', line)
  }

  child(bindings: Bindings, options?: Options): FastifyBaseLogger {
    return new RequestLog(() => this.#log.child(bindings, options))
  }

  #write(level: Level, line: unknown[]) {
    const log = this.#log
    const write: (...line: unknown[]) => void = log[level]
    write.apply(log, line)
  }

  get #log(): FastifyBaseLogger {
    this.#made ??= this.#make()
    return this.#made
  }
}

/** Makes the log of a request, as Fastify asks for it. */
export function createRequestLog(parent: FastifyBaseLogger, bindings: Bindings, options: Options): FastifyBaseLogger {
  return new RequestLog(() => parent.child(bindings, options))
}
