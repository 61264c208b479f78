import { describe, expect, test } from 'vitest'
import { clockFaults } from '../../src/pages/timeline-clock.ts'

const day = 86_400
const start = 1_700_000_000
const readAtMs = (start + 100 * day) * 1000
/** Faults of times that are given in days after the start. */
const faults = (...days: number[]) =>
  clockFaults(
    days.map(days => start + days * day),
    readAtMs,
  )

describe('clocks of a timeline', () => {
  test('that agree with the order of the data have no fault', () => {
    expect(faults(0, 1, 1, 2, 50)).toEqual([undefined, undefined, undefined, undefined, undefined])
    expect(faults()).toEqual([])
  })

  test('that say less than before have arrived later', () => {
    expect(faults(0, 10, 5, 11)).toEqual([undefined, undefined, 'later', undefined])
  })

  test('that say more than each of several events after it, by more than a day, were ahead; the others are not late', () => {
    expect(faults(0, 30, 1, 2, 3)).toEqual([undefined, 'ahead', undefined, undefined, undefined])
  })

  test('that only one or two events contradict are believed: those are late', () => {
    expect(faults(0, 30, 1, 2)).toEqual([undefined, undefined, 'later', 'later'])
  })

  test('a few hours ahead are no fault of their own', () => {
    expect(faults(0, 2.5, 2, 2.1, 2.2)).toEqual([undefined, undefined, 'later', 'later', 'later'])
  })

  test('that no calendar shows, or that lie after the state was read, are impossible and make nothing late', () => {
    expect(clockFaults([start, 0, -5, Number.NaN, 1e15, start + 102 * day, start + 1], readAtMs)).toEqual([
      undefined,
      'impossible',
      'impossible',
      'impossible',
      'impossible',
      'impossible',
      undefined,
    ])
  })

  test('half a day after the state was read is what clocks that differ a little say', () => {
    expect(faults(0, 100.5)).toEqual([undefined, undefined])
  })
})
