/**
 * Puts the program together: which room gets what. With `main.ts` and its parts (`open-engine.ts`, `open-front.ts` and
 * others beside it) the one place that knows every room.
 *
 *     door, which listens ──► front: app, site, kept pages ──► engine: cache manager, storage, mirrors, streams
 *                             made anew by `reload`            goes on
 */
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { noPassingMeasures } from './base/measures.ts'
import { createMutex } from './base/mutex.ts'
import { type ChangedSetting, changedSettings, withoutRestart } from './config/changed-settings.ts'
import type { Settings } from './config/settings.ts'
import { createDoor, type ListenAddress } from './http/door.ts'
import type { MetricsRoute } from './http/routes/metrics.ts'
import type { Job } from './jobs/scheduler.ts'
import { type Engine, type EngineInput, openEngine } from './open-engine.ts'
import { type FrontFiles, openFront, readFrontFiles } from './open-front.ts'

export interface Program extends AsyncDisposable {
  /** The app that leads now. */
  readonly app: FastifyInstance
  /** Listens for visitors. @returns where @throws what the system has against it */
  listen(at: ListenAddress): Promise<AddressInfo>
  /** Listens for readers of the metrics, where the settings give them a listener. @throws SETTING_INVALID */
  listenForMetrics(): Promise<void>
  /** Called when the server listens: from then on it says that it is ready, and looks for changes by itself. */
  markReady(): Promise<void>
  /** Called when shutdown begins: from then on it says that it is not. */
  markStopping(): void
  /**
   * Goes over to other settings, as far as they need no restart: the others stay as they were. No request and no
   * connection is dropped: what was asked before is answered as before. One call after the other.
   * @param read gives the settings when it is this call's turn
   * @returns the settings that have changed; undefined where the program ends, and nothing is gone over to
   * @throws what `read` throws, SETTING_INVALID; then everything stays as it was
   */
  reload(read: () => Promise<Settings>): Promise<readonly ChangedSetting[] | undefined>
}

/** What is still under way then when the program ends is cut off; `run-server.ts` waits some seconds longer. */
const lastAnswersMs = 15_000

/** Builds the program. Nothing listens yet. @throws SETTING_INVALID, GIT_MISSING, GIT_TOO_OLD */
export async function compose(input: EngineInput): Promise<Program> {
  const { log, metrics, copy } = input
  let { settings } = input
  await using stack = new AsyncDisposableStack()
  // Beside the opening of the engine: the disk is waited for once.
  const reading = readFrontFiles(settings)
  reading.catch(() => {})
  const engine = stack.use(await openEngine(input))
  const { clock, measures } = engine
  const metricsRoute: MetricsRoute | undefined = metrics && { source: metrics, token: settings.metrics.token }
  const { host: metricsHost, port: metricsPort } = settings.metrics.listen
  let state: 'starting' | 'ready' | 'stopping' = 'starting'
  const open = async (wanted: Settings, files: FrontFiles) =>
    await openFront(wanted, {
      engine,
      measures: metrics?.passing() ?? noPassingMeasures,
      files,
      log,
      copy,
      metricsRoute: metricsPort === undefined ? metricsRoute : undefined,
      isReady: () => state === 'ready',
    })
  const files = await reading
  measures.gauge('gitbugviewer_info', () => [{ labels: { version: files.version }, value: 1 }])
  const door = createDoor({ answersMs: lastAnswersMs, clock, log })
  let front = await open(settings, files)
  await front.app.ready()
  door.lead(front.app.server)
  const jobs = stack.use(createJobsHolder(input, engine))
  const listeners = stack.use(new AsyncDisposableStack())
  // First to go: no request may find its repositories closed under it.
  stack.defer(async () => {
    // The front says goodbye to those who wait for news, and tells the others that their connections end.
    await Promise.all([front[Symbol.asyncDispose](), door.close()])
  })
  const reloading = createMutex()
  const isStopping = () => state === 'stopping'
  const resources = stack.move()
  return {
    get app() {
      return front.app
    },
    listen: at => door.listen(at),
    async listenForMetrics() {
      if (!metricsRoute || metricsPort === undefined) return
      const { openMetricsListener } = await import('./http/metrics-listener.ts')
      const listener = listeners.use(
        await openMetricsListener({ ...metricsRoute, host: metricsHost, port: metricsPort }),
      )
      log.info({ url: listener.url }, 'metrics have a listener of their own')
    },
    async markReady() {
      // The signal to end may have come before.
      if (isStopping()) return
      state = 'ready'
      await jobs.start(settings)
    },
    markStopping: () => {
      state = 'stopping'
    },
    reload: async read =>
      await reloading.run(async () => {
        if (isStopping()) return undefined
        const given = await read()
        const changes = changedSettings(settings, given)
        const wanted = withoutRestart(settings, given)
        const next = await open(wanted, await readFrontFiles(wanted))
        try {
          await next.app.ready()
          await engine.reconfigure(wanted)
        } catch (error) {
          await next[Symbol.asyncDispose]()
          throw error
        }
        if (isStopping()) {
          await next[Symbol.asyncDispose]()
          return undefined
        }
        const before = front
        front = next
        settings = wanted
        log.level = wanted.logs.level
        door.lead(front.app.server)
        if (changes.some(({ path }) => path.startsWith('cache.rebuild.'))) await jobs.start(settings)
        // What it was asked before it answers yet; only those who wait for news are told to ask again.
        await before[Symbol.asyncDispose]()
        return changes
      }),
    [Symbol.asyncDispose]() {
      state = 'stopping'
      return resources.disposeAsync()
    },
  }
}

/** What is done on a schedule, by the settings that were read last. */
function createJobsHolder({ log, metrics }: EngineInput, engine: Engine) {
  let running: AsyncDisposable | undefined
  let isDisposed = false
  // One start after the other: of two that go on at once, one would never be stopped.
  const starting = createMutex()
  const stop = async () => {
    const before = running
    running = undefined
    await before?.[Symbol.asyncDispose]()
  }
  return {
    start: async (settings: Settings) =>
      await starting.run(async () => {
        await stop()
        const tasks = jobsOf(settings, engine)
        if (tasks.length === 0) return
        // Loaded now: nobody waits for the schedule, and everybody for the first page.
        const { startJobs } = await import('./jobs/scheduler.ts')
        // The signal to end may have come meanwhile.
        if (!isDisposed) running = startJobs(tasks, log, metrics)
      }),
    async [Symbol.asyncDispose]() {
      isDisposed = true
      await stop()
    },
  }
}

function jobsOf({ cache, mirrors: { refresh } }: Settings, { manager, mirrors }: Engine): Job[] {
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
