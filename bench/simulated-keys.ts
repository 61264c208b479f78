/**
 * Task keys in virtual time, as `src/store/redis-task-keys.ts` has them: one holder for each repository, who renews his
 * lease while he lives. Those who wait are told when the key is given back, or when the lease of a dead holder is over.
 */
import type { VirtualTime } from './simulated-time.ts'

export interface HeldKey {
  readonly repository: number
  readonly takenMs: number
}

export interface SimulatedKeys {
  /** @returns undefined where another one holds it */
  tryTake(repository: number): HeldKey | undefined
  /** Calls once, when the key may be free. @returns ends the wait */
  whenFree(repository: number, run: () => void): () => void
  giveBack(key: HeldKey): void
  /** Its holder was killed. */
  abandon(key: HeldKey): void
}

/** A holder tells of his progress so often, and that renews the lease. */
const renewalMs = 1000

export function createSimulatedKeys(time: VirtualTime, leaseMs: number): SimulatedKeys {
  const held = new Map<number, HeldKey>()
  const waiting = new Map<number, Set<() => void>>()
  const free = (key: HeldKey) => {
    if (held.get(key.repository) !== key) return
    held.delete(key.repository)
    const all = waiting.get(key.repository) ?? []
    waiting.delete(key.repository)
    for (const run of all) time.after(0, run)
  }
  return {
    tryTake(repository) {
      if (held.has(repository)) return undefined
      const key = { repository, takenMs: time.nowMs }
      held.set(repository, key)
      return key
    },
    whenFree(repository, run) {
      let isOver = false
      const tell = () => {
        if (!isOver) run()
      }
      if (!held.has(repository)) return time.after(0, run)
      const all = waiting.get(repository) ?? new Set()
      waiting.set(repository, all.add(tell))
      return () => {
        isOver = true
        all.delete(tell)
      }
    },
    giveBack: free,
    abandon(key) {
      const sinceRenewalMs = (time.nowMs - key.takenMs) % renewalMs
      time.after(leaseMs - sinceRenewalMs, () => free(key))
    },
  }
}
