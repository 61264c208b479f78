/** Counts by day and by period: right in sum whatever the clocks say, and few. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DatedBug, readDailyActivity } from '../../src/pages/daily-activity.ts'
import { countPeriods, dayName, periodUnit } from '../../src/pages/periods.ts'
import { at } from '../support/invented-tracker.ts'

/** A bug by the times of what happened to it: opened, closed, opened again … */
function bug(opened: string | number, ...changes: (string | number)[]): DatedBug {
  const [createdAt, ...statusChanges] = [opened, ...changes].map(time => (typeof time === 'number' ? time : at(time)))
  return { createdAt: createdAt!, statusChanges, editedAt: statusChanges.at(-1) ?? createdAt! }
}

const openNow = (bugs: readonly DatedBug[]) => bugs.filter(({ statusChanges }) => statusChanges.length % 2 === 0).length
const total = (column: Iterable<number>) => [...column].reduce((sum, count) => sum + count, 0)

describe('the days', () => {
  test('are those from the first to the last thing that happened, in UTC', () => {
    const daily = readDailyActivity([
      bug('2024-03-01 23:59', '2024-03-03 00:00', '2024-03-03 05:00'),
      bug('2024-03-02 00:00'),
    ])!
    expect(dayName(daily.firstDay)).toBe('2024-03-01')
    expect([...daily.opened]).toEqual([1, 1, 0])
    expect([...daily.closed]).toEqual([0, 0, 1])
    expect([...daily.reopened]).toEqual([0, 0, 1])
    expect([...daily.change]).toEqual([1, 1, 0])
    expect([daily.leftOut, daily.moved]).toEqual([0, 0])
  })

  test('go on to the last comment', () => {
    const daily = readDailyActivity([{ ...bug('2024-03-01 12:00'), editedAt: at('2024-03-10 12:00') }])!
    expect(daily.opened).toHaveLength(10)
  })

  test('show what claims to be earlier than what it follows on the day of that', () => {
    const daily = readDailyActivity([bug('2024-03-05 00:00', '2024-03-01 00:00'), bug('2024-03-01 00:00')])!
    expect([...daily.closed]).toEqual([0, 0, 0, 0, 1])
    expect(daily.moved).toBe(1)
  })

  test.for([
    ['a clock that was never set', 86_400],
    ['a clock far ahead', at('2090-01-01 00:00')],
    ['the year 9999', at('9999-12-31 23:59')],
    ['no time at all', Number.NaN],
    ['a time before 1970', -5],
    ['a time that no calendar has', Number.MAX_SAFE_INTEGER],
    ['an endless one', Number.POSITIVE_INFINITY],
  ] as const)('leave out %s, say so, and are not longer for it', ([, wrong]) => {
    const sound = [bug('2024-03-01 00:00', '2024-03-04 00:00'), bug('2024-03-02 00:00')]
    const opened = readDailyActivity([...sound, bug(wrong)])!
    expect([opened.opened.length, total(opened.opened), opened.leftOut]).toEqual([4, 2, 1])
    expect(total(opened.change)).toBe(2)
    const closed = readDailyActivity([
      ...sound,
      { ...bug('2024-03-02 00:00', wrong), editedAt: at('2024-03-02 00:00') },
    ])!
    expect([closed.closed.length, total(closed.closed), closed.leftOut]).toEqual([4, 1, 1])
    expect(total(closed.change)).toBe(1)
  })

  test('believe a pause of some years', () => {
    const daily = readDailyActivity([bug('2012-03-01 00:00'), bug('2012-03-02 00:00'), bug('2019-03-01 00:00')])!
    expect([total(daily.opened), daily.leftOut]).toEqual([3, 0])
  })

  test('are those of a hundred years at most, where times are spread so that none is far from the next', () => {
    const spread = Array.from({ length: 800 }, (_, index) => bug((index + 1) * 10 * 365 * 86_400))
    const daily = readDailyActivity(spread)!
    expect(daily.opened.length).toBeLessThan(102 * 366)
    expect([daily.leftOut + total(daily.opened), total(daily.change)]).toEqual([800, 800])
  })

  test('are none where there is no bug, or no time that can be believed', () => {
    expect(readDailyActivity([])).toBeUndefined()
    expect(readDailyActivity([bug(Number.NaN), bug(-1), bug(0)])).toBeUndefined()
    // All but a change that follows what is left out.
    const late = at('9999-01-01 00:00')
    const odd = { createdAt: late, statusChanges: [1e9, 1e9, 1e9], editedAt: -1 }
    expect(readDailyActivity([odd])).toBeUndefined()
  })

  test('add up to the bugs that are open now, and are bounded, whatever the clocks say', () => {
    const time = fc.oneof(
      fc.integer({ min: 1_600_000_000, max: 1_700_000_000 }),
      fc.integer({ min: -10, max: 260_000_000_000 }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0),
    )
    const bugs = fc.array(
      fc.record({ createdAt: time, editedAt: time, statusChanges: fc.array(time, { maxLength: 5 }) }),
      { minLength: 1, maxLength: 30 },
    )
    fc.assert(
      fc.property(bugs, all => {
        const daily = readDailyActivity(all)
        const changes = total(all.map(({ statusChanges }) => statusChanges.length))
        const open = openNow(all)
        // Nothing is believed: then nothing is counted either.
        const counted = daily ? total(daily.opened) + total(daily.closed) + total(daily.reopened) + daily.leftOut : 0
        expect(counted).toBe(daily ? all.length + changes : 0)
        expect(daily ? total(daily.change) : open).toBe(open)
        expect(daily?.opened.length ?? 1).toBeLessThan(102 * 366)
        expect(daily ? countPeriods(daily, periodUnit(daily, { most: 300 })).length : 0).toBeLessThanOrEqual(300)
        expect(daily ? countPeriods(daily, 'week', 52).length : 52).toBe(52)
        expect(daily ? countPeriods(daily, 'week', 52).at(-1)?.open : open).toBe(open)
      }),
    )
  })
})

