/**
 * Days put together into weeks, months or years: as many as a picture can show. Weeks begin on Mondays; all of it is in
 * UTC.
 */
import type { DailyActivity } from './daily-activity.ts'

export type PeriodUnit = 'week' | 'month' | 'year'

export interface Period {
  /** As queries write it after `created:`, such as `2026-11`; of a week its first day, `2026-11-16`. */
  readonly name: string
  /** What finds the bugs that were opened in it, after `created:`. */
  readonly range: string
  readonly opened: number
  readonly reopened: number
  readonly closed: number
  /** Bugs that were open when it ended. */
  readonly open: number
}

/** The shortest of these units that makes no more than `most` periods of all days, or years. */
export function periodUnit(
  { opened }: Pick<DailyActivity, 'opened'>,
  { units = ['week', 'month', 'year'], most }: { units?: readonly PeriodUnit[]; most: number },
): PeriodUnit {
  const lengths = { week: 7, month: 30.44, year: 365.24 }
  // One more, for beginning in the middle of one; the last unit is the longest.
  return units.find(unit => opened.length / lengths[unit] + 1 <= most) ?? units.at(-1) ?? 'year'
}

/**
 * Counts of each period, the first first.
 * @param last how many of the last ones are wanted; there may have been nothing before the first day. All without it
 */
export function countPeriods(daily: DailyActivity, unit: PeriodUnit, last?: number): readonly Period[] {
  const { firstDay, opened } = daily
  const lastDay = firstDay + opened.length - 1
  const starts = startsBetween(firstDay, lastDay, unit)
  while (last !== undefined && starts.length < last) {
    const first = starts[0] ?? firstDay
    starts.unshift(startOf(first - 1, unit))
  }
  let open = 0
  const periods = starts.map((start, index) => {
    const end = starts[index + 1] ?? lastDay + 1
    const from = Math.max(0, start - firstDay)
    const to = Math.max(0, end - firstDay)
    const sum = (column: Uint32Array | Int32Array) => {
      let all = 0
      for (let place = from; place < to; place++) all += column[place] ?? 0
      return all
    }
    open += sum(daily.change)
    return {
      ...namePeriod(start, unit),
      opened: sum(daily.opened),
      reopened: sum(daily.reopened),
      closed: sum(daily.closed),
      open,
    }
  })
  return last === undefined ? periods : periods.slice(-last)
}

/** The day as `2026-11-18`. */
export function dayName(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}

function startsBetween(firstDay: number, lastDay: number, unit: PeriodUnit): number[] {
  const starts: number[] = []
  for (let start = startOf(firstDay, unit); start <= lastDay; start = startAfter(start, unit)) starts.push(start)
  return starts
}

function startOf(day: number, unit: PeriodUnit): number {
  // 1970-01-01 was a Thursday.
  if (unit === 'week') return Math.floor((day + 3) / 7) * 7 - 3
  const date = new Date(day * 86_400_000)
  return Date.UTC(date.getUTCFullYear(), unit === 'year' ? 0 : date.getUTCMonth(), 1) / 86_400_000
}

function startAfter(start: number, unit: PeriodUnit): number {
  return unit === 'week' ? start + 7 : startOf(start + (unit === 'year' ? 366 : 31), unit)
}

/** 9999-12-31: queries know no later day. */
const lastDayOfAll = 2_932_896

function namePeriod(start: number, unit: PeriodUnit): Pick<Period, 'name' | 'range'> {
  const day = dayName(start)
  if (unit === 'week') return { name: day, range: `${day}..${dayName(Math.min(start + 6, lastDayOfAll))}` }
  const name = day.slice(0, unit === 'year' ? 4 : 7)
  return { name, range: name }
}
