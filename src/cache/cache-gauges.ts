/** What the cache manager holds now, as measures. */
import type { Gate } from '../base/gate.ts'
import type { Measures } from '../base/measures.ts'
import type { BuildPool } from './build-pool.ts'
import type { Entry } from './entry.ts'

/** Registers them; each is read when somebody asks for it. */
export function addCacheGauges(
  measures: Measures,
  parts: { readonly entries: ReadonlyMap<string, Entry>; readonly builds: Gate; readonly pool: BuildPool },
) {
  const { entries, builds, pool } = parts
  const sum = (of: (entry: Entry) => number) => entries.values().reduce((total, entry) => total + of(entry), 0)
  measures.gauge('gitbugviewer_open_caches', () => entries.size)
  measures.gauge('gitbugviewer_open_bugs', () => sum(({ open }) => open.tracker.bugs.length))
  measures.gauge('gitbugviewer_cache_bytes', () => [
    { labels: { tier: 'repository' }, value: sum(({ open }) => open.bytes) },
  ])
  measures.gauge('gitbugviewer_builds_running', () => builds.running)
  measures.gauge('gitbugviewer_builds_waiting', () => builds.waiting + pool.load.waiting)
  measures.gauge('gitbugviewer_worker_threads', () => pool.load.threads)
}
