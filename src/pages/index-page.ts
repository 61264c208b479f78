/**
 * The repositories of the site. A repository is opened when somebody first asks for it, so what is inside may not be
 * known yet: then there is a dash and never a zero.
 */

import { strings } from '../strings/strings.ts'
import { visibleText } from '../text/visible-text.ts'
import { layoutView, type PageView } from './layout.ts'
import type { Links } from './links.ts'
import { type OpenAttempt, type OpenFormView, openForm } from './open-form.ts'
import { type PagerView, pagerView } from './pager.ts'
import type { Site } from './site.ts'
import { dayView, type TimeView } from './time.ts'
import { counted, grouped, shownText } from './wording.ts'

export type IndexSort = 'name' | 'activity' | 'open'

export interface RepositoryEntry {
  readonly name: string
  readonly description?: string | undefined
  readonly owner?: string | undefined
  /** The heading that its own settings put it under; else its folder is. */
  readonly section?: string | undefined
  /** True for a copy of a repository elsewhere that is not on disk now. */
  readonly isAway?: boolean | undefined
  /** Undefined where the repository has not been opened yet. */
  readonly counts?: RepositoryCounts | undefined
}

export interface RepositoryCounts {
  readonly open: number
  readonly closed: number
  /** Unix seconds; undefined without bugs. */
  readonly lastActivity: number | undefined
}

export interface IndexInput {
  readonly site: Site
  /** Every repository of the site, in any order. */
  readonly repositories: readonly RepositoryEntry[]
  /** Words to look for in names, descriptions, owners and sections; all must be there. */
  readonly q?: string | undefined
  readonly sort?: IndexSort | undefined
  /** From 1. */
  readonly page?: number | undefined
  /** Where the visitor is about to open a repository elsewhere. */
  readonly attempt?: OpenAttempt | undefined
}

export interface IndexView extends PageView {
  readonly heading: string
  readonly text: string
  readonly sort: IndexSort
  readonly action: string
  readonly sorts: readonly { readonly text: string; readonly url: string; readonly current: boolean }[]
  readonly sections: readonly SectionView[]
  /** How many there are, in words. */
  readonly total: string
  /** How many bugs are open in all of them, as far as that is known, in words; empty where there is but one. */
  readonly open: string
  readonly pager: PagerView | undefined
  readonly hasOwners: boolean
  /** `none`: nothing is configured. `unmatched`: nothing has the words. */
  readonly empty: 'none' | 'unmatched' | undefined
  readonly allUrl: string
  /** Where visitors may open repositories elsewhere. */
  readonly openForm: OpenFormView | undefined
}

export interface SectionView {
  /** Empty where the entries have no section. */
  readonly name: string
  readonly entries: readonly RepositoryRowView[]
}

export interface RepositoryRowView {
  readonly url: string
  /** What stands before the last slash of the name, with it; else empty. */
  readonly folder: string
  readonly name: string
  readonly description: string
  readonly owner: string
  readonly open: string
  readonly closed: string
  readonly activity: TimeView | undefined
  readonly isAway: boolean
}

const maxDescriptionChars = 200
const unknown = '–'

/** Repositories on one page. */
export const repositoriesPerPage = 200

export function indexPage({ site, repositories, q, sort = 'name', page = 1, attempt }: IndexInput): IndexView {
  const { links } = site
  const words = (q ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '')
  const found = repositories.filter(entry => hasWords(entry, words)).sort(orders[sort])
  const asked = { q: words.length === 0 ? undefined : q, sort: sort === 'name' ? undefined : sort }
  const pager = pagerView({ page, pageSize: repositoriesPerPage, total: found.length }, number =>
    links.index({ ...asked, page: number }),
  )
  const shown = found.slice((page - 1) * repositoriesPerPage, page * repositoriesPerPage)
  return {
    layout: layoutView({
      site,
      title: attempt === undefined ? '' : strings.mirror.openAnother,
      canonical: links.index({ ...asked, page }),
      indexed: words.length === 0 && sort === 'name' && attempt === undefined,
      previousUrl: pager?.previousUrl,
      nextUrl: pager?.nextUrl,
    }),
    heading: strings.index.heading,
    text: q ?? '',
    sort,
    action: links.index(),
    sorts: sortLinks(links, { q: asked.q, sort }),
    sections:
      sort === 'name' ? sectionsOf(shown, links) : [{ name: '', entries: shown.map(entry => rowOf(entry, links)) }],
    total: counted(found.length, ...strings.common.nouns.repository),
    open: found.length < 2 ? '' : counted(sumOfOpen(found), ...strings.common.nouns.openBug),
    pager,
    hasOwners: shown.some(({ owner }) => (owner ?? '') !== ''),
    empty: found.length > 0 ? undefined : repositories.length === 0 ? 'none' : 'unmatched',
    allUrl: links.index(),
    openForm: openForm(site, attempt),
  }
}

const orders: Readonly<Record<IndexSort, (a: RepositoryEntry, b: RepositoryEntry) => number>> = {
  name: byName,
  activity: (a, b) => (b.counts?.lastActivity ?? -1) - (a.counts?.lastActivity ?? -1) || byName(a, b),
  open: (a, b) => (b.counts?.open ?? -1) - (a.counts?.open ?? -1) || byName(a, b),
}

/** Those without a section first, then section by section. */
function byName(a: RepositoryEntry, b: RepositoryEntry): number {
  return compare(sectionOf(a), sectionOf(b)) || compare(a.name, b.name)
}

function sumOfOpen(entries: readonly RepositoryEntry[]): number {
  return entries.reduce((sum, { counts }) => sum + (counts?.open ?? 0), 0)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** What the repository says, else the first folder of its name. */
function sectionOf({ name, section = '' }: RepositoryEntry): string {
  if (section !== '') return section
  const slash = name.indexOf('/')
  return slash < 0 ? '' : name.slice(0, slash)
}

function hasWords({ name, description, owner, section }: RepositoryEntry, words: readonly string[]): boolean {
  const text = `${name}\n${description ?? ''}\n${owner ?? ''}\n${section ?? ''}`.toLowerCase()
  return words.every(word => text.includes(word))
}

function sectionsOf(sorted: readonly RepositoryEntry[], links: Links): SectionView[] {
  const sections: { name: string; entries: RepositoryRowView[] }[] = []
  for (const entry of sorted) {
    const name = shownText(sectionOf(entry), maxDescriptionChars)
    const last = sections.at(-1)
    if (last?.name === name) last.entries.push(rowOf(entry, links))
    else sections.push({ name, entries: [rowOf(entry, links)] })
  }
  return sections
}

function rowOf({ name, description, owner, counts, isAway = false }: RepositoryEntry, links: Links): RepositoryRowView {
  return {
    url: links.bugs(name),
    folder: visibleText(name.slice(0, name.lastIndexOf('/') + 1)),
    name: visibleText(name.slice(name.lastIndexOf('/') + 1)),
    description: shownText(description ?? '', maxDescriptionChars),
    owner: shownText(owner ?? '', maxDescriptionChars),
    open: counts === undefined ? unknown : grouped(counts.open),
    closed: counts === undefined ? unknown : grouped(counts.closed),
    activity: counts?.lastActivity === undefined ? undefined : dayView(counts.lastActivity),
    isAway,
  }
}

function sortLinks(links: Links, { q, sort }: { q: string | undefined; sort: IndexSort }): IndexView['sorts'] {
  const link = (value: IndexSort) => ({
    text: strings.index.sorts[value],
    url: links.index({ q, sort: value === 'name' ? undefined : value }),
    current: value === sort,
  })
  return [link('name'), link('activity'), link('open')]
}
