/** JSON with the bytes of its parts at hand, since ids are made from bytes. Text here has one character for each byte. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** JSON without a byte order mark; throws at anything else. Bytes that are no UTF-8 are read as broken characters. */
export function parse(bytes: Buffer): Json {
  return JSON.parse(bytes.toString('utf8')) as Json
}

export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member of an object; undefined where there is none. */
export function field(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** The text of an object's member; of the last one, where there are several. */
export function objectMember(text: string, key: string): string {
  let found = ''
  for (const part of partsOf(text)) {
    const name = /^"(?:[^"\\]|\\.)*"/s.exec(part)?.[0] ?? '""'
    if (JSON.parse(name) === key) found = trimmed(trimmed(part.slice(name.length)).slice(1))
  }
  return found
}

/** The texts of an array's elements. */
export function arrayElements(text: string): string[] {
  return partsOf(text)
}

/** What stands between the outermost brackets of valid JSON, split at its commas. */
function partsOf(text: string): string[] {
  const inside = trimmed(trimmed(text).slice(1, -1))
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at < inside.length; at += 1) {
    const character = inside[at]
    if (character === '"') {
      for (at += 1; inside[at] !== '"'; at += 1) if (inside[at] === '\\') at += 1
    } else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    else if (character === ',' && depth === 0) {
      parts.push(trimmed(inside.slice(from, at)))
      from = at + 1
    }
  }
  return inside === '' ? [] : [...parts, trimmed(inside.slice(from))]
}

/** Without the four characters that are white space to JSON. */
function trimmed(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
}

/** Unix seconds as the JSON API writes times. */
export function time(value: Json | undefined): string {
  if (typeof value !== 'number') throw new Error('a time that is no number')
  return new Date(value * 1000).toISOString().replace('.000Z', 'Z')
}
