/**
 * Which repositories there are, by name. It promises that a name from a URL only ever finds what the administrator has
 * listed or what lies below a folder that is scanned: names are looked up in a table and never joined to a path.
 * Finding costs directory listings only; no repository is opened and no process started.
 */
import fs from 'node:fs/promises'
import type { Clock } from '../base/clock.ts'
import { forEachConcurrently } from '../base/concurrency.ts'
import { ViewerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import { isExportOk } from '../git/details.ts'
import { discoverRepositories, type FoundRepository } from '../git/discover.ts'
import { locateRepository, type RepositoryLocation } from '../git/repository.ts'
import type { Mirror, MirrorPlace } from '../mirrors/mirror.ts'

/** A repository that the administrator names. */
export interface ListedRepository {
  readonly name: string
  readonly path: string
  readonly description?: string | undefined
  readonly owner?: string | undefined
  readonly hidden?: boolean | undefined
}

/** A folder in which repositories are looked for. */
export interface ScannedFolder {
  readonly path: string
  readonly depth: number
  /** Put before the names found, such as `mirrors`. */
  readonly prefix?: string | undefined
}

/** Which repositories are wanted. */
export interface RegistryChoice {
  readonly list: readonly ListedRepository[]
  readonly scan: readonly ScannedFolder[]
  /** Says whether a found repository is wanted. */
  accepts(name: string): boolean
  readonly requireExportOk: boolean
  /** A name that is not known makes the folders be scanned again, at most this often. */
  readonly rescanAfterMs: number
}

export interface RegistryOptions extends RegistryChoice {
  /** Copies of repositories elsewhere. A repository of this machine goes before one of the same name. */
  readonly mirrors?: MirrorNames
}

/** Which mirrors there are. Both cost nothing. */
export interface MirrorNames {
  all(): readonly MirrorPlace[]
  find(name: string): MirrorPlace | undefined
}

export interface RegisteredRepository {
  readonly name: string
  readonly location: RepositoryLocation
  readonly description: string | undefined
  readonly owner: string | undefined
  /** Not shown in lists; its pages can be asked for by name. */
  readonly hidden: boolean
  /** Where it is a copy of one elsewhere, which may not be on disk now. */
  readonly mirror?: Mirror
}

/** True for a mirror that is not on disk: whoever opens it waits for a clone. */
export function isAway({ mirror }: Pick<RegisteredRepository, 'mirror'>): boolean {
  return mirror !== undefined && !mirror.isHere()
}

export interface Registry {
  /** All that are known now, sorted by name. */
  all(): readonly RegisteredRepository[]
  /** Settles when the folders were searched for the first time. */
  filled(): Promise<void>
  /** Finds one by name; scans the folders again if it is not known. */
  find(name: string): Promise<RegisteredRepository | undefined>
  /** Scans the folders now. */
  rescan(): Promise<void>
  /** Goes over to another choice. @throws SETTING_INVALID as `openRegistry`; then it stays with the one that it has */
  reconfigure(choice: RegistryChoice): Promise<void>
}

/**
 * Makes the table with what is listed; the folders are searched while the caller goes on.
 * @throws SETTING_INVALID where a listed repository or a folder is not there: at the start it is a mistake to be told
 */
export async function openRegistry(
  options: RegistryOptions,
  tools: { readonly clock: Clock; readonly log: Log },
): Promise<Registry> {
  const { mirrors } = options
  let choice: RegistryChoice = options
  let byName = toTable(await locateChoice(options))
  let scannedMs = Number.NEGATIVE_INFINITY
  const flight = createSingleFlight<'scan', void>()

  const rescan = () =>
    flight.run('scan', async () => {
      try {
        const before = choice
        const found = await scanAll(before)
        // Another choice has come meanwhile, and searches by itself.
        if (choice === before) byName = found
      } catch (error) {
        // What was found before stays: a disk that is away for a moment must not empty the site.
        tools.log.error({ err: error }, 'the folders of repositories cannot be scanned')
      }
      scannedMs = tools.clock.monotonicMs()
    })

  let filled = options.scan.length === 0 ? Promise.resolve() : rescan()
  return {
    all: () => (mirrors ? [...toTable([...byName.values(), ...mirrors.all()]).values()] : [...byName.values()]),
    filled: () => filled,
    rescan,
    async find(name) {
      await filled
      const found = byName.get(name) ?? mirrors?.find(name)
      if (found || tools.clock.monotonicMs() - scannedMs < choice.rescanAfterMs) return found
      await rescan()
      return byName.get(name)
    },
    async reconfigure(next) {
      await locateChoice(next)
      const found = await scanAll(next)
      choice = next
      byName = found
      scannedMs = tools.clock.monotonicMs()
      filled = Promise.resolve()
    },
  }
}

/** What is listed, and that the folders are there. */
async function locateChoice({ list, scan }: RegistryChoice): Promise<RegisteredRepository[]> {
  const listed = await locateAll(list)
  await Promise.all(scan.map(checkFolder))
  return listed
}

async function scanAll(options: RegistryChoice): Promise<Map<string, RegisteredRepository>> {
  const found = await locateAll(options.list)
  for (const folder of options.scan) found.push(...(await scanFolder(folder, options)))
  return toTable(found)
}

function toTable(found: readonly RegisteredRepository[]): Map<string, RegisteredRepository> {
  const byName = new Map<string, RegisteredRepository>()
  // The first of a name wins, so what is listed goes before what is found.
  for (const repository of found) if (!byName.has(repository.name)) byName.set(repository.name, repository)
  return new Map([...byName].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Repositories that are located at the same time. */
const locatedAtOnce = 16

async function locateAll(list: readonly ListedRepository[]): Promise<RegisteredRepository[]> {
  const found = Array.from<RegisteredRepository>({ length: list.length })
  await forEachConcurrently([...list.entries()], locatedAtOnce, async ([index, listed]) => {
    found[index] = await locateListed(listed)
  })
  return found
}

async function checkFolder({ path }: ScannedFolder): Promise<void> {
  try {
    await fs.readdir(path)
  } catch (cause) {
    throw new ViewerError('SETTING_INVALID', `the folder ${path} cannot be read`, { cause })
  }
}

async function locateListed(listed: ListedRepository): Promise<RegisteredRepository> {
  const location = await locateRepository(listed.path)
  if (!location) throw new ViewerError('SETTING_INVALID', `${listed.path} is not a git repository`)
  const { name, description, owner, hidden = false } = listed
  return { name, location, description, owner, hidden }
}

async function scanFolder(folder: ScannedFolder, options: RegistryChoice): Promise<RegisteredRepository[]> {
  let found: FoundRepository[]
  try {
    found = await discoverRepositories(folder.path, { depth: folder.depth })
  } catch (cause) {
    throw new ViewerError('SETTING_INVALID', `the folder ${folder.path} cannot be read`, { cause })
  }
  const result: RegisteredRepository[] = []
  for (const { name: foundName, location } of found) {
    const name = folder.prefix ? `${folder.prefix}/${foundName}` : foundName
    if (!isServableName(name) || !options.accepts(name)) continue
    if (options.requireExportOk && !(await isExportOk(location))) continue
    result.push({ name, location, description: undefined, owner: undefined, hidden: false })
  }
  return result
}

/** True for names that a URL can carry: no empty part, none that starts with a dot, none that is `-` (it ends a name). */
export function isServableName(name: string): boolean {
  return name.length <= 255 && name.split('/').every(part => part !== '' && part !== '-' && !part.startsWith('.'))
}
