/**
 * A store of records in virtual time, local or Redis: for each repository, up to which of its states it has them, and how
 * many bytes they take, those of tips that were replaced among them. What was not used for longest goes when there is no
 * room: repository by repository here, where the program gives up record by record.
 */

export interface SimulatedStore {
  /** The latest state whose records are all there; -1 where there is none. Counts as a use. */
  versionOf(repository: number): number
  put(repository: number, put: { readonly version: number; readonly bytes: number }): void
  clear(): void
  readonly bytes: number
  /** The most there ever was. */
  readonly mostBytes: number
}

interface Kept {
  readonly version: number
  readonly bytes: number
}

/** @param maxBytes 0 keeps nothing */
export function createSimulatedStore(maxBytes: number): SimulatedStore {
  // In the order of use.
  const kept = new Map<number, Kept>()
  let bytes = 0
  let mostBytes = 0
  const use = (repository: number, value: Kept) => {
    kept.delete(repository)
    kept.set(repository, value)
  }
  return {
    versionOf(repository) {
      const found = kept.get(repository)
      if (found) use(repository, found)
      return found?.version ?? -1
    },
    put(repository, put) {
      const before = kept.get(repository)
      const version = Math.max(put.version, before?.version ?? -1)
      use(repository, { version, bytes: put.bytes + (before?.bytes ?? 0) })
      bytes += put.bytes
      for (const [oldest, value] of kept) {
        if (bytes <= maxBytes) break
        kept.delete(oldest)
        bytes -= value.bytes
      }
      mostBytes = Math.max(mostBytes, bytes)
    },
    clear() {
      kept.clear()
      bytes = 0
    },
    get bytes() {
      return bytes
    },
    get mostBytes() {
      return mostBytes
    },
  }
}
