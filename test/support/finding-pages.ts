/** The pages by which things are found, and that about a repository, in every state that looks different. */
import type { BugSummary } from '../../src/bug/model.ts'
import { aboutPage } from '../../src/pages/about-page.ts'
import { goPage, type Target } from '../../src/pages/go-page.ts'
import { type SearchReach, searchPage } from '../../src/pages/search-page.ts'
import { bugSnippet, type Snippet } from '../../src/pages/search-snippet.ts'
import type { Site } from '../../src/pages/site.ts'
import { parseQuery } from '../../src/query/parser.ts'
import { textPlaces } from '../../src/query/text-places.ts'
import type { Markdown } from '../../src/text/markdown.ts'
import { hostileText, type Kiln } from './kiln.ts'

interface FindingInput {
  readonly site: Site
  readonly kiln: Kiln
  readonly markdown: Markdown
}

const all: SearchReach = { from: undefined, total: 12, looked: 12, late: [], next: undefined }
const some: SearchReach = { from: 'glaze', total: 300, looked: 66, late: ['slow', hostileText], next: 'tools/wheel' }

/** The pages, each with its name and its template. */
export function findingPages(input: FindingInput) {
  const { site, kiln, markdown } = input
  const repository = { name: 'tools/kiln', tracker: kiln.tracker }
  const hostile = { name: hostileText, tracker: kiln.tracker }
  const targets: readonly Target[] = [
    { repository: 'tools/kiln', kind: 'bug', bug: kiln.rich },
    { repository: hostileText, kind: 'bug', bug: kiln.hostile },
    { repository: hostileText, kind: 'comment', bug: kiln.hostile, id: kiln.hostile.id },
    { repository: 'glaze', kind: 'person', identity: kiln.ada },
  ]
  const page = (name: string, template: string, view: object) => ({ name, template, view })
  const go = (name: string, typed: string | undefined, reach: SearchReach | undefined, found = targets) =>
    page(name, 'go', goPage({ site, typed, targets: found, reach }))
  const noDetails = { description: undefined, owner: undefined, cloneUrl: undefined }
  return [
    page('search', 'search', searchPage({ site, text: undefined, result: undefined })),
    page('search-mistake', 'search', searchPage({ site, text: 'lable:x', result: parseQuery('lable:x') as never })),
    searched(input, {
      name: 'search-found',
      text: 'card relay status:open',
      reach: all,
      names: ['tools/kiln', 'glaze'],
    }),
    searched(input, { name: 'search-none', text: '4f3a9c1', reach: all, names: [] }),
    searched(input, { name: 'search-hostile', text: "alert <script> '\u202e'", reach: some, names: many }),
    go('go', undefined, undefined, []),
    go('go-several', '4f3a', all),
    go('go-hostile', hostileText, some),
    go('go-none', '4f3a9c1', all, []),
    go('go-no-id', hostileText, undefined, []),
    page(
      'about',
      'about',
      aboutPage({ site, repository, details: noDetails, readme: undefined, reportHtml: undefined }),
    ),
    page(
      'about-hostile',
      'about',
      aboutPage({
        site,
        repository: hostile,
        details: { description: hostileText, owner: hostileText, cloneUrl: 'https://git.example.org/tools/kiln' },
        readme: {
          name: 'README.md',
          html: markdown.render(`# Kiln\n\n${hostileText}\n\n## Usage\n\n- turn it on`).html,
        },
        reportHtml: markdown.render('# Ask Ada').html,
      }),
    ),
    page(
      'about-large',
      'about',
      aboutPage({
        site,
        repository,
        details: noDetails,
        readme: { name: 'README', html: undefined },
        reportHtml: undefined,
      }),
    ),
  ]
}

/** More repositories than get rows. */
const many = ['tools/kiln', hostileText, ...Array.from({ length: 120 }, (_, n) => `tools/kiln-${n}`)]

interface Searched {
  readonly name: string
  readonly text: string
  readonly reach: SearchReach
  readonly names: readonly string[]
}

function searched({ site, kiln, markdown }: FindingInput, { name, text, reach, names }: Searched) {
  const parsed = parseQuery(text)
  if ('error' in parsed) throw new Error(parsed.error.message)
  const { query } = parsed
  const found = names.map(repository => ({
    repository: { name: repository, tracker: kiln.tracker },
    bugs: [kiln.rich, kiln.hostile, ...kiln.bugs.slice(2, 9)],
  }))
  const places = textPlaces(query, 'comment')!
  const snippets = new Map<BugSummary, Snippet>()
  for (const bug of [kiln.rich, kiln.hostile]) {
    const snippet = bugSnippet({ bug, places, markdown })
    if (snippet) snippets.set(bug, snippet)
  }
  return { name, template: 'search', view: searchPage({ site, text, result: { query, found, reach, snippets } }) }
}
