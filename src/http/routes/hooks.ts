/**
 * `POST /hooks/post-receive`: a push has moved refs of a repository. It answers before the repository is read again,
 * so that no push ever waits for the viewer; the next reader waits for the new state instead.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isViewerError, ViewerError } from '../../base/errors.ts'
import { type HookDelivery, movesEntities, parseDelivery, signedBytes } from '../hooks/delivery.ts'
import { provesSecret } from '../hooks/signature.ts'
import { forgeEvent, type HookSource, hookSource } from '../hooks/source.ts'
import type { HttpServices } from '../services.ts'

interface HookQuery {
  Querystring: { repo?: unknown }
}
type HookRequest = FastifyRequest<HookQuery>

export async function hookRoutes(app: FastifyInstance, services: HttpServices) {
  const { maxHookBodyBytes } = services.options
  const note = (source: HookSource, result: HookResult) => {
    services.measures.count('gitbugviewer_hook_deliveries_total', { source, result })
    app.log.debug({ source, result }, 'a hook called')
  }
  // The signature is over the bytes as they came, so nobody may parse them before it was checked.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxHookBodyBytes }, (_request, body, done) =>
    done(null, body),
  )

  app.post<HookQuery>('/hooks/post-receive', { bodyLimit: maxHookBodyBytes }, async (request, reply) => {
    const source = hookSource(request.headers)
    try {
      const result = await takeDelivery(services, request)
      note(source, result)
      return reply
        .code(202)
        .header('cache-control', 'no-store')
        .send({ invalidated: result !== 'ignored' })
    } catch (error) {
      note(source, 'refused')
      if (isViewerError(error, 'UNAUTHORIZED')) reply.header('www-authenticate', 'Bearer')
      throw error
    }
  })
}

/**
 * What became of a delivery whose body was not too large to be read: the repository is read again, is taken along by a
 * refresh that runs, or was dropped; nothing of interest was pushed; or it was not believed or not understood.
 */
type HookResult = 'invalidated' | 'merged' | 'dropped' | 'ignored' | 'refused'

/**
 * Does what a delivery asks for.
 * @throws UNAUTHORIZED, PARAMETER_INVALID, REPOSITORY_UNKNOWN
 */
async function takeDelivery({ manager, options }: HttpServices, request: HookRequest): Promise<HookResult> {
  const { headers, query } = request
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  if (options.hookSecret !== undefined) {
    const call = { source: hookSource(headers), headers, signed: signedBytes(headers, body) }
    if (!provesSecret(call, options.hookSecret)) {
      throw new ViewerError('UNAUTHORIZED', 'the secret is missing or wrong')
    }
  }
  const delivery = parseDelivery(headers, body)
  if (delivery === undefined) return 'ignored'
  const name = await findRepository(manager, candidates(query.repo, delivery), forgeEvent(headers) !== undefined)
  if (!movesEntities(delivery)) return 'ignored'
  if (options.hookMode === 'drop') {
    manager.drop(name)
    return 'dropped'
  }
  return manager.invalidate(name).isMerged ? 'merged' : 'invalidated'
}

/** The address says more than the body: it was written for this viewer. */
function candidates(repo: unknown, delivery: HookDelivery): readonly string[] {
  if (repo === undefined) return delivery.repositories
  if (typeof repo === 'string') return [repo]
  throw new ViewerError('PARAMETER_INVALID', 'the parameter repo must name a repository, once')
}

async function findRepository(
  manager: HttpServices['manager'],
  names: readonly string[],
  isForge: boolean,
): Promise<string> {
  const [first] = names
  const advice = isForge ? '; name it in the address of the webhook, as ?repo=<name>' : ''
  if (first === undefined) {
    const missing = isForge ? 'the payload names no repository' : 'the parameter repo must name a repository, once'
    throw new ViewerError('PARAMETER_INVALID', `${missing}${advice}`)
  }
  for (const name of names) if (await manager.registry.find(name)) return name
  throw new ViewerError('REPOSITORY_UNKNOWN', `no repository of that name is served here${advice}`, {
    data: { subject: first },
  })
}
