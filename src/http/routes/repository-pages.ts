/** Pages inside a repository, each as HTML and as JSON: bugs, labels, people, problems. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { findIdentity } from '../../bug/find.ts'
import type { Lease } from '../../cache/lease.ts'
import { bugSummaryJson, identityJson, writeJson } from '../../pages/api-json.ts'
import { labelsPage } from '../../pages/labels-page.ts'
import { peoplePage } from '../../pages/people-page.ts'
import { personPage } from '../../pages/person-page.ts'
import { problemsPage } from '../../pages/problems-page.ts'
import { choicesAnswer } from '../choices.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { splitSuffix } from '../suffix.ts'
import { withRepository } from '../with-repository.ts'

export interface InRepository {
  Params: { name: string }
}

/** One list of a repository in its two forms. */
interface ListPage {
  readonly path: string
  html(lease: Lease): Promise<string>
  json(lease: Lease): unknown
}

export async function repositoryPages(app: FastifyInstance, services: PageServices) {
  const { site, render } = services
  const lists: readonly ListPage[] = [
    {
      path: 'labels',
      html: ({ repository, tracker }) =>
        render('labels', labelsPage({ site, repository: { name: repository.name, tracker } })),
      json: ({ tracker }) => ({ items: tracker.labels }),
    },
    {
      path: 'identities',
      html: ({ repository, tracker }) =>
        render('people', peoplePage({ site, repository: { name: repository.name, tracker } })),
      json: ({ tracker }) => ({ items: [...tracker.identities.values()].map(identityJson) }),
    },
    {
      path: 'problems',
      html: ({ repository, tracker }) =>
        render('problems', problemsPage({ site, repository: { name: repository.name, tracker } })),
      json: ({ tracker }) => ({ items: tracker.problems }),
    },
  ]
  for (const list of lists) {
    for (const format of ['html', 'json'] as const) {
      const suffix = format === 'html' ? '' : '.json'
      app.get<InRepository>(`${repositoryPrefix}/${list.path}${suffix}`, (request, reply) =>
        withRepository(services, { request, reply, name: request.params.name }, ({ lease }) =>
          services.answerer.send(request, reply, {
            state: lease.tracker.digest,
            repository: lease.repository.name,
            format,
            key: `${request.params.name} ${list.path}`,
            render: async () => (format === 'html' ? await list.html(lease) : writeJson(list.json(lease))),
          }),
        ),
      )
    }
  }

  app.get<{ Params: { name: string; id: string } }>(`${repositoryPrefix}/identities/:id`, (request, reply) =>
    withRepository(services, { request, reply, name: request.params.name }, ({ lease }) =>
      personAnswer(services, { request, reply, lease, id: request.params.id }),
    ),
  )
}

async function personAnswer(
  services: PageServices,
  at: { request: FastifyRequest; reply: FastifyReply; lease: Lease; id: string },
): Promise<FastifyReply> {
  const { request, reply, lease } = at
  const { tracker, repository } = lease
  const { id: typed, format } = splitSuffix(at.id, ['json'])
  const found = findIdentity(tracker, typed)
  if (!found) throw new ViewerError('IDENTITY_UNKNOWN', 'no identity has that id', { data: { subject: typed } })
  if ('several' in found) return await choicesAnswer(services, { ...at, typed, format, matches: found.several })
  const identity = found.one
  const { links } = services.site
  if (identity.id !== typed) {
    return reply.redirect(links.person(repository.name, identity.id) + (format === 'json' ? '.json' : ''))
  }
  const bugs = tracker.bugs.filter(bug => bug.authorId === identity.id)
  return await services.answerer.send(request, reply, {
    state: tracker.digest,
    repository: repository.name,
    format: format === 'json' ? 'json' : 'html',
    key: `${repository.name} identities ${identity.id}`,
    render: async () =>
      format === 'json'
        ? writeJson({ ...identityJson(identity), bugs: bugs.map(bug => bugSummaryJson(bug, tracker.identities)) })
        : await services.render(
            'person',
            personPage({ site: services.site, repository: { name: repository.name, tracker }, identity }),
          ),
  })
}
