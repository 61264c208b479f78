/**
 * What a repository is, how bugs are reported to it, and how it is taken along: for those who come from a link and know
 * neither the project nor git-bug. Commands are written so that they can be copied as they are.
 */
import { plainFileName } from '../base/file-name.ts'
import { strings } from '../strings/strings.ts'
import { visibleText } from '../text/visible-text.ts'
import { layoutView, type PageView, type RepositoryInput } from './layout.ts'
import { commandAddress, type OriginFacts, type OriginView, originFacts, originView } from './mirror-view.ts'
import type { Site } from './site.ts'
import { minuteView, type TimeView } from './time.ts'
import { counted, shownText } from './wording.ts'

export interface AboutInput {
  readonly site: Site
  readonly repository: RepositoryInput
  /** What the repository says of itself. */
  readonly details: {
    readonly description: string | undefined
    readonly owner: string | undefined
    /** Fit to stand in a command as it is. */
    readonly cloneUrl: string | undefined
  }
  readonly readme: ReadmeInput | undefined
  /** What the operator says of how to report, as HTML; undefined for what is true of every repository. */
  readonly reportHtml: string | undefined
}

export interface ReadmeInput {
  readonly name: string
  /** Undefined where it is too large to be shown, or cannot be read. */
  readonly html: string | undefined
}

export interface AboutView extends PageView {
  readonly heading: string
  readonly description: string
  readonly owner: string
  readonly statistics: readonly { readonly text: string; readonly url: string }[]
  readonly lastActivity: TimeView | undefined
  readonly queries: readonly { readonly text: string; readonly url: string }[]
  readonly reportHtml: string | undefined
  readonly reportCommands: string
  readonly cloneUrl: string | undefined
  /** Where it is copied from; undefined where it is at home here. */
  readonly origin: (OriginView & OriginFacts) | undefined
  readonly pullCommands: string
  readonly fetchCommands: string
  /** From this site; undefined where it cannot be fetched from. */
  readonly here: FetchingHere | undefined
  /** Undefined where there is none. */
  readonly bundle: { readonly url: string; readonly fileName: string; readonly commands: string } | undefined
  readonly badge: { readonly url: string; readonly markdown: string; readonly html: string; readonly isWhole: boolean }
  readonly feeds: readonly { readonly text: string; readonly url: string }[]
  readonly readme: { readonly name: string; readonly html: string | undefined } | undefined
}

/** Commands that fetch from this site. */
interface FetchingHere {
  readonly pullCommands: string
  readonly fetchCommands: string
  /** False where a word stands for the address of the site. */
  readonly isWhole: boolean
}

const words = strings.about
const { nouns } = strings.common

const maxTextChars = 1000
const refspecs = "'refs/bugs/*:refs/bugs/*' 'refs/identities/*:refs/identities/*'"
const maxDescriptionChars = 300

export function aboutPage(input: AboutInput): AboutView {
  const { site, repository, details, readme, reportHtml } = input
  const { links } = site
  const { name, tracker } = repository
  const description = shownText(details.description ?? '', maxTextChars)
  const shownName = visibleText(name)
  const { origin } = tracker
  // Whoever writes to a copy writes to nobody.
  const cloneUrl = origin ? commandAddress(origin.href) : details.cloneUrl
  return {
    layout: layoutView({
      site,
      title: words.title,
      repository,
      tab: 'about',
      canonical: links.about(name),
      description: shownText(description === '' ? words.description(shownName) : description, maxDescriptionChars),
      // git also takes `host:path`, which is no address for a link.
      cloneUrl: cloneUrl?.includes('://') === true ? cloneUrl : undefined,
    }),
    heading: words.heading(shownName),
    description,
    owner: shownText(details.owner ?? '', maxTextChars),
    statistics: statistics(input),
    lastActivity: tracker.lastActivity === undefined ? undefined : minuteView(tracker.lastActivity),
    queries: site.choicesFor(name).queries.map(({ name: text, query: q }) => ({ text, url: links.bugs(name, { q }) })),
    reportHtml,
    reportCommands: 'git bug pull\ngit bug bug new\ngit bug push',
    cloneUrl,
    origin: origin && { ...originView(origin), ...originFacts(origin, site.remotes.refreshSeconds) },
    pullCommands: `${cloneUrl === undefined ? '' : `git clone ${cloneUrl}\n`}git bug pull`,
    fetchCommands: `git fetch origin ${refspecs}\nrm -rf .git/git-bug/cache`,
    here: site.isFetchable ? fetchingHere(site, name) : undefined,
    bundle: site.offers(links.bundle(name)) ? bundle(site, name) : undefined,
    badge: badge(site, name),
    feeds: feeds(input).filter(({ url }) => site.offers(url)),
    readme: readme && { name: shownText(readme.name, maxTextChars), html: readme.html },
  }
}

