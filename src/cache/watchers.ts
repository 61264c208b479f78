/**
 * Those who want to hear of a repository's newer states without asking again and again. To watch holds no repository
 * open and reads nothing: what the cache manager sees anyway is handed on. A repository that is watched and closed is
 * looked at when somebody says that it may have moved, and by one timer for all who watch it; such a look costs a few
 * `stat` calls, and opens the repository only where its refs have moved.
 *
 *     state made, refreshed ──────────────► seen ──► every watcher of that name
 *     hook, bus, timer ──► hint ──► look ──► seen
 */
import type { Clock, Timer } from '../base/clock.ts'

/** Whoever watches a repository. None of its functions may throw. */
export interface Watcher {
  /** The digest of the repository's state, whenever somebody has seen it; the same one may come many times. */
  seen(digest: string): void
  /** Some time has passed; for whoever has to show that it is still there. */
  tick(): void
}

export interface Watchers extends Disposable {
  /** Tells a watcher from now on, and once of the state that is there now. Disposing it ends that. */
  watch(repository: string, watcher: Watcher): Disposable
  /** A repository was seen in that state. */
  seen(repository: string, digest: string): void
  /** A repository may have moved, and nobody has looked. */
  hint(repository: string): void
}

export interface WatchersDeps {
  readonly clock: Clock
  /** The digest of a repository as it is now. What is thrown is told to nobody: it will be met by the next reader. */
  look(repository: string): Promise<string>
}

/** Short enough for proxies, most of which give up a connection after 30 or 60 seconds of silence. */
export const tickMs = 25_000

interface Watched {
  readonly watchers: Set<Watcher>
  timer: Timer
  /** `again`: somebody has asked for a look since the one under way began. */
  looking: 'no' | 'once' | 'again'
}

/** Makes the list of those who watch; empty. */
export function createWatchers({ clock, look }: WatchersDeps): Watchers {
  const all = new Map<string, Watched>()

  const seen = (repository: string, digest: string) => {
    for (const watcher of all.get(repository)?.watchers ?? []) watcher.seen(digest)
  }

  const lookNow = async (repository: string, watched: Watched) => {
    do {
      watched.looking = 'once'
      const digest = await look(repository).catch(() => undefined)
      if (digest !== undefined) seen(repository, digest)
    } while (wantsAgain(watched))
    watched.looking = 'no'
  }

  const hint = (repository: string) => {
    const watched = all.get(repository)
    if (!watched) return
    if (watched.looking === 'no') void lookNow(repository, watched)
    else watched.looking = 'again'
  }

  const startTimer = (repository: string): Timer =>
    clock.startTimer(tickMs, () => {
      const watched = all.get(repository)
      if (!watched) return
      for (const watcher of watched.watchers) watcher.tick()
      hint(repository)
      watched.timer = startTimer(repository)
    })

  const add = (repository: string): Watched => {
    const watched: Watched = { watchers: new Set(), timer: startTimer(repository), looking: 'no' }
    all.set(repository, watched)
    return watched
  }

  return {
    watch(repository, watcher) {
      const watched = all.get(repository) ?? add(repository)
      watched.watchers.add(watcher)
      hint(repository)
      return {
        [Symbol.dispose]() {
          watched.watchers.delete(watcher)
          if (watched.watchers.size > 0 || all.get(repository) !== watched) return
          watched.timer.cancel()
          all.delete(repository)
        },
      }
    },
    seen,
    hint,
    [Symbol.dispose]() {
      for (const { timer } of all.values()) timer.cancel()
      all.clear()
    },
  }
}

function wantsAgain({ looking, watchers }: Watched): boolean {
  return looking === 'again' && watchers.size > 0
}
