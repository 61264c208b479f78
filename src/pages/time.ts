/**
 * Times as pages show them: absolute, in UTC, so that a page can be kept. The clocks behind them lie (`format.md`),
 * so anything at all may come in: what no calendar shows is called unknown, and nothing throws.
 */
import { strings } from '../strings/strings.ts'

export interface TimeView {
  /** For the `datetime` attribute; undefined where the time is unknown. */
  readonly iso: string | undefined
  readonly text: string
}

/** The last second of the year 9999: later ones have no four-digit year. */
const lastSecond = 253_402_300_799

const unknown: TimeView = { iso: undefined, text: strings.common.unknownDate }

/** Whether a calendar shows the time: between 1970 and 9999. */
export function isKnownTime(unixSeconds: number): boolean {
  // git-bug refuses a time of 0 as "not set".
  return unixSeconds > 0 && unixSeconds <= lastSecond
}

/** The time as ISO 8601 to the second, in UTC; undefined for what is no time between 1970 and 9999. */
export function isoTime(unixSeconds: number): string | undefined {
  if (!isKnownTime(unixSeconds)) return undefined
  const seconds = Math.floor(unixSeconds)
  const days = Math.floor(seconds / secondsOfDay)
  const ofDay = seconds - days * secondsOfDay
  const time = `${twoDigits(Math.floor(ofDay / 3600))}:${twoDigits(Math.floor(ofDay / 60) % 60)}:${twoDigits(ofDay % 60)}`
  return `${dayText(days)}T${time}Z`
}

const secondsOfDay = 86_400

/**
 * The day of the proleptic Gregorian calendar, in years that begin in March so that the day of a leap year is their
 * last. A page has hundreds of times, and `Date` takes most of a microsecond for each.
 * @param days since 1970-01-01
 */
function dayText(days: number): string {
  const sinceEra = days + 719_468
  const era = Math.floor(sinceEra / 146_097)
  const day = sinceEra - era * 146_097
  const year = Math.floor((day - Math.floor(day / 1460) + Math.floor(day / 36_524) - Math.floor(day / 146_096)) / 365)
  const ofYear = day - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const month = Math.floor((5 * ofYear + 2) / 153)
  const ofMonth = ofYear - Math.floor((153 * month + 2) / 5) + 1
  const calendarYear = year + era * 400 + (month < 10 ? 0 : 1)
  return `${String(calendarYear).padStart(4, '0')}-${twoDigits(month < 10 ? month + 3 : month - 9)}-${twoDigits(ofMonth)}`
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}

/** The day, as `2026-11-18`. */
export function dayView(unixSeconds: number): TimeView {
  const iso = isoTime(unixSeconds)
  return iso === undefined ? unknown : { iso, text: iso.slice(0, 10) }
}

/** Day and minute, as `2026-11-18 09:14`. */
export function minuteView(unixSeconds: number): TimeView {
  const iso = isoTime(unixSeconds)
  return iso === undefined ? unknown : { iso, text: `${iso.slice(0, 10)} ${iso.slice(11, 16)}` }
}
