/**
 * What reads repositories and keeps what was read, without any page: storage, the table of repositories, the cache
 * manager, mirrors, long answers. It outlives new settings (`reconfigure`). Like `compose.ts`, of which it is a part, it
 * may know every room. What is opened here goes on one stack and is closed in the opposite order.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { type Clock, systemClock } from './base/clock.ts'
import { createGate, type SharedGate } from './base/gate.ts'
import { type Measures, noMeasures } from './base/measures.ts'
import { type CacheManager, createCacheManager } from './cache/cache-manager.ts'
import { openRegistry } from './cache/registry.ts'
import { createStoredEntities, createUnstoredEntities } from './cache/stored-entities.ts'
import { chooseRepositories, registryOptions } from './choose-repositories.ts'
import type { Settings } from './config/settings.ts'
import type { Git } from './git/git.ts'
import type { Mirrors } from './mirrors/mirrors.ts'
import { openProgramMirrors, wantsMirrors } from './open-program-mirrors.ts'
import { openSearchIndex, type SearchIndex } from './search/search-index.ts'
import { openStorage, type Storage, type StorageOptions } from './store/open-storage.ts'
import { openStreams } from './streams/open-streams.ts'
import type { StreamCache } from './streams/stream-cache.ts'
import type { Metrics } from './telemetry/metrics.ts'

export interface EngineInput {
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
  /** Whether a command reads what is here, and ends: nothing is brought from other servers, and no demo is made. */
  readonly isForCommand?: boolean
}

export interface Engine extends AsyncDisposable {
  readonly git: Git
  readonly clock: Clock
  readonly measures: Measures
  readonly storage: Pick<Storage, 'store' | 'rateBuckets'>
  readonly manager: CacheManager
  readonly search: SearchIndex
  readonly mirrors: Mirrors | undefined
  readonly streams: StreamCache
  /** Bounds the fetches and exports that are made at the same time, whatever front was asked for them. */
  readonly longWork: SharedGate
  /**
   * Goes over to other settings, as far as they need no restart: which repositories there are, how long they stay open.
   * What is served no more is closed.
   * @throws SETTING_INVALID where a repository or folder is not there; then everything is as it was
   */
  reconfigure(settings: Settings): Promise<void>
}

/** More threads than this read no faster: git and this thread need processors too. */
const mostThreads = 4

/** Opens it. Nothing is read yet, but where there is a single repository. @throws SETTING_INVALID, GIT_MISSING, GIT_TOO_OLD */
export async function openEngine(input: EngineInput): Promise<Engine> {
  const { settings, log, metrics } = input
  const measures = metrics ?? noMeasures
  const clock = systemClock
  await using stack = new AsyncDisposableStack()
  // First, since its thread takes a moment to start; closed last, after all that puts something there.
  const storage = stack.use(await openStorage(storageOptions(settings), { clock, log, measures }))
  const git = await input.git
  const { list, scan } = await chooseRepositories(input, git)
  // Files are written of what is here: nobody waits for a clone.
  const isAlone = input.copy !== undefined || input.isForCommand === true
  const mirrors = isAlone
    ? undefined
    : await openProgramMirrors(settings, { git, clock, log, measures, manager: () => manager })
  // Whatever fails from here on: the folder is given back.
  if (mirrors) stack.use(mirrors)
  if (isAlone && wantsMirrors(settings)) log.warn({}, 'repositories of other servers are left out')
  const registry = await openRegistry(
    { ...registryOptions(settings, { list, scan }), ...(mirrors ? { mirrors } : {}) },
    { clock, log },
  )
  // Closed after the cache manager, which writes to it until its end.
  const search = stack.use(
    openSearchIndex({
      folder: keepsFiles(settings) ? searchFolder(settings) : undefined,
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
  const stored = stack.use(
    settings.store.enabled
      ? createStoredEntities({ store, tasks, keepsTexts, limits: settings.limits, log, measures })
      : createUnstoredEntities(),
  )
  const manager: CacheManager = createCacheManager(
    {
      ...cacheBounds(settings),
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
  const [only, ...others] = list
  if (only && others.length === 0 && scan.length === 0 && !mirrors) openSoon(manager, only.name)
  measures.gauge('gitbugviewer_repositories', () => registry.all().length)
  const { maxProcesses, maxProcessesPerRepository } = settings.streams
  const resources = stack.move()
  return {
    git,
    clock,
    measures,
    storage,
    manager,
    search,
    mirrors,
    streams,
    longWork: createGate(maxProcesses, maxProcessesPerRepository ?? Math.max(1, maxProcesses - 1)),
    async reconfigure(next) {
      const chosen = await chooseRepositories({ ...input, settings: next }, git)
      await registry.reconfigure(registryOptions(next, chosen))
      manager.reconfigure(cacheBounds(next))
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** Whoever comes wants it: a single repository is read while the rest of the program is loaded. */
function openSoon(manager: CacheManager, name: string) {
  // What goes wrong is told to the first one who asks.
  manager.acquire(name).then(
    lease => lease[Symbol.dispose](),
    () => {},
  )
}

function cacheBounds({ cache }: Settings) {
  return { idleMs: cache.idleMinutes * 60_000, maxBytes: cache.maxBytes, lookAfterMs: cache.lookMilliseconds }
}

/** Where the texts for searching are. */
export function searchFolder({ dataDir }: Settings): string {
  return join(dataDir, 'search-v2')
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
