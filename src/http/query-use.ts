/** Queries as requests carry them. */
import { ViewerError } from '../base/errors.ts'
import type { Lease } from '../cache/lease.ts'
import { type Query, sortOf } from '../query/ast.ts'
import type { QueryError } from '../query/query-error.ts'
import type { QuerySource } from '../query/select.ts'
import { type TermMatch, textTerms } from '../query/text-test.ts'

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
  const { bugs, columns, bugsByEdit, columnsByEdit, identities } = lease.tracker
  const ranked = sortOf(query).key === 'relevance'
  const found = new Map<string, TermMatch>()
  for (const { term, negated } of textTerms(query)) {
    if (found.has(term)) continue
    const match = await lease.matchText(term, { ranked: ranked && !negated, signal })
    found.set(term, {
      has: ({ textNumber }) => match.has(textNumber),
      hasNumber: match.has,
      score: ({ textNumber }) => match.score(textNumber),
    })
    // No bug is left that further terms could decide about.
    if (match.count === 0 && !negated) break
  }
  return {
    bugs,
    columns,
    bugsByEdit,
    columnsByEdit,
    identities,
    textMatches: term => found.get(term) ?? noMatch,
  }
}

const noMatch: TermMatch = { has: () => false, hasNumber: () => false, score: () => 0 }

/** A mistake in a query, for those who read no page. */
export function queryError({ message, position, length }: QueryError): ViewerError {
  return new ViewerError('QUERY_INVALID', message, { data: { position, length } })
}
