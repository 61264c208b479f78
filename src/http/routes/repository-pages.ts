/** Lists inside a repository, each as HTML and as JSON: labels, problems. */
import type { FastifyInstance } from 'fastify'
import type { Lease } from '../../cache/lease.ts'
import { writeJson } from '../../pages/api-json.ts'
import { labelsPage } from '../../pages/labels-page.ts'
import { problemsPage } from '../../pages/problems-page.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
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
}
