/**
 * Renders every kind of page without a server, to look at them:
 *
 *   node test/support/preview.ts FOLDER            writes FOLDER/*.html, to be opened in any browser
 *   node test/support/preview.ts FOLDER --shots    and pictures of each, 1280 and 360 pixels wide, light and dark
 *
 * `previewPages` is also what the tests of the templates read.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Eta } from 'eta'
import type { FileFacts } from '../../src/bug/file-kind.ts'
import type { CommentEvent } from '../../src/bug/model.ts'
import { activityPage } from '../../src/pages/activity-page.ts'
import { bugListPage } from '../../src/pages/bug-list-page.ts'
import { type BugPageInput, bugPage } from '../../src/pages/bug-page.ts'
import { choicesPage } from '../../src/pages/choices-page.ts'
import { editsPage } from '../../src/pages/edits-page.ts'
import { errorPage } from '../../src/pages/error-page.ts'
import { indexPage, type RepositoryEntry } from '../../src/pages/index-page.ts'
import { labelsPage } from '../../src/pages/labels-page.ts'
import type { RepositoryInput } from '../../src/pages/layout.ts'
import { createLinks } from '../../src/pages/links.ts'
import { defaultListQuery } from '../../src/pages/list-address.ts'
import type { Mentions } from '../../src/pages/mentions.ts'
import { peoplePage } from '../../src/pages/people-page.ts'
import { personActivity } from '../../src/pages/person-activity.ts'
import { personPage } from '../../src/pages/person-page.ts'
import { problemsPage } from '../../src/pages/problems-page.ts'
import { type BuildProgress, progressPage } from '../../src/pages/progress-page.ts'
import { queryHelpPage } from '../../src/pages/query-help-page.ts'
import type { Site } from '../../src/pages/site.ts'
import { createSite } from '../../src/pages/site.ts'
import type { SignatureView } from '../../src/pages/timeline.ts'
import { parseQuery } from '../../src/query/parser.ts'
import { selectAndCount } from '../../src/query/select.ts'
import { strings } from '../../src/strings/strings.ts'
import { directTexts } from '../../src/text/comment-texts.ts'
import { createMarkdown } from '../../src/text/markdown.ts'
import { findingPages } from './finding-pages.ts'
import { inventTracker } from './invented-tracker.ts'
import { hostileText, inventKiln, type Kiln } from './kiln.ts'
import { mirrorPages } from './mirror-pages.ts'
import { inventNoisyBug } from './noisy-bug.ts'
import { programPath } from './required-programs.ts'

export const viewsFolder = join(import.meta.dirname, '../../views')
export const publicFolder = join(import.meta.dirname, '../../public')

export interface PreviewPage {
  readonly name: string
  readonly template: string
  readonly view: object
}

/** Renders a template as the server does. */
export function createRenderer(): (page: { template: string; view: object }) => string {
  const eta = new Eta({ views: viewsFolder, cache: true })
  return ({ template, view }) => eta.render(template, { strings, ...view })
}

/** The list page of a query, as a route makes it. */
export function listPage(input: {
  site: Site
  repository: RepositoryInput
  text?: string
  page?: number
  limit?: number
  group?: string
}) {
  const { site, repository, text, page = 1, limit, group } = input
  const parsed = parseQuery(text ?? defaultListQuery)
  const source = {
    ...repository.tracker,
    textMatches: () => ({ has: () => false, hasNumber: () => false, score: () => 0 }),
  }
  const result =
    'error' in parsed
      ? parsed
      : {
          query: parsed.query,
          ...selectAndCount(parsed.query, source),
        }
  return bugListPage({ site, repository, text, result, page, limit, group })
}

