/** What happened in a repository as a page with pictures and as JSON, and badges for pages elsewhere. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import type { Lease } from '../../cache/lease.ts'
import { activityJson, activityPage } from '../../pages/activity-page.ts'
import { writeJson } from '../../pages/api-json.ts'
import { bugsBadge } from '../../pages/badge.ts'
import { statusOf } from '../../query/edit.ts'
import { parseQuery } from '../../query/parser.ts'
import { selectAndCount } from '../../query/select.ts'
import { badgeHeaders } from '../badge-headers.ts'
import { queryError, querySource, readQuery } from '../query-use.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'
import type { InRepository } from './repository-pages.ts'

interface BadgeRequest extends InRepository {
  Querystring: { q?: unknown; label?: unknown }
}

/** What a badge counts where it is not told. */
const defaultBadgeQuery = 'status:open'

export async function pictureRoutes(app: FastifyInstance, services: PageServices) {
  const { site, render, answerer } = services
  for (const format of ['html', 'json'] as const) {
    const suffix = format === 'html' ? '' : '.json'
    app.get<InRepository>(`${repositoryPrefix}/activity${suffix}`, (request, reply) =>
      withRepository(services, { request, reply, name: request.params.name }, ({ lease: { repository, tracker } }) =>
        answerer.send(request, reply, {
          state: tracker.digest,
          repository: repository.name,
          format,
          key: `${repository.name} activity`,
          render: async () =>
            format === 'html'
              ? await render('activity', activityPage({ site, repository: { name: repository.name, tracker } }))
              : writeJson(activityJson(tracker)),
        }),
      ),
    )
  }

  app.get<BadgeRequest>(`${repositoryPrefix}/badge.svg`, (request, reply) =>
    withRepository(services, { request, reply, name: request.params.name }, ({ lease }) => {
      const text = readQuery(request.query.q, services.options.maxQueryChars)
      return badgeAnswer(services, { request, reply, lease, text, label: readLabel(request.query.label) })
    }),
  )
}

interface BadgeAt {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly lease: Lease
  /** The query as it came; undefined without one. */
  readonly text: string | undefined
  readonly label: string | undefined
}

async function badgeAnswer(services: PageServices, at: BadgeAt): Promise<FastifyReply> {
  const { request, reply, lease, text = defaultBadgeQuery, label } = at
  const { tracker, repository } = lease
  const parsed = parseQuery(text)
  if ('error' in parsed) throw queryError(parsed.error)
  // Only counted, so in no order.
  const query = { ...parsed.query, sort: undefined }
  reply.headers(badgeHeaders)
  return await services.answerer.send(request, reply, {
    state: tracker.digest,
    repository: repository.name,
    format: 'svg',
    key: JSON.stringify([repository.name, 'badge', text, label]),
    async render(stop) {
      const { bugs } = selectAndCount(query, await querySource(lease, query, stop))
      return bugsBadge({ count: bugs.length, status: statusOf(query), label })
    },
  })
}

function readLabel(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new ViewerError('PARAMETER_INVALID', 'label may be given once')
}
