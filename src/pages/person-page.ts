/** One person: who they say they are and were, and the bugs they opened and commented on. No e-mail address. */
import { type BugSummary, humanId, type Identity } from '../bug/model.ts'
import { type BugRowView, bugRow } from './bug-row.ts'
import { labelAddress, labelViews } from './label-view.ts'
import { layoutView, type PageView, type RepositoryInput, type Site } from './layout.ts'
import { type PersonView, personViews } from './person-view.ts'
import { dayView, type TimeView } from './time.ts'
import { counted, shownText } from './wording.ts'

export interface PersonInput {
  readonly site: Site
  readonly repository: RepositoryInput
  readonly identity: Identity
}

export interface PersonPageView extends PageView {
  readonly person: PersonView
  readonly humanId: string
  readonly id: string
  readonly login: string
  /** The last first. */
  readonly versions: readonly VersionView[]
  /** Those that are not empty. */
  readonly lists: readonly PersonBugsView[]
}

export interface VersionView {
  readonly at: TimeView
  readonly name: string
  /** Such as `2 keys`; empty without keys. */
  readonly keys: string
}

export interface PersonBugsView {
  readonly heading: string
  readonly rows: readonly BugRowView[]
  /** The list of all, where not all are shown. */
  readonly more: { readonly text: string; readonly url: string } | undefined
}

/** Bugs of one list. */
const maxRows = 25
const maxVersions = 100
const maxNameChars = 200

export function personPage({ site, repository, identity }: PersonInput): PersonPageView {
  const { links } = site
  const { name, tracker } = repository
  const person = personViews({ identities: tracker.identities, links, repository: name })
  const label = labelViews(labelAddress(links, name))
  const context = { links, repository: name, person, label }
  const me = person(identity.id)
  const opened = tracker.bugs.filter(bug => bug.authorId === identity.id)
  const commented = tracker.bugs.filter(bug => bug.authorId !== identity.id && bug.participantIds.includes(identity.id))
  const list = (bugs: readonly BugSummary[], { heading, q }: { heading: string; q: string }) => ({
    heading,
    rows: bugs.slice(0, maxRows).map(bug => bugRow(bug, context)),
    more:
      bugs.length <= maxRows
        ? undefined
        : { text: `Show all ${counted(bugs.length, 'bug', 'bugs')}`, url: links.bugs(name, { q }) },
  })
  const prefix = humanId(identity.id)
  return {
    layout: layoutView({
      site,
      title: me.name,
      repository,
      tab: 'people',
      canonical: links.person(name, identity.id),
      formats: [{ label: 'JSON', type: 'application/json', url: links.personJson(name, identity.id) }],
    }),
    person: me,
    humanId: prefix,
    id: identity.id,
    login: shownText(identity.login ?? '', maxNameChars),
    versions: versionsOf(identity),
    lists: [
      list(opened, {
        heading: `Opened ${counted(opened.length, 'bug', 'bugs')}`,
        q: `author:${prefix}`,
      }),
      list(commented, {
        heading: `Commented on ${counted(commented.length, 'bug of others', 'bugs of others')}`,
        q: `participant:${prefix} -author:${prefix}`,
      }),
    ].filter(({ rows }) => rows.length > 0),
  }
}

function versionsOf({ versions }: Identity): VersionView[] {
  return versions
    .slice(-maxVersions)
    .map(({ at, name, login, keys }) => {
      const parts = [name, login === undefined || login === '' || login === name ? undefined : `(${login})`]
      const shown = parts.filter(part => part !== undefined && part !== '').join(' ')
      return {
        at: dayView(at),
        name: shownText(shown, maxNameChars) || 'no name',
        keys: keys.length === 0 ? '' : counted(keys.length, 'key', 'keys'),
      }
    })
    .reverse()
}
