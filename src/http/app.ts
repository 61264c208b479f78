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
import type { Clock } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import type { Measures } from '../base/measures.ts'
import { errorPage } from '../pages/error-page.ts'
import type { PageView } from '../pages/layout.ts'
import { progressPage } from '../pages/progress-page.ts'
import { strings } from '../strings/strings.ts'
import { contentTypes } from './answer.ts'
import { apiRoutes } from './api/routes.ts'
import { type ConnectionLimits, setConnectionLimits } from './connection-limits.ts'
import { createEarlyServer } from './early-server.ts'
import { errorInput } from './error-input.ts'
import {
  type ErrorAnswer,
  errorAnswer,
  errorLabel,
  isOwnFailure,
  sendPlainError,
  setErrorHeaders,
  wantedErrorFormat,
} from './error-reply.ts'
import { createFailureLog } from './failure-log.ts'
import { addOverload, type OverloadLimits } from './overload.ts'
import { addRateLimit } from './rate-limit.ts'
import { rewriteUrl } from './repository-url.ts'
import { addRequestDurations, createRequestDurations } from './request-durations.ts'
import { createRequestLog } from './request-log.ts'
import { aboutRoutes } from './routes/about.ts'
import { bugPages } from './routes/bug.ts'
import { bugHistoryPages } from './routes/bug-history.ts'
import { bugListPages } from './routes/bug-list.ts'
import { bugListExports } from './routes/bug-list-exports.ts'
import { bundleRoutes } from './routes/bundle.ts'
import { commentRoutes } from './routes/comments.ts'
import { crawlerRoutes } from './routes/crawlers.ts'
import { eventRoutes } from './routes/events.ts'
import { fetchRoutes } from './routes/fetch.ts'
import { fileRoutes } from './routes/files.ts'
import { goRoutes } from './routes/go.ts'
import { healthRoutes } from './routes/health.ts'
import { hookRoutes } from './routes/hooks.ts'
import { type MetricsRoute, metricsRoutes } from './routes/metrics.ts'
import { openRoutes } from './routes/open.ts'
import { peoplePages } from './routes/person.ts'
import { pictureRoutes } from './routes/pictures.ts'
import { repositoryPages } from './routes/repository-pages.ts'
import { searchRoutes } from './routes/search.ts'
import { sitePages } from './routes/site-pages.ts'
import { suggestRoutes } from './routes/suggest.ts'
import { wholeBugExports } from './routes/whole-bug-exports.ts'
import { addSecurityHeaders } from './security-headers.ts'
import type { HttpServices, PageServices } from './services.ts'
import { type StaticFiles, staticFileRoutes } from './static-files.ts'
import { answerUnreadable } from './unreadable-request.ts'

export interface AppOptions {
  readonly logger: FastifyBaseLogger
  /** Log a line for every request. */
  readonly logRequests: boolean
  readonly trustedProxies: boolean | readonly string[]
  readonly viewsFolder: string
  readonly files: StaticFiles
  readonly version: string
  /** What is told of requests and errors; undefined measures nothing. */
  readonly measures: Measures | undefined
  /** Where `/metrics` is answered here: what it shows. */
  readonly metricsRoute: MetricsRoute | undefined
  isReady(): boolean
  readonly connections: ConnectionLimits
  readonly overload: OverloadLimits
  readonly clock: Clock
}

