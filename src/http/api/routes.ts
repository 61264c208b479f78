/** The JSON API, version 1 (`api.md`, "JSON API"). Read-only, open to scripts of other sites, without cookies. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { ViewerError } from '../../base/errors.ts'
import { findBug, findIdentity, onlyOne } from '../../bug/find.ts'
import type { Lease } from '../../cache/cache-manager.ts'
import { bugJson, bugSummaryJson, identityJson, writeJson } from '../../pages/api-json.ts'
import { isoTime } from '../../pages/time.ts'
import { parseQuery } from '../../query/parser.ts'
import { selectBugs } from '../../query/select.ts'
import { shortDigest } from '../answer.ts'
import { queryError, querySource, readQuery } from '../query-use.ts'
import type { HttpServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'
import { readCursor, writeCursor } from './cursor.ts'
import * as schema from './schemas.ts'

/** Without a query: all bugs, newest first. */
const everything = ''
/** How long the list of repositories waits for counts; longer than a page, since nobody looks at a blank screen. */
const listWaitMs = 20_000

export async function apiRoutes(scope: FastifyInstance, { services, version }: ApiOptions) {
  scope.addHook('onSend', async (_request, reply) => {
    reply.header('access-control-allow-origin', '*')
  })
  addRoutes(scope, services)

  scope.get('/openapi.json', (request, reply) =>
    services.answerer.send(request, reply, {
      state: version,
      format: 'json',
      key: 'openapi',
      async render() {
        // Made on demand: the generator is large, and few ever ask.
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

export interface ApiOptions {
  readonly services: HttpServices
  readonly version: string
}

/** Every route that the description names. */
function addRoutes(scope: FastifyInstance, services: HttpServices) {
  scope.setValidatorCompiler(validatorCompiler)
  // Answers are finished text (see answer.ts), which has been through no serializer; tests hold them to the schemas.
  scope.setSerializerCompiler(() => data => writeJson(data))
  const app = scope.withTypeProvider<ZodTypeProvider>()

  const send = (
    at: { request: FastifyRequest; reply: FastifyReply; lease: Lease; key: unknown[] },
    make: () => unknown,
  ) =>
    services.answerer.send(at.request, at.reply, {
      state: at.lease.tracker.digest,
      format: 'json',
      key: JSON.stringify(['api', at.lease.repository.name, ...at.key]),
      render: async () => writeJson(await make()),
    })
  const answers = <T>(ok: T) => ({ 200: ok, '4xx': schema.apiError, '5xx': schema.apiError })

  app.get(
    '/repos',
    { schema: { summary: 'All repositories', response: answers(schema.repositoryList) } },
    async (request, reply) => {
      const list = await services.overview.list(listWaitMs)
      const items = list.map(({ name, description, card }) => ({
        name,
        description: description ?? null,
        openBugs: card?.openBugs ?? null,
        closedBugs: card?.closedBugs ?? null,
        lastActivity: card?.lastActivity === undefined ? null : (isoTime(card.lastActivity) ?? null),
      }))
      const body = writeJson({ items })
      return await services.answerer.send(request, reply, {
        state: shortDigest([body]),
        format: 'json',
        key: 'api repos',
        render: async () => body,
      })
    },
  )

  app.get(
    '/repos/:repo/bugs',
    {
      schema: {
        summary: 'The bugs that a query finds',
        params: schema.repositoryParams,
        querystring: schema.bugQuery,
        response: answers(schema.bugPage),
      },
    },
    (request, reply) =>
      withRepository(services, { request, reply, name: request.params.repo }, async ({ lease }) => {
        const { limit, cursor } = request.query
        const q = readQuery(request.query.q, services.options.maxQueryChars) ?? everything
        return await send({ request, reply, lease, key: ['bugs', q, limit, cursor] }, () => {
          const parsed = parseQuery(q)
          if ('error' in parsed) throw queryError(parsed.error)
          const bugs = selectBugs(parsed.query, querySource(lease))
          const start = cursor === undefined ? 0 : readCursor(cursor, bugs)
          const items = bugs.slice(start, start + limit)
          const last = items.at(-1)
          const end = start + items.length
          return {
            total: bugs.length,
            items: items.map(bug => bugSummaryJson(bug, lease.tracker.identities)),
            next: last && end < bugs.length ? writeCursor(last.id, end - 1) : null,
          }
        })
      }),
  )

  app.get(
    '/repos/:repo/bugs/:id',
    { schema: { summary: 'One bug', params: schema.entityParams, response: answers(schema.bug) } },
    (request, reply) =>
      withRepository(services, { request, reply, name: request.params.repo }, async ({ lease }) => {
        const summary = onlyOne(
          findBug(lease.tracker, request.params.id),
          () => new ViewerError('BUG_UNKNOWN', 'no bug has that id'),
        )
        return await send({ request, reply, lease, key: ['bug', summary.id] }, async () =>
          bugJson(await lease.readBug(summary), lease.tracker.identities),
        )
      }),
  )

  app.get(
    '/repos/:repo/identities/:id',
    { schema: { summary: 'One person', params: schema.entityParams, response: answers(schema.identity) } },
    (request, reply) =>
      withRepository(services, { request, reply, name: request.params.repo }, async ({ lease }) => {
        const identity = onlyOne(
          findIdentity(lease.tracker, request.params.id),
          () => new ViewerError('IDENTITY_UNKNOWN', 'no identity has that id'),
        )
        return await send({ request, reply, lease, key: ['identity', identity.id] }, () => identityJson(identity))
      }),
  )

  const lists = [
    {
      path: 'identities',
      summary: 'The people',
      response: schema.identityList,
      items: ({ tracker }: Lease) => [...tracker.identities.values()].map(identityJson),
    },
    {
      path: 'labels',
      summary: 'The labels',
      response: schema.labelList,
      items: ({ tracker }: Lease) => tracker.labels,
    },
    {
      path: 'problems',
      summary: 'What could not be read',
      response: schema.problemList,
      items: ({ tracker }: Lease) => tracker.problems,
    },
  ]
  for (const { path, summary, response, items } of lists) {
    scope.get<{ Params: z.infer<typeof schema.repositoryParams> }>(
      `/repos/:repo/${path}`,
      { schema: { summary, params: schema.repositoryParams, response: answers(response) } },
      (request, reply) =>
        withRepository(services, { request, reply, name: request.params.repo }, ({ lease }) =>
          send({ request, reply, lease, key: [path] }, () => ({ items: items(lease) })),
        ),
    )
  }
}
