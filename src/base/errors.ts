/**
 * The error catalogue: every failure that a caller may want to tell apart has a code here, and docs/errors.md has a
 * line for each (a test keeps the two equal). Callers decide by `code`; messages are for people. Bad data inside a
 * repository is not an error but a result, see `bug/`.
 */

/** Stable codes with what each means, as docs/errors.md prints them. */
export const errorCatalogue = {
  SETTING_INVALID: 'A setting in the file, the environment or the command line cannot be used.',
  GIT_MISSING: 'The git program was not found.',
  GIT_TOO_OLD: 'The installed git is older than the viewer needs.',
  GIT_FAILED: 'A git process ended with an error.',
  GIT_TIMEOUT: 'A git process did not answer in time and was ended.',
  GIT_PROTOCOL: 'A git process answered something that was not asked for, and was ended.',
  GIT_OUTPUT_TOO_LARGE: 'A git process printed more than the limit allows, and was ended.',
  GIT_UNSAFE_OWNER: 'git refuses a repository because another user owns its folder.',
  OBJECT_UNREADABLE: 'git cannot read an object of a repository: it is missing or damaged.',
  BUILD_FAILED: 'A worker thread that read a repository came to an unexpected end.',
  SEARCH_UNAVAILABLE: 'The texts of a repository cannot be searched now; they are read again.',
  REPOSITORY_UNKNOWN: 'No repository of that name is served here.',
  REPOSITORY_EMPTY: 'The repository is there, but it has no bug and no identity.',
  REPOSITORY_UNREADABLE: 'The repository is configured, but git cannot read it now.',
  BUG_UNKNOWN: 'No bug of the repository has that id or prefix.',
  BUG_UNREADABLE: 'The bug is there, but its data could not be read.',
  IDENTITY_UNKNOWN: 'No identity of the repository has that id or prefix.',
  COMMENT_UNKNOWN: 'No comment or event of the repository has that combined id.',
  COMMIT_UNKNOWN: 'The bug has no commit of that hash or prefix, or several.',
  FILE_UNKNOWN: 'No readable operation of the repository attaches a file of that hash.',
  PAGE_UNKNOWN: 'No page has that address.',
  AMBIGUOUS_PREFIX: 'More than one id starts with that prefix.',
  QUERY_INVALID: 'The query breaks a rule of the query language.',
  PARAMETER_INVALID: 'A parameter of the request is not one that can be used.',
  UNAUTHORIZED: 'The request does not carry the configured secret.',
  PAYLOAD_TOO_LARGE: 'The body of the request is larger than the limit.',
  REQUEST_TIMEOUT: 'The body of the request did not come within the time limit.',
  RATE_LIMITED: 'More answers were asked for from one network than the settings allow.',
  LOAD_TIMEOUT:
    'The answer was not ready within the time limit; what was read is kept, and a later request may find it done.',
  RANGE_UNSATISFIABLE: 'No part of the file lies in the range that was asked for.',
  FETCH_INVALID: 'A fetch breaks the rules of the protocol.',
  FETCH_NOT_OFFERED: 'A fetch asks for something that is not offered here.',
  PUSH_REFUSED: 'Nothing can be pushed here: the site only shows.',
  STREAM_FAILED: 'A long answer could not be made, or what was kept of it could not be read.',
  STREAM_TIMEOUT: 'A long answer stood still for too long, and was given up.',
  TOO_BUSY:
    'Too many long answers, or too many pages of one repository, are being made; a later request may find room.',
  OVERLOADED: 'The server has more to do than it can; it answers what it has ready.',
  REMOTE_NOT_ALLOWED: 'The settings allow visitors to open no repository at that address.',
  REMOTE_REFUSED:
    'The address of a remote repository leads where none may lead: into a private network, to another host, or by a way that is not allowed.',
  REMOTE_UNREACHABLE:
    'A remote repository cannot be fetched: it is gone, refuses, does not answer in time, or sends what is damaged.',
  REMOTE_TOO_LARGE: 'A remote repository is larger than the settings allow.',
  MIRROR_NO_ROOM: 'There is no room on disk for another remote repository, and none that may go.',
  MIRROR_AWAY: 'A remote repository is not on disk, and nobody who needs its pages has asked for it.',
  COLD_STORAGE_FAILED: 'The store for remote repositories that left the disk cannot be used.',
  SHUTTING_DOWN: 'The server is shutting down.',
} as const

export type ErrorCode = keyof typeof errorCatalogue

/** Facts about a failure, for logs and for error pages. Values are shown to people, so secrets stay out. */
export type ErrorData = Readonly<Record<string, unknown>>

/**
 * The one error class of the product.
 * @param code from the catalogue; what callers decide by
 * @param message short, lower case, factual
 * @param options.data the facts; options.cause what was thrown below, where something was
 */
export class ViewerError extends Error {
  override readonly name = 'ViewerError'
  readonly code: ErrorCode
  readonly data: ErrorData

  constructor(code: ErrorCode, message: string, options: { data?: ErrorData; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.data = options.data ?? {}
  }
}

/** True where `error` is from the catalogue and, if a code is given, has that code. */
export function isViewerError(error: unknown, code?: ErrorCode): error is ViewerError {
  return error instanceof ViewerError && (code === undefined || error.code === code)
}
