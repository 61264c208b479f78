/**
 * The demo repository: made from the files of `demo/` the first time it is wanted, and never written again.
 *
 * Its folder is named after a digest of those files, so that other content gets another folder and a server that
 * still reads the old one is left in peace. It is built under a private name beside its place and then renamed; of two
 * processes that do so at once, one finds the place taken and throws its own copy away, and both copies are equal.
 */
import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Clock, systemClock } from '../base/clock.ts'
import { type DemoFiles, parseDemoContent } from './content.ts'
import { buildDemoTracker } from './demo-tracker.ts'

/** Runs `git fast-import` inside a bare repository that has no object yet. Rejects unless git has taken all of it. */
type ImportInto = (gitDir: string, stream: AsyncIterable<Uint8Array>) => Promise<void>

export interface DemoOptions {
  /** Where the program keeps its files; made where it is missing. */
  readonly dataDir: string
  /** The folder with `people.yaml` and `bugs/`. */
  readonly contentDir: string
  readonly importInto: ImportInto
  /** Tells how old an abandoned build is. */
  readonly clock?: Clock
}

/** Part of the digest: raise it when the same files give another repository. */
const writerVersion = 1
const folderPrefix = `demo-v${writerVersion}-`
const abandonedAfterMs = 60 * 60 * 1000

/**
 * The path of the demo repository (bare, `…/kiln.git`), made where it is not there yet.
 * @throws Error where a file of the content is wrong, and what `importInto` throws
 */
export async function ensureDemoRepository(options: DemoOptions): Promise<string> {
  const files = await readDemoFiles(options.contentDir)
  const folder = join(options.dataDir, folderPrefix + digestFiles(files).slice(0, 12))
  const path = join(folder, 'kiln.git')
  if (await exists(path)) return path

  await mkdir(options.dataDir, { recursive: true })
  await removeAbandoned(options.dataDir, options.clock ?? systemClock)
  const building = await mkdtemp(`${folder}.tmp-`)
  try {
    const gitDir = join(building, 'kiln.git')
    await createBareRepository(gitDir)
    await options.importInto(gitDir, Readable.from(buildDemoTracker(parseDemoContent(files)).stream()))
    await rename(building, folder)
  } catch (error) {
    await rm(building, { recursive: true, force: true })
    // Another process was faster: what it made is what this one would have made.
    if (!isTaken(error) || !(await exists(path))) throw error
  }
  return path
}

/** Every file of the content by its path; documentation for people who edit it is not content. */
export async function readDemoFiles(contentDir: string): Promise<DemoFiles> {
  const files = new Map<string, Uint8Array>()
  const entries = await readdir(contentDir, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(join(contentDir, '/').length).replaceAll('\\', '/'))
    .filter(path => path !== 'README.md')
    .sort()
  for (const path of paths) files.set(path, await readFile(join(contentDir, path)))
  return files
}

/** SHA-256 over names and bytes, 64 hex digits. */
function digestFiles(files: DemoFiles): string {
  const digest = createHash('sha256')
  for (const [path, bytes] of files) digest.update(`${path}\0${bytes.length}\0`).update(bytes)
  return digest.digest('hex')
}

/** The least that git takes for a repository: no templates, no hooks. */
async function createBareRepository(gitDir: string): Promise<void> {
  await mkdir(join(gitDir, 'objects'), { recursive: true })
  await mkdir(join(gitDir, 'refs'))
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/main\n')
  await writeFile(join(gitDir, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n')
  await writeFile(join(gitDir, 'description'), 'Controller for pottery kilns: firing schedules, relays, one display\n')
}

/** Removes what processes left behind that died while building. */
async function removeAbandoned(dataDir: string, clock: Clock): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(folderPrefix) || !name.includes('.tmp-')) continue
    const path = join(dataDir, name)
    const found = await statIfThere(path)
    if (found === undefined || clock.nowMs() - found.mtimeMs < abandonedAfterMs) continue
    await rm(path, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return (await statIfThere(path)) !== undefined
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function isTaken(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EPERM'
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
