/**
 * Sizes in bytes as people write them: a number, or a number with one of B, KiB, MiB, GiB. The decimal units (MB) and
 * bare letters (M) are refused, because readers disagree about what they mean.
 */

const unitBytes: Readonly<Record<string, number>> = { b: 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 }
const unitNames = ['GiB', 'MiB', 'KiB'] as const

/**
 * Reads `65536`, `'65536'`, `'64 KiB'` or `'1.5GiB'`.
 * @returns whole bytes, or undefined where the text is no size
 */
export function parseByteSize(value: number | string): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined
  const match = /^(\d{1,16}(?:\.\d{1,3})?) ?([a-z]{1,3})?$/i.exec(value.trim())
  const unit = unitBytes[(match?.[2] ?? 'B').toLowerCase()]
  if (match === null || unit === undefined) return undefined
  const bytes = Number(match[1]) * unit
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** The shortest spelling that reads back as the same number: 67108864 is `64 MiB`, 1000 is `1000 B`. */
export function formatByteSize(bytes: number): string {
  const name = unitNames.find(unit => bytes > 0 && bytes % (unitBytes[unit.toLowerCase()] ?? 1) === 0)
  return name === undefined ? `${bytes} B` : `${bytes / (unitBytes[name.toLowerCase()] ?? 1)} ${name}`
}
