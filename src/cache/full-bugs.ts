/** Full bugs of all open repositories, by repository and tip, bounded in bytes. */
import { LRUCache } from 'lru-cache'
import type { Measures } from '../base/measures.ts'
import type { Bug } from '../bug/model.ts'

export type FullBugs = LRUCache<string, Bug>

/** Makes the cache of full bugs. */
export function createFullBugs(maxBytes: number, measures: Measures): FullBugs {
  const bugs: FullBugs = new LRUCache({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: bugBytes,
    dispose: (_bug, _tip, reason) => {
      if (reason === 'evict') measures.count('gitbugviewer_evictions_total', { tier: 'full_bug', reason: 'size' })
    },
  })
  measures.gauge('gitbugviewer_cache_bytes', () => [{ labels: { tier: 'full_bug' }, value: bugs.calculatedSize }])
  return bugs
}

/** A reference and a small object, about. */
const itemBytes = 64
const objectBytes = 256

/** About what a full bug takes in memory: its texts, and the objects that hold them. */
function bugBytes(bug: Bug): number {
  let bytes = 1024 + itemBytes * (bug.labels.length + bug.actorIds.length + bug.files.length + bug.metadata.size)
  bytes += 2 * objectBytes * bug.packs.length + 2 * bug.title.length
  for (const [key, value] of bug.metadata) bytes += 2 * (key.length + value.length)
  for (const event of bug.timeline) {
    bytes += 2 * objectBytes
    if (event.type === 'labels') bytes += itemBytes * (event.added.length + event.removed.length)
    else if (event.type === 'title') bytes += 2 * (event.title.length + event.was.length)
    else if (event.type !== 'status') {
      bytes += itemBytes * event.files.length
      for (const version of event.history) bytes += itemBytes + 2 * version.message.length
    }
  }
  return bytes
}
