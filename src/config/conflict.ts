/**
 * Settings that are right by themselves and wrong together.
 */
import { nameOf } from './command-paths.ts'
import type { SettingProblem } from './problem.ts'
import type { CheckedSettings } from './schema.ts'

/**
 * Finds what contradicts itself.
 * @param place says where a setting was given, as "server.port in /etc/gbv.yaml"
 */
export function findConflicts(settings: CheckedSettings, place: (path: string) => string): SettingProblem[] {
  const problems: SettingProblem[] = []
  const { hooks, mirrors, server, repositories, store } = settings
  const notBoth = (setting: string, file: string) => {
    problems.push({ setting, message: `${place(setting)} and ${place(file)} must not both be set` })
  }
  if (hooks.secret !== undefined && hooks.secretFile !== undefined) notBoth('hooks.secret', 'hooks.secretFile')
  if (store.redis.password !== undefined && store.redis.passwordFile !== undefined) {
    notBoth('store.redis.password', 'store.redis.passwordFile')
  }
  if (mirrors.coldStorage.secretAccessKey !== undefined && mirrors.coldStorage.secretAccessKeyFile !== undefined) {
    notBoth('mirrors.coldStorage.secretAccessKey', 'mirrors.coldStorage.secretAccessKeyFile')
  }
  problems.push(...findRedisConflicts(store.redis, place))
  // Links come from the base path and feeds from the URL: if they differ, one of them leads nowhere.
  if (server.publicUrl !== undefined && new URL(server.publicUrl).pathname.replace(/\/$/, '') !== server.basePath) {
    const right = server.basePath === '' ? 'have no path' : `end in ${server.basePath}`
    const message = `${place('server.publicUrl')} must ${right}, as server.basePath says, not "${server.publicUrl}"`
    problems.push({ setting: 'server.publicUrl', message })
  }
  const names = repositories.list.flatMap(({ name }) => name ?? [])
  const twice = firstTwice(names)
  if (twice !== undefined) {
    const message = `${place('repositories.list')} must use each name once, not ${JSON.stringify(twice)} twice`
    problems.push({ setting: 'repositories.list', message })
  }
  problems.push(...findColdStorageConflicts(mirrors.coldStorage, place), ...findMirrorConflicts(settings, place))
  return problems
}

function firstTwice(names: readonly string[]): string | undefined {
  return names.find((name, at) => names.indexOf(name) !== at)
}

/** Parts of an account that make no sense alone. Region and prefix have defaults and may stay. */
function findColdStorageConflicts(
  cold: CheckedSettings['mirrors']['coldStorage'],
  place: (path: string) => string,
): SettingProblem[] {
  const names = ['bucket', 'accessKeyId', 'secretAccessKey', 'secretAccessKeyFile'] as const
  const given = names.filter(name => cold[name] !== undefined)
  const missing = (name: string, other: string): SettingProblem => {
    const setting = `mirrors.coldStorage.${name}`
    return { setting, message: `${place(setting)} must come with mirrors.coldStorage.${other}, which is not set` }
  }
  if (cold.endpoint === undefined) return given.map(name => missing(name, 'endpoint'))
  const wanted = (['bucket', 'accessKeyId', 'secretAccessKeyFile'] as const).filter(name => {
    return cold[name] === undefined && (name !== 'secretAccessKeyFile' || cold.secretAccessKey === undefined)
  })
  return wanted.map(name => missing('endpoint', name))
}

/** Names that are used twice, and half of what is needed to log in. */
function findMirrorConflicts(settings: CheckedSettings, place: (path: string) => string): SettingProblem[] {
  const { mirrors, repositories } = settings
  const problems: SettingProblem[] = []
  for (const [at, { url, user, passwordFile }] of mirrors.list.entries()) {
    const tell = (field: string, text: string) => {
      const setting = `mirrors.list[${at}].${field}`
      problems.push({ setting, message: `${place(setting)} must come with ${text}` })
    }
    if (user === undefined && passwordFile === undefined) continue
    if (user === undefined) tell('passwordFile', `mirrors.list[${at}].user, which is not set`)
    if (passwordFile === undefined) tell('user', `mirrors.list[${at}].passwordFile, which is not set`)
    const isWeb = url.scheme === 'https' || url.scheme === 'http'
    if (!isWeb) tell(user === undefined ? 'passwordFile' : 'user', `an address that starts with https:// or http://`)
  }
  const names = mirrors.list.map(nameOf)
  const local = new Set(repositories.list.map(({ name }) => name))
  const twice = firstTwice(names)
  const taken = names.find(name => local.has(name))
  const refuse = (how: string) => problems.push({ setting: 'mirrors.list', message: `${place('mirrors.list')} ${how}` })
  if (twice !== undefined) refuse(`must use each name once, not ${JSON.stringify(twice)} twice`)
  if (taken !== undefined) refuse(`must not use the name ${JSON.stringify(taken)}, which repositories.list has`)
  return problems
}

/** What is of no use without the server's URL, or without TLS. Prefix and time limit have defaults and may stay. */
function findRedisConflicts(
  redis: CheckedSettings['store']['redis'],
  place: (path: string) => string,
): SettingProblem[] {
  if (redis.url === undefined) {
    const useless = (['user', 'password', 'passwordFile', 'caFile'] as const).filter(name => redis[name] !== undefined)
    return useless.map(name => {
      const setting = `store.redis.${name}`
      return { setting, message: `${place(setting)} must come with store.redis.url, which is not set` }
    })
  }
  if (redis.caFile === undefined || redis.url.startsWith('rediss:')) return []
  const setting = 'store.redis.caFile'
  const message = `${place(setting)} must come with a URL that starts with rediss://, unlike ${place('store.redis.url')}`
  return [{ setting, message }]
}
