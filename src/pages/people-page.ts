/** The people of a repository with what they took part in; who did most comes first. */
import { humanId, type Identity, type Tracker } from '../bug/model.ts'
import { hasKeys } from '../signatures/keys-in-force.ts'
import { strings } from '../strings/strings.ts'
import { isBot } from './bots.ts'
import { layoutView, type PageView, type RepositoryInput } from './layout.ts'
import { type PersonView, personViews } from './person-view.ts'
import type { Site } from './site.ts'
import { counted, grouped, leftOut } from './wording.ts'

export interface PeopleInput {
  readonly site: Site
  readonly repository: RepositoryInput
  /** What names, logins or ids of those who are shown contain; undefined shows all. */
  readonly text?: string | undefined
}

export interface PeopleView extends PageView {
  readonly heading: string
  /** Where the filter form leads, and what is in its box. */
  readonly filter: { readonly url: string; readonly text: string }
  readonly rows: readonly PersonRowView[]
  /** Why there is no row; empty where there are some. */
  readonly none: string
  /** How many people are not shown, in words; empty where all are. */
  readonly more: string
  readonly jsonUrl: string
}

export interface PersonRowView {
  readonly person: PersonView
  readonly humanId: string
  readonly isBot: boolean
  /** Such as `2 keys`; empty without keys in force. */
  readonly keys: string
  /** Bugs that the person opened. */
  readonly opened: string
  /** Bugs of others that the person commented on. */
  readonly commented: string
  /** Bugs of others that the person changed without a comment. */
  readonly changed: string
}

const maxShown = 1000

export function peoplePage({ site, repository, text }: PeopleInput): PeopleView {
  const { links } = site
  const { name, tracker } = repository
  const person = personViews(site, repository)
  const isWanted = matchPerson(text ?? '')
  const people = [...countParts(tracker)].filter(({ identity }) => isWanted(identity))
  people.sort((a, b) => sum(b) - sum(a) || compare(a.name, b.name) || compare(a.identity.id, b.identity.id))
  return {
    layout: layoutView({
      site,
      title: strings.people.title,
      repository,
      tab: 'people',
      canonical: links.people(name),
      indexed: text === undefined,
      formats: [{ label: strings.common.formats.json, type: 'application/json', url: links.peopleJson(name) }],
    }),
    heading: counted(people.length, ...strings.common.nouns.person),
    filter: { url: links.people(name), text: text ?? '' },
    none: people.length > 0 ? '' : noneText(tracker),
    more: leftOut(people.length, maxShown, strings.people.morePeople),
    jsonUrl: links.peopleJson(name),
    rows: people.slice(0, maxShown).map(({ identity, opened, commented, changed }) => ({
      person: person(identity.id),
      humanId: humanId(identity.id),
      isBot: isBot(identity),
      keys: keysText(identity),
      opened: grouped(opened),
      commented: grouped(commented),
      changed: grouped(changed),
    })),
  }
}

/** From here on, looking each up in a list takes longer than making a set. */
const manyParticipants = 50

interface Parts {
  readonly identity: Identity
  /** By which they are in order; made once, since most are compared many times. */
  readonly name: string
  opened: number
  commented: number
  changed: number
}

function countParts({ bugs, identities }: Tracker): Iterable<Parts> {
  const parts = new Map<string, Parts>()
  for (const identity of identities.values()) {
    const name = identity.displayName.toLowerCase()
    parts.set(identity.id, { identity, name, opened: 0, commented: 0, changed: 0 })
  }
  const count = (id: string, what: 'opened' | 'commented' | 'changed') => {
    const found = parts.get(id)
    if (found) found[what]++
  }
  for (const { authorId, participantIds, actorIds } of bugs) {
    count(authorId, 'opened')
    for (const id of participantIds) if (id !== authorId) count(id, 'commented')
    const took = participantIds.length > manyParticipants ? new Set(participantIds) : undefined
    for (const id of actorIds) {
      if (id !== authorId && !(took?.has(id) ?? participantIds.includes(id))) count(id, 'changed')
    }
  }
  return parts.values()
}

function sum({ opened, commented, changed }: Parts): number {
  return opened + commented + changed
}

function noneText({ identities }: Tracker): string {
  return identities.size === 0 ? strings.people.nobody : strings.people.notFound
}

/** Whether a name or login contains the text, whatever its case, or an id begins with it. */
function matchPerson(text: string): (identity: Identity) => boolean {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return () => true
  return ({ id, name, login }) =>
    id.startsWith(wanted) || [name, login].some(word => word?.toLowerCase().includes(wanted) === true)
}

function keysText(identity: Identity): string {
  const count = hasKeys(identity) ? (identity.versions.at(-1)?.keys.length ?? 0) : 0
  return count === 0 ? '' : counted(count, ...strings.person.keys)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
