/**
 * One person: who they say they are and were, their keys, the bugs that they opened, commented on and changed. The
 * e-mail address only where the operator wants that. What the data does not say (when somebody commented last, without
 * reading every bug) is not guessed.
 */
import { type BugSummary, humanId, type Identity, type Tracker } from '../bug/model.ts'
import { plainName } from '../bug/namesakes.ts'
import { strings } from '../strings/strings.ts'
import { isBot } from './bots.ts'
import { type BugRowView, bugRow } from './bug-row.ts'
import { type KeysView, keysView } from './key-view.ts'
import { labelAddress, labelViews } from './label-view.ts'
import { layoutView, type PageView, type RepositoryInput } from './layout.ts'
import { type OriginView, originsOf } from './person-origins.ts'
import { type PersonView, personViews } from './person-view.ts'
import type { Site } from './site.ts'
import { dayView, isoTime, type TimeView } from './time.ts'
import { counted, grouped, leftOut, shownText } from './wording.ts'

export interface PersonInput {
  readonly site: Site
  readonly repository: RepositoryInput
  readonly identity: Identity
  /** A picture of their activity, safe HTML. */
  readonly activity?: string | undefined
}

export interface PersonPageView extends PageView {
  readonly person: PersonView
  readonly humanId: string
  readonly id: string
  readonly isBot: boolean
  readonly login: string
  /** Empty where it is not shown, or there is none. */
  readonly email: string
  /** When they opened their first and their last bug; undefined for somebody who opened none. */
  readonly opened: { readonly first: TimeView; readonly last: TimeView } | undefined
  readonly activity: string | undefined
  /** Where they were imported from. */
  readonly origins: readonly OriginView[]
  /** Others of the same name. */
  readonly namesakes: readonly PersonView[]
  /** The last first. */
  readonly versions: readonly VersionView[]
  /** How many more there are, in words; empty where all are shown. */
  readonly moreVersions: string
  readonly keys: KeysView
  /** Those that are not empty. */
  readonly lists: readonly PersonBugsView[]
  readonly cloneCommand: string
}

export interface VersionView {
  readonly at: TimeView
  readonly name: string
  /** How its keys differ from those of the version before, such as `1 new key`; empty where they do not. */
  readonly keys: string
  readonly commit: string
}

export interface PersonBugsView {
  /** The name of its place on the page, without `#`. */
  readonly anchor: string
  /** Such as `opened 15 bugs`. */
  readonly short: string
  readonly heading: string
  /** Such as `3 open, 12 closed`. */
  readonly statusText: string
  readonly rows: readonly BugRowView[]
  /** The list of all, where not all are shown. */
  readonly more: { readonly text: string; readonly url: string } | undefined
}

/** Bugs of one list. */
const maxRows = 25
const maxVersions = 100
const maxNamesakes = 20
const maxNameChars = 200

export function personPage({ site, repository, identity, activity }: PersonInput): PersonPageView {
  const { links } = site
  const { name, tracker } = repository
  const person = personViews(site, repository)
  const me = person(identity.id)
  const prefix = humanId(identity.id)
  const bugs = bugsOf(tracker, identity.id)
  return {
    layout: layoutView({
      site,
      title: me.name,
      repository,
      tab: 'people',
      canonical: links.person(name, identity.id),
      description: strings.person.openedBugsOf(me.name, countedBugs(bugs.opened), name),
      formats: [
        { label: strings.common.formats.atom, type: 'application/atom+xml', url: links.personAtom(name, identity.id) },
        { label: strings.common.formats.json, type: 'application/json', url: links.personJson(name, identity.id) },
      ],
    }),
    person: me,
    humanId: prefix,
    id: identity.id,
    isBot: isBot(identity),
    login: shownText(identity.login ?? '', maxNameChars),
    email: site.showsEmail ? shownText(identity.email ?? '', maxNameChars) : '',
    opened: spanOf(bugs.opened),
    activity,
    origins: originsOf(identity),
    namesakes: namesakesOf(tracker, identity).slice(0, maxNamesakes).map(person),
    versions: versionsOf(identity),
    moreVersions: leftOut(identity.versions.length, maxVersions, strings.person.earlierNames),
    keys: keysView(identity),
    lists: listsOf(bugs, { site, repository, person, prefix }),
    cloneCommand: `git bug bug author:${prefix}`,
  }
}

interface PersonBugs {
  readonly opened: readonly BugSummary[]
  readonly commented: readonly BugSummary[]
  readonly changed: readonly BugSummary[]
}

