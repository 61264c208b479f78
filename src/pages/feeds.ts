/**
 * What the Atom feeds of bugs hold: of a list and of a person, an entry per bug; of a bug, an entry per comment and
 * change of status.
 * Ids are `tag:` URIs made from the host, the repository and git-bug's own ids, so an entry keeps its id wherever the
 * page moves on the host.
 */
import { type Bug, type BugSummary, humanId, type Identity, type Tracker } from '../bug/model.ts'
import { createOrder } from '../query/order.ts'
import { strings } from '../strings/strings.ts'
import type { Markdown } from '../text/markdown.ts'
import { visibleText } from '../text/visible-text.ts'
import { type Feed, type FeedEntry, latest, noTime, writeAtom } from './atom.ts'
import { repliesOf, shortTitle, statusWord } from './bug-row.ts'
import type { RepositoryInput } from './layout.ts'
import { personName } from './person-view.ts'
import type { Site } from './site.ts'
import { isoTime } from './time.ts'
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

export interface PersonFeedInput extends FeedInput {
  readonly identity: Identity
}

export interface BugFeedInput extends FeedInput {
  readonly bug: Bug
  readonly markdown: Markdown
}

const words = strings.feed

const maxEntries = 25
/** Characters of all texts of a feed: they are laid out in one go. */
const maxFeedChars = 256 * 1024
const maxExcerptChars = 300
const maxCategories = 50
const maxCategoryChars = 200

/**
 * The day of a `tag:` URI says when its host was the operator's. It is part of every id, so it stays as it is, and no
 * time of the data may stand here: those may lie in years when nobody had the host.
 */
const tagDate = '2026'

/** The feed of a list of bugs. */
export function bugListFeed({ site, repository, origin, bugs, text }: BugListFeedInput): string {
  const { links } = site
  const { name } = repository
  return write(
    { site, origin },
    {
      id: tagUri(origin, name, `bugs${text === undefined ? '' : `?q=${encodeURIComponent(text.toWellFormed())}`}`),
      title: `${text === undefined ? words.bugs : visibleText(text)} · ${visibleText(name)}`,
      selfPath: links.bugsAtom(name, text),
      pagePath: links.bugs(name, { q: text }),
      entries: bugEntries(bugs, { site, repository, origin }),
    },
  )
}

/** The feed of a person: the bugs that they opened or commented on. */
export function personFeed({ site, repository, origin, identity }: PersonFeedInput): string {
  const { links } = site
  const { name, tracker } = repository
  const bugs = tracker.bugs.filter(({ participantIds }) => participantIds.includes(identity.id))
  return write(
    { site, origin },
    {
      id: tagUri(origin, name, `identities/${identity.id}`),
      title: `${personName(identity.id, identity)} · ${visibleText(name)}`,
      selfPath: links.personAtom(name, identity.id),
      pagePath: links.person(name, identity.id),
      entries: bugEntries(bugs, { site, repository, origin }),
    },
  )
}

/** What a search over all repositories found. */
export interface SearchFeedInput extends Omit<FeedInput, 'repository'> {
  readonly text: string
  /** The repository at which this part of the search began; undefined for the first one. */
  readonly from: string | undefined
  /** Where it goes on; undefined where it is complete. */
  readonly next: string | undefined
  readonly found: readonly { readonly repository: RepositoryInput; readonly bugs: readonly BugSummary[] }[]
}

/** The feed of a search: the newest edit first, by the clocks, since repositories have no other time in common. */
export function searchFeed({ site, origin, text, from, next, found }: SearchFeedInput): string {
  const { links } = site
  const newest = found
    .flatMap(({ repository, bugs }) => bugs.map(bug => ({ repository, bug })))
    .sort((a, b) => b.bug.editedAt - a.bug.editedAt)
    .slice(0, maxEntries)
  return write(
    { site, origin },
    {
      id: tagUri(origin, '-', `search?q=${encodeURIComponent(text.toWellFormed())}`),
      title: visibleText(text),
      selfPath: links.searchAtom(text, from),
      pagePath: links.search(text, from),
      nextPath: next === undefined ? undefined : links.searchAtom(text, next),
      entries: newest.map(({ repository, bug }) => {
        const entry = bugEntry(bug, { site, repository, origin })
        return { ...entry, title: words.inRepository(visibleText(repository.name), entry.title) }
      }),
    },
  )
}

