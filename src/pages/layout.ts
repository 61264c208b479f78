/**
 * What surrounds every page: the title, where the reader is, the tabs of a repository, its search box, the other
 * formats of the same thing, and the state that is shown. Promises that nothing here depends on the time of the
 * request or on who asks, so that a page can be kept for as long as its state lasts.
 */
import { humanId, type Tracker } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import { visibleText } from '../text/visible-text.ts'
import type { Links } from './links.ts'
import { type OriginView, originView } from './mirror-view.ts'
import type { Look, Site } from './site.ts'
import { minuteView, type TimeView } from './time.ts'
import { counted, grouped, shortened, shownText } from './wording.ts'

/** One repository at one state, as its pages need it. */
export interface RepositoryInput {
  readonly name: string
  readonly tracker: Tracker
}

export type Tab = 'bugs' | 'labels' | 'people' | 'activity' | 'about' | 'problems'

export interface LayoutInput {
  readonly site: Site
  /** What this page is called, before the repository and the site. Text of visitors may be in it. */
  readonly title: string
  /** The repository; without a tracker where its state is not known. */
  readonly repository?: { readonly name: string; readonly tracker?: Tracker | undefined } | undefined
  /** Which tab the reader is on. */
  readonly tab?: Tab
  /** The page's own address; absent for pages that stand for another address, such as errors. */
  readonly canonical?: string
  /** False keeps search engines away. */
  readonly indexed?: boolean
  readonly description?: string
  readonly formats?: readonly FormatView[]
  readonly previousUrl?: string | undefined
  readonly nextUrl?: string | undefined
  /** True where no later state changes the page. */
  readonly isFinal?: boolean
  /** Where the repository can be cloned from. */
  readonly cloneUrl?: string | undefined
  /** False where the page has a search box of its own. */
  readonly searchBox?: boolean
}

/** The same thing in another format. */
export interface FormatView {
  readonly label: string
  readonly type: string
  readonly url: string
}

export interface LayoutView {
  readonly title: string
  readonly siteTitle: string
  readonly homeUrl: string
  readonly cssUrl: string
  readonly scriptUrl: string
  readonly look: Look
  /** What visitors get who have not chosen; undefined for what their system says. */
  readonly theme: 'light' | 'dark' | undefined
  readonly iconUrl: string
  readonly helpUrl: string
  readonly repository: { readonly name: string; readonly url: string } | undefined
  readonly tabs: readonly { readonly label: string; readonly url: string; readonly current: boolean }[]
  /** Written as files: there is nobody to search. */
  readonly isCopy: boolean
  /** Where the search box of the bar leads; undefined without one. */
  readonly searchUrl: string | undefined
  readonly canonical: string | undefined
  /** The page's whole address, where the operator has said where the site is. */
  readonly publicUrl: string | undefined
  /** What it is called where somebody shares its address. */
  readonly sharedTitle: string
  readonly openSearchUrl: string
  readonly cloneUrl: string | undefined
  /** Where all repositories are searched. */
  readonly searchAllUrl: string
  readonly aboutUrl: string | undefined
  readonly indexed: boolean
  readonly description: string
  readonly formats: readonly FormatView[]
  readonly previousUrl: string | undefined
  readonly nextUrl: string | undefined
  /** The stream that tells of newer states of this page; undefined where there is none. */
  readonly eventsUrl: string | undefined
  readonly state: { readonly digest: string; readonly readAt: TimeView | undefined } | undefined
  /** Where what is shown is copied from; undefined where it is at home here. */
  readonly origin: OriginView | undefined
  readonly problems: { readonly text: string; readonly url: string; readonly current: boolean } | undefined
}

/** What every view of a page has. */
export interface PageView {
  readonly layout: LayoutView
}

const maxTitleChars = 200

