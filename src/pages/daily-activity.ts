/**
 * How many bugs were opened, opened again and closed on each day, from what the clocks of their writers said. Those lie
 * (`format.md`), so promises that the number of open bugs comes out right at the end whatever they say, and that the
 * days are few: times that are far from all others are left out of the days, and counted.
 */
import type { BugSummary } from '../bug/model.ts'

/** What a day needs of a bug. */
export type DatedBug = Pick<BugSummary, 'createdAt' | 'editedAt' | 'statusChanges'>

/** One place in each list for each day, in UTC. */
export interface DailyActivity {
  /** Days since 1970-01-01 of the first place, on which something happened. */
  readonly firstDay: number
  readonly opened: Uint32Array
  readonly reopened: Uint32Array
  readonly closed: Uint32Array
  /** How many more bugs were open at the end of the day than at its beginning; what is left out is at both ends. */
  readonly change: Int32Array
  /** Times that are on no day, since they are far from all others. */
  readonly leftOut: number
  /** Changes that claim to be earlier than what they follow; they are on its day. */
  readonly moved: number
}

const secondsOfDay = 86_400
const daysOfYear = 365.2425
/** Years after 1970 that are told apart; the last is 9999. */
const years = 8030
/** Times with more years than this between them and the others are not believed, where they are the fewer. */
const maxQuietYears = 10
/** On either side of the middle one. */
const maxYears = 50

/** Counts by day. @returns undefined where no time is one of a calendar */
export function readDailyActivity(bugs: readonly DatedBug[]): DailyActivity | undefined {
  const span = readSpan(bugs)
  if (!span) return undefined
  const { firstDay } = span
  const days = span.lastDay - firstDay + 1
  const columns = {
    opened: new Uint32Array(days),
    reopened: new Uint32Array(days),
    closed: new Uint32Array(days),
    // With a place before the first day and one after the last, for what is left out.
    change: new Int32Array(days + 2),
  }
  let leftOut = 0
  let moved = 0
  // Only what anything happened on counts, comments among it.
  const used = { first: days, last: -1 }
  const placeOf = (time: number) => (time > 0 ? clamp(Math.floor(time / secondsOfDay) - firstDay, days) : -1)
  const count = (column: Uint32Array, place: number) => {
    if (place < 0 || place >= days) {
      leftOut++
      return
    }
    column[place] = (column[place] ?? 0) + 1
    use(used, place)
  }
  const change = (place: number, by: number) => {
    columns.change[place + 1] = (columns.change[place + 1] ?? 0) + by
  }
  for (const { createdAt, editedAt, statusChanges } of bugs) {
    let place = placeOf(createdAt)
    count(columns.opened, place)
    change(place, 1)
    const edited = placeOf(editedAt)
    if (edited >= 0 && edited < days) use(used, edited)
    let closes = true
    for (const time of statusChanges) {
      const said = placeOf(time)
      if (said < place && said >= 0) moved++
      count(closes ? columns.closed : columns.reopened, said < 0 ? said : Math.max(said, place))
      place = Math.max(said, place)
      change(place, closes ? -1 : 1)
      closes = !closes
    }
  }
  if (used.last < 0) return undefined
  return { ...cut(columns, used), firstDay: firstDay + used.first, leftOut, moved }
}

interface Used {
  first: number
  last: number
}

function use(used: Used, place: number): void {
  if (place < used.first) used.first = place
  if (place > used.last) used.last = place
}

/** The days that are used; what is outside of them changes the number of open bugs at the nearest one. */
function cut(
  { opened, reopened, closed, change }: Pick<DailyActivity, 'opened' | 'reopened' | 'closed' | 'change'>,
  { first, last }: Used,
) {
  const end = last + 1
  const changes = change.slice(first + 1, end + 1)
  const sum = (from: number, to: number) => change.subarray(from, to).reduce((all, one) => all + one, 0)
  changes[0] = (changes[0] ?? 0) + sum(0, first + 1)
  changes[last - first] = (changes[last - first] ?? 0) + sum(end + 1, change.length)
  return {
    opened: opened.slice(first, end),
    reopened: reopened.slice(first, end),
    closed: closed.slice(first, end),
    change: changes,
  }
}

/** -1 for what is before the first day, `days` for what is after the last. */
function clamp(place: number, days: number): number {
  return Math.min(Math.max(place, -1), days)
}

/** The days between which times are believed: around the middle one, up to where it is quiet for long. */
function readSpan(bugs: readonly DatedBug[]): { firstDay: number; lastDay: number } | undefined {
  const counts = new Uint32Array(years)
  let total = 0
  const note = (time: number) => {
    const year = Math.floor(time / (daysOfYear * secondsOfDay))
    if (!(time > 0 && year < years)) return
    counts[year] = (counts[year] ?? 0) + 1
    total++
  }
  for (const { createdAt, editedAt, statusChanges } of bugs) {
    note(createdAt)
    note(editedAt)
    for (const time of statusChanges) note(time)
  }
  if (total === 0) return undefined
  let middle = 0
  for (let before = counts[0] ?? 0; before * 2 < total; before += counts[middle] ?? 0) middle++
  const edge = (step: 1 | -1) => {
    let found = middle
    for (let year = middle; Math.abs(year - found) <= maxQuietYears + 1; year += step) {
      if (Math.abs(year - middle) > maxYears || year < 0 || year >= years) break
      if ((counts[year] ?? 0) > 0) found = year
    }
    return found
  }
  return { firstDay: Math.floor(edge(-1) * daysOfYear), lastDay: Math.floor((edge(1) + 1) * daysOfYear) }
}
