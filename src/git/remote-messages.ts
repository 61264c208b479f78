/**
 * What this process and the one that fetches (`remote-process.ts`, `remote-child.ts`) say to each other: plain data, for
 * JSON has to carry it.
 */
import { type ErrorCode, type ErrorData, errorCatalogue, ViewerError } from '../base/errors.ts'
import type { Fetching } from './remote-fetch.ts'
import type { FetchProgress } from './remote-progress.ts'
import type { GitVersion } from './version.ts'

/** What can be asked for. */
export type RemoteCall =
  | { readonly method: 'init' | 'bytesToTidy' | 'tidy'; readonly gitDir: string }
  | { readonly method: 'fetch'; readonly at: Omit<Fetching, 'onProgress'> }

/** What a call gives. */
export type RemoteValue = boolean | number | undefined

export type Request =
  /** The first one. */
  | {
      readonly kind: 'setup'
      readonly program: string
      readonly version: GitVersion
      readonly silenceLimitMs: number
    }
  | { readonly kind: 'call'; readonly id: number; readonly call: RemoteCall }
  /** Nobody wants it any more. */
  | { readonly kind: 'stop'; readonly id: number }

export type Reply =
  | { readonly kind: 'done'; readonly id: number; readonly value?: RemoteValue }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: FetchProgress }
  /** A git process was started; without a command it has ended. */
  | { readonly kind: 'process'; readonly number: number; readonly command?: string }

interface Failure {
  /** Undefined for what is not of the catalogue. */
  readonly code?: string
  readonly message: string
  readonly data?: ErrorData
  readonly cause?: string
}

/** An error on its way. */
export function describeFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof ViewerError)) return { message }
  const { code, data, cause } = error
  return { code, message, data, ...(cause instanceof Error ? { cause: cause.message } : {}) }
}

/** The error that it was. */
export function readFailure({ code, message, data = {}, cause }: Failure): Error {
  if (!isErrorCode(code)) return new Error(message)
  return new ViewerError(code, message, { data, ...(cause === undefined ? {} : { cause: new Error(cause) }) })
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(errorCatalogue, code)
}
