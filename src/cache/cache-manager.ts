/**
 * The cache manager: opens a repository on its first request, once for all who wait; keeps it in memory; notices by
 * itself when its refs move, and is told by hooks and the clock; closes it when it was idle, or when the memory is
 * needed. A failure is told to the one who asked and leaves nothing behind; it never touches another repository.
 *
 *     acquire ──► open? ── yes ──► looked at lately? ── yes ──► lease ──► (last lease gone) ──► idle ──► close
 *                   │no               │no                        ▲
 *                   │                 └──► look, refresh ────────┤
 *                   └──► opening ────────────────────────────────┘      one opening however many wait; a mirror
 *                                                                       that is not on disk is cloned first
 */
import type { CloneProgress } from '../mirrors/mirror.ts'
import type { RepositoryNews } from '../store/bus.ts'
import type { CacheBounds, CacheDeps, CacheOptions } from './cache-options.ts'
import type { Lease } from './lease.ts'
import { Manager } from './manager.ts'
import type { RepositoryCard } from './memories.ts'
import type { Progress } from './open-repository.ts'
import type { Registry } from './registry.ts'
import type { Watcher } from './watchers.ts'

/** How a push was taken. */
export interface Invalidation {
  /** A refresh was under way and takes it along. */
  readonly isMerged: boolean
  /** Settles when the repository is up to date again. Never rejects: failures are logged, and met by the next reader. */
  readonly done: Promise<void>
}

export interface CacheManager extends AsyncDisposable {
  readonly registry: Registry
  /** Uses a repository that is open and was looked at lately; undefined where it has to be waited for. Costs nothing. */
  acquireNow(name: string): Lease | undefined
  /** The digest of what `acquireNow` would give; counts as a use. For those who have a finished answer for it. */
  digestNow(name: string): string | undefined
  /**
   * Uses a repository.
   * @param signal ends this caller's waiting
   * @throws REPOSITORY_UNKNOWN, REPOSITORY_EMPTY, REPOSITORY_UNREADABLE
   */
  acquire(name: string, signal?: AbortSignal): Promise<Lease>
  /** The same for a moment's use: a repository that is opened for it closes soon, unless others come. */
  acquireBriefly(name: string, signal?: AbortSignal): Promise<Lease>
  /** How far the first build of a repository has come, or the clone before it; undefined where none runs. */
  progress(name: string): OpeningProgress | undefined
  /** What was last seen of a repository; undefined where it was never opened. */
  card(name: string): RepositoryCard | undefined
  /**
   * The same, up to date: told without opening it where its refs have not moved since.
   * @throws as `acquire`
   */
  currentCard(name: string, signal?: AbortSignal): Promise<RepositoryCard>
  /** The refs of a repository have moved. The next reader gets a state at least as new as this call. */
  invalidate(name: string): Invalidation
  /** Another instance has told that a repository has moved. */
  heard(news: RepositoryNews): void
  /** Tells of every state that is seen of a repository, open or not. Disposing it ends that. */
  watch(name: string, watcher: Watcher): Disposable
  /** Closes a repository and forgets what memory has of it; the next request opens it anew. */
  drop(name: string): void
  /**
   * Closes a repository that is about to be removed.
   * @returns false where it is in use, or being opened: then it stays
   */
  release(name: string): Promise<boolean>
  /** Refreshes every open repository; `full` builds each from nothing, beside the state that is there. */
  refreshAll(options?: { readonly full?: boolean; readonly signal?: AbortSignal }): Promise<void>
  /** Goes over to other bounds, and closes what the registry knows no more. */
  reconfigure(bounds: CacheBounds): void
  /** Names of the repositories that are open. */
  openNames(): readonly string[]
}

/** How far an opening has come. */
export interface OpeningProgress extends Progress {
  /** Where it has to be brought here first: `done` and `total` are 0 until then. */
  readonly clone?: CloneProgress
}

/** Makes a manager over the repositories of a registry. */
export function createCacheManager(options: CacheOptions, deps: CacheDeps): CacheManager {
  return new Manager(options, deps)
}
