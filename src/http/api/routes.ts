/** The JSON API, version 1 (`api.md`, "JSON API"). Read-only, open to scripts of other sites, without cookies. */
import swagger from '@fastify/swagger'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
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
import { tidyOpenApi } from './openapi.ts'
import * as schema from './schemas.ts'

/** Without a query: all bugs, newest first. */
const everything = ''
/** How long the list of repositories waits for counts; longer than a page, since nobody looks at a blank screen. */
const listWaitMs = 20_000

export async function apiRoutes(scope: FastifyInstance, options: { services: HttpServices; version: string }) {
  const { services } = options
  scope.setValidatorCompiler(validatorCompiler)
  // Answers are finished text (see answer.ts), which has been through no serializer; tests hold them to the schemas.
  scope.setSerializerCompiler(() => data => writeJson(data))
  await scope.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'git-bug-viewer',
        version: options.version,
        description: 'Bugs kept in git repositories by git-bug, read-only.',
      },
      servers: [{ url: services.options.basePath || '/' }],
    },
    transform: createJsonSchemaTransform({}),
    transformObject: createJsonSchemaTransformObject({}),
  })
  const app = scope.withTypeProvider<ZodTypeProvider>()
  app.addHook('onSend', async (_request, reply) => {
    reply.header('access-control-allow-origin', '*')
  })

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

  app.get('/*', { schema: { hide: true } }, () => {
    throw new ViewerError('PAGE_UNKNOWN', 'the API has no such address')
  })

  app.get('/openapi.json', { schema: { hide: true } }, (request, reply) =>
    services.answerer.send(request, reply, {
      state: options.version,
      format: 'json',
      key: 'openapi',
      render: async () => writeJson(tidyOpenApi(scope.swagger())),
    }),
  )
}
