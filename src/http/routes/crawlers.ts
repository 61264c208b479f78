/** What programs that visit every page ask for first: `robots.txt` and sitemaps. Hidden repositories are in neither. */
import type { FastifyInstance } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { writeRobots } from '../../pages/robots.ts'
import { sitemapParts, writeSitemap, writeSitemapIndex } from '../../pages/sitemap.ts'
import { shortDigest } from '../answer.ts'
import { siteOrigin } from '../origin.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'

interface PartRequest {
  Params: { name: string; part?: string }
}

export async function crawlerRoutes(app: FastifyInstance, services: PageServices) {
  const { site, answerer, overview, options } = services
  const { basePath, allowsCrawlers } = options

  app.get('/robots.txt', async (request, reply) => {
    // Whoever is to stay away is told so whatever host they ask: an error would let them in (RFC 9309, 2.3.1.3).
    const origin = allowsCrawlers ? siteOrigin(request, options) : ''
    return await answerer.send(request, reply, {
      state: 'robots',
      format: 'txt',
      key: JSON.stringify([origin, 'robots']),
      render: async () => writeRobots({ isAllowed: allowsCrawlers, basePath, origin }),
    })
  })

  if (!allowsCrawlers) return

  app.get('/sitemap.xml', async (request, reply) => {
    const origin = siteOrigin(request, options)
    const repositories = (await overview.listKnown()).map(({ name, card }) => ({
      name,
      bugs: card && card.openBugs + card.closedBugs,
    }))
    return await answerer.send(request, reply, {
      state: shortDigest([JSON.stringify(repositories)]),
      format: 'xml',
      key: JSON.stringify([origin, 'sitemaps']),
      render: async () => writeSitemapIndex({ links: site.links, origin, repositories }),
    })
  })

  for (const path of ['sitemap.xml', 'sitemap-:part(^[1-9][0-9]{0,5}).xml']) {
    app.get<PartRequest>(`${repositoryPrefix}/${path}`, (request, reply) =>
      withRepository(services, { request, reply, name: request.params.name }, async ({ lease }) => {
        const { tracker, repository } = lease
        const part = Number(request.params.part ?? 1)
        if (part > sitemapParts(tracker.bugs.length)) {
          throw new ViewerError('PAGE_UNKNOWN', 'the sitemap has no such part')
        }
        const origin = siteOrigin(request, options)
        return await answerer.send(request, reply, {
          state: tracker.digest,
          format: 'xml',
          key: JSON.stringify([origin, repository.name, 'sitemap', part]),
          render: async () =>
            writeSitemap({ links: site.links, origin, repository: { name: repository.name, tracker }, part }),
        })
      }),
    )
  }
}