/** A person's bugs, each in one list: what they did first counts. */
function bugsOf({ bugs }: Tracker, id: string): PersonBugs {
  const mine = bugs.filter(bug => bug.actorIds.includes(id) || bug.participantIds.includes(id))
  const others = mine.filter(({ authorId }) => authorId !== id)
  return {
    opened: bugs.filter(({ authorId }) => authorId === id),
    commented: others.filter(({ participantIds }) => participantIds.includes(id)),
    changed: others.filter(({ participantIds }) => !participantIds.includes(id)),
  }
}

interface ListContext extends Pick<PersonInput, 'site' | 'repository'> {
  readonly person: (identityId: string) => PersonView
  readonly prefix: string
}

function listsOf(bugs: PersonBugs, { site, repository: { name }, person, prefix }: ListContext): PersonBugsView[] {
  const { links } = site
  const label = labelViews(site.look, labelAddress(links, name))
  const context = { links, repository: name, person, label }
  const list = (
    found: readonly BugSummary[],
    texts: Pick<PersonBugsView, 'anchor' | 'short' | 'heading'>,
    q: string,
  ) => ({
    ...texts,
    statusText: statusText(found),
    rows: found.slice(0, maxRows).map(bug => bugRow(bug, context)),
    more:
      found.length <= maxRows
        ? undefined
        : { text: strings.person.showAll(countedBugs(found)), url: links.bugs(name, { q }) },
  })
  const { opened, commented, changed } = bugs
  const s = strings.person
  return [
    list(
      opened,
      {
        anchor: 'opened',
        short: s.opened.short(countedBugs(opened)),
        heading: s.opened.heading(countedBugs(opened)),
      },
      `author:${prefix}`,
    ),
    list(
      commented,
      {
        anchor: 'commented',
        short: s.commented.short(grouped(commented.length)),
        heading: s.commented.heading(countedBugs(commented)),
      },
      `participant:${prefix} -author:${prefix}`,
    ),
    list(
      changed,
      {
        anchor: 'changed',
        short: s.changed.short(grouped(changed.length)),
        heading: s.changed.heading(countedBugs(changed)),
      },
      `actor:${prefix} -participant:${prefix}`,
    ),
  ].filter(({ rows }) => rows.length > 0)
}

function countedBugs(bugs: readonly BugSummary[]): string {
  return counted(bugs.length, ...strings.common.nouns.bug)
}

function statusText(bugs: readonly BugSummary[]): string {
  const open = bugs.filter(({ status }) => status === 'open').length
  const counts = [
    open > 0 ? strings.person.open(open) : '',
    open < bugs.length ? strings.person.closed(bugs.length - open) : '',
  ]
  return counts.filter(text => text !== '').join(', ')
}

/** By the writers' clocks; times that no calendar shows do not count. */
function spanOf(bugs: readonly BugSummary[]): PersonPageView['opened'] {
  const times = bugs.map(({ createdAt }) => createdAt).filter(time => isoTime(time) !== undefined)
  if (times.length === 0) return undefined
  const [first, last] = times.reduce(([a, b], time) => [Math.min(a, time), Math.max(b, time)], [Infinity, 0])
  return { first: dayView(first), last: dayView(last) }
}

function namesakesOf(tracker: Tracker, identity: Identity): string[] {
  const namesakes = tracker.namesakes()
  if (!namesakes.has(identity.id)) return []
  const name = plainName(identity.displayName)
  const isSame = (id: string) => plainName(tracker.identities.get(id)?.displayName ?? '') === name
  return [...namesakes].filter(id => id !== identity.id && isSame(id))
}

function versionsOf({ versions }: Identity): VersionView[] {
  const first = Math.max(0, versions.length - maxVersions)
  return versions
    .slice(first)
    .map(({ at, name, login, keys, commit }, place) => {
      const parts = [name, login === undefined || login === '' || login === name ? undefined : `(${login})`]
      const shown = parts.filter(part => part !== undefined && part !== '').join(' ')
      return {
        at: dayView(at),
        name: shownText(shown, maxNameChars) || strings.person.noName,
        keys: keyChange(versions[first + place - 1]?.keys ?? [], keys),
        commit,
      }
    })
    .reverse()
}

function keyChange(before: readonly string[], now: readonly string[]): string {
  const added = new Set(now).difference(new Set(before)).size
  const removed = new Set(before).difference(new Set(now)).size
  const changes = [
    added > 0 ? counted(added, ...strings.person.newKeys) : '',
    removed > 0 ? strings.person.takenAway(counted(removed, ...strings.person.keys)) : '',
  ]
  return changes.filter(text => text !== '').join(', ')
}
