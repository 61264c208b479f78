/**
 * Reads a mapping of a hand-written YAML file key by key. Promises that every mistake is an Error whose message names
 * the file, the place in it and what was expected, and that a key nobody asked for is a mistake too. It is for the
 * project's own demo content only; settings and requests are checked elsewhere.
 */

export interface Fields {
  /** File and place, for messages. */
  readonly where: string
  has(key: string): boolean
  /** A text that is there and not empty. */
  text(key: string): string
  optionalText(key: string): string | undefined
  /** A list of texts; empty where the key is missing. */
  texts(key: string): readonly string[]
  /** A mapping of texts; undefined where the key is missing. */
  textMap(key: string): Readonly<Record<string, string>> | undefined
  /** A list of mappings; empty where the key is missing. */
  list(key: string): readonly Fields[]
  /** A mapping that is there. */
  fields(key: string): Fields
  /** `YYYY-MM-DD HH:MM`, UTC, as Unix seconds. */
  time(key: string): number
  optionalTime(key: string): number | undefined
  /** Refuses keys that were not read. Call it last. */
  end(): void
}

const timePattern = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d)(:\d\d)?$/

/** Throws an Error about a place in a file. */
export function complain(where: string, complaint: string): never {
  throw new Error(`${where}: ${complaint}`)
}

/** The keys of a mapping. */
export function readFields(where: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) complain(where, 'expected keys with values')
  const entries = new Map<string, unknown>(Object.entries(value))
  const read = new Set<string>()

  const take = (key: string): unknown => {
    read.add(key)
    return entries.get(key)
  }
  const asText = (key: string, found: unknown): string => {
    if (typeof found !== 'string' || found === '') complain(where, `${key} must be a text that is not empty`)
    return found
  }
  const optionalText = (key: string) => (entries.has(key) ? asText(key, take(key)) : undefined)
  const optionalTime = (key: string): number | undefined => {
    const text = optionalText(key)
    return text === undefined ? undefined : parseTime(`${where}, ${key}`, text)
  }
  const asList = (key: string): readonly unknown[] => {
    const found = take(key) ?? []
    if (!Array.isArray(found)) complain(where, `${key} must be a list`)
    return found
  }

  return {
    where,
    has: key => entries.has(key),
    text: key => asText(key, take(key)),
    optionalText,
    texts: key => asList(key).map((item, index) => asText(`${key}[${index}]`, item)),
    textMap(key) {
      if (!entries.has(key)) return undefined
      const inside = readFields(`${where}, ${key}`, take(key))
      return Object.fromEntries(Object.keys(entries.get(key) as object).map(name => [name, inside.text(name)]))
    },
    list: key => asList(key).map((item, index) => readFields(`${where}, ${key} ${index + 1}`, item)),
    fields: key => readFields(`${where}, ${key}`, take(key)),
    time: key => optionalTime(key) ?? complain(where, `${key} is missing`),
    optionalTime,
    end() {
      const unknown = [...entries.keys()].filter(key => !read.has(key))
      if (unknown.length > 0) complain(where, `unknown or misplaced key ${unknown.join(', ')}`)
    },
  }
}

function parseTime(where: string, text: string): number {
  const [, date = '', time = '', seconds = ':00'] = timePattern.exec(text) ?? []
  const iso = `${date}T${time}${seconds}`
  const at = Date.parse(`${iso}Z`)
  // Printed again, because a day such as the 30th of February is read as one of March.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(iso)) {
    complain(where, `"${text}" is not a time such as 2026-11-18 09:14`)
  }
  return at / 1000
}
