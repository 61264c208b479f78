/**
 * The search over all repositories: page, JSON and feed; and the description by which browsers offer it. A search has a
 * time, and opens a few repositories at most: the answer says what it has left out (`cache/survey.ts`).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { forEachConcurrently } from '../../base/concurrency.ts'
import { ViewerError } from '../../base/errors.ts'
import type { BugSummary } from '../../bug/model.ts'
import { readReference } from '../../bug/reference.ts'
import type { Lease } from '../../cache/lease.ts'
import type { Surveyed } from '../../cache/survey.ts'
import { bugSummaryJson, writeJson } from '../../pages/api-json.ts'
import { searchFeed } from '../../pages/feeds.ts'
import { writeOpenSearch } from '../../pages/opensearch.ts'
import { type FoundInRepository, type SearchInput, searchPage, shownBugs } from '../../pages/search-page.ts'
import { bugSnippet, type Snippet } from '../../pages/search-snippet.ts'
import type { Query } from '../../query/ast.ts'
import { parseQuery } from '../../query/parser.ts'
import { selectBugs } from '../../query/select.ts'
import { textPlaces } from '../../query/text-places.ts'
import { textTerms } from '../../query/text-test.ts'
import { contentTypes, shortDigest } from '../answer.ts'
import { siteOrigin } from '../origin.ts'
import { queryError, querySource, readQuery } from '../query-use.ts'
import { readableBug } from '../readable-bug.ts'
import { readerSignal } from '../reader-signal.ts'
import type { PageServices } from '../services.ts'
import { allRepositories } from '../works.ts'

interface SearchRequest {
  Querystring: { q?: unknown; from?: unknown }
}

/** How long somebody looks at a blank screen, and how long a program waits. */
const pageWaitMs = 1000
const programWaitMs = 5000
/** Bugs of one repository in the JSON. */
const maxJsonBugs = 100
/** Whole bugs that are read at the same time. */
const readsAtOnce = 4

export async function searchRoutes(app: FastifyInstance, services: PageServices) {
  const { site, answerer, options, render } = services

  app.get<SearchRequest>('/-/search', async (request, reply) => {
    const { text, from } = readSearch(request, services)
    if (text === undefined || text.trim() === '') {
      return await answerer.send(request, reply, {
        state: 'search',
        format: 'html',
        key: 'search',
        render: async () => await render('search', searchPage({ site, text: undefined, result: undefined })),
      })
    }
    const reference = readReference(text)
    if (reference !== undefined && reference.kind !== 'id') return reply.redirect(site.links.go(text.trim()))
    const parsed = parseQuery(text)
    if ('error' in parsed) {
      const html = await render('search', searchPage({ site, text, result: parsed }))
      return reply.code(400).header('cache-control', 'no-store').type(contentTypes.html).send(html)
    }
    const query = orderOfSearch(parsed.query)
    const asked = { request, reply, query, from, waitMs: pageWaitMs }
    using surveyed = await search(asked, services)
    return await answerer.send(request, reply, {
      state: stateOf(surveyed),
      isCounted: true,
      format: 'html',
      key: JSON.stringify(['search', text, from]),
      async render(stop) {
        const found = foundIn(surveyed)
        const snippets = await readSnippets({ query, found, surveyed, stop }, services)
        const result: SearchInput['result'] = { query, found, reach: { ...surveyed, from }, snippets }
        return await render('search', searchPage({ site, text, result }))
      },
    })
  })

  app.get<SearchRequest>('/-/search.json', async (request, reply) => {
    const { text, from, query } = readProgramSearch(request, services)
    using surveyed = await search({ request, reply, query, from, waitMs: programWaitMs }, services)
    const { next, total, looked, late } = surveyed
    return await answerer.send(request, reply, {
      state: stateOf(surveyed),
      isCounted: true,
      format: 'json',
      key: JSON.stringify(['search', text, from]),
      render: async () =>
        writeJson({
          repositories: { total, searched: looked - late.length, notSearched: late },
          next: next === undefined ? null : site.links.searchJson(text, next),
          items: foundIn(surveyed)
            .filter(({ bugs }) => bugs.length > 0)
            .map(({ repository: { name, tracker }, bugs }) => ({
              repository: name,
              total: bugs.length,
              items: bugs.slice(0, maxJsonBugs).map(bug => bugSummaryJson(bug, tracker.identities)),
            })),
        }),
    })
  })

  app.get<SearchRequest>('/-/search.atom', async (request, reply) => {
    const { text, from, query } = readProgramSearch(request, services)
    const origin = siteOrigin(request, options)
    using surveyed = await search({ request, reply, query, from, waitMs: programWaitMs }, services)
    return await answerer.send(request, reply, {
      state: stateOf(surveyed),
      isCounted: true,
      format: 'atom',
      key: JSON.stringify([origin, 'search', text, from]),
      render: async () => searchFeed({ site, origin, text, from, next: surveyed.next, found: foundIn(surveyed) }),
    })
  })

  app.get('/-/opensearch.xml', async (request, reply) => {
    const origin = siteOrigin(request, options)
    return await answerer.send(request, reply, {
      state: 'opensearch',
      format: 'opensearch',
      key: JSON.stringify([origin, 'opensearch']),
      render: async () => writeOpenSearch({ site, origin }),
    })
  })
}

