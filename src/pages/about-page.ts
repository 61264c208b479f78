/**
 * What a repository is, how bugs are reported to it, and how it is taken along: for those who come from a link and know
 * neither the project nor git-bug. Commands are written so that they can be copied as they are.
 */
import { strings } from '../strings/strings.ts'
import { visibleText } from '../text/visible-text.ts'
import { maxMboxBugs } from './export-mbox.ts'
import { layoutView, type PageView, type RepositoryInput } from './layout.ts'
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
  readonly pullCommands: string
  readonly fetchCommands: string
  readonly badge: { readonly url: string; readonly markdown: string; readonly html: string; readonly isWhole: boolean }
  readonly feeds: readonly { readonly text: string; readonly url: string }[]
  readonly readme: { readonly name: string; readonly html: string | undefined } | undefined
}

const words = strings.about
const { nouns } = strings.common

const maxTextChars = 1000
const maxDescriptionChars = 300

export function aboutPage(input: AboutInput): AboutView {
  const { site, repository, details, readme, reportHtml } = input
  const { links } = site
  const { name, tracker } = repository
  const description = shownText(details.description ?? '', maxTextChars)
  const shownName = visibleText(name)
  const { cloneUrl } = details
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
    pullCommands: `${cloneUrl === undefined ? '' : `git clone ${cloneUrl}\n`}git bug pull`,
    fetchCommands:
      "git fetch origin 'refs/bugs/*:refs/bugs/*' 'refs/identities/*:refs/identities/*'\nrm -rf .git/git-bug/cache",
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

function feeds({ site: { links }, repository: { name, tracker } }: AboutInput): AboutView['feeds'] {
  // Without a query of its own, a list is that of the open bugs.
  const all = ''
  return [
    { text: words.allChanges, url: links.bugsAtom(name, all) },
    { text: words.allAsJson, url: links.bugsJson(name, all) },
    { text: words.allAsCsv, url: links.bugsCsv(name, all) },
    { text: words.allAsText, url: links.bugsText(name, all) },
    ...(tracker.bugs.length > maxMboxBugs ? [] : [{ text: words.allAsMbox, url: links.bugsMbox(name, all) }]),
    { text: words.peopleAsJson, url: links.peopleJson(name) },
    { text: words.labelsAsJson, url: links.labelsJson(name) },
  ]
}
