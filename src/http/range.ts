/**
 * Which parts of something a request asks for (RFC 9110, section 14). Pure, and of linear time. Parts are given only in
 * ascending order, not overlapping and few: a stream moves forward, and thousands of small parts would cost more than
 * the whole. What breaks the rules is ignored, as the RFC allows, and the whole is sent.
 */

/** Bytes from `start` to `end`, which is not included; at least one. */
export interface BytePart {
  readonly start: number
  readonly end: number
}

/** What to send: the whole; one or several parts; or nothing, because no part lies within. */
export type ChosenRange = 'whole' | 'unsatisfiable' | readonly [BytePart, ...BytePart[]]

const maxParts = 8
/** `0-499`, `500-` or `-500`. */
const rangeSpec = /^(\d*)-(\d*)$/

/** Reads a Range header. @param size bytes of the whole */
export function chooseRange(header: string | undefined, size: number): ChosenRange {
  const set = /^bytes=(.+)$/i.exec(header ?? '')?.[1]
  if (set === undefined) return 'whole'
  const parts: BytePart[] = []
  let asked = 0
  for (const element of set.split(',')) {
    const spec = element.trim()
    // A list may have elements that are empty (section 5.6.1.2).
    if (spec === '') continue
    if (++asked > maxParts) return 'whole'
    const part = readSpec(spec, size)
    if (part === undefined) return 'whole'
    if (part === 'outside') continue
    if (part.start < (parts.at(-1)?.end ?? 0)) return 'whole'
    parts.push(part)
  }
  if (asked === 0) return 'whole'
  const [first, ...others] = parts
  if (first) return [first, ...others]
  // Of something empty every end is the whole of it (section 14.1.2).
  return size === 0 && /^\s*-0*[1-9]/.test(set) ? 'whole' : 'unsatisfiable'
}

/** @returns undefined for what is no range, `outside` for one that has no byte of the whole */
function readSpec(spec: string, size: number): BytePart | 'outside' | undefined {
  const [, first, last] = rangeSpec.exec(spec) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  // Digits without end become infinite, which is behind every end too.
  if (first === '') {
    const start = Math.max(0, size - Number(last))
    return start < size ? { start, end: size } : 'outside'
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  const end = last === '' ? size : Math.min(size, Number(last) + 1)
  return start < size ? { start, end } : 'outside'
}
