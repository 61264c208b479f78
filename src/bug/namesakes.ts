/** People who look the same: names that a reader cannot tell apart. Pure. */
import type { Identity } from './model.ts'

/**
 * Ids of those whose display name somebody else of the same repository has too. Case, white space and characters that
 * only look different to a machine (Unicode's compatibility forms) make no other name.
 */
export function findNamesakes(identities: ReadonlyMap<string, Identity>): ReadonlySet<string> {
  const idsByName = Map.groupBy(identities.values(), ({ displayName }) => plainName(displayName))
  const several = [...idsByName.values()].filter(people => people.length > 1)
  return new Set(several.flat().map(({ id }) => id))
}

/** More of a name than a page shows of it. */
const maxChars = 400

/** What is left of a name that readers tell apart; equal for namesakes. */
export function plainName(name: string): string {
  return name.slice(0, maxChars).normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}
