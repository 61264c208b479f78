/**
 * One bug: its facts, its whole timeline, and what stands beside it; as it is, or as it was at a commit of its graph.
 */
import type { FileFacts } from '../bug/file-kind.ts'
import { type Bug, humanId } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import type { CommentTexts } from '../text/comment-texts.ts'
import type { Markdown } from '../text/markdown.ts'
import { visibleText } from '../text/visible-text.ts'
import { type AsOfView, asOfView } from './as-of.ts'
import { isBot } from './bots.ts'
import { repliesOf, shortTitle, statusWord } from './bug-row.ts'
import { type LabelView, labelAddress, labelViews } from './label-view.ts'
import { type FormatView, layoutView, type PageView, type RepositoryInput } from './layout.ts'
import type { Links } from './links.ts'
import { importedNumber, type Mentions } from './mentions.ts'
import { type PersonView, personViews } from './person-view.ts'
import type { Site } from './site.ts'
import { type StatusHistoryView, statusHistory } from './status-history.ts'
import { dayView, type TimeView } from './time.ts'
import { type SignatureView, type TimelineItemView, timelineView } from './timeline.ts'
import type { TimelineRunView } from './timeline-fold.ts'
import { type WebOrigin, webOrigin } from './web-origin.ts'
import { counted, leftOut, shownText } from './wording.ts'

export interface BugPageInput {
  readonly site: Site
  readonly repository: RepositoryInput
  readonly bug: Bug
  /** The rendered comments. */
  readonly texts: CommentTexts
  readonly markdown: Pick<Markdown, 'excerpt'>
  /** What is known of attached files, by hash. */
  readonly files?: ReadonlyMap<string, FileFacts> | undefined
  /** Bugs that mention this one; undefined where that is not known. */
  readonly mentions?: Mentions | undefined
  /** The bug as it is now, where `bug` is what it was at the commit that is its tip. */
  readonly current?: Bug | undefined
  /** What is known of the signature of a pack, by its commit. */
  readonly signatureOf?: ((commit: string) => SignatureView | undefined) | undefined
  /** What the signatures of all packs come to, in words. */
  readonly signatures?: string | undefined
}

export interface BugView extends PageView {
  readonly title: string
  readonly id: string
  readonly humanId: string
  /** `open` or `closed`: icon and class. */
  readonly status: string
  readonly statusWord: string
  /** The number in the tracker that it was imported from. */
  readonly imported: { readonly text: string; readonly url: string } | undefined
  readonly author: PersonView
  readonly opened: TimeView
  readonly updated: TimeView
  readonly repliesText: string
  readonly asOf: AsOfView | undefined
  readonly timeline: readonly TimelineItemView[]
  /** The same events, those together that are shown together. */
  readonly runs: readonly TimelineRunView[]
  /** What is left out, in words; empty where nothing is. Likewise for labels and participants. */
  readonly moreEvents: string
  readonly labels: readonly LabelView[]
  readonly moreLabels: string
  /** Undefined where it never changed. */
  readonly statusHistory: StatusHistoryView | undefined
  readonly participants: readonly PersonView[]
  readonly moreParticipants: string
  readonly participantsText: string
  /** Where the bug was imported from. */
  readonly origins: readonly WebOrigin[]
  readonly mentions: MentionsView | undefined
  readonly showCommand: string
  /** Undefined where the operator says how to report, and of what is over. */
  readonly answerCommand: string | undefined
  readonly fetchCommand: string
  readonly jsonUrl: string
  readonly provenance: ProvenanceView
}

export interface MentionsView {
  readonly bugs: readonly {
    readonly title: string
    readonly url: string
    readonly status: string
    readonly statusWord: string
  }[]
  /** Where to look for others; undefined where all are shown. */
  readonly searchUrl: string | undefined
}

export interface ProvenanceView {
  readonly packs: string
  /** Short and whole hash of the newest commit, and the bug as of it. */
  readonly commit: string
  readonly wholeCommit: string
  readonly commitUrl: string
  readonly lamport: string
  readonly ref: string
  /** Empty where nothing is known of them. */
  readonly signatures: string
}

const maxTitleChars = 2000
const maxDescriptionChars = 200
const maxOrigins = 10
/** Labels and people beside the timeline. */
const maxAside = 200
const maxMentions = 20
const fetchCommand = `git fetch origin \\
  'refs/bugs/*:refs/bugs/*' \\
  'refs/identities/*:refs/identities/*'
rm -rf .git/git-bug/cache`

