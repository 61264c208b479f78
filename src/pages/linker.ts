/**
 * Where the words of a text lead in a state of its repository: to bugs, comments and people that are there, and to the
 * operator's viewer of commits. It finds nothing that is not certain: a prefix that two bugs share, a name that two
 * people have, leads nowhere.
 *
 * - hexadecimal digits, 7 to 64: the one bug whose id begins so, also where all of them are numerals (among 10,000 bugs
 *   one number of seven in 25,000 happens to be one); from 12 on, the bug that a combined id names, if there is one; else
 *   a commit, where the operator has said how to show one and both letters and numerals are in it
 * - `#12`, `owner/repository#12`, an imported address: the bug that was imported from there. A comment that was imported
 *   has its old place (`issuecomment-34`) on the bug's page, so an address keeps its end
 * - `@name`: the person
 */
import { findByPrefix } from '../bug/find.ts'
import { splitCombinedId } from '../bug/ids.ts'
import type { BugSummary, Identity, Tracker } from '../bug/model.ts'
import { readPlace } from '../bug/reference.ts'
import type { LocalLink, ResolveLink } from '../text/text-fragment.ts'
import { shortTitle, statusWord } from './bug-row.ts'
import type { RepositoryInput } from './layout.ts'
import type { Links } from './links.ts'
import { personName } from './person-view.ts'
import type { RepositoryChoices, Site } from './site.ts'
import { createTrackerNames, type TrackerNames } from './tracker-names.ts'

/** Makes what says where words lead, for a repository at a state. */
export type Linker = (repository: RepositoryInput, choices: Pick<RepositoryChoices, 'commitUrl'>) => ResolveLink

/** The shortest part of an id that is looked up: shorter ones are too often ordinary numbers. */
const minIdDigits = 7
/**
 * The shortest part of a combined id: eight of its first twelve digits are the bug's. Of ten they are six, and among
 * 10,000 bugs one commit of 1,700 would be taken for a comment.
 */
const minCombinedDigits = 12
const idDigits = 64
const hex = /^[0-9a-f]{7,64}$/

/** What tells the reader more than the words do. */
function bugLink(href: string, bug: BugSummary): LocalLink {
  const className = bug.status === 'open' ? 'ref' : 'ref done'
  return { href, className, title: `${statusWord(bug)}: ${shortTitle(bug.title)}`, rel: undefined }
}

function looksLikeCommit(digits: string): boolean {
  const length = digits.length <= 40 || digits.length === idDigits
  return length && /[a-f]/.test(digits) && /[0-9]/.test(digits)
}

class Resolver {
  readonly #links: Links
  readonly #name: string
  readonly #tracker: Tracker
  readonly #names: TrackerNames
  readonly #commitUrl: string | undefined

  constructor(
    links: Links,
    { name, tracker }: RepositoryInput,
    rest: { names: TrackerNames; commitUrl: string | undefined },
  ) {
    this.#links = links
    this.#name = name
    this.#tracker = tracker
    this.#names = rest.names
    this.#commitUrl = rest.commitUrl
  }

  resolve(candidate: string): LocalLink | undefined {
    if (candidate.startsWith('@')) return this.#person(this.#names.personByName(candidate.slice(1)))
    if (/^https?:/i.test(candidate)) return this.#bug(this.#names.bugByUrl(candidate), readPlace(candidate))
    if (candidate.includes('#')) return this.#bug(this.#names.bugByNumber(candidate))
    return hex.test(candidate) ? (this.#entity(candidate) ?? this.#commit(candidate)) : undefined
  }

  #bug(bug: BugSummary | undefined, place?: string): LocalLink | undefined {
    return bug && bugLink(`${this.#links.bug(this.#name, bug.id)}${place === undefined ? '' : `#${place}`}`, bug)
  }

  #person(identity: Identity | undefined): LocalLink | undefined {
    if (identity === undefined) return undefined
    const href = this.#links.person(this.#name, identity.id)
    return { href, className: undefined, title: personName(identity.id, identity), rel: undefined }
  }

  /** A bug by its id, or a comment by its combined id. */
  #entity(digits: string): LocalLink | undefined {
    const found = findByPrefix(this.#tracker.bugById, digits, minIdDigits)
    if (found !== undefined) return 'one' in found ? this.#bug(found.one) : undefined
    if (digits.length < minCombinedDigits) return undefined
    const { bugPrefix } = splitCombinedId(digits)
    const of = findByPrefix(this.#tracker.bugById, bugPrefix, 1)
    return of && 'one' in of ? bugLink(this.#links.commentById(this.#name, digits), of.one) : undefined
  }

  #commit(digits: string): LocalLink | undefined {
    if (this.#commitUrl === undefined || !looksLikeCommit(digits)) return undefined
    const href = this.#commitUrl.replaceAll('{hash}', digits)
    return { href, className: undefined, title: undefined, rel: 'nofollow noopener' }
  }
}

/** Makes the linker. What it learns of a state is forgotten with that state. */
export function createLinker({ links, offers }: Pick<Site, 'links' | 'offers'>): Linker {
  const known = new WeakMap<Tracker, TrackerNames>()
  const namesOf = (tracker: Tracker): TrackerNames => {
    const names = known.get(tracker) ?? createTrackerNames(tracker)
    known.set(tracker, names)
    return names
  }
  return (repository, { commitUrl }) => {
    const resolver = new Resolver(links, repository, { names: namesOf(repository.tracker), commitUrl })
    return candidate => {
      const link = resolver.resolve(candidate)
      return link && (link.rel !== undefined || offers(link.href)) ? link : undefined
    }
  }
}
