/**
 * Tells when somebody has set the machine's clock: the time of day has gone on by more or by less than the time that
 * has passed. It promises to notice within some seconds, and takes no notice of a clock that is only put right bit by
 * bit.
 */
import type { Clock, Timer } from '../base/clock.ts'

const lookEveryMs = 3000
/** A clock that is put right bit by bit runs faster or slower by less than a thousandth. */
const stepMs = 1000

/** @param stepped called after each step, never beside itself; must not reject. Disposing waits for it. */
export function watchClockSteps(clock: Clock, stepped: () => Promise<void>): AsyncDisposable {
  const offset = () => clock.nowMs() - clock.monotonicMs()
  let knownMs = offset()
  let timer: Timer | undefined
  let telling: Promise<void> | undefined
  const look = async () => {
    const offsetMs = offset()
    const isStep = Math.abs(offsetMs - knownMs) > stepMs
    knownMs = offsetMs
    if (isStep) await stepped()
  }
  const arm = () => {
    timer = clock.startTimer(lookEveryMs, () => {
      telling = look().then(() => {
        if (timer) arm()
      })
    })
  }
  arm()
  return {
    async [Symbol.asyncDispose]() {
      timer?.cancel()
      timer = undefined
      await telling
    },
  }
}
