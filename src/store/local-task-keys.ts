/** Task keys of one process, for when no other one serves the same repositories. Its holders cannot be lost. */
import { waitFor } from '../base/single-flight.ts'
import type { HeldTask, TaskKeys, TaskProgress } from './task-keys.ts'

interface Holding {
  progress: TaskProgress | undefined
  /** Settles when the key is given back. */
  readonly free: PromiseWithResolvers<void>
}

export function createLocalTaskKeys(): TaskKeys {
  const holdings = new Map<string, Holding>()
  return {
    isShared: false,
    async tryTake(task, signal) {
      signal?.throwIfAborted()
      if (holdings.has(task)) return undefined
      const holding: Holding = { progress: undefined, free: Promise.withResolvers() }
      holdings.set(task, holding)
      const held: HeldTask = {
        lost: new AbortController().signal,
        report(progress) {
          holding.progress = progress
        },
        async [Symbol.asyncDispose]() {
          if (holdings.get(task) === holding) holdings.delete(task)
          holding.free.resolve()
        },
      }
      return held
    },
    async changed(task, signal) {
      signal?.throwIfAborted()
      await waitFor(holdings.get(task)?.free.promise ?? Promise.resolve(), signal)
    },
    progress: async task => holdings.get(task)?.progress,
    async [Symbol.asyncDispose]() {
      for (const { free } of holdings.values()) free.resolve()
      holdings.clear()
    },
  }
}
