/** The pictures of what happened over time, each with its numbers: of a repository, and of one person. */
import { drawBars } from '../pictures/bars.ts'
import { drawFigure, type NumberCell } from '../pictures/figure.ts'
import { drawLine } from '../pictures/line.ts'
import { strings } from '../strings/strings.ts'
import type { DailyActivity } from './daily-activity.ts'
import { countPeriods, type Period, type PeriodUnit, periodUnit } from './periods.ts'
import { counted, grouped } from './wording.ts'

/** Where the bugs are that were opened in a range of dates, as `created:` takes it; undefined leads nowhere. */
export type OpenedUrl = (range: string) => string | undefined

const words = strings.activity
const { columns } = words

const weeksShown = 52
const maxPoints = 300
const maxMonths = 120

/** The weeks of the last year in which anything happened. */
export function lastWeeks(daily: DailyActivity): readonly Period[] {
  return countPeriods(daily, 'week', weeksShown)
}

/** All of the time, in as many periods as a picture can show. */
export function allPeriods(daily: DailyActivity): { readonly unit: PeriodUnit; readonly periods: readonly Period[] } {
  const unit = periodUnit(daily, { most: maxPoints })
  return { unit, periods: countPeriods(daily, unit) }
}

/** HTML of what was opened and closed per week. */
export function weeksFigure(weeks: readonly Period[], urlOf: OpenedUrl): string {
  const nameId = 'weeks-words'
  const [opened, reopened, closed] = [total(weeks, 'opened'), total(weeks, 'reopened'), total(weeks, 'closed')]
  return drawFigure({
    nameId,
    words: [
      {
        kind: 'open',
        text: reopened > 0 ? words.openedAndAgain(grouped(opened), grouped(reopened)) : words.opened(grouped(opened)),
      },
      { kind: 'closed', text: words.closed(grouped(closed)) },
      words.inTheWeeksFrom(weeks.length),
      { text: weeks[0]?.name ?? '' },
    ],
    picture: drawBars({
      periods: weeks.map(({ name }) => name),
      above: weeks.map(week => week.opened + week.reopened),
      below: weeks.map(week => week.closed),
      nameId,
    }),
    table: {
      title: words.numbersWithoutQuiet(words.units.week),
      columns: [
        columns.week,
        columns.opened,
        ...(reopened > 0 ? [columns.again] : []),
        columns.closed,
        columns.leftOpen,
      ],
      rows: weeks
        .filter(week => week.opened + week.reopened + week.closed > 0)
        .map(week => ({
          period: week.name,
          cells: [
            openedCell(week, urlOf),
            ...(reopened > 0 ? [grouped(week.reopened)] : []),
            grouped(week.closed),
            grouped(week.open),
          ],
        })),
    },
  })
}

/** HTML of how many bugs were open over all of the time. */
export function historyFigure({ unit, periods }: ReturnType<typeof allPeriods>, urlOf: OpenedUrl): string {
  const nameId = 'history-words'
  const most = periods.reduce<Period | undefined>((top, one) => (top && top.open >= one.open ? top : one), undefined)
  return drawFigure({
    nameId,
    words: [
      words.atTheEndOfEach(words.units[unit]),
      { text: `${periods[0]?.name ?? ''}:` },
      words.nowAndAtMost(grouped(periods.at(-1)?.open ?? 0), grouped(most?.open ?? 0)),
      ...(unit === 'week' ? [words.theWeekFrom] : []),
      { text: most?.name ?? '' },
    ],
    picture: drawLine({
      periods: periods.map(({ name }) => name),
      counts: periods.map(({ open }) => open),
      before: 0,
      nameId,
    }),
    table: {
      title: words.numbersWithoutQuiet(words.units[unit]),
      columns: [columns[unit], columns.opened, columns.closed, columns.leftOpen],
      rows: periods
        .filter(period => period.opened + period.reopened + period.closed > 0)
        .map(period => ({
          period: period.name,
          cells: [openedCell(period, urlOf), grouped(period.closed), grouped(period.open)],
        })),
    },
  })
}

/** HTML of when one person opened bugs. */
export function openedFigure(daily: DailyActivity, urlOf: OpenedUrl): string {
  const nameId = 'opened-words'
  const unit = periodUnit(daily, { units: ['month', 'year'], most: maxMonths })
  const periods = countPeriods(daily, unit)
  return drawFigure({
    nameId,
    words: [words.openedBy(counted(total(periods, 'opened'), ...strings.common.nouns.bug), words.units[unit])],
    picture: drawBars({
      periods: periods.map(({ name }) => name),
      above: periods.map(({ opened }) => opened),
      nameId,
    }),
    table: {
      title: words.numbersBy(words.units[unit]),
      columns: [columns[unit], columns.opened],
      rows: periods
        .filter(({ opened }) => opened > 0)
        .map(period => ({ period: period.name, cells: [openedCell(period, urlOf)] })),
    },
  })
}

function total(periods: readonly Period[], what: 'opened' | 'reopened' | 'closed'): number {
  return periods.reduce((sum, period) => sum + period[what], 0)
}

function openedCell({ opened, range }: Period, urlOf: OpenedUrl): NumberCell {
  const url = opened === 0 ? undefined : urlOf(range)
  return url === undefined ? grouped(opened) : { text: grouped(opened), url }
}
