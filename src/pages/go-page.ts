/**
 * The page of the box that takes any id: empty, with several things that an id can mean, or with none. What it finds is
 * looked for in every listed repository (`http/routes/go.ts`); what was not looked into is said.
 */
import { type BugSummary, humanId, type Identity } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import { shortTitle, statusWord } from './bug-row.ts'
import { layoutView, type PageView } from './layout.ts'
import { personName } from './person-view.ts'
import type { SearchReach } from './search-page.ts'
import type { Site } from './site.ts'
import { counted, leftOut, shownText } from './wording.ts'

/** One thing that an id can mean. */
export type Target = { readonly repository: string } & (
  | { readonly kind: 'bug'; readonly bug: BugSummary }
  | { readonly kind: 'person'; readonly identity: Identity }
  /** `id` is the combined id. */
  | { readonly kind: 'comment'; readonly bug: BugSummary; readonly id: string }
)

export interface GoInput {
  readonly site: Site
  /** As the visitor wrote it; undefined where nothing was asked for. */
  readonly typed: string | undefined
  readonly targets: readonly Target[]
  /** Undefined where nothing was looked for, since what was typed is no id. */
  readonly reach: SearchReach | undefined
}

export interface GoView extends PageView {
  readonly heading: string
  readonly text: string
  readonly action: string
  readonly searchUrl: string
  /** What came of it, in words; empty where nothing was asked for. */
  readonly said: string
  readonly isMissing: boolean
  readonly targets: readonly TargetView[]
  readonly more: string
  /** The same words, to be looked for in titles and comments. */
  readonly wordsUrl: string | undefined
  readonly late: readonly { readonly name: string; readonly url: string }[]
  readonly rest: { readonly text: string; readonly url: string } | undefined
}

export interface TargetView {
  readonly repository: string
  /** What it is, before the text; empty of a bug. */
  readonly kind: string
  readonly text: string
  readonly url: string
  readonly id: string
  /** Of a bug, else empty. */
  readonly status: string
  readonly statusWord: string
}

const { common, go: words } = strings

const maxTargets = 100
const maxLate = 20
const maxShownChars = 200
/** Digits of a combined id that are enough to see which one it is. */
const combinedDigits = 16

/** Where a target is. */
export function targetUrl({ links }: Pick<Site, 'links'>, target: Target): string {
  const { repository } = target
  if (target.kind === 'person') return links.person(repository, target.identity.id)
  if (target.kind === 'bug') return links.bug(repository, target.bug.id)
  return links.comment(repository, target.bug.id, target.id)
}

export function goPage({ site, typed, targets, reach }: GoInput): GoView {
  const { links } = site
  const isAsked = typed !== undefined
  const heading = !isAsked ? words.goToABug : targets.length > 0 ? words.whichOne : words.nothingHasThisId
  const next = reach?.next
  return {
    layout: layoutView({
      site,
      title: heading,
      indexed: !isAsked,
      ...(isAsked ? {} : { canonical: links.go() }),
      description: words.description,
    }),
    heading,
    text: typed ?? '',
    action: links.go(),
    searchUrl: links.search(),
    said: isAsked ? whatCameOf(targets.length, reach) : '',
    isMissing: isAsked && targets.length === 0,
    targets: targets.slice(0, maxTargets).map(target => targetView(site, target)),
    more: leftOut(targets.length, maxTargets, words.more),
    wordsUrl: isAsked && targets.length === 0 ? searchFor(site, typed) : undefined,
    late: (reach?.late ?? [])
      .slice(0, maxLate)
      .map(name => ({ name: shownText(name, maxShownChars), url: links.bugs(name) })),
    rest:
      next === undefined
        ? undefined
        : { text: words.lookIntoTheRest(shownText(next, maxShownChars)), url: links.go(typed, next) },
  }
}

/** A search for it as one phrase; undefined where no query can say it. */
function searchFor({ links }: Site, typed: string): string | undefined {
  const words = typed.trim()
  return words === '' || words.includes('"') ? undefined : links.search(`"${words}"`)
}

function whatCameOf(found: number, reach: SearchReach | undefined): string {
  if (reach === undefined) return words.noId
  const { total, looked, late } = reach
  const searched = looked - late.length
  const repositories = counted(total, ...common.nouns.repository)
  const where = searched < total ? common.someOf(`${searched}`, repositories) : repositories
  const reached = searched === 1 ? words.wasLookedInto(where) : words.wereLookedInto(where)
  return `${found === 0 ? words.nothingFound : words.found(counted(found, ...words.things))} ${reached}`
}

function targetView(site: Site, target: Target): TargetView {
  const { repository } = target
  const shared = { repository: shownText(repository, maxShownChars), url: targetUrl(site, target) }
  if (target.kind === 'person') {
    const { identity } = target
    const text = personName(identity.id, identity)
    return { ...shared, kind: words.person, text, id: humanId(identity.id), status: '', statusWord: '' }
  }
  const { bug } = target
  const text = shortTitle(bug.title)
  if (target.kind === 'comment') {
    return {
      ...shared,
      kind: words.commentIn,
      text,
      id: target.id.slice(0, combinedDigits),
      status: '',
      statusWord: '',
    }
  }
  return { ...shared, kind: '', text, id: humanId(bug.id), status: bug.status, statusWord: statusWord(bug) }
}
