/** Notices that a writer says nothing for too long, though nobody holds it back. */
import type { Clock } from '../base/clock.ts'

export interface QuietWatch {
  heard(): void
  stop(): void
}

/** Watches from now on. @param parts.isHeldBack such a writer is not quiet */
export function watchQuiet(
  clock: Clock,
  quietMs: number,
  { isHeldBack, onQuiet }: { isHeldBack(): boolean; onQuiet(): void },
): QuietWatch {
  let heardMs = clock.monotonicMs()
  // One timer that looks back is cheaper than a new one for each word.
  const arm = (delayMs: number) =>
    clock.startTimer(delayMs, () => {
      const leftMs = isHeldBack() ? quietMs : heardMs + quietMs - clock.monotonicMs()
      if (leftMs > 0) timer = arm(leftMs)
      else onQuiet()
    })
  let timer = arm(quietMs)
  return {
    heard() {
      heardMs = clock.monotonicMs()
    },
    stop: () => timer.cancel(),
  }
}
