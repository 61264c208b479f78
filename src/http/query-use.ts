/** Queries as requests carry them. */
import { ViewerError } from '../base/errors.ts'
import type { Lease } from '../cache/lease.ts'
import type { QueryError } from '../query/query-error.ts'
import type { QuerySource } from '../query/select.ts'

/**
 * The parameter `q`.
 * @throws PARAMETER_INVALID where it comes more than once, QUERY_INVALID where it is too long
 */
export function readQuery(value: unknown, maxChars: number): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw new ViewerError('PARAMETER_INVALID', 'q may be given once')
  if (value.length > maxChars) {
    const data = { position: maxChars, length: value.length - maxChars }
    throw new ViewerError('QUERY_INVALID', `the query is longer than ${maxChars} characters`, { data })
  }
  return value
}

/** What a query is answered from. */
export function querySource(lease: Lease): QuerySource {
  const { bugs, bugsByEdit, identities } = lease.tracker
  return { bugs, bugsByEdit, identities, foldedText: bug => lease.foldedText(bug) }
}

/** A mistake in a query, for those who read no page. */
export function queryError({ message, position, length }: QueryError): ViewerError {
  return new ViewerError('QUERY_INVALID', message, { data: { position, length } })
}
