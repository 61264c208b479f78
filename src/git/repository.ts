/**
 * Where a repository lies. Looks at the file system only; no process is started, so that a thousand repositories can
 * be found in the time of a directory listing.
 */
import { promises as fs, type Stats } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

export interface RepositoryLocation {
  /** The folder in which git is run: the repository itself if it is bare, else its work tree. */
  readonly folder: string
  /** The folder with `HEAD`, for a linked work tree its own one below the main repository's `worktrees`. */
  readonly gitDir: string
  /** The folder with `objects`, `config` and the shared refs. */
  readonly commonDir: string
}

/**
 * Finds the repository whose top folder is `path`: bare, with a `.git` folder, or with a `.git` file as linked work
 * trees and submodules have it. Symbolic links are resolved.
 * @returns undefined where there is none
 */
export async function locateRepository(path: string): Promise<RepositoryLocation | undefined> {
  const folder = await fs.realpath(resolve(path)).catch(() => undefined)
  if (folder === undefined) return undefined
  // The `.git` folder itself stands for the work tree around it.
  if (basename(folder) === '.git' && (await isGitDir(folder))) {
    return { folder: dirname(folder), gitDir: folder, commonDir: folder }
  }
  const dotGit = join(folder, '.git')
  const found = await status(dotGit)
  if (found?.isDirectory() && (await isGitDir(dotGit))) return { folder, gitDir: dotGit, commonDir: dotGit }
  if (found?.isFile()) return await followGitFile(folder, dotGit)
  if (await isGitDir(folder)) return { folder, gitDir: folder, commonDir: folder }
  return undefined
}

/** The repository around a folder, as git itself would look for it: the folder or the nearest one above it. */
export async function locateAround(path: string): Promise<RepositoryLocation | undefined> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const found = await locateRepository(folder)
    if (found || folder === dirname(folder)) return found
  }
}

async function isGitDir(path: string): Promise<boolean> {
  const [head, objects, refs] = await Promise.all(
    ['HEAD', 'objects', 'refs'].map(name => status(join(path, name), true)),
  )
  // HEAD may be a symbolic link to a branch that does not exist yet, so it is not followed.
  return head !== undefined && objects?.isDirectory() === true && refs?.isDirectory() === true
}

async function followGitFile(folder: string, file: string): Promise<RepositoryLocation | undefined> {
  const gitDir = await readPointer(file, folder, 'gitdir: ')
  if (gitDir === undefined || !(await status(join(gitDir, 'HEAD'), true))) return undefined
  const commonDir = (await readPointer(join(gitDir, 'commondir'), gitDir, '')) ?? gitDir
  return (await isGitDir(commonDir)) ? { folder, gitDir, commonDir } : undefined
}

/** Reads a one-line file that names another path, relative to `base`. */
async function readPointer(file: string, base: string, prefix: string): Promise<string | undefined> {
  const found = await status(file)
  if (!found?.isFile() || found.size > 8192) return undefined
  const text = (await fs.readFile(file, 'utf8')).trimEnd()
  return text.startsWith(prefix) && text.length > prefix.length ? resolve(base, text.slice(prefix.length)) : undefined
}

async function status(path: string, link = false): Promise<Stats | undefined> {
  return await (link ? fs.lstat(path) : fs.stat(path)).then(
    found => (link && found.isSymbolicLink() ? fs.stat(path).catch(() => found) : found),
    () => undefined,
  )
}
