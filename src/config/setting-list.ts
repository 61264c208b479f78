/**
 * The schema as a flat list, for whoever has to name settings: sources, messages, documentation. It reads the schema
 * and holds nothing of its own.
 */
import { z } from 'zod'
import type { SettingNotes } from './define-setting.ts'
import type { SettingsSchema } from './schema.ts'

/** One setting, or one field of the entries of a list. */
export interface SettingDefinition extends SettingNotes {
  /** As in the file, joined by dots: `server.port`. */
  readonly path: string
  readonly description: string
  /** As a user would write it; undefined where there is none. */
  readonly defaultValue: unknown
  readonly required: boolean
  /** The fields of one entry, where the value is a list of groups. */
  readonly fields: readonly SettingDefinition[]
}

/** A group of settings: `server`, `cache.rebuild`. */
interface SettingGroup {
  readonly path: string
  readonly description: string
}

export interface SettingList {
  readonly settings: readonly SettingDefinition[]
  readonly groups: readonly SettingGroup[]
}

/** Lists settings and groups in the order of the schema. */
export function listSettings(schema: SettingsSchema | z.ZodObject, parent = '', isFixed = false): SettingList {
  const settings: SettingDefinition[] = []
  const groups: SettingGroup[] = []
  for (const [key, member] of Object.entries<unknown>(schema.shape)) {
    const path = parent === '' ? key : `${parent}.${key}`
    if (member instanceof z.ZodObject) {
      groups.push({ path, description: descriptionOf(member) })
      const inner = listSettings(member, path, isFixed || member.meta()?.needsRestart === true)
      settings.push(...inner.settings)
      groups.push(...inner.groups)
    } else if (member instanceof z.ZodType) {
      const definition = definitionOf(path, member)
      settings.push({ ...definition, needsRestart: isFixed || definition.needsRestart })
    }
  }
  return { settings, groups }
}

function definitionOf(path: string, member: z.ZodType): SettingDefinition {
  // Written by `metadata` in schema.ts, on every setting.
  const notes = member.meta()?.setting as SettingNotes
  return {
    ...notes,
    path,
    description: descriptionOf(member),
    defaultValue: member instanceof z.ZodPrefault ? member.def.defaultValue : undefined,
    required: !(member instanceof z.ZodPrefault) && !(member instanceof z.ZodOptional),
    fields: notes.entry === undefined ? [] : listSettings(notes.entry).settings,
  }
}

function descriptionOf(member: z.ZodType): string {
  return member.meta()?.description ?? ''
}

/** The variable that gives a setting: `server.trustedProxies` is `GIT_BUG_VIEWER_SERVER_TRUSTED_PROXIES`. */
export function environmentName(path: string): string {
  const words = path.replaceAll('.', '_').replaceAll(/[A-Z]/g, capital => `_${capital}`)
  return environmentPrefix + words.toUpperCase()
}

export const environmentPrefix = 'GIT_BUG_VIEWER_'
/** The variable that names the settings file, as `--config` does. */
export const configVariable = 'GIT_BUG_VIEWER_CONFIG'
