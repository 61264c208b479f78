/**
 * What the words of texts may mean in one state of a repository: the numbers and addresses that bugs had where they were
 * imported from, and the names of people. Made once for a state, each part when it is first wanted.
 *
 * Promises that a word means one thing or nothing: what two bugs or two people are called is nobody's.
 */
import { once } from '../base/once.ts'
import type { BugSummary, Identity, Tracker } from '../bug/model.ts'
import { importedUrls, readNumberedAddress, urlKey } from '../bug/reference.ts'

/** One state's names. */
export interface TrackerNames {
  /** The bug that an imported address is of, or of a place on whose page it is. */
  bugByUrl(url: string): BugSummary | undefined
  /** The bug of `#12`, or of `owner/repository#12`. */
  bugByNumber(reference: string): BugSummary | undefined
  /** The person with a login; where nobody has it, with a name that is so without its spaces. In either case. */
  personByName(name: string): Identity | undefined
}

/** Found by a word; `null` where it could mean several. */
type Index<T> = Map<string, T | null>

function add<T>(index: Index<T>, word: string, thing: T): void {
  const before = index.get(word)
  index.set(word, before === undefined || before === thing ? thing : null)
}

function indexUrls(tracker: Tracker): Index<BugSummary> {
  const index: Index<BugSummary> = new Map()
  for (const bug of tracker.bugs) {
    for (const url of importedUrls(bug.metadata)) {
      const key = urlKey(url)
      if (key !== undefined) add(index, key, bug)
    }
  }
  return index
}

function indexNumbers(tracker: Tracker): Index<BugSummary> {
  const index: Index<BugSummary> = new Map()
  for (const bug of tracker.bugs) {
    for (const url of importedUrls(bug.metadata)) {
      const numbered = readNumberedAddress(url)
      const last = numbered?.number ?? /\/([0-9]{1,12})$/.exec(url)?.[1]
      if (last !== undefined) add(index, `#${last}`, bug)
      if (numbered) add(index, `${numbered.project.toLowerCase()}#${numbered.number}`, bug)
    }
  }
  return index
}

function indexPeople(tracker: Tracker, nameOf: (identity: Identity) => string | undefined): Index<Identity> {
  const index: Index<Identity> = new Map()
  for (const identity of tracker.identities.values()) {
    const name = nameOf(identity)?.replace(/\s+/g, '').toLowerCase()
    if (name !== undefined && name !== '') add(index, name, identity)
  }
  return index
}

/** Makes the names of a state. Nothing is read before it is wanted. */
export function createTrackerNames(tracker: Tracker): TrackerNames {
  const urls = once(() => indexUrls(tracker))
  const numbers = once(() => indexNumbers(tracker))
  const logins = once(() => indexPeople(tracker, ({ login }) => login))
  const names = once(() => indexPeople(tracker, ({ name }) => name))
  return {
    bugByUrl(url) {
      const key = urlKey(url)
      return (key === undefined ? undefined : urls().get(key)) ?? undefined
    },
    bugByNumber: reference => numbers().get(reference.toLowerCase()) ?? undefined,
    personByName(name) {
      const word = name.toLowerCase()
      const byLogin = logins().get(word)
      return (byLogin === undefined ? names().get(word) : byLogin) ?? undefined
    },
  }
}
