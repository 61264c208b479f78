/**
 * What the Atom feeds of bugs hold: of a list, an entry per bug; of a bug, an entry per comment and change of status.
 * Ids are `tag:` URIs made from the host, the repository and git-bug's own ids, so an entry keeps its id wherever the
 * page moves on the host.
 */
import { type Bug, type BugSummary, humanId, type Tracker } from '../bug/model.ts'
import { createOrder } from '../query/order.ts'
import { type Feed, type FeedEntry, latest, noTime, writeAtom } from './atom.ts'
import { repliesOf, shortTitle, statusWord } from './bug-row.ts'
import type { RepositoryInput, Site } from './layout.ts'
import type { Markdown } from './markdown.ts'
import { personName } from './person-view.ts'
import { isoTime } from './time.ts'
import { visibleText } from './visible-text.ts'
import { counted, shownText } from './wording.ts'

interface FeedInput {
  readonly site: Site
  readonly repository: RepositoryInput
  /** Scheme, host and port of the addresses in the feed, such as `https://bugs.example.org`. */
  readonly origin: string
}

export interface BugListFeedInput extends FeedInput {
  /** What the query finds, in any order. */
  readonly bugs: readonly BugSummary[]
  /** As the address has it; undefined where it has none. */
  readonly text: string | undefined
}

export interface BugFeedInput extends FeedInput {
  readonly bug: Bug
  readonly markdown: Markdown
}

const maxEntries = 25
const maxCategories = 50
const maxCategoryChars = 200

/**
 * The day of a `tag:` URI says when its host was the operator's. It is part of every id, so it stays as it is, and no
 * time of the data may stand here: those may lie in years when nobody had the host.
 */
const tagDate = '2026'

/** The feed of a list of bugs: the newest edit first, by lamport time, so that no wrong clock keeps a bug at the top. */
export function bugListFeed({ site, repository, origin, bugs, text }: BugListFeedInput): string {
  const { links } = site
  const { name, tracker } = repository
  const newest = bugs.toSorted(createOrder({ key: 'edit', direction: 'desc' })).slice(0, maxEntries)
  const entries = newest.map((bug): FeedEntry => {
    const published = isoTime(bug.createdAt) ?? noTime
    return {
      id: tagUri(origin, name, bug.id),
      title: shortTitle(bug.title),
      author: nameOf(bug.authorId, tracker),
      url: `${origin}${links.bug(name, bug.id)}`,
      published,
      updated: isoTime(bug.editedAt) ?? published,
      categories: bug.labels.slice(0, maxCategories).map(label => shownText(label, maxCategoryChars)),
      summary: `${statusWord(bug)} · ${counted(repliesOf(bug), 'reply', 'replies')}`,
      html: '',
      inReplyTo: undefined,
    }
  })
  return write(
    { site, origin },
    {
      id: tagUri(origin, name, `bugs${text === undefined ? '' : `?q=${encodeURIComponent(text.toWellFormed())}`}`),
      title: `${text === undefined ? 'Bugs' : visibleText(text)} · ${visibleText(name)}`,
      selfPath: links.bugsAtom(name, text),
      pagePath: links.bugs(name, { q: text }),
      entries,
    },
  )
}

/** The feed of one bug: what was written last first. */
export function bugFeed({ site, repository, origin, bug, markdown }: BugFeedInput): string {
  const { links } = site
  const { name, tracker } = repository
  const bugUrl = `${origin}${links.bug(name, bug.id)}`
  const title = shortTitle(bug.title)
  const events = bug.timeline.filter(({ type }) => type === 'create' || type === 'comment' || type === 'status')
  const entries = events.slice(-maxEntries).map((event): FeedEntry => {
    const published = isoTime(event.at) ?? noTime
    const author = nameOf(event.authorId, tracker)
    const common = {
      id: tagUri(origin, name, event.id),
      author,
      url: `${origin}${links.comment(name, bug.id, event.id)}`,
      published,
      updated: published,
      categories: [],
      summary: '',
      html: '',
    }
    const inReplyTo = { id: tagUri(origin, name, bug.id), url: bugUrl }
    if (event.type === 'create' || event.type === 'comment') {
      return {
        ...common,
        title: event.type === 'create' ? title : `${author} commented on ${title}`,
        updated: isoTime(event.editedAt) ?? published,
        html: event.message === '' ? '' : markdown.render(event.message).html,
        // The description stands for the bug itself, as in the feed of the list.
        ...(event.type === 'create' ? { id: inReplyTo.id, inReplyTo: undefined } : { inReplyTo }),
      }
    }
    const done = event.type === 'status' && event.status === 'open' ? 'opened again' : 'closed'
    return { ...common, title: `${author} ${done} ${title}`, summary: `${author} ${done} this bug.`, inReplyTo }
  })
  return write(
    { site, origin },
    {
      id: tagUri(origin, name, `${bug.id}/timeline`),
      title: `${title} · ${humanId(bug.id)} · ${visibleText(name)}`,
      selfPath: links.bugAtom(name, bug.id),
      pagePath: links.bug(name, bug.id),
      entries: entries.reverse(),
    },
  )
}

interface FeedParts extends Pick<Feed, 'id' | 'title' | 'entries'> {
  readonly selfPath: string
  readonly pagePath: string
}

function write({ site, origin }: { site: Site; origin: string }, parts: FeedParts): string {
  return writeAtom({
    id: parts.id,
    title: `${parts.title} · ${site.title}`,
    updated: latest(parts.entries.map(({ updated }) => updated)),
    selfUrl: `${origin}${parts.selfPath}`,
    pageUrl: `${origin}${parts.pagePath}`,
    iconUrl: `${origin}${site.links.staticFile('favicon.svg')}`,
    entries: parts.entries,
  })
}

function nameOf(identityId: string, tracker: Tracker): string {
  return personName(identityId, tracker.identities.get(identityId))
}

/** A `tag:` URI (RFC 4151). The authority there is a host name without a port. */
function tagUri(origin: string, repository: string, rest: string): string {
  const host = URL.canParse(origin) ? new URL(origin).hostname : ''
  const authority = host.replace(/[^0-9a-zA-Z.-]/g, '') || 'localhost'
  const name = repository
    .split('/')
    .map(part => encodeURIComponent(part.toWellFormed()))
    .join('/')
  return `tag:${authority},${tagDate}:${name}/${rest}`
}
