/**
 * Paths as settings hold them, made absolute. Whether something is there is for those who use it to find out.
 */
import { join, resolve } from 'node:path'

/**
 * Makes a path absolute: `~` and `~/…` start in the home folder, what is relative starts in `folder`.
 * @param from.folder the settings file's folder, or the working directory for options and the environment
 */
export function resolvePath(path: string, from: { readonly folder: string; readonly homeDir: string }): string {
  if (path === '~' || path.startsWith('~/')) return join(from.homeDir, path.slice(1))
  return resolve(from.folder, path)
}
