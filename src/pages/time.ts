/**
 * Times as pages show them: absolute, in UTC, so that a page can be kept. The clocks behind them lie (`format.md`),
 * so anything at all may come in: what no calendar shows is called unknown, and nothing throws.
 */

export interface TimeView {
  /** For the `datetime` attribute; undefined where the time is unknown. */
  readonly iso: string | undefined
  readonly text: string
}

/** The last second of the year 9999: later ones have no four-digit year. */
const lastSecond = 253_402_300_799

const unknown: TimeView = { iso: undefined, text: 'unknown date' }

/** The time as ISO 8601 to the second, in UTC; undefined for what is no time between 1970 and 9999. */
export function isoTime(unixSeconds: number): string | undefined {
  // git-bug refuses a time of 0 as "not set".
  if (!(unixSeconds > 0 && unixSeconds <= lastSecond)) return undefined
  return `${new Date(Math.floor(unixSeconds) * 1000).toISOString().slice(0, 19)}Z`
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
