/**
 * Everything that outlives this process or is shared with others, as the settings want it:
 *
 *     off       nothing is kept, everybody works for himself
 *     memory    for as long as this process lives
 *     sqlite    in the data folder
 *     redis     behind one of these two, shared by all instances, which also tell each other what has moved
 */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import { type Bus, type BusListener, createOffBus } from './bus.ts'
import { createLocalTaskKeys } from './local-task-keys.ts'
import { createMemoryStore } from './memory-store.ts'
import { createLocalRateBuckets, type RateBuckets } from './rate-buckets.ts'
import type { RedisAddress } from './redis-options.ts'
import { sealValues } from './sealed.ts'
import { createOffStore, type Store, type StoreLimits } from './store.ts'
import type { TaskKeys } from './task-keys.ts'
import { createTieredStore } from './tiered-store.ts'

export interface StorageOptions {
  readonly enabled: boolean
  readonly backend: 'sqlite' | 'memory'
  /** For files; it is made where it is missing. */
  readonly folder: string
  readonly limits: StoreLimits
  readonly redis: (RedisAddress & { readonly prefix: string }) | undefined
  readonly leaseMs: number
}

export interface StorageDeps {
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
}

export interface Storage extends AsyncDisposable {
  readonly store: Store
  /** Whether other instances see what is put. */
  readonly isShared: boolean
  readonly tasks: TaskKeys
  /** Joins the others; ends with the storage. */
  openBus(listener: BusListener): Bus
  /** Buckets that all instances share, where any are shared. @param perMinute at least 1 */
  rateBuckets(perMinute: number): RateBuckets
}

/** Opens it. Never fails and waits for no disk and no server: what cannot be reached is as if nothing were kept. */
export async function openStorage(options: StorageOptions, deps: StorageDeps): Promise<Storage> {
  await using stack = new AsyncDisposableStack()
  if (!options.enabled) return ownStorage(stack.use(createOffStore()), stack, deps.clock)
  const front = stack.use(await openFront(options, deps))
  if (!options.redis) return ownStorage(front, stack, deps.clock)
  // Loaded for those who have one.
  const { openRedis } = await import('./redis.ts')
  const { limits, leaseMs } = options
  const redis = stack.use(openRedis({ ...options.redis, limits, leaseMs }, deps))
  const store = createTieredStore({ front, back: redis.store })
  const resources = stack.move()
  return {
    store,
    isShared: true,
    tasks: redis.taskKeys,
    openBus: listener => redis.openBus(listener),
    rateBuckets: perMinute => redis.rateBuckets(perMinute),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

async function openFront({ backend, folder, limits }: StorageOptions, deps: StorageDeps): Promise<Store> {
  if (backend === 'memory') return createMemoryStore({ limits, ...deps })
  const { openSqliteStore } = await import('./sqlite-store.ts')
  return sealValues(openSqliteStore({ folder, limits, ...deps }), { measures: deps.measures, backend: 'sqlite' })
}

function ownStorage(store: Store, stack: AsyncDisposableStack, clock: Clock): Storage {
  const tasks = stack.use(createLocalTaskKeys())
  const resources = stack.move()
  return {
    store,
    isShared: false,
    tasks,
    openBus: createOffBus,
    rateBuckets: perMinute => createLocalRateBuckets(perMinute, clock),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
