/** One bug: its facts, its whole timeline, and what stands beside it. */
import { type Bug, humanId } from '../bug/model.ts'
import { repliesOf, shortTitle, statusWord } from './bug-row.ts'
import { type LabelView, labelAddress, labelViews } from './label-view.ts'
import { layoutView, type PageView, type RepositoryInput, type Site } from './layout.ts'
import type { Markdown } from './markdown.ts'
import { type PersonView, personViews } from './person-view.ts'
import { dayView, type TimeView } from './time.ts'
import { eventsLeftOut, type TimelineItemView, timelineView } from './timeline.ts'
import { visibleText } from './visible-text.ts'
import { counted, leftOut, shownText } from './wording.ts'

export interface BugPageInput {
  readonly site: Site
  readonly repository: RepositoryInput
  readonly bug: Bug
  readonly markdown: Markdown
}

export interface BugView extends PageView {
  readonly title: string
  readonly humanId: string
  /** `open` or `closed`: icon and class. */
  readonly status: string
  readonly statusWord: string
  readonly author: PersonView
  readonly opened: TimeView
  readonly updated: TimeView
  readonly repliesText: string
  readonly timeline: readonly TimelineItemView[]
  /** What is left out, in words; empty where nothing is. Likewise for labels and participants. */
  readonly moreEvents: string
  readonly labels: readonly LabelView[]
  readonly moreLabels: string
  readonly participants: readonly PersonView[]
  readonly moreParticipants: string
  readonly participantsText: string
  /** Where the bug was imported from. */
  readonly origins: readonly { readonly text: string; readonly url: string }[]
  readonly cloneCommand: string
  readonly jsonUrl: string
  readonly provenance: ProvenanceView
}

export interface ProvenanceView {
  readonly packs: string
  /** Short and whole hash of the newest commit. */
  readonly commit: string
  readonly wholeCommit: string
  readonly lamport: string
}

const maxTitleChars = 2000
const maxDescriptionChars = 200
const maxOrigins = 10
const maxOriginUrlChars = 2000
/** Labels and people beside the timeline. */
const maxAside = 200
const maxOriginChars = 80

export function bugPage({ site, repository, bug, markdown }: BugPageInput): BugView {
  const { links } = site
  const { name, tracker } = repository
  const person = personViews({ identities: tracker.identities, links, repository: name })
  const label = labelViews(labelAddress(links, name))
  const description = bug.comments[0]?.message ?? ''
  const jsonUrl = links.bugJson(name, bug.id)
  return {
    layout: layoutView({
      site,
      title: `${shortTitle(bug.title)} · ${humanId(bug.id)}`,
      repository,
      tab: 'bugs',
      canonical: links.bug(name, bug.id),
      description: visibleText(markdown.excerpt(description, maxDescriptionChars)),
      formats: [
        { label: 'Atom', type: 'application/atom+xml', url: links.bugAtom(name, bug.id) },
        { label: 'JSON', type: 'application/json', url: jsonUrl },
        { label: 'Text', type: 'text/plain', url: links.bugText(name, bug.id) },
        { label: 'Markdown', type: 'text/markdown', url: links.bugMarkdown(name, bug.id) },
        { label: 'mbox', type: 'application/mbox', url: links.bugMbox(name, bug.id) },
      ],
    }),
    title: shownText(bug.title, maxTitleChars),
    humanId: humanId(bug.id),
    status: bug.status,
    statusWord: statusWord(bug),
    author: person(bug.authorId),
    opened: dayView(bug.createdAt),
    updated: dayView(bug.editedAt),
    repliesText: counted(repliesOf(bug), 'reply', 'replies'),
    timeline: timelineView({ timeline: bug.timeline, links, repository: name, person, label, markdown }),
    moreEvents: eventsLeftOut(bug.timeline),
    labels: bug.labels.slice(0, maxAside).map(label),
    moreLabels: leftOut(bug.labels.length, maxAside, ['more', 'more']),
    participants: bug.participantIds.slice(0, maxAside).map(person),
    moreParticipants: leftOut(bug.participantIds.length, maxAside, ['other', 'others']),
    participantsText: counted(bug.participantIds.length, 'participant', 'participants'),
    origins: originsOf(bug.metadata),
    cloneCommand: `git bug bug show ${humanId(bug.id)}`,
    jsonUrl,
    provenance: {
      packs: counted(bug.packs.length, 'pack', 'packs'),
      commit: humanId(bug.tip),
      wholeCommit: bug.tip,
      lamport: String(bug.editLamport),
    },
  }
}

/** Web addresses that a bridge left in the metadata, under keys such as `github-url`. Others are no links. */
function originsOf(metadata: ReadonlyMap<string, string>): BugView['origins'] {
  const found = [...metadata].flatMap(([key, value]) => {
    if (!key.endsWith('-url') || value.length > maxOriginUrlChars || !URL.canParse(value)) return []
    const { protocol, host, pathname, hash, href } = new URL(value)
    if (protocol !== 'https:' && protocol !== 'http:') return []
    return [{ text: shownText(`${host}${pathname === '/' ? '' : pathname}${hash}`, maxOriginChars), url: href }]
  })
  return found.slice(0, maxOrigins)
}