/** Builds the server. */
export async function createApp(services: HttpServices, options: AppOptions): Promise<FastifyInstance> {
  let closing = false
  const note = options.measures && createRequestDurations(options.measures)
  const { repeated } = services.answerer
  const app: FastifyInstance = Fastify({
    // A line for every request is Fastify's to write.
    ...(options.logRequests ? {} : { serverFactory: createEarlyServer({ repeated, note, isClosing: () => closing }) }),
    loggerInstance: options.logger,
    childLoggerFactory: createRequestLog,
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
    clientErrorHandler: answerUnreadable,
  })
  setConnectionLimits(app.server, options.connections)

  // A connection that is kept alive after its last answer would hold up the end of the server.
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close')
    done(null, payload)
  })

  if (note) addRequestDurations(app, note)
  const { site } = services
  addSecurityHeaders(app, { showsRemoteImages: site.images !== 'link' || site.loadsAvatars })
  const overload = await addOverload(app, options.overload, {
    repeated,
    measures: options.measures,
    clock: options.clock,
    log: options.logger,
  })
  addRateLimit(app, services.rateLimit, repeated)
  await app.register(view, {
    engine: { eta: new Eta({ views: options.viewsFolder, cache: true }) },
    root: join(options.viewsFolder),
    viewExt: 'eta',
    production: true,
    defaultContext: { strings },
  })
  const render = async (template: string, page: PageView) => String(await app.view(template, page))
  const pages: PageServices = { ...services, render }

  const failures = createFailureLog()
  const answer = async (failure: Failure) => {
    // The client has gone: nobody is there to hear of it, and nothing has gone wrong.
    if (failure.reply.raw.destroyed) return failure.reply.hijack()
    // Whatever becomes of it, also where the page about it cannot be made: it is not what the ETag names.
    failure.reply.header('cache-control', 'no-store').removeHeader('etag')
    const told = errorAnswer(failure.error)
    options.measures?.count('gitbugviewer_errors_total', { code: errorLabel(told), place: 'request' })
    if (isOwnFailure(told)) failures.failed(failure.request, failure.error)
    else failures.refused(failure.request, failure.error)
    return await answerError(pages, failure, told)
  }
  app.setErrorHandler(async (error, request, reply) => await answer({ error, request, reply }))
  app.setNotFoundHandler(async (request, reply) => {
    const error = new ViewerError('PAGE_UNKNOWN', 'no page has that address')
    return await answer({ error, request, reply })
  })

  await app.register(healthRoutes, { isReady: () => options.isReady() && !overload.isOver() })
  if (options.metricsRoute) await app.register(metricsRoutes, options.metricsRoute)
  await app.register(staticFileRoutes, { files: options.files })
  await app.register(apiRoutes, { prefix: '/api/v1', services, version: options.version })
  if (services.site.isLive) {
    const { maxListeners } = services.options
    await app.register(eventRoutes, { manager: services.manager, maxListeners })
  }
  if (services.options.hooksEnabled) await app.register(hookRoutes, services)
  await app.register(bugListPages, pages)
  await app.register(bugListExports, pages)
  await app.register(wholeBugExports, pages)
  await app.register(bundleRoutes, pages)
  await app.register(suggestRoutes, pages)
  await app.register(bugPages, pages)
  await app.register(bugHistoryPages, pages)
  await app.register(commentRoutes, pages)
  await app.register(peoplePages, pages)
  await app.register(repositoryPages, pages)
  await app.register(pictureRoutes, pages)
  await app.register(fileRoutes, pages)
  const { fetch } = services.options
  if (fetch) await app.register(fetchRoutes, { services, fetch, version: options.version })
  await app.register(aboutRoutes, pages)
  await app.register(searchRoutes, pages)
  await app.register(goRoutes, pages)
  await app.register(crawlerRoutes, pages)
  const { mirrors } = services
  if (mirrors?.isOpen) await app.register(openRoutes, { ...pages, mirrors })
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

async function answerError(
  services: PageServices,
  { error, request, reply }: Failure,
  answer: ErrorAnswer,
): Promise<FastifyReply> {
  const format = wantedErrorFormat(request)
  if (format !== 'html') return sendPlainError(reply, answer, error, format)
  const html = answer.building
    ? await services.render(
        'progress',
        progressPage({ site: services.site, url: ownAddress(request), ...answer.building }),
      )
    : await services.render('error', errorPage(await errorInput(services, request, { error, answer })))
  setErrorHeaders(reply, answer)
  // The page loads itself again. A header and no element of the page, so that a copy that somebody keeps stays as it is.
  if (answer.building) reply.header('refresh', answer.retryAfterSeconds)
  return reply.type(contentTypes.html).send(html)
}

/** What leads back to where the request came, on this site whatever was sent as an address. */
function ownAddress({ originalUrl }: FastifyRequest): string {
  return /^\/(?![/\\])/.test(originalUrl) ? originalUrl : '/'
}
