/**
 * What is wrong with a query, and where. A query comes from a visitor, so a bad one is a result and never a throw.
 * Messages are for people: short, lower case, and bounded however long the query is.
 */

export type QueryErrorCode =
  | 'too-long'
  | 'unmatched-quote'
  | 'empty'
  | 'too-many-colons'
  | 'missing-key'
  | 'unknown-qualifier'
  | 'unknown-status'
  | 'unknown-sort'
  | 'unknown-value'
  | 'second-sort'
  | 'not-negatable'
  | 'bad-date'
  | 'bad-number'
  | 'bad-id'

/** `position` and `length` mark the place in the query, in UTF-16 units of it; `length` is at least 1. */
export interface QueryError {
  readonly code: QueryErrorCode
  readonly message: string
  readonly position: number
  readonly length: number
  /** What stands there if a known word was meant; undefined where none is near. */
  readonly nearest?: string
}

/** A part of the query's text. */
export interface Span {
  readonly start: number
  readonly length: number
}

export function createQueryError(code: QueryErrorCode, message: string, at: Span): QueryError {
  return { code, message, position: at.start, length: at.length }
}

const maxCitedChars = 40

/** A visitor's words as a message cites them: in quotes, cut short. */
export function cite(text: string): string {
  const whole = text.length <= maxCitedChars
  return `"${(whole ? text : text.slice(0, maxCitedChars)).toWellFormed()}${whole ? '' : '…'}"`
}
