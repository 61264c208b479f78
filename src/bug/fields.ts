/**
 * Reading typed fields out of parsed JSON. A field that is absent or null has its type's empty value, as for the real
 * client; one of another type is a FieldProblem, which the decoder turns into a line on the problems page.
 */

/** Thrown inside the room only, and caught by whoever decodes the pack. */
export class FieldProblem extends Error {}

/** An object of parsed JSON. Fields are read by name; a key such as `__proto__` is just a key of it. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The greatest time that a date can show, in Unix seconds. */
export const maxUnixSeconds = 8_640_000_000_000

export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FieldProblem(`${what} is no object`)
  return value as JsonObject
}

export function textField(fields: JsonObject, name: string): string {
  const value = fields[name]
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new FieldProblem(`"${name}" is no text`)
  // A lone surrogate cannot be written as UTF-8; it is shown as what it is, a broken character.
  return value.toWellFormed()
}

/** Whole seconds; times that no calendar reaches are moved to the nearest one that it does. */
export function timeField(fields: JsonObject, name: string): number {
  const value = fields[name]
  if (value === undefined || value === null) return 0
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new FieldProblem(`"${name}" is no whole number`)
  return Math.max(-maxUnixSeconds, Math.min(maxUnixSeconds, value))
}

export function textListField(fields: JsonObject, name: string): string[] {
  const value = fields[name]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new FieldProblem(`"${name}" is no list`)
  return value.map(item => {
    if (typeof item !== 'string') throw new FieldProblem(`"${name}" holds something that is no text`)
    return item.toWellFormed()
  })
}

/** Most operations have none: one map for all of them. */
const noTexts: ReadonlyMap<string, string> = new Map()

/** Texts by key, in the order in which they stand. */
export function textMapField(fields: JsonObject, name: string): ReadonlyMap<string, string> {
  const value = fields[name]
  if (value === undefined || value === null) return noTexts
  const result = new Map<string, string>()
  for (const [key, text] of Object.entries(asObject(value, `"${name}"`))) {
    if (typeof text !== 'string') throw new FieldProblem(`"${name}" holds something that is no text`)
    result.set(key.toWellFormed(), text.toWellFormed())
  }
  return result
}
