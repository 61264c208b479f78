/**
 * Which people the values of `author:`, `actor:`, `participant:` or `involves:` mean (`format.md`, "The query
 * language"): those whose id starts with one of them, or whose name or login contains one, without regard to case;
 * accents count. Each person is looked at once for a query, and not once for a bug or a value: queries may have
 * hundreds of values, and trackers ten thousands of bugs.
 */
import type { Identity } from '../bug/model.ts'
import { createCaselessSearch } from './byte-search.ts'

/** True for the id of a person who is meant. */
export type MatchPerson = (id: string) => boolean

/**
 * Compiles values of which any is to match. An id without an identity (missing, unreadable) has no name, and is matched
 * as an id.
 */
export function compilePeople(values: readonly string[], identities: ReadonlyMap<string, Identity>): MatchPerson {
  const searches = [...new Set(values)].map(createCaselessSearch)
  const prefixes = values.map(value => value.toLowerCase()).filter(prefix => /^[0-9a-f]{1,64}$/.test(prefix))
  const known = new Map<string, boolean>()
  const isMeant = (id: string) => {
    const { name = '', login = '' } = identities.get(id) ?? {}
    return prefixes.some(prefix => id.startsWith(prefix)) || searches.some(search => search(name) || search(login))
  }
  return id => {
    const before = known.get(id)
    if (before !== undefined) return before
    const now = isMeant(id)
    known.set(id, now)
    return now
  }
}