/** Every kind of page in every state that looks different. */
export function previewPages(basePath: string): PreviewPage[] {
  const site = createSite({ title: 'bugs.example.org', links: createLinks({ basePath, asset: name => name }) })
  const kiln = inventKiln()
  const repository = { name: 'tools/kiln', tracker: kiln.tracker }
  const hostile = { name: hostileText, tracker: kiln.tracker }
  const empty = { name: 'tools/new', tracker: inventTracker({ bugs: [], identities: [kiln.ada] }) }
  const markdown = createMarkdown()
  const activity = personActivity({ site, repository, identityId: kiln.ada.id })
  const texts = directTexts(markdown)
  const mallory = [...kiln.tracker.identities.values()].find(({ name }) => name === hostileText)!
  const list = (name: string, text?: string, page?: number): PreviewPage => ({
    name,
    template: 'bugs',
    view: listPage({
      site,
      repository,
      ...(text === undefined ? {} : { text }),
      ...(page === undefined ? {} : { page }),
    }),
  })
  const progress = (name: string, repository: string, howFar: BuildProgress): PreviewPage => ({
    name,
    template: 'progress',
    view: progressPage({ site, name: repository, progress: howFar, url: site.links.bugs(repository) }),
  })
  return [
    { name: 'index', template: 'index', view: indexPage({ site, repositories: entries }) },
    {
      name: 'index-sorted',
      template: 'index',
      view: indexPage({ site, repositories: entries, sort: 'activity', q: 'kiln' }),
    },
    { name: 'index-unmatched', template: 'index', view: indexPage({ site, repositories: entries, q: 'nothing such' }) },
    { name: 'index-none', template: 'index', view: indexPage({ site, repositories: [] }) },
    list('bugs'),
    list('bugs-page-2', undefined, 2),
    list('bugs-filtered', 'label:kind/bug author:tomas schedule -label:wontfix sort:comments'),
    list('bugs-unmatched', 'status:open label:"no such label"'),
    list('bugs-other-status', 'status:closed title:cone'),
    list('bugs-beyond', undefined, 9),
    list('bugs-mistake', 'status:open lable:kind/bug sort:edit'),
    list('bugs-all', ''),
    { name: 'board', template: 'bugs', view: listPage({ site, repository, text: '', group: 'kind' }) },
    { name: 'board-authors', template: 'bugs', view: listPage({ site, repository, group: 'author' }) },
    { name: 'board-unknown', template: 'bugs', view: listPage({ site, repository, group: 'no such scope' }) },
    {
      name: 'board-hostile',
      template: 'bugs',
      view: listPage({ site, repository: hostile, text: '', group: '<script>alert(1)<' }),
    },
    { name: 'bugs-empty', template: 'bugs', view: listPage({ site, repository: empty }) },
    {
      name: 'bugs-hostile',
      template: 'bugs',
      view: listPage({ site, repository: hostile, text: `title:alert ${hostileText}` }),
    },
    {
      name: 'bug',
      template: 'bug',
      view: bugPage({
        site,
        repository,
        bug: kiln.rich,
        texts,
        markdown,
        files: filesOf(kiln),
        mentions: mentionsOf(kiln),
      }),
    },
    ...bugHistoryPages({ site, repository, texts, markdown }),
    {
      name: 'bug-hostile',
      template: 'bug',
      view: bugPage({ site, repository: hostile, bug: kiln.hostile, texts, markdown }),
    },
    { name: 'activity', template: 'activity', view: activityPage({ site, repository }) },
    { name: 'activity-hostile', template: 'activity', view: activityPage({ site, repository: hostile }) },
    { name: 'activity-none', template: 'activity', view: activityPage({ site, repository: empty }) },
    ...findingPages({ site, kiln, markdown }),
    ...mirrorPages({ site, tracker: kiln.tracker, repositories: entries, listPage }),
    { name: 'labels', template: 'labels', view: labelsPage({ site, repository }) },
    { name: 'labels-none', template: 'labels', view: labelsPage({ site, repository: empty }) },
    { name: 'people', template: 'people', view: peoplePage({ site, repository }) },
    { name: 'people-unmatched', template: 'people', view: peoplePage({ site, repository, text: hostileText }) },
    { name: 'person', template: 'person', view: personPage({ site, repository, identity: kiln.ada, activity }) },
    { name: 'person-hostile', template: 'person', view: personPage({ site, repository, identity: mallory }) },
    { name: 'problems', template: 'problems', view: problemsPage({ site, repository }) },
    { name: 'problems-none', template: 'problems', view: problemsPage({ site, repository: empty }) },
    {
      name: 'choices',
      template: 'choices',
      view: choicesPage({ site, repository, prefix: 'f', matches: [...kiln.tracker.bugs.slice(0, 5), kiln.ada] }),
    },
    progress('progress', 'tools/kiln', { done: 1234, total: 10_000 }),
    progress('progress-start', 'tools/kiln', { done: 0, total: 0 }),
    progress('progress-hostile', hostileText, { done: 1, total: 1 }),
    { name: 'query-help', template: 'query-help', view: queryHelpPage({ site }) },
    {
      name: 'error-400',
      template: 'error',
      view: errorPage({ site, status: 400, code: 'PARAMETER_INVALID', subject: hostileText }),
    },
    {
      name: 'error-404',
      template: 'error',
      view: errorPage({ site, status: 404, code: 'BUG_UNKNOWN', subject: 'deadbeef', repository }),
    },
    { name: 'error-404-page', template: 'error', view: errorPage({ site, status: 404 }) },
    { name: 'error-500', template: 'error', view: errorPage({ site, status: 500, requestId: 'req-3f' }) },
    {
      name: 'error-503',
      template: 'error',
      view: errorPage({
        site,
        status: 503,
        code: 'LOAD_TIMEOUT',
        retryAfterSeconds: 5,
        repository: { name: 'tools/kiln' },
      }),
    },
  ]
}

