/** An id that can mean several things: a page with the choices, or the API's conflict for those who read JSON. */
import type { FastifyReply } from 'fastify'
import { ViewerError } from '../base/errors.ts'
import type { BugSummary, Identity } from '../bug/model.ts'
import type { Lease } from '../cache/lease.ts'
import { choicesPage } from '../pages/choices-page.ts'
import { contentTypes } from './answer.ts'
import type { PageServices } from './services.ts'

export interface ChoicesRequest {
  readonly reply: FastifyReply
  readonly lease: Lease
  /** As the visitor wrote it. */
  readonly typed: string
  /** Undefined for a page. */
  readonly format: string | undefined
  readonly matches: readonly (BugSummary | Identity)[]
}

/** Answers 300 with the choices. @throws AMBIGUOUS_PREFIX for other formats than a page */
export async function choicesAnswer(services: PageServices, request: ChoicesRequest): Promise<FastifyReply> {
  const { reply, lease, typed, format, matches } = request
  if (format !== undefined) {
    const data = { matches: matches.map(({ id }) => id) }
    throw new ViewerError('AMBIGUOUS_PREFIX', `${matches.length} ids start with ${typed}`, { data })
  }
  const repository = { name: lease.repository.name, tracker: lease.tracker }
  const html = await services.render(
    'choices',
    choicesPage({ site: services.site, repository, prefix: typed, matches }),
  )
  return reply.code(300).header('cache-control', 'no-cache').type(contentTypes.html).send(html)
}
