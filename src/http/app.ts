/**
 * The HTTP surface: every plugin and every route, in order. Services come in as options; nothing is found by looking
 * around. It starts nothing and listens to nothing; see `main.ts`.
 */
import { join } from 'node:path'
import view from '@fastify/view'
import { Eta } from 'eta'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { ViewerError } from '../base/errors.ts'
import { errorPage } from '../pages/error-page.ts'
import type { PageView } from '../pages/layout.ts'
import { contentTypes } from './answer.ts'
import { apiRoutes } from './api/routes.ts'
import { type ErrorAnswer, errorAnswer, sendPlainError, setErrorHeaders, wantedErrorFormat } from './error-reply.ts'
import { rewriteUrl } from './repository-url.ts'
import { bugPages } from './routes/bug.ts'
import { bugListPages } from './routes/bug-list.ts'
import { fileRoutes } from './routes/files.ts'
import { healthRoutes } from './routes/health.ts'
import { hookRoutes } from './routes/hooks.ts'
import { repositoryPages } from './routes/repository-pages.ts'
import { sitePages } from './routes/site-pages.ts'
import { addSecurityHeaders } from './security-headers.ts'
import type { HttpServices, PageServices } from './services.ts'
import { type StaticFiles, staticFileRoutes } from './static-files.ts'

export interface AppOptions {
  readonly logger: FastifyBaseLogger
  /** Log a line for every request. */
  readonly logRequests: boolean
  readonly trustedProxies: boolean | readonly string[]
  readonly viewsFolder: string
  readonly files: StaticFiles
  readonly version: string
  isReady(): boolean
}

/** Builds the server. */
export async function createApp(services: HttpServices, options: AppOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: !options.logRequests }),
    trustProxy: typeof options.trustedProxies === 'boolean' ? options.trustedProxies : [...options.trustedProxies],
    rewriteUrl: request => rewriteUrl(request.url ?? '/', services.options.basePath),
    routerOptions: { maxParamLength: 2048 },
    // A name, an id and a query fit into much less; Node's own limit on headers is above it.
    bodyLimit: services.options.maxHookBodyBytes,
    // No route but the API's has a schema, and the API brings its own compilers: the ones that Fastify would load by
    // itself are most of its start-up time.
    schemaController: { compilersFactory: { buildValidator: () => noSchemas, buildSerializer: () => noSchemas } },
    forceCloseConnections: 'idle',
    return503OnClosing: true,
  })

  // A connection that is kept alive after its last answer would hold up the end of the server.
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close')
    done(null, payload)
  })

  addSecurityHeaders(app)
  await app.register(view, {
    engine: { eta: new Eta({ views: options.viewsFolder, cache: true }) },
    root: join(options.viewsFolder),
    viewExt: 'eta',
    production: true,
  })
  const render = async (template: string, page: PageView) => String(await app.view(template, page))
  const pages: PageServices = { ...services, render }

  app.setErrorHandler(async (error, request, reply) => await answerError(pages, { error, request, reply }))
  app.setNotFoundHandler(async (request, reply) => {
    const error = new ViewerError('PAGE_UNKNOWN', 'no page has that address')
    return await answerError(pages, { error, request, reply })
  })

  await app.register(healthRoutes, { isReady: () => options.isReady() })
  await app.register(staticFileRoutes, { files: options.files })
  await app.register(apiRoutes, { prefix: '/api/v1', services, version: options.version })
  if (services.options.hooksEnabled) await app.register(hookRoutes, services)
  await app.register(bugListPages, pages)
  await app.register(bugPages, pages)
  await app.register(repositoryPages, pages)
  await app.register(fileRoutes, pages)
  await app.register(sitePages, pages)
  return app
}

function noSchemas(): never {
  throw new Error('this scope has no schema compiler')
}

interface Failure {
  readonly error: unknown
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

async function answerError(services: PageServices, { error, request, reply }: Failure): Promise<FastifyReply> {
  const answer = errorAnswer(error)
  const data = { err: error, url: request.originalUrl }
  if (answer.status >= 500) request.log.error(data, 'a request failed')
  else request.log.debug(data, 'a request was refused')
  const format = wantedErrorFormat(request)
  if (format !== 'html') return sendPlainError(reply, answer, error, format)
  const html = await services.render('error', errorPage(errorInput(services, { error, request, reply }, answer)))
  setErrorHeaders(reply, answer)
  return reply.type(contentTypes.html).send(html)
}

function errorInput(services: PageServices, { error, request }: Failure, answer: ErrorAnswer) {
  const { name } = request.params as { name?: string }
  const subject = error instanceof ViewerError ? error.data.subject : undefined
  const inside = name !== undefined && !['REPOSITORY_UNKNOWN', 'REPOSITORY_EMPTY'].includes(answer.code ?? '')
  return {
    site: services.site,
    status: answer.status,
    code: answer.code,
    repository: inside ? { name } : undefined,
    subject: typeof subject === 'string' ? subject : name,
    retryAfterSeconds: answer.retryAfterSeconds,
    requestId: answer.status >= 500 ? request.id : undefined,
  }
}
