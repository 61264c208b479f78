/** People: the list of all, and each one's page, feed and JSON; prefixes of ids lead to the whole ones. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { findIdentity } from '../../bug/find.ts'
import type { Identity } from '../../bug/model.ts'
import type { Lease } from '../../cache/lease.ts'
import { bugSummaryJson, identityJson, writeJson } from '../../pages/api-json.ts'
import { personFeed } from '../../pages/feeds.ts'
import { peoplePage } from '../../pages/people-page.ts'
import { personActivity } from '../../pages/person-activity.ts'
import { personPage } from '../../pages/person-page.ts'
import { choicesAnswer } from '../choices.ts'
import { siteOrigin } from '../origin.ts'
import { readQuery } from '../query-use.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { splitSuffix } from '../suffix.ts'
import { withRepository } from '../with-repository.ts'

interface PeopleAddress {
  Params: { name: string }
  Querystring: { q?: unknown }
}

interface PersonAddress {
  Params: { name: string; id: string }
}

const personFormats = ['json', 'atom'] as const
type PersonFormat = (typeof personFormats)[number]

export async function peoplePages(app: FastifyInstance, services: PageServices) {
  const { site, answerer, render } = services

  app.get<PeopleAddress>(`${repositoryPrefix}/identities`, (request, reply) =>
    withRepository(services, { request, reply, name: request.params.name }, async ({ lease }) => {
      const repository = { name: lease.repository.name, tracker: lease.tracker }
      const text = readQuery(request.query.q, services.options.maxQueryChars)
      return await answerer.send(request, reply, {
        state: lease.tracker.digest,
        repository: repository.name,
        format: 'html',
        key: JSON.stringify([repository.name, 'identities', text]),
        render: async () => await render('people', peoplePage({ site, repository, text })),
      })
    }),
  )

  app.get<PeopleAddress>(`${repositoryPrefix}/identities.json`, (request, reply) =>
    withRepository(services, { request, reply, name: request.params.name }, ({ lease: { tracker, repository } }) =>
      answerer.send(request, reply, {
        state: tracker.digest,
        repository: repository.name,
        format: 'json',
        key: JSON.stringify([repository.name, 'identities']),
        render: async () => writeJson({ items: [...tracker.identities.values()].map(identityJson) }),
      }),
    ),
  )

  app.get<PersonAddress>(`${repositoryPrefix}/identities/:id`, (request, reply) =>
    withRepository(services, { request, reply, name: request.params.name }, ({ lease }) => {
      const { id: typed, format } = splitSuffix(request.params.id, personFormats)
      return findPerson(services, { request, reply, lease, typed, format })
    }),
  )
}

interface PersonAt {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly lease: Lease
  /** What the address names the person by, as the visitor wrote it. */
  readonly typed: string
  readonly format: PersonFormat | undefined
}

async function findPerson(services: PageServices, at: PersonAt): Promise<FastifyReply> {
  const { lease, reply, typed, format } = at
  const found = findIdentity(lease.tracker, typed)
  if (!found) throw new ViewerError('IDENTITY_UNKNOWN', 'no identity has that id', { data: { subject: typed } })
  if ('several' in found) return await choicesAnswer(services, { reply, lease, typed, format, matches: found.several })
  const { one: identity } = found
  if (identity.id === typed) return await answerPerson(services, at, identity)
  const suffix = format === undefined ? '' : `.${format}`
  return reply.redirect(services.site.links.person(lease.repository.name, identity.id) + suffix)
}

async function answerPerson(services: PageServices, at: PersonAt, identity: Identity): Promise<FastifyReply> {
  const { site } = services
  const { tracker } = at.lease
  const repository = { name: at.lease.repository.name, tracker }
  const format = at.format ?? 'html'
  // A feed names the host that it was asked of.
  const origin = format === 'atom' ? siteOrigin(at.request, services.options) : ''
  const renderers = {
    json() {
      const bugs = tracker.bugs.filter(({ authorId }) => authorId === identity.id)
      return writeJson({ ...identityJson(identity), bugs: bugs.map(bug => bugSummaryJson(bug, tracker.identities)) })
    },
    atom: () => personFeed({ site, repository, origin, identity }),
    html: () => {
      const activity = personActivity({ site, repository, identityId: identity.id })
      return services.render('person', personPage({ site, repository, identity, activity }))
    },
  }
  return await services.answerer.send(at.request, at.reply, {
    state: tracker.digest,
    ...(format === 'atom' ? {} : { repository: repository.name }),
    format,
    key: JSON.stringify([origin, repository.name, 'identity', identity.id]),
    render: async () => await renderers[format](),
  })
}
