/**
 * The five-field schedules that a setting accepts: numbers, `*`, ranges, lists and steps. Names (`MON`), seconds and
 * the extensions of single programs are refused, so that a schedule means the same to every reader.
 */

const fieldRanges = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12 },
  { min: 0, max: 7 },
] as const

/**
 * Checks minute, hour, day of month, month and day of week.
 * @returns the schedule with single spaces, or undefined where it is none
 */
export function parseCronSchedule(text: string): string | undefined {
  const fields = text.trim().split(/\s+/)
  if (fields.length !== fieldRanges.length) return undefined
  const valid = fieldRanges.every((range, at) => fields[at]?.split(',').every(part => isPart(part, range)))
  return valid ? fields.join(' ') : undefined
}

/** One element of a list: `*`, `5`, `1-5`, and the first and last of these with `/step`. */
function isPart(part: string, range: { min: number; max: number }): boolean {
  const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part)
  if (match === null) return false
  const [, first, last, step] = match
  // A step needs something to step through; what `5/10` means differs between programs.
  if (
    step !== undefined &&
    (Number(step) < 1 || Number(step) > range.max || (first !== undefined && last === undefined))
  )
    return false
  if (first === undefined) return true
  const from = Number(first)
  const to = last === undefined ? from : Number(last)
  return from >= range.min && from <= to && to <= range.max
}
