/**
 * Ranges of dates and numbers as a query writes them: `A`, `A..B` (both included), `A..`, `..B`, `>A`, `>=A`, `<B`,
 * `<=B`. A year or a month means all of it, so `>2026` begins in 2027. Times are UTC.
 */
import type { Range } from './ast.ts'

/** Reads what stands at one end of a range; undefined where it is none. A point may be wide: a year is one. */
export type PointReader = (text: string) => Range | undefined

/**
 * @returns the range; `malformed` where the text is none; `backwards` where `A..B` ends before it starts
 */
export function parseRange(text: string, readPoint: PointReader): Range | 'malformed' | 'backwards' {
  const dots = text.indexOf('..')
  if (dots >= 0) return parseSpan(text.slice(0, dots), text.slice(dots + 2), readPoint)
  const operator = readOperator(text)
  const point = readPoint(text.slice(operator.length))
  if (point === undefined) return 'malformed'
  switch (operator) {
    case '>':
      return { from: point.before, before: Infinity }
    case '>=':
      return { from: point.from, before: Infinity }
    case '<':
      return { from: -Infinity, before: point.from }
    case '<=':
      return { from: -Infinity, before: point.before }
    case '':
      return point
  }
}

function parseSpan(first: string, last: string, readPoint: PointReader): Range | 'malformed' | 'backwards' {
  if (first === '' && last === '') return 'malformed'
  const start = first === '' ? { from: -Infinity, before: -Infinity } : readPoint(first)
  const end = last === '' ? { from: Infinity, before: Infinity } : readPoint(last)
  if (start === undefined || end === undefined) return 'malformed'
  if (start.from >= end.before) return 'backwards'
  return { from: start.from, before: end.before }
}

function readOperator(text: string): '' | '>' | '>=' | '<' | '<=' {
  if (text.startsWith('>')) return text.startsWith('>=') ? '>=' : '>'
  if (text.startsWith('<')) return text.startsWith('<=') ? '<=' : '<'
  return ''
}

/** A whole number of at most 15 digits, so that it and its successor are exact. */
export function readNumber(text: string): Range | undefined {
  if (!/^\d{1,15}$/.test(text)) return undefined
  const value = Number(text)
  return { from: value, before: value + 1 }
}

/** `2026`, `2026-11` or `2026-11-03` as the seconds it covers, UTC. Days that the calendar has not are refused. */
export function readDate(text: string): Range | undefined {
  const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text)
  if (parts === null) return undefined
  const year = Number(parts[1])
  if (parts[2] === undefined) return { from: startOfDay(year, 0, 1), before: startOfDay(year + 1, 0, 1) }
  const month = Number(parts[2]) - 1
  if (month < 0 || month > 11) return undefined
  const nextMonth = startOfDay(year, month + 1, 1)
  if (parts[3] === undefined) return { from: startOfDay(year, month, 1), before: nextMonth }
  const day = Number(parts[3])
  const from = startOfDay(year, month, day)
  if (day < 1 || from >= nextMonth) return undefined
  return { from, before: from + 86_400 }
}

/** Unix seconds at the start of a day. Not `Date.UTC`, which takes the years 0 to 99 for 1900 to 1999. */
function startOfDay(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day) / 1000
}
