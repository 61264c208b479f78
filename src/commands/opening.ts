/** Opens repositories for commands, and tells how far the reading has come while they wait. */
import type { Clock } from '../base/clock.ts'
import type { CacheManager } from '../cache/cache-manager.ts'
import type { Lease } from '../cache/lease.ts'

/** How far something has come. */
export interface Step {
  readonly repository: string
  readonly done: number
  readonly known: number
}

export interface OpeningTold {
  readonly manager: Pick<CacheManager, 'acquireBriefly' | 'progress'>
  readonly clock: Clock
  onStep(step: Step): void
}

const toldEveryMs = 100

/** Opens a repository. @throws as `CacheManager.acquire` */
export async function openTelling(repository: string, told: OpeningTold, signal: AbortSignal): Promise<Lease> {
  const { manager, clock, onStep } = told
  let timer = clock.startTimer(toldEveryMs, tell)
  function tell() {
    const progress = manager.progress(repository)
    if (progress) onStep({ repository, done: progress.done, known: progress.total })
    timer = clock.startTimer(toldEveryMs, tell)
  }
  try {
    return await manager.acquireBriefly(repository, signal)
  } finally {
    timer.cancel()
  }
}
