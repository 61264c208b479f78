import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayView, isoTime, minuteView } from '../../src/pages/time.ts'

describe('times', () => {
  test('are absolute and in UTC', () => {
    expect(dayView(1_795_161_600)).toEqual({ iso: '2026-11-20T08:00:00Z', text: '2026-11-20' })
    expect(minuteView(1_795_161_659.9)).toEqual({ iso: '2026-11-20T08:00:59Z', text: '2026-11-20 08:00' })
  })

  test.each([0, -1, Number.NaN, Infinity, -Infinity, 253_402_300_800, Number.MAX_SAFE_INTEGER, 1e300])(
    '%s seconds are an unknown date',
    seconds => {
      expect(isoTime(seconds)).toBeUndefined()
      expect(dayView(seconds)).toEqual({ iso: undefined, text: 'unknown date' })
      expect(minuteView(seconds)).toEqual({ iso: undefined, text: 'unknown date' })
    },
  )

  test('the last second of the year 9999 is a date', () => {
    expect(isoTime(253_402_300_799)).toBe('9999-12-31T23:59:59Z')
  })
})

test('every second has the calendar’s own time', () => {
  const second = fc.oneof(
    fc.integer({ min: 1, max: 253_402_300_799 }),
    // Around the ends of months, of leap years and of centuries.
    fc
      .tuple(
        fc.integer({ min: 1970, max: 9999 }),
        fc.integer({ min: 0, max: 11 }),
        fc.integer({ min: -90_000, max: 90_000 }),
      )
      .map(([year, month, away]) => Math.min(253_402_300_799, Math.max(1, Date.UTC(year, month, 1) / 1000 + away))),
  )
  fc.assert(
    fc.property(second, seconds => {
      expect(isoTime(seconds)).toBe(`${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`)
    }),
    { numRuns: 3000 },
  )
})
