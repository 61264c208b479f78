/** JSON that is still JSON and says something else: values of other types, keys missing, twice or of objects' own. */
import type { Random } from '../../opinion/random.ts'

const values: readonly string[] = [
  ...'null true 0 -1 1.5 1e400 -1e400 1e15 18446744073709551616 1 2 3 4 5 6 7 8 9 [] {} "" "x" [null] [[]] [5]'.split(
    ' ',
  ),
  ...String.raw`["x",5] {"__proto__":"x"} {"toString":5} "\ud800" "\u0000" ["hash"]`.split(' '),
  '"\ufeff"',
  `["${'a'.repeat(40)}"]`,
  `"${'f'.repeat(64)}"`,
]
const keys = 'type timestamp nonce metadata message files target title was status added removed new_metadata'.split(' ')
const moreKeys = 'ops author id __proto__ constructor length version times unix_time name pub_keys'.split(' ')

/** @returns the same bytes where they are no JSON */
export function rewrite(random: Random, bytes: Buffer): Buffer {
  let parsed: unknown
  try {
    parsed = JSON.parse(bytes.toString())
  } catch {
    return bytes
  }
  // A short text has few places, a long one many: about one or two changes in each.
  const chance = 150 / Math.max(4, bytes.length / 25)
  return Buffer.from(print(random, parsed, chance))
}

/** Deeper values are made by `bytes.ts`, which needs no stack for them. */
const maxDepth = 200

function print(random: Random, value: unknown, chance: number, depth = 0): string {
  if (depth > maxDepth || random.percent(chance)) return random.pick(values)
  if (Array.isArray(value)) {
    const items = value.map(item => print(random, item, chance, depth + 1))
    if (random.percent(chance) && items.length > 0) items.push(random.pick(items))
    if (random.percent(chance)) items.reverse()
    return `[${items.join(',')}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).flatMap(([key, part]) => {
    if (random.percent(chance)) return []
    const name = random.percent(chance) ? random.pick(random.percent(50) ? keys : moreKeys) : key
    const member = `${JSON.stringify(name)}:${print(random, part, chance, depth + 1)}`
    return random.percent(chance) ? [member, `${JSON.stringify(name)}:${random.pick(values)}`] : [member]
  })
  return `{${members.join(',')}}`
}
