/** The people of a repository with what they took part in; who did most comes first. */
import { humanId } from '../bug/model.ts'
import { layoutView, type PageView, type RepositoryInput, type Site } from './layout.ts'
import { type PersonView, personViews } from './person-view.ts'
import { counted, grouped, leftOut } from './wording.ts'

export interface PeopleInput {
  readonly site: Site
  readonly repository: RepositoryInput
}

export interface PeopleView extends PageView {
  readonly heading: string
  readonly rows: readonly PersonRowView[]
  /** How many people are not shown, in words; empty where all are. */
  readonly more: string
  readonly jsonUrl: string
}

export interface PersonRowView {
  readonly person: PersonView
  readonly humanId: string
  /** Bugs that the person opened. */
  readonly opened: string
  /** Bugs of others that the person commented on. */
  readonly commented: string
}

const maxShown = 5000

export function peoplePage({ site, repository }: PeopleInput): PeopleView {
  const { links } = site
  const { name, tracker } = repository
  const opened = new Map<string, number>()
  const commented = new Map<string, number>()
  for (const { authorId, participantIds } of tracker.bugs) {
    opened.set(authorId, (opened.get(authorId) ?? 0) + 1)
    for (const id of participantIds) if (id !== authorId) commented.set(id, (commented.get(id) ?? 0) + 1)
  }
  const person = personViews({ identities: tracker.identities, links, repository: name })
  const people = [...tracker.identities.keys()].map(id => ({
    id,
    person: person(id),
    opened: opened.get(id) ?? 0,
    commented: commented.get(id) ?? 0,
  }))
  people.sort(
    (a, b) =>
      b.opened + b.commented - a.opened - a.commented || compare(a.person.name, b.person.name) || compare(a.id, b.id),
  )
  return {
    layout: layoutView({
      site,
      title: 'People',
      repository,
      tab: 'people',
      canonical: links.people(name),
      formats: [{ label: 'JSON', type: 'application/json', url: links.peopleJson(name) }],
    }),
    heading: counted(people.length, 'person', 'people'),
    more: leftOut(people.length, maxShown, ['more person is', 'more people are']),
    jsonUrl: links.peopleJson(name),
    rows: people.slice(0, maxShown).map(entry => ({
      person: entry.person,
      humanId: humanId(entry.id),
      opened: grouped(entry.opened),
      commented: grouped(entry.commented),
    })),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
