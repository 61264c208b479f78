/**
 * `/<name>.git`: git fetches bugs and people from it (gitprotocol-http), and nothing else. Nothing can be pushed, files
 * of a repository cannot be read, and whoever opens the address in a browser is led to what it is for.
 *
 * What git is told in which way: it shows the text of an error only where it asks for refs, which comes first. Behind
 * that, reasons go into an answer of git's own protocol; but a server that is too busy, or an address that leads nowhere,
 * is a status, which others than git read as well.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { createBodyMemory } from '../body-memory.ts'
import { errorAnswer } from '../error-reply.ts'
import { createFetchAnswers } from '../fetch-answers.ts'
import { gitPrefix } from '../repository-url.ts'
import { closeBehindUnread, readBody } from '../request-body.ts'
import type { FetchOptions, HttpServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'

export interface FetchRoutes {
  readonly services: HttpServices
  readonly fetch: FetchOptions
  /** Of this program. */
  readonly version: string
}

interface OfRepository {
  Params: { name: string }
}

/** Bodies may take so many times what one of them may. */
const bodiesAtOnce = 4

export async function fetchRoutes(app: FastifyInstance, { services, fetch, version }: FetchRoutes) {
  const { site, manager } = services
  const answers = createFetchAnswers(services, fetch, version)
  const bodies = createBodyMemory(bodiesAtOnce * fetch.maxRequestBytes)
  app.removeAllContentTypeParsers()
  // Any other is refused with 415.
  app.addContentTypeParser('application/x-git-upload-pack-request', (_request, payload, done) => done(null, payload))
  closeBehindUnread(app)

  /** @throws REPOSITORY_UNKNOWN, before a body is read */
  const checkName = async ({ params }: FastifyRequest<OfRepository>) => {
    if (await manager.registry.find(params.name)) return params.name
    throw new ViewerError('REPOSITORY_UNKNOWN', 'no repository of that name is served here')
  }

  for (const path of ['', '/']) {
    app.get<OfRepository>(`${gitPrefix}${path}`, async (request, reply) =>
      reply.redirect(`${site.links.about(await checkName(request))}#fetch`),
    )
  }

  app.get<OfRepository & { Querystring: { service?: unknown } }>(`${gitPrefix}/info/refs`, async (request, reply) => {
    const { service } = request.query
    if (service === 'git-receive-pack') throw pushRefused()
    if (service !== 'git-upload-pack') throw notSmart()
    const { name } = request.params
    // git takes the address that it is led to for all that follows.
    if (!/\.git\/info\/refs\?/.test(request.originalUrl)) {
      return reply.redirect(`${site.links.git(await checkName(request))}/info/refs?service=${service}`, 301)
    }
    return await withRepository(services, { request, reply, name, isPatient: true, isLong: true }, async use =>
      answers.advertise({ request, reply, ...use }),
    )
  })

  app.post<OfRepository>(`${gitPrefix}/git-upload-pack`, async (request, reply) => {
    const name = await checkName(request)
    using memory = bodies.open()
    const { maxRequestBytes: maxBytes, requestMs: maxMs } = fetch
    const body = await readBody(request.raw, { maxBytes, maxMs, take: memory.take })
    try {
      return await withRepository(services, { request, reply, name, isPatient: true, isLong: true }, use =>
        answers.answer({ request, reply, ...use }, { body, memory }),
      )
    } catch (error) {
      if (reply.raw.destroyed || statusesToKeep.has(errorAnswer(error).status)) throw error
      return answers.refuse(reply, error)
    }
  })

  // Refused before any of the body is read.
  const onRequest = async () => {
    throw pushRefused()
  }
  app.post(`${gitPrefix}/git-receive-pack`, { onRequest }, onRequest)
  for (const path of ['/HEAD', '/objects/*']) {
    app.get(`${gitPrefix}${path}`, () => {
      throw notSmart()
    })
  }
}

/** An address that leads nowhere, and a server that has no time now. */
const statusesToKeep: ReadonlySet<number> = new Set([404, 503])

function pushRefused(): ViewerError {
  const message = 'nothing can be pushed here: this site only shows bugs; push to the repository that it shows'
  return new ViewerError('PUSH_REFUSED', message)
}

function notSmart(): ViewerError {
  const message =
    'only fetching with the smart HTTP protocol is offered here; use git 1.6.6 or later and the address of the repository'
  return new ViewerError('FETCH_NOT_OFFERED', message)
}
