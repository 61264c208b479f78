/** What becomes of the checked settings of remote repositories: absolute paths, and the secrets that files hold. */
import type { CheckedSettings } from './schema.ts'

type CheckedMirrors = CheckedSettings['mirrors']
type ListedMirror = CheckedMirrors['list'][number]

export type MirrorsSettings = Omit<CheckedMirrors, 'list'> & {
  readonly list: readonly (ListedMirror & {
    /** What is in `passwordFile`. */
    readonly password?: string | undefined
  })[]
}

/** @param resolve makes a path absolute, from where the source of that setting says */
export function resolveMirrorPaths(
  mirrors: CheckedMirrors,
  resolve: (setting: string, path: string) => string,
): CheckedMirrors {
  const { caFile, ssh, coldStorage, list } = mirrors
  const resolved = <Key extends string>(parent: string, key: Key, path: string | undefined) =>
    (path === undefined ? {} : { [key]: resolve(`${parent}.${key}`, path) }) as { readonly [K in Key]?: string }
  return {
    ...mirrors,
    ...resolved('mirrors', 'caFile', caFile),
    ssh: {
      ...ssh,
      ...resolved('mirrors.ssh', 'keyFile', ssh.keyFile),
      ...resolved('mirrors.ssh', 'knownHostsFile', ssh.knownHostsFile),
    },
    coldStorage: {
      ...coldStorage,
      ...resolved('mirrors.coldStorage', 'secretAccessKeyFile', coldStorage.secretAccessKeyFile),
    },
    list: list.map(one =>
      one.passwordFile === undefined ? one : { ...one, passwordFile: resolve('mirrors.list', one.passwordFile) },
    ),
  }
}

/**
 * Reads the files of secrets, one after the other, so that the first that is wrong is the one that is told.
 * @param readSecret undefined where there is no path @throws SETTING_INVALID
 */
export async function readMirrorSecrets(
  mirrors: CheckedMirrors,
  readSecret: (setting: string, path: string | undefined) => Promise<string | undefined>,
): Promise<MirrorsSettings> {
  const { coldStorage } = mirrors
  const secret = await readSecret('mirrors.coldStorage.secretAccessKeyFile', coldStorage.secretAccessKeyFile)
  const list: MirrorsSettings['list'][number][] = []
  for (const [at, one] of mirrors.list.entries()) {
    const password = await readSecret(`mirrors.list[${at}].passwordFile`, one.passwordFile)
    list.push(password === undefined ? one : { ...one, password })
  }
  return { ...mirrors, list, coldStorage: { ...coldStorage, ...(secret !== undefined && { secretAccessKey: secret }) } }
}
