/** Pages about the site as a whole: the index, the help on queries, and the short address of a repository. */
import type { FastifyInstance } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { type IndexSort, indexPage } from '../../pages/index-page.ts'
import { queryHelpPage } from '../../pages/query-help-page.ts'
import { shortDigest } from '../answer.ts'
import { allowOrigin } from '../own-form.ts'
import { repositoryEntries } from '../repository-entries.ts'
import type { PageServices } from '../services.ts'
import { readPageNumber } from '../whole-number.ts'
import { withRepository } from '../with-repository.ts'

interface IndexRequest {
  Querystring: { q?: unknown; sort?: unknown; page?: unknown }
}

/** How long a page waits for the counts of repositories that have not been opened yet. */
const pageWaitMs = 1500
const sorts: readonly IndexSort[] = ['name', 'activity', 'open']

export async function sitePages(app: FastifyInstance, services: PageServices) {
  const { site, answerer, overview, render, manager } = services

  app.get<IndexRequest>('/', async (request, reply) => {
    await manager.registry.filled()
    const [only, ...others] = manager.registry.all()
    // Where visitors may open others, the list is the way to them.
    const canOpen = services.mirrors?.isOpen === true
    if (canOpen) allowOrigin(reply)
    if (only && others.length === 0 && !canOpen && !(await overview.details(only)).hidden) {
      return reply.redirect(site.links.bugs(only.name))
    }
    const q = typeof request.query.q === 'string' ? request.query.q : undefined
    const sort = sorts.find(known => known === request.query.sort)
    const page = readPageNumber(request.query.page)
    const repositories = repositoryEntries(await overview.list(pageWaitMs), manager.registry)
    return await answerer.send(request, reply, {
      state: shortDigest([JSON.stringify(repositories)]),
      format: 'html',
      key: JSON.stringify(['index', q, sort, page]),
      async render() {
        const view = indexPage({ site, repositories, q, sort, page })
        if (page > 1 && view.sections.every(({ entries }) => entries.length === 0)) {
          throw new ViewerError('PAGE_UNKNOWN', 'the list has fewer pages')
        }
        return await render('index', view)
      },
    })
  })

  app.get('/-/help/query', (request, reply) =>
    answerer.send(request, reply, {
      state: 'help',
      format: 'html',
      key: 'help/query',
      render: async () => await render('query-help', queryHelpPage({ site })),
    }),
  )

  // Whatever no other route knows may be the name of a repository, with or without a slash at its end.
  app.get<{ Params: { '*': string } }>('/*', async (request, reply) => {
    const name = request.params['*'].replace(/\/$/, '')
    if (name === '-' || name.startsWith('-/')) throw new ViewerError('PAGE_UNKNOWN', 'no page has that address')
    return await withRepository(services, { request, reply, name }, async ({ lease }) =>
      reply.redirect(site.links.bugs(lease.repository.name)),
    )
  })
}
