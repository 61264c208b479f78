/** Finding things by what people type: ids, prefixes of ids, numbers of the tracker that a bug was imported from. */
import { ViewerError } from '../base/errors.ts'
import { isEntityId } from './ids.ts'
import type { BugSummary, Identity, Tracker } from './model.ts'
import { isImportedFrom, readReference } from './reference.ts'

/** The shortest prefix of an id that is looked up (`api.md`, "Pages"). */
const minPrefixDigits = 4
const hexDigits = /^[0-9a-f]+$/

/** What a prefix can mean: one thing, several, or nothing. */
export type Found<T> = { readonly one: T } | { readonly several: readonly T[] } | undefined

/** Finds a bug by its id or a prefix of 4 digits or more, in either case. */
export function findBug(tracker: Tracker, prefix: string): Found<BugSummary> {
  return findByPrefix(tracker.bugById, prefix)
}

/** Finds a person by id or prefix. */
export function findIdentity(tracker: Tracker, prefix: string): Found<Identity> {
  return findByPrefix(byIdOf(tracker.identities), prefix)
}

/** What entities are looked up in. */
export interface ById<T> {
  get(id: string): T | undefined
  startingWith(prefix: string): readonly T[]
}

function byIdOf<T>(entities: ReadonlyMap<string, T>): ById<T> {
  return {
    get: id => entities.get(id),
    // One after the other: a list of all of them would take longer than the looking.
    startingWith(prefix) {
      const found: T[] = []
      for (const [id, entity] of entities) if (id.startsWith(prefix)) found.push(entity)
      return found
    },
  }
}

/** Finds entities by prefix; shorter ones than `minDigits` find nothing. */
export function findByPrefix<T>(byId: ById<T>, typed: string, minDigits = minPrefixDigits): Found<T> {
  const prefix = typed.toLowerCase()
  if (isEntityId(prefix)) {
    const one = byId.get(prefix)
    return one === undefined ? undefined : { one }
  }
  if (prefix.length < minDigits || !hexDigits.test(prefix)) return undefined
  return toFound(byId.startingWith(prefix))
}

/** Finds the bug that was imported under a number (`12`, `#12`) or from an address. */
export function findImported(tracker: Tracker, typed: string): Found<BugSummary> {
  const reference = readReference(/^[0-9]+$/.test(typed) ? `#${typed}` : typed)
  if (reference === undefined || reference.kind === 'id') return undefined
  return toFound(tracker.bugs.filter(bug => isImportedFrom(bug, reference)))
}

/** The one thing that was found. @throws AMBIGUOUS_PREFIX with `matches`, or `missing` */
export function onlyOne<T extends { readonly id: string }>(found: Found<T>, missing: () => ViewerError): T {
  if (found === undefined) throw missing()
  if ('one' in found) return found.one
  const matches = found.several.map(({ id }) => id)
  throw new ViewerError('AMBIGUOUS_PREFIX', `${matches.length} ids start so`, { data: { matches } })
}

function toFound<T>(matches: readonly T[]): Found<T> {
  const [one, ...more] = matches
  if (one === undefined) return undefined
  return more.length === 0 ? { one } : { several: matches }
}
