/**
 * The JSON API, version 1 (`api.md`, "JSON API"). Read-only, open to scripts of other sites, without cookies. Its
 * shapes are in `schemas.ts`, from which the description is made; that, zod and the generator are loaded only when
 * somebody asks for the description.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { findBug, findIdentity, onlyOne } from '../../bug/find.ts'
import type { Lease } from '../../cache/lease.ts'
import { bugJson, bugSummaryJson, identityJson, repositoryJson, writeJson } from '../../pages/api-json.ts'
import { parseQuery } from '../../query/parser.ts'
import { selectBugs } from '../../query/select.ts'
import { shortDigest } from '../answer.ts'
import { queryError, querySource, readQuery } from '../query-use.ts'
import type { HttpServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { OperationName } from './schemas.ts'

/** Without a query: all bugs, newest first. */
const everything = ''
/** How long the list of repositories waits for counts; longer than a page, since nobody looks at a blank screen. */
const listWaitMs = 20_000
const defaultLimit = 50
const maxLimit = 1000

export interface ApiOptions {
  readonly services: HttpServices
  readonly version: string
}

export async function apiRoutes(scope: FastifyInstance, { services, version }: ApiOptions) {
  scope.addHook('onRequest', (_request, reply, done) => {
    reply.header('access-control-allow-origin', '*')
    done()
  })
  addRoutes(scope, services)

  scope.get('/openapi.json', (request, reply) =>
    services.answerer.send(request, reply, {
      state: version,
      format: 'json',
      key: 'openapi',
      async render() {
        const { describeApi } = await import('./openapi.ts')
        const { basePath } = services.options
        return writeJson(await describeApi({ version, basePath, routes: api => addRoutes(api, services) }))
      },
    }),
  )
  scope.get('/*', () => {
    throw new ViewerError('PAGE_UNKNOWN', 'the API has no such address')
  })
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Names the schemas that describe a route of the API. */
    operation?: OperationName
  }
}

/** Says by which schemas a route is described. */
function describedAs(operation: OperationName) {
  return { config: { operation } }
}

interface InRepository {
  Params: { repo: string }
}
interface OfEntity {
  Params: { repo: string; id: string }
}
interface BugList extends InRepository {
  Querystring: { q?: unknown; limit?: unknown; cursor?: unknown }
}

/** Every route that the description names. */
function addRoutes(scope: FastifyInstance, services: HttpServices) {
  const send = (
    at: { request: FastifyRequest; reply: FastifyReply; lease: Lease; key: unknown[] },
    make: (stop: AbortSignal) => unknown,
  ) =>
    services.answerer.send(at.request, at.reply, {
      state: at.lease.tracker.digest,
      repository: at.lease.repository.name,
      format: 'json',
      key: JSON.stringify(['api', at.lease.repository.name, ...at.key]),
      render: async stop => writeJson(await make(stop)),
    })

  scope.get('/repos', describedAs('repositories'), async (request, reply) => {
    const body = await listRepositories(services)
    return await services.answerer.send(request, reply, {
      state: shortDigest([body]),
      format: 'json',
      key: 'api repos',
      render: async () => body,
    })
  })

  scope.get<InRepository>('/repos/:repo', describedAs('repository'), (request, reply) =>
    withRepository(services, { request, reply, name: request.params.repo }, async ({ lease }) => {
      const { tracker, repository } = lease
      const { description } = await services.overview.details(repository)
      return await services.answerer.send(request, reply, {
        state: shortDigest([tracker.digest, description ?? '']),
        format: 'json',
        key: JSON.stringify(['api', repository.name]),
        render: async () =>
          writeJson(repositoryJson({ name: repository.name, description, counts: tracker, origin: tracker.origin })),
      })
    }),
  )

  scope.get<BugList>('/repos/:repo/bugs', describedAs('bugs'), (request, reply) =>
    withRepository(services, { request, reply, name: request.params.repo }, async ({ lease }) => {
      const limit = readLimit(request.query.limit)
      const cursor = readText(request.query.cursor, 'cursor')
      const q = readQuery(request.query.q, services.options.maxQueryChars) ?? everything
      const key = ['bugs', q, limit, cursor]
      return await send({ request, reply, lease, key }, stop => listBugs(lease, { q, limit, cursor }, stop))
    }),
  )

  scope.get<OfEntity>('/repos/:repo/bugs/:id', describedAs('bug'), (request, reply) =>
    withRepository(services, { request, reply, name: request.params.repo }, async ({ lease }) => {
      const found = findBug(lease.tracker, request.params.id)
      const summary = onlyOne(found, () => new ViewerError('BUG_UNKNOWN', 'no bug has that id'))
      return await send({ request, reply, lease, key: ['bug', summary.id] }, async () =>
        bugJson(await lease.readBug(summary), lease.tracker.identities),
      )
    }),
  )

  scope.get<OfEntity>('/repos/:repo/identities/:id', describedAs('identity'), (request, reply) =>
    withRepository(services, { request, reply, name: request.params.repo }, async ({ lease }) => {
      const found = findIdentity(lease.tracker, request.params.id)
      const identity = onlyOne(found, () => new ViewerError('IDENTITY_UNKNOWN', 'no identity has that id'))
      return await send({ request, reply, lease, key: ['identity', identity.id] }, () => identityJson(identity))
    }),
  )

  const lists = {
    identities: ({ tracker }: Lease) => [...tracker.identities.values()].map(identityJson),
    labels: ({ tracker }: Lease) => tracker.labels,
    problems: ({ tracker }: Lease) => tracker.problems,
  }
  for (const path of ['identities', 'labels', 'problems'] as const) {
    scope.get<InRepository>(`/repos/:repo/${path}`, describedAs(path), (request, reply) =>
      withRepository(services, { request, reply, name: request.params.repo }, ({ lease }) =>
        send({ request, reply, lease, key: [path] }, () => ({ items: lists[path](lease) })),
      ),
    )
  }
}

async function listRepositories({ overview, manager }: HttpServices): Promise<string> {
  const list = await overview.list(listWaitMs)
  const mirrors = new Map(manager.registry.all().map(({ name, mirror }) => [name, mirror?.status()]))
  return writeJson({
    items: list.map(({ name, description, card }) =>
      repositoryJson({ name, description, counts: card, origin: mirrors.get(name) }),
    ),
  })
}

interface BugListRequest {
  readonly q: string
  readonly limit: number
  readonly cursor: string | undefined
}

async function listBugs(lease: Lease, { q, limit, cursor }: BugListRequest, stop: AbortSignal) {
  const parsed = parseQuery(q)
  if ('error' in parsed) throw queryError(parsed.error)
  const bugs = selectBugs(parsed.query, await querySource(lease, parsed.query, stop))
  const start = cursor === undefined ? 0 : readCursor(cursor, bugs)
  const items = bugs.slice(start, start + limit)
  const last = items.at(-1)
  const end = start + items.length
  return {
    total: bugs.length,
    items: items.map(bug => bugSummaryJson(bug, lease.tracker.identities)),
    next: last && end < bugs.length ? writeCursor(last.id, end - 1) : null,
  }
}

function readLimit(value: unknown): number {
  if (value === undefined) return defaultLimit
  const limit = typeof value === 'string' && /^[1-9][0-9]{0,3}$/.test(value) ? Number(value) : 0
  if (limit >= 1 && limit <= maxLimit) return limit
  throw new ViewerError('PARAMETER_INVALID', `limit must be a whole number from 1 to ${maxLimit}`)
}

function readText(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new ViewerError('PARAMETER_INVALID', `${name} may be given once`)
}