export function bugPage(input: BugPageInput): BugView {
  const { site, repository, bug, current } = input
  const { links } = site
  const { name, tracker } = repository
  const person = personViews(site, repository)
  const label = labelViews(site.look, labelAddress(links, name))
  const timeline = timelineView({
    timeline: bug.timeline,
    readAtMs: tracker.readAtMs,
    bugId: bug.id,
    repository: name,
    links,
    person,
    label,
    texts: input.texts,
    isBot: id => isBot(tracker.identities.get(id)),
    isCurrent: current === undefined,
    signatureOf: input.signatureOf ?? (() => undefined),
    knownFiles: input.files ?? new Map(),
  })
  const origins = originsOf(bug.metadata)
  return {
    layout: bugLayout(input),
    title: shownText(bug.title, maxTitleChars),
    id: bug.id,
    humanId: humanId(bug.id),
    status: bug.status,
    statusWord: statusWord(bug),
    imported: importedView(bug, origins),
    author: person(bug.authorId),
    opened: dayView(bug.createdAt),
    updated: dayView(bug.editedAt),
    repliesText: counted(repliesOf(bug), ...strings.common.nouns.reply),
    asOf: current && asOfView({ earlier: bug, current, links, repository }),
    timeline: timeline.items,
    runs: timeline.runs,
    moreEvents: timeline.more,
    labels: bug.labels.slice(0, maxAside).map(label),
    moreLabels: leftOut(bug.labels.length, maxAside, strings.bug.moreLabels),
    statusHistory: statusHistory({ timeline: bug.timeline, items: timeline.items, person }),
    participants: bug.participantIds.slice(0, maxAside).map(person),
    moreParticipants: leftOut(bug.participantIds.length, maxAside, strings.bug.otherParticipants),
    participantsText: counted(bug.participantIds.length, ...strings.bug.participants),
    origins,
    mentions: current ? undefined : mentionsView(input),
    showCommand: `git bug bug show ${humanId(bug.id)}`,
    answerCommand:
      current || site.choicesFor(name).report !== undefined ? undefined : `git bug bug comment new ${humanId(bug.id)}`,
    fetchCommand,
    jsonUrl: links.bugJson(name, bug.id),
    provenance: {
      packs: counted(bug.packs.length, ...strings.bug.packs),
      commit: humanId(bug.tip),
      wholeCommit: bug.tip,
      commitUrl: links.bugAt(name, bug.id, bug.tip),
      lamport: String(bug.editLamport),
      ref: `refs/bugs/${bug.id}`,
      signatures: input.signatures ?? '',
    },
  }
}

function bugLayout({ site, repository, bug, markdown, current }: BugPageInput): BugView['layout'] {
  const { links } = site
  const { name } = repository
  const description = bug.comments[0]?.message ?? ''
  const title = `${shortTitle(bug.title)} · ${humanId(bug.id)}`
  return layoutView({
    site,
    title: current === undefined ? title : strings.bug.titleAsOf(title, humanId(bug.tip)),
    repository,
    tab: 'bugs',
    canonical: current === undefined ? links.bug(name, bug.id) : links.bugAt(name, bug.id, bug.tip),
    indexed: current === undefined,
    isFinal: current !== undefined,
    description: visibleText(markdown.excerpt(description, maxDescriptionChars)),
    formats: current === undefined ? bugFormats(links, name, bug.id) : [],
  })
}

/** The bug in every other format. */
function bugFormats(links: Links, name: string, id: string): FormatView[] {
  const { formats } = strings.common
  return [
    { label: formats.atom, type: 'application/atom+xml', url: links.bugAtom(name, id) },
    { label: formats.json, type: 'application/json', url: links.bugJson(name, id) },
    { label: formats.text, type: 'text/plain', url: links.bugText(name, id) },
    { label: formats.markdown, type: 'text/markdown', url: links.bugMarkdown(name, id) },
    { label: formats.mbox, type: 'application/mbox', url: links.bugMbox(name, id) },
  ]
}

/** Web addresses that bridges left in the metadata, each once, under keys such as `github-url`. Others are no links. */
function originsOf(metadata: ReadonlyMap<string, string>): BugView['origins'] {
  const found = [...metadata].flatMap(([key, value]) => (key.endsWith('-url') ? (webOrigin(value) ?? []) : []))
  return [...new Map(found.map(origin => [origin.url, origin])).values()].slice(0, maxOrigins)
}

function importedView({ metadata }: Bug, origins: BugView['origins']): BugView['imported'] {
  const imported = importedNumber(metadata)
  const origin = imported && origins.find(({ url }) => url.endsWith(`/${imported.number}`))
  return origin && { text: `#${imported.number}`, url: origin.url }
}

function mentionsView({ site, repository, bug, mentions }: BugPageInput): MentionsView | undefined {
  const { links } = site
  // In quotes: alone, an id in the box leads to its bug.
  const searchUrl = links.bugs(repository.name, { q: `"${humanId(bug.id)}"` })
  if (mentions === undefined) return { bugs: [], searchUrl }
  const { found, isCut } = mentions
  if (found.length === 0) return undefined
  return {
    bugs: found.slice(0, maxMentions).map(({ bug: other, eventId }) => ({
      title: shortTitle(other.title),
      url: links.comment(repository.name, other.id, eventId),
      status: other.status,
      statusWord: statusWord(other),
    })),
    searchUrl: isCut || found.length > maxMentions ? searchUrl : undefined,
  }
}
