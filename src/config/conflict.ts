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
  const { hooks, server, repositories } = settings
  if (hooks.secret !== undefined && hooks.secretFile !== undefined) {
    const message = `${place('hooks.secret')} and ${place('hooks.secretFile')} must not both be set`
    problems.push({ setting: 'hooks.secret', message })
  }
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