function statistics({ site: { links }, repository: { name, tracker } }: AboutInput): AboutView['statistics'] {
  const { openBugs, closedBugs, identities, labels, problems } = tracker
  const all = [
    { text: counted(openBugs, ...nouns.openBug), url: links.bugs(name) },
    {
      text: counted(closedBugs, ...nouns.closedBug),
      url: links.bugs(name, { q: 'status:closed sort:edit-desc' }),
    },
    { text: counted(identities.size, ...nouns.person), url: links.people(name) },
    { text: counted(labels.length, ...nouns.label), url: links.labels(name) },
  ]
  if (problems.length === 0) return all
  const text = words.couldNotBeRead(counted(problems.length, ...nouns.entity))
  return [...all, { text, url: links.problems(name) }]
}

function fetchingHere({ links, publicOrigin }: Site, name: string): FetchingHere {
  // What is not plain is encoded in it, but for characters that mean something to a shell within quotes or without.
  const path = links.git(name).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const url = `${publicOrigin ?? words.address}${path}`
  return {
    pullCommands: `git remote add bugs ${url}\ngit bug pull bugs`,
    fetchCommands: `git fetch ${url} ${refspecs}`,
    isWhole: publicOrigin !== undefined,
  }
}

/** Under which name a bundle is saved, and found by the commands. */
export function bundleFileName(name: string): string {
  return plainFileName(`${name}-bugs.bundle`)
}

function bundle({ links, publicOrigin }: Site, name: string): NonNullable<AboutView['bundle']> {
  const url = links.bundle(name)
  const fileName = bundleFileName(name)
  // Of what an address may have, a quote would end the word for a shell, and brackets would for an export.
  const whole = publicOrigin === undefined ? '' : `${publicOrigin}${markdownUrl(url).replaceAll("'", '%27')}`
  const save = whole === '' ? '' : `curl -o ${fileName} '${whole}'\n`
  return { url, fileName, commands: `${save}git fetch ${fileName} 'refs/*:refs/*'` }
}

/** The picture of how many bugs are open, as the README of a project would have it. */
function badge({ links, publicOrigin }: Site, name: string): AboutView['badge'] {
  const url = links.badge(name)
  const origin = publicOrigin ?? ''
  return {
    url,
    markdown: `[![${words.openBugs}](${origin}${markdownUrl(url)})](${origin}${markdownUrl(links.bugs(name))})`,
    html: `<a href="${escapeHtml(origin + links.bugs(name))}"><img src="${escapeHtml(origin + url)}" alt="${words.openBugs}"></a>`,
    isWhole: publicOrigin !== undefined,
  }
}

/** Brackets, which addresses may have, end a link's address in Markdown. */
function markdownUrl(url: string): string {
  return url.replaceAll('(', '%28').replaceAll(')', '%29')
}

/** The snippet is HTML that is shown, so what it holds is escaped as HTML before it is escaped for the page. */
function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}

function feeds({ site: { links }, repository: { name } }: AboutInput): AboutView['feeds'] {
  // Without a query of its own, a list is that of the open bugs.
  const all = ''
  return [
    { text: words.allChanges, url: links.bugsAtom(name, all) },
    { text: words.allAsJson, url: links.bugsJson(name, all) },
    { text: words.allAsCsv, url: links.bugsCsv(name, all) },
    { text: words.allAsText, url: links.bugsText(name, all) },
    { text: words.allAsNdjson, url: links.bugsNdjson(name, all) },
    { text: words.allAsMbox, url: links.bugsMbox(name, all) },
    { text: words.allAsBundle, url: links.bundle(name) },
    { text: words.peopleAsJson, url: links.peopleJson(name) },
    { text: words.labelsAsJson, url: links.labelsJson(name) },
  ]
}
