/**
 * What surrounds every page: the title, where the reader is, the tabs of a repository, its search box, the other
 * formats of the same thing, and the state that is shown. Promises that nothing here depends on the time of the
 * request or on who asks, so that a page can be kept for as long as its state lasts.
 */
import { humanId, type Tracker } from '../bug/model.ts'
import type { Links } from './links.ts'
import { minuteView, type TimeView } from './time.ts'
import { visibleText } from './visible-text.ts'
import { counted, shortened } from './wording.ts'

/** The site, as every page needs it. */
export interface Site {
  /** What the operator calls it. */
  readonly title: string
  readonly links: Links
}

/** One repository at one state, as its pages need it. */
export interface RepositoryInput {
  readonly name: string
  readonly tracker: Tracker
}

export type Tab = 'bugs' | 'labels' | 'people' | 'problems'

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
  readonly iconUrl: string
  readonly helpUrl: string
  readonly repository: { readonly name: string; readonly url: string } | undefined
  readonly tabs: readonly { readonly label: string; readonly url: string; readonly current: boolean }[]
  /** Where the search box of the bar leads; undefined without one. */
  readonly searchUrl: string | undefined
  readonly canonical: string | undefined
  readonly indexed: boolean
  readonly description: string
  readonly formats: readonly FormatView[]
  readonly previousUrl: string | undefined
  readonly nextUrl: string | undefined
  readonly state: { readonly digest: string; readonly readAt: TimeView } | undefined
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
    iconUrl: links.staticFile('favicon.svg'),
    helpUrl: links.queryHelp(),
    repository: repository && { name: repositoryName ?? '', url: links.bugs(repository.name) },
    tabs: repository === undefined ? [] : tabsOf(repository.name, { links, tab }),
    searchUrl: repository === undefined || input.searchBox === false ? undefined : links.bugs(repository.name),
    canonical: input.canonical,
    indexed: input.indexed !== false,
    description: input.description ?? '',
    formats: input.formats ?? [],
    previousUrl: input.previousUrl,
    nextUrl: input.nextUrl,
    state: repository?.tracker && stateOf(repository.tracker),
    problems: repository?.tracker && problemsOf(repository.name, repository.tracker, input),
  }
}

function tabsOf(name: string, { links, tab }: { links: Links; tab: Tab | undefined }): LayoutView['tabs'] {
  return [
    { label: 'Bugs', url: links.bugs(name), current: tab === 'bugs' },
    { label: 'Labels', url: links.labels(name), current: tab === 'labels' },
    { label: 'People', url: links.people(name), current: tab === 'people' },
  ]
}

function stateOf(tracker: Tracker): LayoutView['state'] {
  return { digest: humanId(tracker.digest), readAt: minuteView(tracker.readAtMs / 1000) }
}

function problemsOf(name: string, tracker: Tracker, { site, tab }: LayoutInput): LayoutView['problems'] {
  const count = tracker.problems.length
  if (count === 0) return undefined
  return {
    text: `${counted(count, 'entity', 'entities')} could not be read`,
    url: site.links.problems(name),
    current: tab === 'problems',
  }
}
