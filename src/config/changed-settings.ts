/**
 * What new settings change: which of them may be gone over to while the program runs, and which need a restart. The
 * schema says so of each setting.
 */
import { isDeepStrictEqual } from 'node:util'
import { createSettingsSchema } from './schema.ts'
import { listSettings } from './setting-list.ts'
import type { Settings } from './settings.ts'

export interface ChangedSetting {
  /** As in the file, joined by dots: `server.title`. */
  readonly path: string
  readonly needsRestart: boolean
}

/** The settings that differ, in the order of the schema. */
export function changedSettings(before: Settings, after: Settings): readonly ChangedSetting[] {
  return listSettings(createSettingsSchema())
    .settings.map(({ path, needsRestart }) => ({ path, needsRestart }))
    .filter(({ path }) => !isDeepStrictEqual(valueAt(before, path), valueAt(after, path)))
}

/** The new settings, but for those that need a restart: these stay as they were. */
export function withoutRestart(before: Settings, after: Settings): Settings {
  const kept = changedSettings(before, after).filter(({ needsRestart }) => needsRestart)
  return kept.reduce((settings, { path }) => replaceAt(settings, path.split('.'), valueAt(before, path)), after)
}

function valueAt(settings: Settings, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], settings)
}

/** A copy with another value at one place. */
function replaceAt<T extends object>(tree: T, [key = '', ...rest]: readonly string[], value: unknown): T {
  const inner = (tree as Record<string, unknown>)[key]
  return { ...tree, [key]: rest.length === 0 ? value : replaceAt(inner as object, rest, value) }
}
