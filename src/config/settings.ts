/**
 * The settings of one run: defaults, then the YAML file, then the environment, then the command line. Either every
 * setting is right, or one error says all that is wrong. Beyond its sources it reads only the files of secrets;
 * whether folders exist is for those who use them.
 */
import { isAbsolute, join } from 'node:path'
import { readBoundedText } from './bounded-file.ts'
import { addMirrors, findNamesakes, sortPaths } from './command-paths.ts'
import { findConflicts } from './conflict.ts'
import { explainIssues } from './explain.ts'
import { type MirrorsSettings, readMirrorSecrets, resolveMirrorPaths } from './mirrors-settings.ts'
import { settingsError, sourcePhrase } from './problem.ts'
import { type CheckedSettings, createSettingsSchema } from './schema.ts'
import { listSettings, type SettingList } from './setting-list.ts'
import { resolvePath } from './setting-path.ts'
import { line } from './setting-type.ts'
import { type CollectedValues, readSources, type SettingsInput } from './source.ts'

/**
 * Every setting. Paths are absolute; `hooks.secret`, `store.redis.password` and `mirrors.coldStorage.secretAccessKey`
 * hold the secrets whichever way they were given. Frozen.
 */
export type Settings = Omit<CheckedSettings, 'dataDir' | 'mirrors'> & {
  readonly mirrors: MirrorsSettings
  readonly dataDir: string
  /** The PATHs of the command line that are no addresses, absolute. */
  readonly paths: readonly string[]
  /** Absolute path of the settings file; undefined where none was named. */
  readonly configFile: string | undefined
}

/**
 * Reads and checks all sources.
 * @throws ViewerError SETTING_INVALID with `data.problems`, see `settingsError`
 */
export async function readSettings(input: SettingsInput): Promise<Settings> {
  const schema = createSettingsSchema()
  const list = listSettings(schema)
  const collected = await readSources(input, list)
  const place = (path: string) => placeOf(path, collected)
  const checked = schema.safeParse(nest(collected, list), { reportInput: true })
  const { folders, remotes, problems: wrongPaths } = sortPaths(input.paths ?? [])
  const problems = [...collected.problems, ...wrongPaths]
  if (!checked.success) problems.push(...explainIssues(checked.error.issues, { collected, list }))
  else problems.push(...findConflicts(checked.data, place), ...findNamesakes(checked.data, remotes))
  if (!checked.success || problems.length > 0) throw settingsError(problems)

  const settings = resolvePaths(checked.data, { input, collected })
  const { hooks, mirrors, store } = settings
  const secretOf = (setting: string, path: string | undefined) => readSecret(setting, path, place)
  const secret = await secretOf('hooks.secretFile', hooks.secretFile)
  const password = await secretOf('store.redis.passwordFile', store.redis.passwordFile)
  return deepFreeze({
    ...settings,
    hooks: { ...hooks, ...(secret === undefined ? {} : { secret }) },
    store: { ...store, redis: { ...store.redis, ...(password === undefined ? {} : { password }) } },
    mirrors: addMirrors(await readMirrorSecrets(mirrors, secretOf), remotes),
    paths: folders.map(path => resolvePath(path, { folder: input.cwd, homeDir: input.homeDir })),
  })
}

/** The given values as the tree that the schema checks; all groups are there. */
function nest({ values }: CollectedValues, list: SettingList): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  const groups = new Map<string, Record<string, unknown>>([['', root]])
  const put = (path: string, value: unknown) => {
    const dot = path.lastIndexOf('.')
    const parent = groups.get(path.slice(0, Math.max(dot, 0)))
    if (parent) parent[path.slice(dot + 1)] = value
  }
  for (const { path } of list.groups) {
    const group = {}
    groups.set(path, group)
    put(path, group)
  }
  for (const [path, { value }] of values) put(path, value)
  return root
}

function placeOf(path: string, { values }: CollectedValues): string {
  // Of an entry of a list only the list has a source.
  const given = values.get(path.replace(/\[.*$/s, ''))
  return given === undefined ? path : `${path} ${sourcePhrase(given.source)}`
}

/** Makes every path absolute, each from where its source says. */
function resolvePaths(
  checked: CheckedSettings,
  { input, collected }: { input: SettingsInput; collected: CollectedValues },
) {
  const from = (setting: string) => ({
    folder: collected.values.get(setting)?.source.folder ?? input.cwd,
    homeDir: input.homeDir,
  })
  const { hooks, look, mirrors, repositories, store, dataDir, ...rest } = checked
  const { secretFile } = hooks
  const { passwordFile, caFile } = store.redis
  const redis = {
    ...store.redis,
    ...(passwordFile === undefined
      ? {}
      : { passwordFile: resolvePath(passwordFile, from('store.redis.passwordFile')) }),
    ...(caFile === undefined ? {} : { caFile: resolvePath(caFile, from('store.redis.caFile')) }),
  }
  const lookFiles = (['css', 'logo', 'header', 'footer'] as const).flatMap(name => {
    const file = look[name]
    return file === undefined ? [] : [[name, resolvePath(file, from(`look.${name}`))] as const]
  })
  return {
    ...rest,
    look: { ...look, ...Object.fromEntries(lookFiles) },
    repositories: {
      ...repositories,
      list: repositories.list.map(one => ({ ...one, path: resolvePath(one.path, from('repositories.list')) })),
      scan: repositories.scan.map(one => ({ ...one, path: resolvePath(one.path, from('repositories.scan')) })),
    },
    hooks:
      secretFile === undefined ? hooks : { ...hooks, secretFile: resolvePath(secretFile, from('hooks.secretFile')) },
    store: { ...store, redis },
    mirrors: resolveMirrorPaths(mirrors, (setting, path) => resolvePath(path, from(setting))),
    dataDir: dataDir === undefined ? defaultDataDir(input) : resolvePath(dataDir, from('dataDir')),
    configFile: collected.configFile,
  }
}

/** As the XDG base directory specification says, which ignores a relative XDG_DATA_HOME. */
function defaultDataDir({ env, homeDir }: SettingsInput): string {
  const dataHome = env.XDG_DATA_HOME ?? ''
  return join(isAbsolute(dataHome) ? dataHome : join(homeDir, '.local', 'share'), 'git-bug-viewer')
}

const maxSecretChars = 4096

/** The secret in the file that a setting names; undefined where it names none. */
async function readSecret(
  setting: string,
  path: string | undefined,
  place: (path: string) => string,
): Promise<string | undefined> {
  if (path === undefined) return undefined
  const refuse = (message: string) => settingsError([{ setting, message: `${place(setting)} ${message}` }])
  const read = await readBoundedText(path, maxSecretChars * 4)
  if ('reason' in read) throw refuse(`names ${path}, which cannot be used: ${read.reason}`)
  const { schema, expects } = line(maxSecretChars)
  const secret = schema.safeParse(read.text.replace(/\r?\n$/, ''))
  if (secret.success) return secret.data
  const there = read.text.trim() === '' ? 'is empty' : 'does not'
  throw refuse(`must name a file that holds ${expects}, and ${path} ${there}`)
}

/** Its depth is that of the schema. */
function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner)
  return Object.freeze(value)
}
