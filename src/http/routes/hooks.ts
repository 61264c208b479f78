/**
 * `POST /hooks/post-receive`: a push has moved refs of a repository. It answers before the repository is read again,
 * so that no push ever waits for the viewer; the next reader waits for the new state instead.
 */
import type { FastifyInstance } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { isEntityRef, parseHookBody } from '../hook-body.ts'
import { carriesSecret } from '../secret.ts'
import type { HttpServices } from '../services.ts'

interface HookRequest {
  Querystring: { repo?: unknown }
}

export async function hookRoutes(app: FastifyInstance, { manager, options }: HttpServices) {
  // The signature is over the bytes as they came, so nobody may parse them before it was checked.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: options.maxHookBodyBytes }, (_request, body, done) =>
    done(null, body),
  )

  app.post<HookRequest>('/hooks/post-receive', { bodyLimit: options.maxHookBodyBytes }, async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    if (options.hookSecret !== undefined && !carriesSecret(request.headers, body, options.hookSecret)) {
      reply.header('www-authenticate', 'Bearer')
      throw new ViewerError('UNAUTHORIZED', 'the secret is missing or wrong')
    }
    const delivery = parseHookBody(body, request.headers['content-type'])
    const name = typeof request.query.repo === 'string' ? request.query.repo : delivery.repository
    if (name === undefined)
      throw new ViewerError('PARAMETER_INVALID', 'the parameter repo must name a repository, once')
    if (!(await manager.registry.find(name))) {
      throw new ViewerError('REPOSITORY_UNKNOWN', 'no repository of that name is served here', {
        data: { subject: name },
      })
    }
    const invalidated = delivery.refs.some(isEntityRef)
    // Failures of the refresh are logged by the manager, and met by the next reader.
    if (invalidated) void manager.invalidate(name)
    return reply.code(202).header('cache-control', 'no-store').send({ invalidated })
  })
}
