/**
 * A cache manager over real repositories, with a clock that the test moves, and everything counted that costs
 * something: what is asked of git, and what the manager tells of itself.
 */
import { defaultDecodeLimits } from '../../src/base/limits.ts'
import { silentLog } from '../../src/base/log.ts'
import type { Measures } from '../../src/base/measures.ts'
import { waitFor } from '../../src/base/single-flight.ts'
import { type CacheManager, createCacheManager } from '../../src/cache/cache-manager.ts'
import type { CacheDeps, CacheOptions } from '../../src/cache/cache-options.ts'
import { type MirrorNames, openRegistry } from '../../src/cache/registry.ts'
import { createStoredEntities, createUnstoredEntities } from '../../src/cache/stored-entities.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type Git, openGit } from '../../src/git/git.ts'
import type { RepositoryNews } from '../../src/store/bus.ts'
import { createLocalTaskKeys } from '../../src/store/local-task-keys.ts'
import { createOffStore, type Store } from '../../src/store/store.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { type Texts, textsAfter } from './tracker-scene.ts'

export const start = 1_700_000_000
export const tenMinutesMs = 600_000
/** Added to the time of day, makes every file so old that a listing is trusted at once. */
export const twoHoursMs = 7_200_000

/** One person and one bug. */
export function smallTracker(seed: string) {
  const t = createTrackerWriter({ seed })
  const ada = t.identity({ name: 'Ada', at: start })
  const bug = t.bug(ada, { title: 'First', message: 'text', at: start })
  return { t, ada, bug }
}

/** What was asked of git. */
export interface GitCounts {
  listings: number
  walks: number
  readers: number
  /** Names of the objects that were asked for. */
  objects: string[]
}

/** Holds up a part of the work until the test lets it go. */
export interface Holds {
  /** From now on, listings of refs come to the test and wait; settles when the next one has come. */
  holdListings(): Promise<void>
  /** The same for objects. */
  holdObjects(): Promise<void>
  letListingsGo(): void
  /** Lets all go that are held, and holds nothing any more. */
  letGo(): void
  /** Holds nothing any more, but keeps those that are held until what it returns is called. */
  split(): () => void
}

