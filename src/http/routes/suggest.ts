/** What a query that is being typed may mean, for the script of the query box. */
import type { FastifyInstance } from 'fastify'
import { type Suggestion, suggest } from '../../query/suggest.ts'
import { visibleText } from '../../text/visible-text.ts'
import { readQuery } from '../query-use.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'

interface SuggestRequest {
  Params: { name: string }
  Querystring: { q?: unknown }
}

export async function suggestRoutes(app: FastifyInstance, services: PageServices) {
  app.get<SuggestRequest>(`${repositoryPrefix}/suggest`, (request, reply) =>
    withRepository(services, { request, reply, name: request.params.name }, async ({ lease }) => {
      const { tracker, repository } = lease
      const text = readQuery(request.query.q, services.options.maxQueryChars) ?? ''
      return await services.answerer.send(request, reply, {
        state: tracker.digest,
        repository: repository.name,
        format: 'json',
        key: JSON.stringify([repository.name, 'suggest', text]),
        render: async () => JSON.stringify({ items: suggest(text, tracker).filter(isPlain).map(shown) }),
      })
    }),
  )
}

/** What a list shows must be what choosing it puts into the box. */
function isPlain({ text }: Suggestion): boolean {
  return visibleText(text) === text
}

function shown(suggestion: Suggestion): Suggestion {
  return { ...suggestion, hint: visibleText(suggestion.hint) }
}
