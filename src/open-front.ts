/**
 * What visitors see, as the settings want it: the site, the pages that are kept, the app with its routes. It is made anew
 * with every change of the settings, before the one before it is let go, over the same engine. Like `compose.ts`, of
 * which it is a part, it may know every room.
 */
import { getHeapStatistics } from 'node:v8'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { PassingMeasures } from './base/measures.ts'
import { once } from './base/once.ts'
import { createOverview } from './cache/overview.ts'
import { createSurvey } from './cache/survey.ts'
import { readBoundedBytes } from './config/bounded-file.ts'
import type { Settings } from './config/settings.ts'
import { createAnswerer, shortDigest } from './http/answer.ts'
import { createApp } from './http/app.ts'
import type { ConnectionLimits } from './http/connection-limits.ts'
import { createFinishedPages } from './http/finished-pages.ts'
import { createKeptPages, noKeptPages } from './http/kept-pages.ts'
import { loadLook } from './http/look.ts'
import type { OverloadLimits } from './http/overload.ts'
import { createRateLimit } from './http/rate-limit.ts'
import { createRenderedTexts } from './http/rendered-texts.ts'
import { createRepeatedAnswers } from './http/repeated-answers.ts'
import type { MetricsRoute } from './http/routes/metrics.ts'
import type { FetchOptions, HttpOptions } from './http/services.ts'
import { loadStaticFiles } from './http/static-files.ts'
import { createWorks } from './http/works.ts'
import type { Engine, EngineInput } from './open-engine.ts'
import { openSite, queryMistakes } from './open-site.ts'
import { createLinker } from './pages/linker.ts'
import { digestSources, digestTemplates, projectFolder, readVersion } from './project-files.ts'

/** What is read of files. */
export interface FrontFiles {
  readonly look: Awaited<ReturnType<typeof loadLook>>
  readonly files: Awaited<ReturnType<typeof loadStaticFiles>>
  readonly version: string
  /** Digest of the templates. */
  readonly templates: string
}

export interface FrontParts {
  readonly engine: Engine
  /** Its own: they end with it. */
  readonly measures: PassingMeasures
  readonly files: FrontFiles
  readonly log: FastifyBaseLogger
  readonly copy: EngineInput['copy']
  /** Where `/metrics` is answered here: what it shows. */
  readonly metricsRoute: MetricsRoute | undefined
  /** Whether it is to say that it can serve. */
  isReady(): boolean
}

export interface Front extends AsyncDisposable {
  readonly app: FastifyInstance
}

/** Reads what a front needs of files. @throws SETTING_INVALID for the operator's own */
export async function readFrontFiles({ look: wanted }: Settings): Promise<FrontFiles> {
  const look = await loadLook(wanted, readBoundedBytes)
  const [files, version, templates] = await Promise.all([
    loadStaticFiles(`${projectFolder}/public`, look.files),
    readVersion(),
    digestTemplates(),
  ])
  return { look, files, version, templates }
}

