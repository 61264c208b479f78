/**
 * Filters of partial clones (rev-list, `--filter`): read, and written anew in one form. `sparse:oid=` is refused: git
 * would read any object of the repository as its pattern. `sparse:path=` reads a file of the server.
 */
import { type Mistake, mistake, quoted } from './mistake.ts'

const longestSpec = 4096
const maxParts = 16
const combinePrefix = 'combine:'

/**
 * A filter as git is to have it: numbers in digits, the parts of `combine:` sorted, each once, and none inside another.
 * @param spec one character for each byte
 */
export function readFilter(spec: string): string | Mistake {
  if (spec.length > longestSpec) return mistake(`a filter of ${spec.length} bytes`)
  const parts = new Set<string>()
  // What a combination holds is put in its place, so nothing calls itself however deep they are.
  const waiting = [spec]
  for (let rest = waiting.pop(); rest !== undefined; rest = waiting.pop()) {
    if (rest.startsWith(combinePrefix)) {
      const inside = rest.slice(combinePrefix.length).split('+').map(decodePart)
      if (inside.includes(undefined)) return mistake(`the filter ${quoted(spec)} is badly encoded`)
      waiting.push(...inside.filter(part => part !== undefined))
    } else {
      const part = readSimple(rest)
      if (part === undefined) return mistake(`the filter ${quoted(rest)} is not offered`)
      parts.add(part)
    }
    if (parts.size > maxParts) return mistake(`a filter of more than ${maxParts} parts`)
  }
  const sorted = [...parts].sort()
  return sorted.length === 1 ? (sorted[0] ?? '') : combinePrefix + sorted.join('+')
}

/** A filter that is no combination, in its one form; undefined where it is none that is offered. */
function readSimple(spec: string): string | undefined {
  if (spec === 'blob:none') return spec
  if (/^object:type=(?:blob|tree|commit|tag)$/.test(spec)) return spec
  const [, name, number = '', unit = ''] = /^(blob:limit=|tree:)(\d{1,15})([kmg]?)$/i.exec(spec) ?? []
  if (name === undefined) return undefined
  const value = Number(number) * 1024 ** ' kmg'.indexOf(unit.toLowerCase() || ' ')
  return Number.isSafeInteger(value) ? name + value : undefined
}

/** Inside a combination, bytes may be written as `%` and two hex digits. */
function decodePart(part: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(part)) return undefined
  return part.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
