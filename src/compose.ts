/**
 * Puts the program together: which room gets what. The one file, with `main.ts`, that knows every room. What is opened
 * here goes on one stack and is closed in the opposite order.
 */
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { systemClock } from './base/clock.ts'
import { ViewerError } from './base/errors.ts'
import { createGate } from './base/gate.ts'
import { noMeasures } from './base/measures.ts'
import { matchesName } from './base/name-pattern.ts'
import { once } from './base/once.ts'
import { type CacheManager, createCacheManager } from './cache/cache-manager.ts'
import { createOverview } from './cache/overview.ts'
import { isServableName, type ListedRepository, openRegistry, type ScannedFolder } from './cache/registry.ts'
import { createStoredEntities, createUnstoredEntities } from './cache/stored-entities.ts'
import { createSurvey } from './cache/survey.ts'
import { readBoundedBytes } from './config/bounded-file.ts'
import type { Settings } from './config/settings.ts'
import { repositoryName } from './git/discover.ts'
import type { Git } from './git/git.ts'
import { locateAround, locateRepository } from './git/repository.ts'
import { createAnswerer, shortDigest } from './http/answer.ts'
import { createApp } from './http/app.ts'
import { createFinishedPages } from './http/finished-pages.ts'
import { createKeptPages, noKeptPages } from './http/kept-pages.ts'
import { loadLook } from './http/look.ts'
import { createRateLimit } from './http/rate-limit.ts'
import { createRenderedTexts } from './http/rendered-texts.ts'
import { createRepeatedAnswers } from './http/repeated-answers.ts'
import type { MetricsRoute } from './http/routes/metrics.ts'
import type { FetchOptions } from './http/services.ts'
import { loadStaticFiles } from './http/static-files.ts'
import type { Job } from './jobs/scheduler.ts'
import type { Mirrors } from './mirrors/mirrors.ts'
import { openProgramMirrors, wantsMirrors } from './open-program-mirrors.ts'
import { openSite, queryMistakes } from './open-site.ts'
import { createLinker } from './pages/linker.ts'
import { digestSources, digestTemplates, projectFolder, readVersion } from './project-files.ts'
import { openSearchIndex } from './search/search-index.ts'
import { openStorage, type StorageOptions } from './store/open-storage.ts'
import { openStreams } from './streams/open-streams.ts'
import type { Metrics } from './telemetry/metrics.ts'

export interface ComposeInput {
  readonly settings: Settings
  /** PATHs of the command line, absolute. */
  readonly paths: readonly string[]
  /** The current folder. */
  readonly cwd: string
  /** Being opened while this file was loaded. */
  readonly git: Promise<Git>
  readonly log: FastifyBaseLogger
  /** What is measured; undefined measures nothing. */
  readonly metrics: Metrics | undefined
  /** Where pages are to become files: which addresses those have, and what changes with that. */
  readonly copy?: { readonly key: string; offers(url: string): boolean }
}

export interface Program extends AsyncDisposable {
  readonly app: FastifyInstance
  /** Listens for readers of the metrics, where the settings give them a listener. @throws SETTING_INVALID */
  listenForMetrics(): Promise<void>
  /** Called when the server listens: from then on it says that it is ready, and looks for changes by itself. */
  markReady(): Promise<void>
  /** Called when shutdown begins: from then on it says that it is not. */
  markStopping(): void
}

const rescanAfterMs = 10_000
/** What is still under way then when the program ends is cut off; `main.ts` waits some seconds longer. */
const lastAnswersMs = 15_000
/** More threads than this read no faster: git and this thread need processors too. */
const mostThreads = 4

