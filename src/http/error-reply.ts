/**
 * Errors as answers: the one place where a code becomes an HTTP status. What is sent says what the visitor can act on;
 * stacks, paths and what git printed go to the log only.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, ViewerError } from '../base/errors.ts'
import { failureBadge } from '../pages/badge.ts'
import type { BuildProgress } from '../pages/progress-page.ts'
import { contentTypes } from './answer.ts'
import { badgeHeaders, isBadgePath } from './badge-headers.ts'
import { isGitPath } from './repository-url.ts'

/** Statuses of the codes that can reach a visitor; every other one is a 500. */
const statuses: Partial<Record<ErrorCode, number>> = {
  REPOSITORY_UNKNOWN: 404,
  REPOSITORY_EMPTY: 404,
  REPOSITORY_UNREADABLE: 503,
  SEARCH_UNAVAILABLE: 503,
  BUG_UNKNOWN: 404,
  BUG_UNREADABLE: 404,
  IDENTITY_UNKNOWN: 404,
  COMMENT_UNKNOWN: 404,
  COMMIT_UNKNOWN: 404,
  FILE_UNKNOWN: 404,
  PAGE_UNKNOWN: 404,
  AMBIGUOUS_PREFIX: 409,
  QUERY_INVALID: 400,
  PARAMETER_INVALID: 400,
  UNAUTHORIZED: 401,
  PAYLOAD_TOO_LARGE: 413,
  REQUEST_TIMEOUT: 408,
  RATE_LIMITED: 429,
  LOAD_TIMEOUT: 503,
  RANGE_UNSATISFIABLE: 416,
  FETCH_INVALID: 400,
  FETCH_NOT_OFFERED: 403,
  PUSH_REFUSED: 403,
  STREAM_FAILED: 503,
  STREAM_TIMEOUT: 503,
  TOO_BUSY: 503,
  OVERLOADED: 503,
  REMOTE_NOT_ALLOWED: 403,
  REMOTE_REFUSED: 403,
  REMOTE_UNREACHABLE: 502,
  REMOTE_TOO_LARGE: 502,
  MIRROR_NO_ROOM: 507,
  MIRROR_AWAY: 503,
  SHUTTING_DOWN: 503,
}

/** Where the message itself is for the operator: it may name folders, and quote git. */
const publicMessages: Partial<Record<ErrorCode, string>> = {
  REPOSITORY_UNREADABLE: 'the repository cannot be read now',
  STREAM_FAILED: 'the answer could not be made now',
  // Which name leads to which private address is nobody's business.
  REMOTE_REFUSED: 'the address of the remote repository leads where this site may not go',
  REMOTE_UNREACHABLE: 'the remote repository cannot be fetched now',
}

/** When to come back after a 503, in seconds: in general, and to see how far a first build has come. */
const retryAfterSeconds = 5
const progressRetryAfterSeconds = 2

/** An error as it is told. */
export interface ErrorAnswer {
  readonly status: number
  /** The catalogue's code; undefined for what nobody foresaw and for what Fastify refuses by itself. */
  readonly code: ErrorCode | undefined
  /** What the JSON answer has as `code`. */
  readonly jsonCode: string
  readonly message: string
  readonly retryAfterSeconds: number | undefined
  /** The first build that the visitor has to wait for. */
  readonly building?: Building
}

/** A first build, as it is told. */
export interface Building {
  /** The repository. */
  readonly name: string
  readonly progress: BuildProgress
}

/** Decides what to tell about an error. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof ViewerError) {
    const status = statuses[error.code] ?? 500
    const message = status === 500 ? 'the server cannot answer this now' : (publicMessages[error.code] ?? error.message)
    const building = buildingOf(error)
    if (building) {
      const seconds = progressRetryAfterSeconds
      return { status, code: error.code, jsonCode: error.code, message, retryAfterSeconds: seconds, building }
    }
    const retry = status === 503 ? retryAfterSeconds : retryOf(error)
    return { status, code: error.code, jsonCode: error.code, message, retryAfterSeconds: retry }
  }
  const { statusCode, code, message } = error as Partial<FastifyError>
  if (statusCode === 413) {
    return {
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
      jsonCode: 'PAYLOAD_TOO_LARGE',
      message: 'the body is too large',
      ...noRetry,
    }
  }
  // Fastify's own refusals: a body that does not parse, a parameter that does not fit its schema.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const known = statusCode === 400 ? 'PARAMETER_INVALID' : undefined
    return {
      status: statusCode,
      code: known,
      jsonCode: known ?? code ?? 'REFUSED',
      message: message ?? 'refused',
      ...noRetry,
    }
  }
  return {
    status: 500,
    code: undefined,
    jsonCode: 'INTERNAL',
    message: 'the server cannot answer this now',
    ...noRetry,
  }
}

/** What `withRepository` says of a first build. */
function buildingOf({ code, data }: ViewerError): Building | undefined {
  if (code !== 'LOAD_TIMEOUT' || data.progress === undefined) return undefined
  return { name: String(data.subject), progress: data.progress as BuildProgress }
}

