/** How a setting is defined: its kind, its default, and what the documentation and the messages say of it. */
import { z } from 'zod'
import type { SettingType } from './setting-type.ts'

/** What a setting's zod metadata holds beside its `description`, under the key `setting`. */
export interface SettingNotes {
  readonly expects: string
  readonly literal: boolean
  readonly entry: z.ZodObject | undefined
  /** A value for the example file, where the default shows nothing. */
  readonly example: unknown
  /** What stands for the default in the documentation, where it depends on the machine. */
  readonly defaultText: string | undefined
  /** True where no message may show the value. */
  readonly secret: boolean
  /** True where a change shows after a restart only. */
  readonly needsRestart: boolean
}

interface Description {
  readonly description: string
  readonly example?: unknown
  readonly defaultText?: string
  readonly secret?: boolean
  readonly needsRestart?: boolean
}

/** A group of settings. */
export function group<S extends z.ZodRawShape>(description: string, shape: S) {
  return z.strictObject(shape, { error: 'a group of settings' }).meta({ description })
}

/** A group of settings of which none changes without a restart, nor any in the groups in it. */
export function fixedGroup<S extends z.ZodRawShape>(description: string, shape: S) {
  return group(description, shape).meta({ description, needsRestart: true })
}

/** A setting with a default. */
export function setting<S extends z.ZodType>(kind: SettingType<S>, standard: z.input<S>, notes: Description) {
  // prefault and not default: the default is spelled as a user would and goes through the same checks.
  return z.prefault(kind.schema, standard).meta(metadata(kind, notes))
}

/** A setting that may be absent. */
export function optional<S extends z.ZodType>(kind: SettingType<S>, notes: Description) {
  return z.optional(kind.schema).meta(metadata(kind, notes))
}

/** A field that must be there. */
export function required<S extends z.ZodType>(kind: SettingType<S>, notes: Description): S {
  return kind.schema.meta(metadata(kind, notes))
}

function metadata(kind: SettingType<z.ZodType>, { description, ...notes }: Description) {
  const setting: SettingNotes = {
    expects: kind.expects,
    literal: kind.literal,
    entry: kind.entry,
    example: notes.example,
    defaultText: notes.defaultText,
    secret: notes.secret ?? false,
    needsRestart: notes.needsRestart ?? false,
  }
  return { description, setting }
}
