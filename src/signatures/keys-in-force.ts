/** Which keys of a person count for a pack (`format.md`, "Signatures"). Pure. */
import type { Identity, IdentityVersion, Lamport } from '../bug/model.ts'

/** The clock whose times say since when a version counts. */
const clock = 'bugs-edit'

/** Keys that count for one pack. */
export interface KeysInForce {
  /** Armoured, as versions hold them. A signature by any of them is good. */
  readonly keys: readonly string[]
  /** Whether the pack should be signed. */
  readonly isRequired: boolean
}

/** Keys of one person that are looked at for one pack. Nobody has as many; somebody may write thousands. */
const maxKeys = 100

/**
 * Since when each version counts: its `bugs-edit` time. A version without times counts as the one before, the first as 0.
 */
export function timesInForce(versions: readonly IdentityVersion[]): Lamport[] {
  let latest: Lamport = 0
  return versions.map(({ times }) => {
    latest = times.get(clock) ?? latest
    return latest
  })
}

/** Whether the person has ever had a key. Most have none, and then there is nothing to look for. */
export function hasKeys({ versions }: Identity): boolean {
  return versions.some(({ keys }) => keys.length > 0)
}

/** Finds the keys of a person for packs of any edit time. */
export function createKeysInForce({ versions }: Identity): (editLamport: Lamport) => KeysInForce {
  const times = timesInForce(versions)
  const known = new Map<number, KeysInForce>()
  return editLamport => {
    const newest = times.findLastIndex(time => time <= editLamport)
    // A version that was made right after a pack has the same time as the pack: the one before it may have counted.
    let oldest = newest
    while (oldest > 0 && times[oldest] === editLamport) oldest--
    // The same versions always give the same keys.
    const key = newest * (versions.length + 1) + oldest
    let found = known.get(key)
    if (!found) {
      found = joinKeys(versions.slice(Math.max(0, oldest), newest + 1))
      known.set(key, found)
    }
    return found
  }
}

/** @param versions those that may have counted, the oldest first; more than one only where that cannot be told */
function joinKeys(versions: readonly IdentityVersion[]): KeysInForce {
  const keys = new Set<string>()
  for (const version of versions.toReversed()) {
    for (const key of version.keys) {
      if (keys.size === maxKeys) break
      keys.add(key)
    }
  }
  // A pack that may have been written before the first key is not blamed for having no signature.
  return { keys: [...keys], isRequired: versions.length > 0 && versions.every(version => version.keys.length > 0) }
}
