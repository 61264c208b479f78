/**
 * What happened in a repository: opened and closed per week, open over time, and which labels, people and bugs it was
 * about. The last year is the one before the last thing that happened and not before today, so that the same state
 * always gives the same page.
 */
import { type BugSummary, humanId, type Tracker } from '../bug/model.ts'
import { drawShares } from '../pictures/shares.ts'
import { createFilter } from '../query/edit.ts'
import { printFilter } from '../query/print.ts'
import { strings } from '../strings/strings.ts'
import { allPeriods, historyFigure, lastWeeks, weeksFigure } from './activity-figures.ts'
import { type BugRowView, bugRow } from './bug-row.ts'
import { type DailyActivity, readDailyActivity } from './daily-activity.ts'
import { labelScopes } from './label-scopes.ts'
import { type LabelView, labelAddress, labelViews } from './label-view.ts'
import { largest } from './largest.ts'
import { layoutView, type PageView, type RepositoryInput } from './layout.ts'
import { type PersonView, personViews } from './person-view.ts'
import type { Site } from './site.ts'
import { isoTime } from './time.ts'
import { countUses, type TrackerUses } from './tracker-uses.ts'
import { counted, grouped, leftOut } from './wording.ts'

export interface ActivityInput {
  readonly site: Site
  readonly repository: RepositoryInput
}

export interface ActivityView extends PageView {
  /** Counts in words. */
  readonly lead: string
  /** HTML; empty where no time can be believed. */
  readonly weeks: string
  readonly history: string
  /** What the pictures do not show. */
  readonly notes: readonly string[]
  readonly labels: readonly CountedView<LabelView>[]
  readonly scopes: readonly ScopeView[]
  readonly labelsUrl: string
  readonly people: readonly CountedView<PersonView>[]
  readonly peopleUrl: string
  /** The last updated first, by date, as far as dates can be read. */
  readonly recent: readonly BugRowView[]
  /** All in that order, and as a feed; undefined where the site has none. */
  readonly recentUrl: string | undefined
  readonly feedUrl: string | undefined
  /** Those with the most comments first. */
  readonly discussed: readonly BugRowView[]
}

/** What bugs have in common, with their number and its share. */
export interface CountedView<T> {
  readonly what: T
  readonly open: string
  readonly openUrl: string | undefined
  readonly all: string
  readonly allUrl: string | undefined
  /** SVG that compares the numbers. */
  readonly bar: string
}

/** How often the labels of one scope are used, compared. */
export interface ScopeView {
  /** Without the slash. */
  readonly name: string
  /** The open bugs in columns, one for each of its labels. */
  readonly boardUrl: string
  readonly bar: string
  /** In the order of the bar. */
  readonly labels: readonly { readonly label: LabelView; readonly count: string }[]
  /** How many more there are, in words; empty where all are shown. */
  readonly more: string
}

const { common, activity: words } = strings

const maxRecent = 5
const maxRows = 10
const maxScopes = 8
const maxOfScope = 8

export function activityPage({ site, repository }: ActivityInput): ActivityView {
  const { links } = site
  const { name, tracker } = repository
  const daily = readDailyActivity(tracker.bugs)
  const openedUrl = (range: string) => links.bugs(name, { q: `created:${range}` })
  const offered = (url: string) => (site.offers(url) ? url : undefined)
  const person = personViews(site, repository)
  const label = labelViews(site.look, labelAddress(links, name))
  const context = { links, repository: name, person, label }
  const uses = countUses(tracker)
  return {
    layout: layoutView({
      site,
      title: words.title,
      repository,
      tab: 'activity',
      canonical: links.activity(name),
      formats: [{ label: common.formats.json, type: 'application/json', url: links.activityJson(name) }],
    }),
    lead: words.openAndClosed(counted(tracker.openBugs, ...common.nouns.bug), grouped(tracker.closedBugs)),
    weeks: daily ? weeksFigure(lastWeeks(daily), openedUrl) : '',
    history: daily ? historyFigure(allPeriods(daily), openedUrl) : '',
    notes: notesOf(tracker, daily),
    labels: topLabels({ site, repository, label, uses }),
    scopes: scopesOf(tracker, { label, boardUrl: group => links.bugs(name, { group }) }),
    labelsUrl: links.labels(name),
    people: topPeople({ site, repository, person, uses }),
    peopleUrl: links.people(name),
    recent: largest(tracker.bugsByEdit, maxRecent, believableEdit).map(bug => bugRow(bug, context)),
    recentUrl: offered(links.bugs(name, { q: 'sort:updated-desc' })),
    feedUrl: offered(links.bugsAtom(name, '')),
    discussed: largest(tracker.bugsByEdit, maxRows, repliesOfBug).map(bug => bugRow(bug, context)),
  }
}