/** An entry per bug: the newest edit first, by lamport time, so that no wrong clock keeps a bug at the top. */
function bugEntries(bugs: readonly BugSummary[], input: FeedInput): FeedEntry[] {
  const newest = bugs.toSorted(createOrder({ key: 'edit', direction: 'desc' })).slice(0, maxEntries)
  return newest.map(bug => bugEntry(bug, input))
}

function bugEntry(bug: BugSummary, { site, repository, origin }: FeedInput): FeedEntry {
  const { name, tracker } = repository
  const published = isoTime(bug.createdAt) ?? noTime
  return {
    id: tagUri(origin, name, bug.id),
    title: shortTitle(bug.title),
    author: nameOf(bug.authorId, tracker),
    url: `${origin}${site.links.bug(name, bug.id)}`,
    published,
    updated: isoTime(bug.editedAt) ?? published,
    categories: bug.labels.slice(0, maxCategories).map(label => shownText(label, maxCategoryChars)),
    summary: words.statusAndReplies(statusWord(bug), counted(repliesOf(bug), ...strings.common.nouns.reply)),
    html: '',
    inReplyTo: undefined,
  }
}

/** The feed of one bug: what was written last first. */
export function bugFeed({ site, repository, origin, bug, markdown }: BugFeedInput): string {
  const { links } = site
  const { name, tracker } = repository
  const bugUrl = `${origin}${links.bug(name, bug.id)}`
  const title = shortTitle(bug.title)
  const events = bug.timeline.filter(({ type }) => type === 'create' || type === 'comment' || type === 'status')
  let room = maxFeedChars
  const textOf = (message: string): Pick<FeedEntry, 'summary' | 'html'> => {
    if (message === '') return { summary: '', html: '' }
    const length = Math.min(message.length, maxFeedChars)
    if (length > room) return { summary: markdown.excerpt(message, maxExcerptChars), html: '' }
    room -= length
    return { summary: '', html: markdown.render(message).html }
  }
  const newest = events.slice(-maxEntries).reverse()
  const entries = newest.map((event): FeedEntry => {
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
        title: event.type === 'create' ? title : words.commentedOn(author, title),
        updated: isoTime(event.editedAt) ?? published,
        ...textOf(event.message),
        // The description stands for the bug itself, as in the feed of the list.
        ...(event.type === 'create' ? { id: inReplyTo.id, inReplyTo: undefined } : { inReplyTo }),
      }
    }
    const done =
      event.type === 'status' && event.status === 'open'
        ? { title: words.openedAgain(author, title), summary: words.openedThisAgain(author) }
        : { title: words.closed(author, title), summary: words.closedThis(author) }
    return { ...common, ...done, inReplyTo }
  })
  return write(
    { site, origin },
    {
      id: tagUri(origin, name, `${bug.id}/timeline`),
      title: `${title} · ${humanId(bug.id)} · ${visibleText(name)}`,
      selfPath: links.bugAtom(name, bug.id),
      pagePath: links.bug(name, bug.id),
      entries,
    },
  )
}

interface FeedParts extends Pick<Feed, 'id' | 'title' | 'entries'> {
  readonly selfPath: string
  readonly pagePath: string
  readonly nextPath?: string | undefined
}

function write({ site, origin }: { site: Site; origin: string }, parts: FeedParts): string {
  return writeAtom({
    id: parts.id,
    title: `${parts.title} · ${site.title}`,
    updated: latest(parts.entries.map(({ updated }) => updated)),
    selfUrl: `${origin}${parts.selfPath}`,
    pageUrl: `${origin}${parts.pagePath}`,
    nextUrl: parts.nextPath === undefined ? undefined : `${origin}${parts.nextPath}`,
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
