/** Queries as requests carry them. */
import { ViewerError } from '../base/errors.ts'
import type { Lease } from '../cache/lease.ts'
import type { Query } from '../query/ast.ts'
import type { QueryError } from '../query/query-error.ts'
import type { QuerySource } from '../query/select.ts'
import { textTerms } from '../query/text-test.ts'

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

/**
 * What a query is answered from. Its terms are looked up in the texts first, one after the other: a query of hundreds
 * of them is not to stand before everybody else's.
 * @param signal ends the wait
 * @throws what `lease.matchText` throws
 */
export async function querySource(lease: Lease, query: Query, signal?: AbortSignal): Promise<QuerySource> {
  const { bugs, bugsByEdit, identities } = lease.tracker
  const found = new Map<string, ReadonlySet<string>>()
  for (const { term, negated } of textTerms(query)) {
    const tips = found.get(term) ?? (await lease.matchText(term, signal))
    found.set(term, tips)
    // No bug is left that further terms could decide about.
    if (tips.size === 0 && !negated) break
  }
  return { bugs, bugsByEdit, identities, textMatches: term => found.get(term) ?? noTips }
}

const noTips: ReadonlySet<string> = new Set()

/** A mistake in a query, for those who read no page. */
export function queryError({ message, position, length }: QueryError): ViewerError {
  return new ViewerError('QUERY_INVALID', message, { data: { position, length } })
}