/** Makes a front. It starts nothing and listens to nothing. Disposing it ends its routes, and nothing of the engine. */
export async function openFront(settings: Settings, parts: FrontParts): Promise<Front> {
  const { engine, log, copy } = parts
  await using stack = new AsyncDisposableStack()
  const measures = stack.use(parts.measures)
  const { manager, mirrors, storage, streams, longWork, clock } = engine
  const { store } = storage
  const { look, files, version, templates } = parts.files
  for (const mistake of queryMistakes(settings)) log.warn(mistake, 'a named query cannot be read')
  const { readGitConfig } = settings.repositories
  const overview = createOverview(manager, { clock, log, gitProgram: engine.git.program, readGitConfig })
  const survey = createSurvey({ manager, overview, clock, log })

  const { basePath, publicUrl, title, sharedCacheSeconds } = settings.server
  const { text, people, crawlers, live } = settings
  const { maxMarkdownChars } = settings.limits
  const { pages: ofRepositories } = settings.repositories
  const { previewMaxBytes: previews } = settings.files
  const { enabled: fetching } = settings.fetch
  const remotes = [settings.mirrors.open.map(pattern => pattern.text), settings.mirrors.refreshInterval]
  const chosen = { look: [settings.look, look.digest], text, people, crawlers, live, ofRepositories, previews, remotes }
  const shown = { basePath, publicUrl, title, maxMarkdownChars, fetching, chosen, copy: copy?.key }
  const buildTag = shortDigest([version, files.digest, templates, digestSources(), JSON.stringify(shown)]).slice(0, 8)
  const kept = settings.store.enabled
    ? createKeptPages(store, { fromMs: settings.store.results.fromMilliseconds, buildTag, clock })
    : noKeptPages
  const { pagesMaxBytes, pagesIdleSeconds } = settings.cache
  const pages = stack.use(
    createFinishedPages({ maxBytes: pagesMaxBytes, idleMs: pagesIdleSeconds * 1000 }, { clock, measures, kept }),
  )
  const rateLimit = createRateLimit(crawlers.requestsPerMinute, storage.rateBuckets)
  const repeated = createRepeatedAnswers({ pages, digestNow: name => manager.digestNow(name) })
  const markdown = once(async () => {
    const { createMarkdown } = await import('./text/markdown.ts')
    return createMarkdown({ maxChars: maxMarkdownChars, images: text.images })
  })
  // As the build's tag, but from what decides how a text looks: texts outlive most changes of the settings.
  const textTag = shortDigest([version, digestSources(), JSON.stringify([maxMarkdownChars, text.images])])
  const site = openSite(settings, { look, files, copy })
  const options = httpOptions(settings, copy)
  const app = await createApp(
    {
      manager,
      overview,
      survey,
      rateLimit,
      mirrors: mirrors && {
        isOpen: settings.mirrors.open.length > 0,
        open: (address, signal) => mirrors.open(address, signal),
      },
      site,
      markdown,
      commentTexts: createRenderedTexts(
        { markdown, linker: createLinker(site), site, store, clock, measures },
        { maxBytes: settings.cache.fragmentsMaxBytes, tag: textTag },
      ),
      measures,
      streams,
      longWork,
      works: createWorks(settings.limits.worksPerRepository),
      answerer: createAnswerer({
        pages,
        repeated,
        buildTag,
        sharedCacheSeconds,
        rateLimit,
        requestMs: options.requestMs,
      }),
      options,
    },
    {
      logger: log,
      logRequests: settings.logs.requests,
      trustedProxies: settings.server.trustedProxies,
      viewsFolder: `${projectFolder}/views`,
      files,
      version,
      measures: settings.metrics.enabled ? measures : undefined,
      metricsRoute: parts.metricsRoute,
      isReady: () => parts.isReady(),
      connections: connectionLimits(settings),
      overload: overloadLimits(settings, copy),
      clock,
    },
  )
  stack.defer(() => app.close())
  const resources = stack.move()
  return { app, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

function httpOptions(settings: Settings, copy: FrontParts['copy']): HttpOptions {
  const { server, cache, limits, crawlers, live, streams, files, hooks } = settings
  return {
    basePath: server.basePath,
    publicOrigin: server.publicUrl === undefined ? undefined : new URL(server.publicUrl).origin,
    progressAfterMs: cache.progressAfterSeconds * 1000,
    // Nobody waits for the pages of a copy.
    requestMs: copy ? undefined : limits.requestSeconds * 1000,
    maxQueryChars: limits.maxQueryChars,
    maxHookBodyBytes: limits.maxHookBodyBytes,
    allowsCrawlers: crawlers.allow,
    maxListeners: live.maxListeners,
    stallMs: streams.stallSeconds * 1000,
    previewMaxBytes: files.previewMaxBytes,
    fetch: fetchOptions(settings),
    hooksEnabled: hooks.enabled,
    hookSecret: hooks.secret,
    hookMode: hooks.mode,
  }
}

function fetchOptions({ fetch }: Settings): FetchOptions | undefined {
  if (!fetch.enabled) return undefined
  const { maxRequestBytes, maxPackBytes, requestSeconds, packSeconds } = fetch
  return { maxRequestBytes, maxPackBytes, requestMs: requestSeconds * 1000, packMs: packSeconds * 1000 }
}

/** Hooks and fetches bound what they read by themselves; this is for whoever sends neither. */
const shortestBodyMs = 60_000

function connectionLimits({ server, streams, fetch }: Settings): ConnectionLimits {
  return {
    maxConnections: server.maxConnections,
    requestMs: Math.max(shortestBodyMs, fetch.requestSeconds * 1000),
    stallMs: streams.stallSeconds * 1000,
  }
}

/** Behind it there is no more memory to be had, and collecting it takes all the time. */
const heapPart = 0.95

function overloadLimits({ overload }: Settings, copy: FrontParts['copy']): OverloadLimits {
  // A copy is made as fast as can be: it has no visitors who would come back.
  if (copy) return { delayMs: 0, utilization: 0, maxHeapBytes: 0, maxResidentBytes: 0 }
  return {
    delayMs: overload.delayMilliseconds,
    utilization: overload.utilization,
    maxHeapBytes: overload.maxHeapBytes ?? heapPart * getHeapStatistics().heap_size_limit,
    maxResidentBytes: overload.maxResidentBytes,
  }
}
