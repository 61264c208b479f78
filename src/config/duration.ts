/**
 * Times as people write them: a number of seconds, or a number with one of s, m, h, d. Other spellings are refused:
 * `M` is a month to some, and `1h30m` is `90m`.
 */

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const
const unitNames = ['d', 'h', 'm'] as const

/**
 * Reads `300`, `'300'`, `'90s'`, `'1.5h'` or `'1 d'`.
 * @returns seconds, or undefined where the text is no time
 */
export function parseDuration(value: number | string): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined
  const match = /^(\d{1,10}(?:\.\d{1,3})?) ?([smhd])?$/.exec(value.trim())
  if (match === null) return undefined
  return Number(match[1]) * unitSeconds[(match[2] ?? 's') as keyof typeof unitSeconds]
}

/** The shortest spelling that reads back as the same number: 300 is `5m`, 90 is `90s`. */
export function formatDuration(seconds: number): string {
  const name = unitNames.find(unit => seconds > 0 && seconds % unitSeconds[unit] === 0)
  return name === undefined ? `${seconds}s` : `${seconds / unitSeconds[name]}${name}`
}