export function layoutView(input: LayoutInput): LayoutView {
  const { site, repository, tab } = input
  const { links } = site
  const repositoryName = repository === undefined ? undefined : visibleText(repository.name)
  const names = [input.title, repositoryName, site.title].filter(name => name !== undefined && name !== '')
  return {
    title: shortened(names.join(' · '), maxTitleChars),
    siteTitle: site.title,
    homeUrl: links.index(),
    cssUrl: links.staticFile('viewer.css'),
    scriptUrl: links.staticFile('viewer.js'),
    look: site.look,
    theme: site.look.theme === 'system' ? undefined : site.look.theme,
    iconUrl: links.staticFile('favicon.svg'),
    helpUrl: links.queryHelp(),
    repository: repository && { name: repositoryName ?? '', url: links.bugs(repository.name) },
    tabs: repository === undefined ? [] : tabsOf(repository.name, { links, tab }),
    isCopy: site.isCopy,
    searchUrl:
      site.isCopy || repository === undefined || input.searchBox === false ? undefined : links.bugs(repository.name),
    canonical: input.canonical,
    publicUrl:
      site.publicOrigin === undefined || input.canonical === undefined
        ? undefined
        : `${site.publicOrigin}${input.canonical}`,
    sharedTitle: shortened(input.title, maxTitleChars),
    openSearchUrl: links.openSearch(),
    cloneUrl: input.cloneUrl,
    searchAllUrl: links.search(),
    aboutUrl: repository && links.about(repository.name),
    indexed: input.indexed !== false,
    description:
      input.description || (repository?.tracker === undefined ? '' : countsOf(repository.name, repository.tracker)),
    formats: (input.formats ?? []).filter(({ url }) => site.offers(url)),
    previousUrl: input.previousUrl,
    nextUrl: input.nextUrl,
    eventsUrl: eventsUrl(input),
    state: showsState(input) ? repository?.tracker && stateOf(repository.tracker, site) : undefined,
    origin: showsState(input) ? originOf(input) : undefined,
    problems: repository?.tracker && problemsOf(repository.name, repository.tracker, input),
  }
}

function tabsOf(name: string, { links, tab }: { links: Links; tab: Tab | undefined }): LayoutView['tabs'] {
  const { tabs } = strings.layout
  return [
    { label: tabs.bugs, url: links.bugs(name), current: tab === 'bugs' },
    { label: tabs.labels, url: links.labels(name), current: tab === 'labels' },
    { label: tabs.people, url: links.people(name), current: tab === 'people' },
    { label: tabs.activity, url: links.activity(name), current: tab === 'activity' },
    { label: tabs.about, url: links.about(name), current: tab === 'about' },
  ]
}

/** Digits of a digest that tell one state from the next. */
const stateDigits = 16

function eventsUrl({ site, repository, isFinal }: LayoutInput): string | undefined {
  if (!site.isLive || isFinal || !repository?.tracker) return undefined
  return site.links.events(repository.name, refsDigest(repository.tracker).slice(0, stateDigits))
}

/** What moves when refs do, and not when a mirror was looked at once more. */
function refsDigest({ digest, origin }: Tracker): string {
  return origin?.refsDigest ?? digest
}

/** Of a copy one page says it: otherwise each push would change the files of all. */
function showsState({ site, repository, canonical }: LayoutInput): boolean {
  return !site.isCopy || (repository !== undefined && canonical === site.links.bugs(repository.name))
}

/** What is said of a page of a repository that says nothing of its own. */
function countsOf(name: string, { openBugs, closedBugs }: Tracker): string {
  const open = counted(openBugs, ...strings.common.nouns.openBug)
  return strings.layout.openAndClosed(open, grouped(closedBugs), shownText(name, maxTitleChars))
}

function stateOf(tracker: Tracker, { isCopy }: Site): LayoutView['state'] {
  const { readAtMs } = tracker
  // Files of the same state are the same, whenever they are written; and of a mirror the time that counts is another.
  const isTimed = !isCopy && tracker.origin === undefined
  return { digest: humanId(refsDigest(tracker)), readAt: isTimed ? minuteView(readAtMs / 1000) : undefined }
}

/** A page that never changes cannot say how fetching goes now. */
function originOf({ repository, isFinal }: LayoutInput): OriginView | undefined {
  const origin = repository?.tracker?.origin
  if (!origin) return undefined
  const view = originView(origin)
  return isFinal === true ? { ...view, failure: undefined } : view
}

function problemsOf(name: string, tracker: Tracker, { site, tab }: LayoutInput): LayoutView['problems'] {
  const count = tracker.problems.length
  if (count === 0) return undefined
  return {
    text: strings.common.couldNotBeRead(counted(count, ...strings.common.nouns.entity)),
    url: site.links.problems(name),
    current: tab === 'problems',
  }
}