/** The first file of the bug that has everything is a picture, the second one a log. */
function filesOf({ rich }: Kiln): ReadonlyMap<string, FileFacts> {
  const [picture = '', log = ''] = rich.comments[0]?.files ?? []
  return new Map([
    [picture, { size: 123_456, kind: 'png', picture: { width: 1280, height: 800 } }],
    [log, { size: 2_345, kind: 'text' }],
  ])
}

/** Two bugs that mention another one. */
function mentionsOf({ bugs, hostile }: Kiln): Mentions {
  const found = [bugs[3]!, hostile].map(bug => ({ bug, eventId: bug.timeline[0]!.id }))
  return { found, isCut: true }
}

/** A bug with all that is folded and marked, the same at an earlier commit, and what its description was. */
function bugHistoryPages(input: Pick<BugPageInput, 'site' | 'repository' | 'texts' | 'markdown'>): PreviewPage[] {
  const noisy = inventNoisyBug()
  const [description] = noisy.timeline
  const bad = noisy.timeline[9]!.commit
  const signatureOf = (commit: string): SignatureView =>
    commit === bad ? { state: 'bad', text: 'bad signature' } : { state: 'signed', text: 'signed' }
  const earlier = { ...noisy, tip: noisy.timeline[5]!.commit, timeline: noisy.timeline.slice(0, 6) }
  return [
    {
      name: 'bug-noisy',
      template: 'bug',
      view: bugPage({
        ...input,
        bug: noisy,
        mentions: { found: [], isCut: false },
        signatureOf,
        signatures: '10 of 11 packs are signed',
      }),
    },
    { name: 'bug-as-of', template: 'bug', view: bugPage({ ...input, bug: earlier, current: noisy }) },
    {
      name: 'edits',
      template: 'edits',
      view: editsPage({ ...input, bug: noisy, event: description as CommentEvent }),
    },
  ]
}

const entries: readonly RepositoryEntry[] = [
  {
    name: 'tools/kiln',
    description: 'Controller of the two kilns: firmware, schedule editor and charts',
    owner: 'Ada Marsh',
    counts: { open: 70, closed: 1141, lastActivity: 1_795_161_600 },
  },
  {
    name: 'tools/wheel',
    description: 'Speed control of the wheel',
    owner: 'tomas',
    counts: { open: 0, closed: 3, lastActivity: 1_690_000_000 },
  },
  { name: 'tools/a-name-that-is-long-because-somebody-wanted-to-say-everything-in-it', owner: 'tomas' },
  { name: 'glaze', description: 'Recipes', counts: { open: 0, closed: 0, lastActivity: undefined } },
  { name: hostileText, description: hostileText, counts: { open: 1, closed: 0, lastActivity: -1 } },
  { name: 'archive/studio/2019', description: '' },
]

async function writePreview(folder: string, withShots: boolean): Promise<void> {
  mkdirSync(join(folder, '-'), { recursive: true })
  cpSync(publicFolder, join(folder, '-/static'), { recursive: true })
  const render = createRenderer()
  const pages = previewPages(pathToFileURL(resolve(folder)).href)
  for (const page of pages) writeFileSync(join(folder, `${page.name}.html`), render(page))
  console.log(`${pages.length} pages in ${folder}`)
  if (withShots) await shoot(folder, pages)
}

async function shoot(folder: string, pages: readonly PreviewPage[]): Promise<void> {
  const executablePath = programPath('chromium')
  if (executablePath === undefined) throw new Error('pictures need chromium: apt-get install chromium')
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      const tab = await browser.newPage({ viewport: { width, height: 800 }, colorScheme })
      for (const { name } of pages) {
        await tab.goto(pathToFileURL(resolve(folder, `${name}.html`)).href)
        await tab.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true })
        const wide = Number(await tab.evaluate('document.documentElement.scrollWidth'))
        if (wide > width) console.log(`${name} is ${wide} px wide at ${width} px`)
      }
      await tab.close()
    }
  }
  await browser.close()
}

if (import.meta.main) {
  const [folder, ...options] = process.argv.slice(2)
  if (folder === undefined) throw new Error('say into which folder')
  await writePreview(folder, options.includes('--shots'))
}