/** Builds the program. Nothing listens yet. @throws SETTING_INVALID, GIT_MISSING, GIT_TOO_OLD */
export async function compose(input: ComposeInput): Promise<Program> {
  const { settings, log, metrics } = input
  const measures = metrics ?? noMeasures
  const clock = systemClock
  await using stack = new AsyncDisposableStack()
  // First, since its thread takes a moment to start; closed last, after all that puts something there.
  const storage = stack.use(await openStorage(storageOptions(settings), { clock, log, measures }))
  const look = await loadLook(settings.look, readBoundedBytes)
  const [git, files, version, templates] = await Promise.all([
    input.git,
    loadStaticFiles(`${projectFolder}/public`, look.files),
    readVersion(),
    digestTemplates(),
  ])
  const { list, scan } = await chooseRepositories(input, git)
  // Files are written of what is here: nobody waits for a clone.
  const mirrors =
    input.copy === undefined
      ? await openProgramMirrors(settings, { git, clock, log, measures, manager: () => manager })
      : undefined
  // Whatever fails from here on: the folder is given back.
  if (mirrors) stack.use(mirrors)
  if (input.copy && wantsMirrors(settings)) log.warn({}, 'repositories of other servers are left out of the files')
  const { include, exclude } = settings.repositories
  const registry = await openRegistry(
    {
      list,
      scan,
      accepts: name =>
        (include.length === 0 || include.some(pattern => matchesName(pattern, name))) &&
        !exclude.some(pattern => matchesName(pattern, name)),
      requireExportOk: settings.repositories.requireExportOk,
      rescanAfterMs,
      ...(mirrors ? { mirrors } : {}),
    },
    { clock, log },
  )
  // Closed after the cache manager, which writes to it until its end.
  const search = stack.use(
    openSearchIndex({
      folder: keepsFiles(settings) ? join(settings.dataDir, 'search-v2') : undefined,
      clock,
      log,
      measures,
      onLost: () => {
        manager
          .refreshAll({ full: true })
          .catch((error: unknown) => log.error({ err: error }, 'texts cannot be collected'))
      },
    }),
  )
  const { store, tasks, isShared: keepsTexts } = storage
  const { enabled: isStored } = settings.store
  const stored = stack.use(
    isStored
      ? createStoredEntities({ store, tasks, keepsTexts, limits: settings.limits, log, measures })
      : createUnstoredEntities(),
  )
  const manager: CacheManager = createCacheManager(
    {
      idleMs: settings.cache.idleMinutes * 60_000,
      maxBytes: settings.cache.maxBytes,
      lookAfterMs: settings.cache.lookMilliseconds,
      fullBugsMaxBytes: settings.cache.fullBugsMaxBytes,
      limits: settings.limits,
      workers: {
        threads: settings.cache.workers.threads ?? Math.min(availableParallelism(), mostThreads),
        workersFrom: settings.cache.workers.fromEntities,
      },
      maxBuilds: settings.cache.maxBuilds,
    },
    { git, registry, clock, log, search, measures, store, stored, tell: news => bus.tell(news) },
  )
  stack.use(manager)
  // Closed before the manager, of whose repositories it lets go; the second time does nothing.
  if (mirrors) stack.use(mirrors)
  // Closed before the manager, which is told of what it hears.
  const bus = stack.use(
    storage.openBus({
      heard: news => manager.heard(news),
      missed: () => {
        manager
          .refreshAll()
          .catch((error: unknown) =>
            log.error({ err: error }, 'what was missed of other instances cannot be looked for'),
          )
      },
    }),
  )
  // Closed before the manager too: what makes long answers uses its repositories.
  const streamsFolder = join(settings.dataDir, 'streams-v1')
  const streams = stack.use(openStreams({ ...settings.streams, folder: streamsFolder }, { clock, log, measures }))
  if (!mirrors) openTheOnly(list, scan, manager)
  const { readGitConfig } = settings.repositories
  for (const mistake of queryMistakes(settings)) log.warn(mistake, 'a named query cannot be read')
  const overview = createOverview(manager, { clock, log, gitProgram: git.program, readGitConfig })
  const survey = createSurvey({ manager, overview, clock, log })

  const { basePath, publicUrl, title, sharedCacheSeconds } = settings.server
  const { text, people, crawlers, live } = settings
  const { maxMarkdownChars } = settings.limits
  const { pages: ofRepositories } = settings.repositories
  const { previewMaxBytes: previews } = settings.files
  const { enabled: fetching } = settings.fetch
  const remotes = [settings.mirrors.open.map(pattern => pattern.text), settings.mirrors.refreshInterval]
  const chosen = { look: [settings.look, look.digest], text, people, crawlers, live, ofRepositories, previews, remotes }
  const shown = { basePath, publicUrl, title, maxMarkdownChars, fetching, chosen, copy: input.copy?.key }
  const buildTag = shortDigest([version, files.digest, templates, digestSources(), JSON.stringify(shown)]).slice(0, 8)
  measures.gauge('gitbugviewer_info', () => [{ labels: { version }, value: 1 }])
  measures.gauge('gitbugviewer_repositories', () => registry.all().length)
  const metricsRoute: MetricsRoute | undefined = metrics && { source: metrics, token: settings.metrics.token }
  const { host: metricsHost, port: metricsPort } = settings.metrics.listen
  const kept = isStored
    ? createKeptPages(store, { fromMs: settings.store.results.fromMilliseconds, buildTag, clock })
    : noKeptPages
  const { pagesMaxBytes, pagesIdleSeconds } = settings.cache
  const pages = createFinishedPages(
    { maxBytes: pagesMaxBytes, idleMs: pagesIdleSeconds * 1000 },
    { clock, measures, kept },
  )
  const rateLimit = createRateLimit(crawlers.requestsPerMinute, clock)
  const repeated = createRepeatedAnswers({ pages, digestNow: name => manager.digestNow(name) })
  const markdown = once(async () => {
    const { createMarkdown } = await import('./text/markdown.ts')
    return createMarkdown({ maxChars: maxMarkdownChars, images: text.images })
  })
  // As the build's tag, but from what decides how a text looks: texts outlive most changes of the settings.
  const textTag = shortDigest([version, digestSources(), JSON.stringify([maxMarkdownChars, text.images])])
  const site = openSite(settings, { look, files, copy: input.copy })
  let ready = false
  const app = await createApp(
    {
      manager,
      overview,
      survey,
      rateLimit,
      mirrors: mirrors && {
        isOpen: settings.mirrors.open.length > 0,
        open: (text, signal) => mirrors.open(text, signal),
      },
      site,
      markdown,
      commentTexts: createRenderedTexts(
        { markdown, linker: createLinker(site), site, store, clock, measures },
        { maxBytes: settings.cache.fragmentsMaxBytes, tag: textTag },
      ),
      measures,
      streams,
      longWork: createGate(settings.streams.maxProcesses),
      answerer: createAnswerer({ pages, repeated, buildTag, sharedCacheSeconds, rateLimit }),
      options: {
        basePath,
        publicOrigin: publicUrl === undefined ? undefined : new URL(publicUrl).origin,
        progressAfterMs: settings.cache.progressAfterSeconds * 1000,
        maxQueryChars: settings.limits.maxQueryChars,
        maxHookBodyBytes: settings.limits.maxHookBodyBytes,
        allowsCrawlers: crawlers.allow,
        maxListeners: live.maxListeners,
        stallMs: settings.streams.stallSeconds * 1000,
        previewMaxBytes: settings.files.previewMaxBytes,
        fetch: fetchOptions(settings),
        hooksEnabled: settings.hooks.enabled,
        hookSecret: settings.hooks.secret,
        hookMode: settings.hooks.mode,
      },
    },
    {
      logger: log,
      logRequests: settings.logs.requests,
      trustedProxies: settings.server.trustedProxies,
      viewsFolder: `${projectFolder}/views`,
      files,
      version,
      measures: metrics,
      metricsRoute: metricsPort === undefined ? metricsRoute : undefined,
      isReady: () => ready,
      ending: { answersMs: lastAnswersMs, clock },
    },
  )
  const jobs = stack.use(new AsyncDisposableStack())
  const listeners = stack.use(new AsyncDisposableStack())
  // First to go: no request may find its repositories closed under it.
  stack.defer(() => app.close())
  const resources = stack.move()
  return {
    app,
    async listenForMetrics() {
      if (!metricsRoute || metricsPort === undefined) return
      const { openMetricsListener } = await import('./http/metrics-listener.ts')
      const listener = listeners.use(
        await openMetricsListener({ ...metricsRoute, host: metricsHost, port: metricsPort }),
      )
      log.info({ url: listener.url }, 'metrics have a listener of their own')
    },
    async markReady() {
      ready = true
      const tasks = jobsOf(settings, { manager, mirrors })
      if (tasks.length === 0) return
      // Loaded now: nobody waits for the schedule, and everybody for the first page.
      const { startJobs } = await import('./jobs/scheduler.ts')
      // The signal to end may have come meanwhile.
      if (!jobs.disposed) jobs.use(startJobs(tasks, log, measures))
    },
    markStopping: () => {
      ready = false
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** What is done on a schedule. */
function jobsOf(
  { cache, mirrors: { refresh } }: Settings,
  { manager, mirrors }: { readonly manager: CacheManager; readonly mirrors: Mirrors | undefined },
): Job[] {
  const { enabled, schedule, mode } = cache.rebuild
  const rebuild: Job = {
    name: 'refresh',
    schedule,
    run: signal => manager.refreshAll({ full: mode === 'full', signal }),
  }
  const fetchAll: Job[] =
    mirrors && refresh.enabled
      ? [{ name: 'mirrors', schedule: refresh.schedule, isFirstNow: true, run: signal => mirrors.refreshAll(signal) }]
      : []
  return [...(enabled ? [rebuild] : []), ...fetchAll]
}

/** Whoever comes wants it: a single repository is read while the rest of the program is loaded. */
function openTheOnly(list: readonly ListedRepository[], scan: readonly ScannedFolder[], manager: CacheManager) {
  const [only, ...others] = list
  if (!only || others.length > 0 || scan.length > 0) return
  // What goes wrong is told to the first one who asks.
  manager.acquire(only.name).then(
    lease => lease[Symbol.dispose](),
    () => {},
  )
}

/** Whether anything is kept in files. */
function keepsFiles({ store }: Settings): boolean {
  return store.enabled && store.backend === 'sqlite'
}

function storageOptions({ store, dataDir }: Settings): StorageOptions {
  const { enabled, backend, permanent, intermediate, results, leaseSeconds } = store
  const { url, timeoutMilliseconds, ...redis } = store.redis
  return {
    enabled,
    backend,
    folder: join(dataDir, 'store-v1'),
    limits: {
      permanent: { seconds: undefined, maxBytes: permanent.maxBytes },
      intermediate: { seconds: intermediate.seconds, maxBytes: intermediate.maxBytes },
      result: { seconds: results.seconds, maxBytes: results.maxBytes },
    },
    redis: url === undefined ? undefined : { ...redis, url, timeoutMs: timeoutMilliseconds },
    leaseMs: leaseSeconds * 1000,
  }
}

function fetchOptions({ fetch }: Settings): FetchOptions | undefined {
  if (!fetch.enabled) return undefined
  const { maxRequestBytes, maxPackBytes, requestSeconds, packSeconds } = fetch
  return { maxRequestBytes, maxPackBytes, requestMs: requestSeconds * 1000, packMs: packSeconds * 1000 }
}

interface Chosen {
  readonly list: readonly ListedRepository[]
  readonly scan: readonly ScannedFolder[]
}

/**
 * Which repositories are served (`api.md`, "Command line"): those of the settings and of the command line; without
 * either the one around the current folder if it holds bugs, else the demo.
 */
async function chooseRepositories(input: ComposeInput, git: Git): Promise<Chosen> {
  const { repositories, configFile } = input.settings
  const list: ListedRepository[] = repositories.list.map(one => ({ ...one, name: one.name ?? nameOf(one.path) }))
  const scan: ScannedFolder[] = [...repositories.scan]
  for (const path of input.paths) {
    const location = await locateRepository(path)
    if (location) list.push({ name: nameOf(location.folder), path })
    else scan.push({ path, depth: commandLineDepth })
  }
  if (list.length > 0 || scan.length > 0 || configFile !== undefined || wantsMirrors(input.settings)) {
    return { list, scan }
  }
  const around = await locateAround(input.cwd)
  if (around && (await holdsBugs(git, around.folder))) {
    return { list: [{ name: nameOf(around.folder), path: around.folder }], scan: [] }
  }
  const { ensureDemoRepository } = await import('./demo/demo.ts')
  const demo = await ensureDemoRepository({
    dataDir: input.settings.dataDir,
    contentDir: `${projectFolder}/demo`,
    importInto: (gitDir, stream) => git.importStream(gitDir, stream),
  })
  input.log.info({}, 'no repository was named, and none with bugs is around this folder: showing the demo')
  return { list: [{ name: nameOf(demo), path: demo }], scan: [] }
}

/** Levels below a PATH of the command line that are searched. */
const commandLineDepth = 3

/** A single repository is called as its folder is. @throws SETTING_INVALID where a URL could not carry that */
function nameOf(path: string): string {
  const name = repositoryName(basename(path))
  if (isServableName(name)) return name
  throw new ViewerError(
    'SETTING_INVALID',
    `the folder ${path} gives no usable name; list it with a "name" in the settings file`,
  )
}

async function holdsBugs(git: Git, folder: string): Promise<boolean> {
  const listing = await git.listRefs(folder, { prefixes: ['refs/bugs'] }).catch(() => undefined)
  return listing !== undefined && listing.bytes.length > 0
}