/** The same for programs. */
export function activityJson(tracker: Tracker) {
  const daily = readDailyActivity(tracker.bugs)
  const all = daily && allPeriods(daily)
  const plain = ({ name: from, opened, reopened, closed, open }: ReturnType<typeof lastWeeks>[number]) => ({
    from,
    opened,
    reopened,
    closed,
    open,
  })
  return {
    openBugs: tracker.openBugs,
    closedBugs: tracker.closedBugs,
    lastActivity: (tracker.lastActivity === undefined ? undefined : isoTime(tracker.lastActivity)) ?? null,
    weeks: daily ? lastWeeks(daily).map(plain) : [],
    history: { unit: all?.unit ?? null, periods: all?.periods.map(plain) ?? [] },
    leftOut: daily?.leftOut ?? 0,
    moved: daily?.moved ?? 0,
  }
}

/** A clock that says what is no date would otherwise be the newest for ever. */
function believableEdit({ editedAt }: BugSummary): number {
  return isoTime(editedAt) === undefined ? 0 : editedAt
}

function repliesOfBug({ commentCount }: BugSummary): number {
  return commentCount - 1
}

function notesOf({ bugs }: Tracker, daily: DailyActivity | undefined): readonly string[] {
  if (!daily) return bugs.length === 0 ? [] : [words.noClockBelieved]
  const { leftOut: far, moved } = daily
  return [
    ...(far === 0 ? [] : [words.leftOut(counted(far, ...words.changesAre))]),
    ...(moved === 0 ? [] : [words.moved(counted(moved, ...words.changes))]),
  ]
}

/** Open ones and the others, of the largest number on the page. */
function compareBar(open: number, all: number, most: number): string {
  return drawShares(
    [
      { count: open, kind: 'open' },
      { count: all - open, kind: 'closed' },
    ],
    most,
  )
}

function topLabels(input: {
  readonly site: Site
  readonly repository: RepositoryInput
  readonly label: (label: string) => LabelView
  readonly uses: TrackerUses
}): readonly CountedView<LabelView>[] {
  const { site, repository, label, uses } = input
  const top = largest(repository.tracker.labels, maxRows, ({ bugs }) => bugs)
  return top.map(({ name, bugs }) => {
    const what = label(name)
    const filter = what.url === undefined ? undefined : createFilter('label', name)
    const openBugs = uses.open.labels.get(name) ?? 0
    return {
      what,
      open: grouped(openBugs),
      openUrl: filter && site.links.bugs(repository.name, { q: `status:open ${printFilter(filter)}` }),
      all: grouped(bugs),
      allUrl: what.url,
      bar: compareBar(openBugs, bugs, top[0]?.bugs ?? 0),
    }
  })
}

function topPeople(input: {
  readonly site: Site
  readonly repository: RepositoryInput
  readonly person: (id: string) => PersonView
  readonly uses: TrackerUses
}): readonly CountedView<PersonView>[] {
  const { site, repository, person, uses } = input
  const top = largest(uses.all.authors, maxRows, ([, bugs]) => bugs)
  return top.map(([id, bugs]) => {
    const openBugs = uses.open.authors.get(id) ?? 0
    const filter = createFilter('author', humanId(id))
    const author = filter && printFilter(filter)
    const list = (q: string) => (author === undefined ? undefined : site.links.bugs(repository.name, { q }))
    return {
      what: person(id),
      open: grouped(openBugs),
      openUrl: list(`status:open ${author}`),
      all: grouped(bugs),
      allUrl: list(`${author}`),
      bar: compareBar(openBugs, bugs, top[0]?.[1] ?? 0),
    }
  })
}

function scopesOf(
  { labels: all }: Tracker,
  { label, boardUrl }: { label: (label: string) => LabelView; boardUrl: (scope: string) => string },
): readonly ScopeView[] {
  const scopes = labelScopes(all).filter(({ scope, labels }) => scope !== '' && labels.length > 1)
  return largest(scopes, maxScopes, ({ uses }) => uses).map(({ scope, labels, uses }) => {
    const shown = largest(labels, maxOfScope, ({ bugs }) => bugs)
    return {
      name: scope.slice(0, -1),
      boardUrl: boardUrl(scope.slice(0, -1)),
      bar: drawShares(
        shown.map(({ name, bugs }) => ({ count: bugs, kind: label(name).hue })),
        uses,
      ),
      labels: shown.map(({ name, bugs }) => ({ label: label(name), count: grouped(bugs) })),
      more: leftOut(labels.length, maxOfScope, common.nouns.moreLabel),
    }
  })
}
