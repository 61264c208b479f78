/**
 * `POST /hooks/post-receive`: a push has moved refs of a repository. It answers before the repository is read again,
 * so that no push ever waits for the viewer; the next reader waits for the new state instead. A copy of a repository
 * elsewhere is fetched; its readers wait for nothing.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isViewerError, ViewerError } from '../../base/errors.ts'
import type { RegisteredRepository } from '../../cache/registry.ts'
import { movesEntities, parseDelivery, signedBytes } from '../hooks/delivery.ts'
import { provesSecret } from '../hooks/signature.ts'
import { forgeEvent, type HookSource, hookSource } from '../hooks/source.ts'
import { findTargets, type HookParameters } from '../hooks/target.ts'
import type { HttpServices } from '../services.ts'

interface HookQuery {
  Querystring: HookParameters
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
  const told = { delivery, isForge: forgeEvent(headers) !== undefined }
  const targets = await findTargets(manager.registry, query, told)
  if (!movesEntities(delivery)) return 'ignored'
  const results = targets.map(target => tell(target, { manager, options }))
  return results.find(result => result !== 'merged') ?? 'merged'
}

function tell(
  { name, mirror }: RegisteredRepository,
  { manager, options }: Pick<HttpServices, 'manager' | 'options'>,
): 'invalidated' | 'merged' | 'dropped' {
  if (mirror) {
    // What has moved is not here yet: only a fetch brings it.
    mirror.refreshNow()
    return 'invalidated'
  }
  if (options.hookMode === 'drop') {
    manager.drop(name)
    return 'dropped'
  }
  return manager.invalidate(name).isMerged ? 'merged' : 'invalidated'
}
