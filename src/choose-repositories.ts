/** Which repositories are served, by settings and command line. Like `compose.ts`, it may know every room. */
import { basename } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { ViewerError } from './base/errors.ts'
import { matchesName } from './base/name-pattern.ts'
import { isServableName, type ListedRepository, type RegistryChoice, type ScannedFolder } from './cache/registry.ts'
import type { Settings } from './config/settings.ts'
import { repositoryName } from './git/discover.ts'
import type { Git } from './git/git.ts'
import { locateAround, locateRepository } from './git/repository.ts'
import { wantsMirrors } from './open-program-mirrors.ts'
import { projectFolder } from './project-files.ts'

interface ChoiceInput {
  readonly settings: Settings
  /** PATHs of the command line, absolute. */
  readonly paths: readonly string[]
  /** The current folder. */
  readonly cwd: string
  /** Whether there is to be no demo. */
  readonly isForCommand?: boolean
  readonly log: FastifyBaseLogger
}

interface Chosen {
  readonly list: readonly ListedRepository[]
  readonly scan: readonly ScannedFolder[]
}

/**
 * Those of the settings and of the command line (`api.md`, "Command line"); without either the one around the current
 * folder if it holds bugs, else the demo.
 * @throws SETTING_INVALID where a folder gives no name
 */
export async function chooseRepositories(input: ChoiceInput, git: Git): Promise<Chosen> {
  const { repositories, configFile } = input.settings
  const list: ListedRepository[] = repositories.list.map(one => ({ ...one, name: one.name ?? nameOf(one.path) }))
  const scan: ScannedFolder[] = [...repositories.scan]
  for (const path of input.paths) {
    const location = await locateRepository(path)
    if (location) list.push(listedAs(nameOf(location.folder), path, list))
    else scan.push({ path, depth: commandLineDepth })
  }
  if (list.length > 0 || scan.length > 0 || configFile !== undefined || wantsMirrors(input.settings)) {
    return { list, scan }
  }
  const around = await locateAround(input.cwd)
  if (around && (await holdsBugs(git, around.folder))) {
    return { list: [{ name: nameOf(around.folder), path: around.folder }], scan: [] }
  }
  if (input.isForCommand) return { list: [], scan: [] }
  const { ensureDemoRepository } = await import('./demo/demo.ts')
  const demo = await ensureDemoRepository({
    dataDir: input.settings.dataDir,
    contentDir: `${projectFolder}/demo`,
    importInto: (gitDir, stream) => git.importStream(gitDir, stream),
  })
  input.log.info({}, 'no repository was named, and none with bugs is around this folder: showing the demo')
  return { list: [{ name: nameOf(demo), path: demo }], scan: [] }
}

/** What the registry is told of them. */
export function registryOptions({ repositories }: Settings, { list, scan }: Chosen): RegistryChoice {
  const { include, exclude, requireExportOk } = repositories
  return {
    list,
    scan,
    accepts: name =>
      (include.length === 0 || include.some(pattern => matchesName(pattern, name))) &&
      !exclude.some(pattern => matchesName(pattern, name)),
    requireExportOk,
    rescanAfterMs,
  }
}

const rescanAfterMs = 4000
/** Levels below a PATH of the command line that are searched. */
const commandLineDepth = 3

/** One of two repositories of the same name would never be seen. @throws SETTING_INVALID */
function listedAs(name: string, path: string, list: readonly ListedRepository[]): ListedRepository {
  const other = list.find(listed => listed.name === name)
  if (!other || other.path === path) return { name, path }
  throw new ViewerError(
    'SETTING_INVALID',
    `the PATH ${path} has the name ${name}, and so has ${other.path}; list it with a "name" of its own in the settings file`,
  )
}

/** A single repository is called as its folder is. @throws SETTING_INVALID where a URL could not carry that */
function nameOf(path: string): string {
  const name = repositoryName(basename(path))
  if (isServableName(name)) return name
  throw new ViewerError(
    'SETTING_INVALID',
    `the folder ${path} gives no usable name; list it with a "name" in the settings file`,
  )
}

async function holdsBugs(git: Git, folder: string): Promise<boolean> {
  const listing = await git.listRefs(folder, { prefixes: ['refs/bugs'] }).catch(() => undefined)
  return listing !== undefined && listing.bytes.length > 0
}
