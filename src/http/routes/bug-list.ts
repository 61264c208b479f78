/**
 * The list of bugs of a repository as a page: list or board of any query. A form's fields are folded into the query by
 * one redirect, and the id of a bug, typed alone, leads to the bug (`api.md`, "Pages").
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import type { Lease } from '../../cache/lease.ts'
import { type BugListInput, bugListPage } from '../../pages/bug-list-page.ts'
import type { LoosenedQuery } from '../../pages/empty-list.ts'
import { bugsPerPage, defaultListQuery, maxBugsPerPage, queryParameter } from '../../pages/list-address.ts'
import { pageCount } from '../../pages/pager.ts'
import type { Query } from '../../query/ast.ts'
import { listActiveFilters } from '../../query/edit.ts'
import { foldFields, type QueryFields } from '../../query/fold.ts'
import { parseGrouping } from '../../query/group.ts'
import { parseQuery } from '../../query/parser.ts'
import { selectAndCount } from '../../query/select.ts'
import { contentTypes } from '../answer.ts'
import { querySource, readQuery } from '../query-use.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { findTypedBug } from '../typed-bug.ts'
import { readPageNumber, readWholeNumber } from '../whole-number.ts'
import { withRepository } from '../with-repository.ts'

interface ListRequest {
  Params: { name: string }
  Querystring: Readonly<Record<string, unknown>>
}

export async function bugListPages(app: FastifyInstance, services: PageServices) {
  app.get<ListRequest>(`${repositoryPrefix}/bugs`, (request, reply) =>
    withRepository(services, { request, reply, name: request.params.name }, async ({ lease }) => {
      const asked = readList(request.query, services.options.maxQueryChars)
      const target = redirectTarget(request.query, { asked, lease, services })
      if (target !== undefined) return reply.redirect(target)
      return await answerPage({ ...asked, request, reply, lease }, services)
    }),
  )
}

/** What an address asks for. */
interface AskedList {
  /** The query as it came; undefined without one. */
  readonly text: string | undefined
  /** From 1. */
  readonly page: number
  readonly limit: number | undefined
  readonly group: string | undefined
}

interface ListAt extends AskedList {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly lease: Lease
}

async function answerPage(at: ListAt, services: PageServices): Promise<FastifyReply> {
  const { request, reply, lease, text, page, limit, group } = at
  const repository = { name: lease.repository.name, tracker: lease.tracker }
  const renderPage = async (found: Pick<BugListInput, 'result' | 'loosened'>) =>
    await services.render('bugs', bugListPage({ site: services.site, repository, text, page, limit, group, ...found }))
  const parsed = parseQuery(text ?? defaultListQuery)
  if ('error' in parsed) {
    const html = await renderPage({ result: parsed })
    return reply.code(400).header('cache-control', 'no-store').type(contentTypes.html).send(html)
  }
  return await services.answerer.send(request, reply, {
    state: lease.tracker.digest,
    repository: repository.name,
    format: 'html',
    key: JSON.stringify([repository.name, 'bugs', text, page, limit, group]),
    async render(stop) {
      const { query } = parsed
      const answer = selectAndCount(query, await querySource(lease, query, stop))
      const last =
        group === undefined ? pageCount({ total: answer.bugs.length, pageSize: limit ?? bugsPerPage, page }) : 1
      if (page > last) throw new ViewerError('PAGE_UNKNOWN', `the list has ${last} pages`)
      const loosened = answer.bugs.length > 0 ? [] : await countLoosened(lease, query, stop)
      return await renderPage({ result: { query, ...answer }, loosened })
    },
  })
}

/** Filters that are taken away one at a time to see what would be found; of longer queries only the last. */
const maxLoosened = 6

/** What a query that finds nothing would find without one of its filters. */
async function countLoosened(lease: Lease, query: Query, stop: AbortSignal): Promise<LoosenedQuery[]> {
  const filters = listActiveFilters(query)
  if (filters.length < 2) return []
  const loosened: LoosenedQuery[] = []
  for (const { text: without, without: rest } of filters.slice(-maxLoosened)) {
    const { bugs } = selectAndCount(rest, await querySource(lease, rest, stop))
    loosened.push({ without, query: rest, count: bugs.length })
  }
  return loosened
}

const fieldNames = ['status', 'label', 'author', 'sort', 'text'] as const

interface RedirectContext {
  readonly asked: AskedList
  readonly lease: Lease
  readonly services: PageServices
}

/** Where an address leads that is not the one of a list; undefined for one that is. */
function redirectTarget(parameters: ListRequest['Querystring'], context: RedirectContext): string | undefined {
  const { asked, lease, services } = context
  const { links } = services.site
  const { name } = lease.repository
  const { text, limit, group, page } = asked
  if (fieldNames.some(field => parameters[field] !== undefined)) {
    const folded = foldFields(text ?? '', readFields(parameters))
    return links.bugs(name, {
      q: queryParameter(readQuery(folded, services.options.maxQueryChars) ?? ''),
      limit,
      group,
    })
  }
  if (text === undefined || page > 1 || group !== undefined) return undefined
  const bug = findTypedBug(lease.tracker, text)
  return bug && links.bug(name, bug.id)
}

function readFields(parameters: ListRequest['Querystring']): QueryFields {
  const read = (field: (typeof fieldNames)[number]) => {
    const value = parameters[field]
    return (Array.isArray(value) ? value : [value]).filter(one => typeof one === 'string')
  }
  return {
    status: read('status'),
    label: read('label'),
    author: read('author'),
    sort: read('sort'),
    text: read('text'),
  }
}

/** @throws PARAMETER_INVALID, QUERY_INVALID */
function readList(parameters: ListRequest['Querystring'], maxQueryChars: number): AskedList {
  const { q, page, limit, group } = parameters
  return {
    text: readQuery(q, maxQueryChars),
    page: readPageNumber(page),
    limit: readWholeNumber('limit', { value: limit, most: maxBugsPerPage }),
    group: readGroup(group),
  }
}

/** An empty one is none: what a form without a choice sends. */
function readGroup(value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined
  if (typeof value === 'string' && parseGrouping(value)) return value
  throw new ViewerError('PARAMETER_INVALID', 'group must be a scope of labels, status or author')
}
