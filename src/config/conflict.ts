/**
 * Settings that are right by themselves and wrong together.
 */
import type { SettingProblem } from './problem.ts'
import type { CheckedSettings } from './schema.ts'

/**
 * Finds what contradicts itself.
 * @param place says where a setting was given, as "server.port in /etc/gbv.yaml"
 */
export function findConflicts(settings: CheckedSettings, place: (path: string) => string): SettingProblem[] {
  const problems: SettingProblem[] = []
  const { hooks, server, repositories, store } = settings
  const notBoth = (setting: string, file: string) => {
    problems.push({ setting, message: `${place(setting)} and ${place(file)} must not both be set` })
  }
  if (hooks.secret !== undefined && hooks.secretFile !== undefined) notBoth('hooks.secret', 'hooks.secretFile')
  if (store.redis.password !== undefined && store.redis.passwordFile !== undefined) {
    notBoth('store.redis.password', 'store.redis.passwordFile')
  }
  problems.push(...findRedisConflicts(store.redis, place))
  // Links come from the base path and feeds from the URL: if they differ, one of them leads nowhere.
  if (server.publicUrl !== undefined && new URL(server.publicUrl).pathname.replace(/\/$/, '') !== server.basePath) {
    const right = server.basePath === '' ? 'have no path' : `end in ${server.basePath}`
    const message = `${place('server.publicUrl')} must ${right}, as server.basePath says, not "${server.publicUrl}"`
    problems.push({ setting: 'server.publicUrl', message })
  }
  const names = repositories.list.flatMap(({ name }) => name ?? [])
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) {
    const message = `${place('repositories.list')} must use each name once, not ${JSON.stringify(twice)} twice`
    problems.push({ setting: 'repositories.list', message })
  }
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