function readSearch({ query }: FastifyRequest<SearchRequest>, { options }: PageServices) {
  return { text: readQuery(query.q, options.maxQueryChars), from: readFrom(query.from) }
}

/** The repository at which a survey goes on. @throws PARAMETER_INVALID */
export function readFrom(from: unknown): string | undefined {
  if (from === undefined || (typeof from === 'string' && from.length <= 1000)) return from
  throw new ViewerError('PARAMETER_INVALID', 'from must be the name of one repository')
}

/** @throws PARAMETER_INVALID without a query, QUERY_INVALID */
function readProgramSearch(request: FastifyRequest<SearchRequest>, services: PageServices) {
  const { text, from } = readSearch(request, services)
  if (text === undefined || text.trim() === '') throw new ViewerError('PARAMETER_INVALID', 'q is missing')
  const parsed = parseQuery(text)
  if ('error' in parsed) throw queryError(parsed.error)
  return { text, from, query: orderOfSearch(parsed.query) }
}

/** Without an order of its own, a search shows first what fits best, or without words what was changed last. */
function orderOfSearch(query: Query): Query {
  if (query.sort !== undefined) return query
  return { ...query, sort: { key: textTerms(query).length > 0 ? 'relevance' : 'edit', direction: 'desc' } }
}

interface Asked {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly query: Query
  readonly from: string | undefined
  readonly waitMs: number
}

type FoundBugs = Surveyed<readonly BugSummary[]>

async function search({ reply, query, from, waitMs }: Asked, services: PageServices): Promise<FoundBugs> {
  const { survey, works, options } = services
  using _work = works.begin(allRepositories)
  return await survey.run({
    from,
    waitMs,
    signal: readerSignal(reply, options.requestMs),
    look: async (lease, signal) => selectBugs(query, await querySource(lease, query, signal)),
  })
}

/** Which states were searched, and which were not. */
function stateOf({ found, total, looked, late, next }: FoundBugs): string {
  const states = found.map(({ lease }) => [lease.repository.name, lease.tracker.digest])
  return shortDigest([JSON.stringify([states, total, looked, late, next])])
}

function foundIn({ found }: FoundBugs): FoundInRepository[] {
  return found.map(({ lease, result }) => ({
    repository: { name: lease.repository.name, tracker: lease.tracker },
    bugs: result,
  }))
}

interface SnippetsWanted {
  readonly query: Query
  readonly found: readonly FoundInRepository[]
  readonly surveyed: FoundBugs
  readonly stop: AbortSignal
}

/** Reads the bugs of the rows that are shown, where the query asks for words at all. */
async function readSnippets(
  { query, found, surveyed, stop }: SnippetsWanted,
  services: PageServices,
): Promise<ReadonlyMap<BugSummary, Snippet>> {
  const snippets = new Map<BugSummary, Snippet>()
  const places = textPlaces(query, 'comment')
  if (!places) return snippets
  const leases = new Map<string, Lease>(surveyed.found.map(({ lease }) => [lease.repository.name, lease]))
  const rows = shownBugs(found).flatMap(({ repository, bugs }) => bugs.map(bug => ({ bug, name: repository.name })))
  const markdown = await services.markdown()
  await forEachConcurrently(rows, readsAtOnce, async ({ bug: summary, name }) => {
    stop.throwIfAborted()
    const lease = leases.get(name)
    // What cannot be read any more has its title still.
    const bug = lease && (await readableBug(lease, summary, stop))
    const snippet = bug && bugSnippet({ bug, places, markdown })
    if (snippet) snippets.set(summary, snippet)
  })
  return snippets
}