describe('periods', () => {
  const daily = readDailyActivity([
    bug('2023-12-31 12:00', '2024-01-08 00:00'),
    bug('2024-01-01 00:00', '2024-01-07 23:59', '2024-02-29 12:00'),
  ])!

  test('of weeks begin on Mondays', () => {
    const [first, second, third] = countPeriods(daily, 'week')
    expect(first).toEqual({
      name: '2023-12-25',
      range: '2023-12-25..2023-12-31',
      opened: 1,
      reopened: 0,
      closed: 0,
      open: 1,
    })
    expect(second).toMatchObject({ name: '2024-01-01', opened: 1, closed: 1, open: 1 })
    expect(third).toMatchObject({ name: '2024-01-08', opened: 0, closed: 1, open: 0 })
  })

  test('of months and years are those of the calendar', () => {
    expect(countPeriods(daily, 'month').map(({ name, range, open }) => [name, range, open])).toEqual([
      ['2023-12', '2023-12', 1],
      ['2024-01', '2024-01', 0],
      ['2024-02', '2024-02', 1],
    ])
    expect(countPeriods(daily, 'year').map(({ name, closed }) => [name, closed])).toEqual([
      ['2023', 0],
      ['2024', 2],
    ])
  })

  test('of the last weeks are as many as were asked for, and know what was open before', () => {
    const last = countPeriods(daily, 'week', 52)
    expect(last).toHaveLength(52)
    expect(last.at(-1)).toMatchObject({ name: '2024-02-26', reopened: 1, open: 1 })
    expect(last[0]).toMatchObject({ opened: 0, open: 0 })
    const two = countPeriods(daily, 'week', 2)
    expect(two.map(({ name, open }) => [name, open])).toEqual([
      ['2024-02-19', 0],
      ['2024-02-26', 1],
    ])
  })

  test('of the last week of all end with the last day that queries know', () => {
    const [week] = countPeriods(readDailyActivity([bug(253_402_300_799)])!, 'week')
    expect(week?.range).toBe('9999-12-27..9999-12-31')
  })

  test.for([
    [100, 'week'],
    [2000, 'week'],
    [2200, 'month'],
    [9000, 'month'],
    [9500, 'year'],
  ] as const)('of %i days are told by the %s', ([days, unit]) => {
    expect(periodUnit({ opened: new Uint32Array(days) }, { most: 300 })).toBe(unit)
  })

  test('leave none out between the first and the last day, at the ends of months too', () => {
    const long = readDailyActivity([bug('2000-01-31 00:00'), bug('2009-12-31 00:00'), bug('2005-03-31 00:00')])!
    expect(countPeriods(long, 'month')).toHaveLength(120)
    expect(new Set(countPeriods(long, 'month').map(({ name }) => name)).size).toBe(120)
    expect(countPeriods(long, 'year')).toHaveLength(10)
  })
})