/** What the rate limit says of when to come back. */
function retryOf({ data }: ViewerError): number | undefined {
  return typeof data.retryAfterSeconds === 'number' ? data.retryAfterSeconds : undefined
}

const noRetry = { retryAfterSeconds: undefined }

/** The JSON form of an error (`api.md`, "JSON API"). */
export function errorJson(answer: ErrorAnswer, error: unknown): Record<string, unknown> {
  const matches = error instanceof ViewerError && answer.status === 409 ? { matches: error.data.matches } : {}
  const place =
    error instanceof ViewerError && error.code === 'QUERY_INVALID'
      ? { position: error.data.position, length: error.data.length }
      : {}
  return {
    statusCode: answer.status,
    code: answer.jsonCode,
    error: reasonPhrases.get(answer.status) ?? 'Error',
    message: answer.message,
    ...matches,
    ...place,
    ...(answer.building ? { progress: progressJson(answer.building.progress) } : {}),
    ...(error instanceof ViewerError && error.code === 'REMOTE_UNREACHABLE' ? { reason: error.data.reason } : {}),
  }
}

/** Of a copy that is being brought here, its step as well. */
function progressJson({ done, total, clone }: BuildProgress) {
  return clone ?? { done, total }
}

const reasonPhrases: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [409, 'Conflict'],
  [413, 'Content Too Large'],
  [416, 'Range Not Satisfiable'],
  [415, 'Unsupported Media Type'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [507, 'Insufficient Storage'],
])

/**
 * Remotes fail for reasons of their own, however often visitors come back; whoever fetches them has logged it. And where
 * too much is asked for, a line for each who asks would be too much as well: measures count them.
 */
const loggedElsewhere: ReadonlySet<ErrorCode | undefined> = new Set([
  'REMOTE_UNREACHABLE',
  'REMOTE_TOO_LARGE',
  'MIRROR_NO_ROOM',
  'TOO_BUSY',
  'OVERLOADED',
])

/** Whether an answer is a failure of this server that its operator has to hear of. */
export function isOwnFailure({ status, code, building }: ErrorAnswer): boolean {
  return status >= 500 && building === undefined && !loggedElsewhere.has(code)
}

/** The label under which an answered error is counted. */
export function errorLabel({ code, status }: ErrorAnswer): ErrorCode | 'INTERNAL' | 'REFUSED' {
  return code ?? (status >= 500 ? 'INTERNAL' : 'REFUSED')
}

/** What form the address asks for: its suffix decides, never the Accept header. */
export function wantedErrorFormat(request: FastifyRequest): 'json' | 'text' | 'svg' | 'html' {
  const path = request.originalUrl.split('?', 1)[0] ?? ''
  if (isBadgePath(path)) return 'svg'
  if (/\/(?:api|hooks)\//.test(path) || /\.(?:nd)?json$/.test(path)) return 'json'
  // git shows what it is told in plain text.
  if (isGitPath(path)) return 'text'
  return path === '/metrics' || /\.(?:atom|txt|csv|mbox|md|bundle)$/.test(path) ? 'text' : 'html'
}

/** Sends an error to those who read no HTML. */
export function sendPlainError(
  reply: FastifyReply,
  answer: ErrorAnswer,
  error: unknown,
  format: 'json' | 'text' | 'svg',
) {
  setErrorHeaders(reply, answer)
  if (format === 'json' && reply.request.method !== 'POST') reply.header('access-control-allow-origin', '*')
  if (format === 'svg') return reply.headers(badgeHeaders).type(contentTypes.svg).send(failureBadge(answer.code))
  return format === 'json'
    ? reply.type('application/json; charset=utf-8').send(JSON.stringify(errorJson(answer, error)))
    : reply.type('text/plain; charset=utf-8').send(`${answer.message}\n`)
}

/** Status and headers of an error answer: it is never kept by a cache. */
export function setErrorHeaders(reply: FastifyReply, answer: ErrorAnswer) {
  reply.code(answer.status).header('cache-control', 'no-store').removeHeader('etag')
  if (answer.retryAfterSeconds !== undefined) reply.header('retry-after', answer.retryAfterSeconds)
}
