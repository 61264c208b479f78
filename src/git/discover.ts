/** Looks for repositories below a folder, breadth first and within bounds; symbolic links are not followed. */
import { promises as fs } from 'node:fs'
import { basename, join } from 'node:path'
import { forEachConcurrently } from '../base/concurrency.ts'
import { ViewerError } from '../base/errors.ts'
import { locateRepository, type RepositoryLocation } from './repository.ts'

export interface FoundRepository {
  /** Path below the folder that was searched, with `/`, without `.git`; a single repository's folder name. */
  readonly name: string
  readonly location: RepositoryLocation
}

export interface DiscoverOptions {
  /** Levels of folders that are looked into: 1 finds `root/x.git` and `root/x`. */
  readonly depth: number
  /** Folders that are looked into at most, so that a scan of `/` by mistake ends. Default 100,000. */
  readonly maxFolders?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Finds the repositories in `root`, or `root` itself if it is one. A repository is not searched for others inside.
 * @throws REPOSITORY_UNREADABLE where `root` is no folder that can be read
 */
export async function discoverRepositories(root: string, options: DiscoverOptions): Promise<FoundRepository[]> {
  const self = await locateRepository(root)
  if (self) return [{ name: repositoryName(basename(self.folder)), location: self }]
  const top = await fs.realpath(root).catch(cause => {
    throw new ViewerError('REPOSITORY_UNREADABLE', `the folder ${root} cannot be read`, { cause })
  })
  const found: FoundRepository[] = []
  let level = ['']
  let left = options.maxFolders ?? 100_000
  for (let depth = 0; depth < options.depth && level.length > 0; depth++) {
    const next: string[] = []
    for (const parent of level) {
      options.signal?.throwIfAborted()
      if (left-- <= 0) return found
      const paths = await readFolders(top, parent)
      const locations = await locateAll(paths.map(path => join(top, path)))
      for (const [index, path] of paths.entries()) {
        const location = locations[index]
        if (location) found.push({ name: repositoryName(path), location })
        else next.push(path)
      }
    }
    level = next
  }
  return found
}

/** Folders that are looked into at the same time; the file system's threads are few. */
const foldersAtOnce = 16

async function locateAll(folders: readonly string[]): Promise<(RepositoryLocation | undefined)[]> {
  const locations = Array.from<RepositoryLocation | undefined>({ length: folders.length })
  await forEachConcurrently([...folders.entries()], foldersAtOnce, async ([index, folder]) => {
    locations[index] = await locateRepository(folder)
  })
  return locations
}

/** The name under which a repository at this path is served. */
export function repositoryName(path: string): string {
  return path.replace(/\.git$/, '')
}

/** Paths of the folders in `top/parent`, sorted, relative to `top`; a folder that cannot be read counts as empty. */
async function readFolders(top: string, parent: string): Promise<string[]> {
  const entries = await fs.readdir(join(top, parent), { withFileTypes: true }).catch(error => {
    if (parent === '') {
      throw new ViewerError('REPOSITORY_UNREADABLE', `the folder ${top} cannot be read`, { cause: error })
    }
    return []
  })
  return entries
    .filter(entry => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(entry => (parent === '' ? entry.name : `${parent}/${entry.name}`))
    .sort()
}