function counting(git: Git): { readonly counted: Git; readonly counts: GitCounts; readonly holds: Holds } {
  const counts: GitCounts = { listings: 0, walks: 0, readers: 0, objects: [] }
  const held = { listing: createHold(), object: createHold() }
  const counted: Git = {
    ...git,
    async listRefs(folder, options) {
      counts.listings++
      const listing = await git.listRefs(folder, options)
      await waitFor(held.listing.pass(), options.signal)
      return listing
    },
    walkHistory(folder, options) {
      counts.walks++
      return git.walkHistory(folder, options)
    },
    openReader(folder) {
      counts.readers++
      const reader = git.openReader(folder)
      return {
        async read(hash, maxBytes) {
          counts.objects.push(hash)
          await held.object.pass()
          return await reader.read(hash, maxBytes)
        },
        request(hash, maxBytes, done) {
          counts.objects.push(hash)
          void held.object.pass().then(() => reader.request(hash, maxBytes, done))
        },
        warmUp: () => reader.warmUp(),
        get processes() {
          return reader.processes
        },
        [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
      }
    },
  }
  const holds: Holds = {
    holdListings: () => held.listing.hold(),
    holdObjects: () => held.object.hold(),
    letListingsGo: () => held.listing.letGo(),
    letGo() {
      held.listing.letGo()
      held.object.letGo()
    },
    split() {
      const parts = [held.listing.split(), held.object.split()]
      return () => {
        for (const letGo of parts) letGo()
      }
    },
  }
  return { counted, counts, holds }
}

function createHold() {
  let gate: { readonly come: PromiseWithResolvers<void>; readonly open: PromiseWithResolvers<void> } | undefined
  return {
    hold() {
      gate = { come: Promise.withResolvers(), open: Promise.withResolvers() }
      return gate.come.promise
    },
    async pass() {
      gate?.come.resolve()
      await gate?.open.promise
    },
    letGo() {
      gate?.open.resolve()
      gate = undefined
    },
    split() {
      const before = gate
      gate = undefined
      return () => before?.open.resolve()
    },
  }
}

/** What a manager told of itself. */
export interface Told {
  /** Sum of a counter over the labels that are not given. */
  count(name: string, labels?: Readonly<Record<string, string>>): number
  /** The sum of a gauge's readings now, over the labels that are not given. */
  gauge(name: string, labels?: Readonly<Record<string, string>>): number
  /** Builds that have ended, by kind and result, in their order. */
  readonly builds: readonly string[]
  /** The texts that the search index was told of a repository; undefined where it was told none, or to forget them. */
  texts(name: string): Texts | undefined
}

/** Keeps what it is told. It answers no search: what is searched is the affair of those who test that. */
function recording(): { readonly measures: Measures; readonly search: CacheDeps['search']; readonly told: Told } {
  const counts: { name: string; labels: object; by: number }[] = []
  const gauges: { name: string; read: () => number | readonly { labels: object; value: number }[] }[] = []
  const builds: string[] = []
  const fits = (labels: object, wanted: object) =>
    Object.entries(wanted).every(([key, value]) => (labels as Record<string, unknown>)[key] === value)
  const measures: Measures = {
    count: (name, labels, by = 1) => void counts.push({ name, labels, by }),
    observe: (_name, _seconds, labels) => void builds.push(Object.values(labels).join(' ')),
    gauge: (name, read) => void gauges.push({ name, read }),
  }
  const texts = new Map<string, Texts>()
  const search: CacheDeps['search'] = {
    open: name => ({
      update: change => void texts.set(name, textsAfter(texts.get(name) ?? new Map(), change)),
      match: async () => ({ count: 0, has: () => false, score: () => 0 }),
      [Symbol.dispose]() {},
    }),
    drop: name => void texts.delete(name),
    reached: async () => {},
    bytes: 0,
    queuedBytes: 0,
    async [Symbol.asyncDispose]() {},
  }
  const told: Told = {
    builds,
    texts: name => texts.get(name),
    count: (name, labels = {}) =>
      counts.filter(one => one.name === name && fits(one.labels, labels)).reduce((sum, { by }) => sum + by, 0),
    gauge(name, labels = {}) {
      const readings = gauges
        .filter(gauge => gauge.name === name)
        .flatMap(({ read }) => {
          const values = read()
          return typeof values === 'number' ? [{ labels: {}, value: values }] : [...values]
        })
      return readings.filter(reading => fits(reading.labels, labels)).reduce((sum, { value }) => sum + value, 0)
    },
  }
  return { measures, search, told }
}

export interface Setup extends AsyncDisposable {
  readonly manager: CacheManager
  readonly clock: ManualClock
  readonly counts: GitCounts
  readonly holds: Holds
  readonly told: Told
  /** What other instances would have been told. */
  readonly sent: readonly RepositoryNews[]
}

export interface ManagerOptions extends Partial<Pick<CacheOptions, 'idleMs' | 'maxBytes' | 'lookAfterMs' | 'workers'>> {
  readonly git?: Git
  /** Where what is read is kept; without it nowhere. */
  readonly store?: Store
  /** Copies of repositories elsewhere, which are served too. */
  readonly mirrors?: MirrorNames
  /** The time of day; without it one long before the files were written, so that no listing is trusted at once. */
  readonly startMs?: number
}

/** A manager of the repositories in these folders, by the names `r0`, `r1` and so on. Without a say it never looks. */
export async function openManager(paths: readonly string[], options: ManagerOptions = {}): Promise<Setup> {
  const clock = createManualClock(options.startMs)
  const { counted, counts, holds } = counting(options.git ?? (await openGit()))
  const { measures, search, told } = recording()
  const registry = await openRegistry(
    {
      list: paths.map((path, index) => ({ name: `r${index}`, path })),
      scan: [],
      accepts: () => true,
      requireExportOk: false,
      rescanAfterMs: 0,
      ...(options.mirrors ? { mirrors: options.mirrors } : {}),
    },
    { clock, log: silentLog },
  )
  const store = options.store ?? createOffStore()
  const tasks = createLocalTaskKeys()
  const stored = options.store
    ? createStoredEntities({ store, tasks, keepsTexts: true, limits: defaultDecodeLimits, log: silentLog, measures })
    : createUnstoredEntities()
  const sent: RepositoryNews[] = []
  const manager = createCacheManager(
    {
      idleMs: options.idleMs ?? tenMinutesMs,
      maxBytes: options.maxBytes ?? 0,
      lookAfterMs: options.lookAfterMs ?? Number.POSITIVE_INFINITY,
      fullBugsMaxBytes: 1 << 20,
      limits: defaultDecodeLimits,
      workers: options.workers ?? { threads: 0, workersFrom: 1 },
      maxBuilds: 16,
    },
    {
      git: counted,
      registry,
      clock,
      log: silentLog,
      search,
      measures,
      store,
      stored,
      tell: news => void sent.push(news),
    },
  )
  return {
    manager,
    clock,
    counts,
    holds,
    told,
    sent,
    async [Symbol.asyncDispose]() {
      holds.letGo()
      await manager[Symbol.asyncDispose]()
      await stored[Symbol.asyncDispose]()
    },
  }
}

/** What a visitor of a repository sees. */
export async function titles(manager: CacheManager, name = 'r0'): Promise<string[]> {
  using lease = await manager.acquire(name)
  return lease.tracker.bugs.map(bug => bug.title)
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
}
