/**
 * Which people a value of `author:`, `actor:`, `participant:` or `involves:` means (`format.md`, "The query
 * language"): those whose id starts with it, or whose name or login contains it, without regard to case; accents count.
 * Looked up once for a query, not once for a bug.
 */
import type { Identity } from '../bug/model.ts'
import { createCaselessSearch } from './byte-search.ts'

/** True for the id of a person who is meant. */
export type MatchPerson = (id: string) => boolean

/**
 * Compiles one value. An id without an identity (missing, unreadable) has no name, and is matched as an id.
 */
export function compilePerson(value: string, identities: ReadonlyMap<string, Identity>): MatchPerson {
  const search = createCaselessSearch(value)
  const ids = new Set<string>()
  for (const { id, name, login } of identities.values()) {
    if (search(name ?? '') || search(login ?? '')) ids.add(id)
  }
  const prefix = value.toLowerCase()
  if (!/^[0-9a-f]{1,64}$/.test(prefix)) return id => ids.has(id)
  return id => id.startsWith(prefix) || ids.has(id)
}
