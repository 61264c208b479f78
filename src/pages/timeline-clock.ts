/**
 * Which times of a timeline cannot be right, and which events arrived later. The order of the data is that of the
 * logical clocks; the times are what each writer's own clock said (`format.md`). Pure: it compares times with each
 * other and with the moment when the state was read, never with now, so that the same state gives the same marks.
 *
 *     impossible     no calendar shows it (before 1970, after 9999), or it lies more than a day after the state was read
 *     ahead          more than a day later than each of the events after it, of which there are several: one event that
 *                    comes after it with an earlier time has more likely arrived late than been right
 *     later          earlier than something before it whose own clock was not ahead: written apart and joined later
 */
import { strings } from '../strings/strings.ts'
import { isKnownTime } from './time.ts'

/** What a clock says that it should not; undefined of a time like any other. */
export type ClockFault = 'impossible' | 'ahead' | 'later' | undefined

const daySeconds = 24 * 60 * 60
/** As many later events have to contradict a time before it is called wrong. */
const minWitnesses = 3

/**
 * The faults of all times of a timeline, in one pass backwards and one forwards.
 * @param times Unix seconds, in the order of the data; anything may come
 * @param readAtMs when the state was read, in milliseconds since 1970
 */
export function clockFaults(times: readonly number[], readAtMs: number): ClockFault[] {
  const faults = times.map((): ClockFault => undefined)
  const latestPossible = readAtMs / 1000 + daySeconds
  let latestAfter = -Infinity
  let witnesses = 0
  for (let index = times.length - 1; index >= 0; index--) {
    const at = times[index] ?? Number.NaN
    if (!isKnownTime(at) || at > latestPossible) {
      faults[index] = 'impossible'
      continue
    }
    if (witnesses >= minWitnesses && at > latestAfter + daySeconds) {
      faults[index] = 'ahead'
      continue
    }
    latestAfter = Math.max(latestAfter, at)
    witnesses++
  }
  let latestBefore = -Infinity
  for (const [index, at] of times.entries()) {
    if (faults[index] !== undefined) continue
    if (at < latestBefore) faults[index] = 'later'
    else latestBefore = at
  }
  return faults
}

/** How a fault is told: a few words beside the time, and what they mean. */
export interface ClockMark {
  readonly text: string
  readonly title: string
}

/** The mark of a fault; undefined without one. */
export function clockMark(fault: ClockFault): ClockMark | undefined {
  return fault && strings.timeline.clocks[fault]
}
