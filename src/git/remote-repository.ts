/**
 * Repositories of the viewer's own, into which remotes are fetched: how they begin, and how they are kept in order.
 * Whoever calls this takes care that nobody fetches into the repository meanwhile; readers may read.
 */
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { forEachConcurrently } from '../base/concurrency.ts'
import { isViewerError, ViewerError } from '../base/errors.ts'
import { type GitSetup, runGit } from './process.ts'
import { listRefs } from './refs.ts'
import { remoteExtra } from './remote-environment.ts'

export type ObjectFormat = 'sha1' | 'sha256'

/** Makes an empty bare repository in a folder, whatever was there before. */
export async function initMirror(setup: GitSetup, gitDir: string, format: ObjectFormat = 'sha1'): Promise<void> {
  await fs.rm(gitDir, { recursive: true, force: true })
  await fs.mkdir(gitDir, { recursive: true })
  const args = ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', `--object-format=${format}`, '.']
  const { variables, ...extra } = remoteExtra()
  await runGit(
    { ...setup, extra: { ...extra, variables: { ...variables, GIT_DEFAULT_REF_FORMAT: 'files' } } },
    gitDir,
    args,
  )
}

/** Whether nothing has been fetched into it: what is fetched is always a pack. */
export async function isUntouched(gitDir: string): Promise<boolean> {
  const names = await fs.readdir(join(gitDir, 'objects/pack')).catch(() => [])
  return !names.some(name => name.endsWith('.pack'))
}

/** From so many packs on they become one. Each fetch that brings something adds one. */
const maxPacks = 16
/** What no ref reaches any more is kept so long, for those who still read the state before. */
const graceOfObjects = '1.hour.ago'
const graceMs = 3_600_000
/** It says nothing while it works. */
const repackLimitMs = 900_000

/** Below it what is twice there is not worth the work. */
const smallBytes = 64 * 1024 ** 2

/**
 * What putting all packs together takes on disk while it is done; 0 where it is not worth it: there are few, the later
 * ones have not become as much as the largest, and none of what no ref reaches is to be forgotten.
 */
export async function bytesToPutTogether(gitDir: string, nowMs: number): Promise<number> {
  const folder = join(gitDir, 'objects/pack')
  const names = (await list(folder)).map(({ name }) => name)
  const packs = names.filter(name => name.endsWith('.pack'))
  let [all, largest, old] = [0, 0, 0]
  for (const name of packs) {
    const { size, mtimeMs } = await fs.stat(join(folder, name))
    all += size
    largest = Math.max(largest, size)
    const isCruft = names.includes(name.replace(/pack$/, 'mtimes'))
    if (isCruft && mtimeMs < nowMs - graceMs) old += size
  }
  const isWorthIt = packs.length >= maxPacks || all - largest > Math.max(largest, smallBytes) || old > smallBytes
  return isWorthIt ? all : 0
}

/** Keeps a repository in order: see `RemoteGit.tidy`. */
export async function tidyMirror(setup: GitSetup, gitDir: string, signal: AbortSignal): Promise<void> {
  const local = { ...setup, extra: remoteExtra() }
  await removeLeftovers(gitDir)
  await packRefs(local, gitDir, signal)
  if ((await bytesToPutTogether(gitDir, setup.clock.nowMs())) === 0) return
  const args = ['repack', '-d', '--cruft', `--cruft-expiration=${graceOfObjects}`, '--quiet']
  try {
    await runGit({ ...local, silenceLimitMs: repackLimitMs }, gitDir, args, { signal })
  } catch (error) {
    await removeLeftovers(gitDir)
    if (isViewerError(error, 'GIT_FAILED') && /No space left|Disk quota/.test(String(error.data.stderr))) {
      throw new ViewerError('MIRROR_NO_ROOM', 'there is no room on disk to put packs together', { cause: error })
    }
    throw error
  }
}

const kinds = ['bugs', 'identities']
/** A folder is emptied by so many at a time. */
const removers = 16

/**
 * Puts all refs into one file (gitrepository-layout), and removes their own. As `git pack-refs` does it, but with one
 * step for each ref instead of four: nobody else moves refs here, so none has to be locked. Readers look at single files
 * first and then at the whole, which is there before the others go.
 */
async function packRefs(setup: GitSetup, gitDir: string, signal: AbortSignal): Promise<void> {
  const loose = await looseRefs(gitDir)
  if (loose.length > 0) await writePackedRefs(setup, gitDir, signal)
  await forEachConcurrently(loose, removers, path => fs.rm(path, { force: true }))
  for (const folder of refFolders(gitDir)) await removeEmptyFolders(folder)
}

/** The file with all refs, told from the one that comes in its place; undefined where there is none. */
export async function readPackedMark(gitDir: string): Promise<string | undefined> {
  const packed = await fs.stat(join(gitDir, 'packed-refs'), { bigint: true }).catch(() => undefined)
  return packed && `${packed.ino} ${packed.size} ${packed.mtimeNs}`
}

/**
 * Whether refs have moved since that was their mark, without a process: those that have moved have files of their own
 * until the next `tidyMirror`, and where one is gone the file with all of them is another one.
 */
export async function haveRefsMoved(gitDir: string, mark: string | undefined): Promise<boolean> {
  return (await readPackedMark(gitDir)) !== mark || (await looseRefs(gitDir)).length > 0
}

function refFolders(gitDir: string): string[] {
  return kinds.map(kind => join(gitDir, 'refs', kind))
}

async function looseRefs(gitDir: string): Promise<string[]> {
  return (await Promise.all(refFolders(gitDir).map(filesBelow))).flat()
}

async function writePackedRefs(setup: GitSetup, gitDir: string, signal: AbortSignal): Promise<void> {
  const { bytes } = await listRefs(setup, gitDir, { prefixes: kinds.map(kind => `refs/${kind}`), signal })
  const file = join(gitDir, 'packed-refs')
  await fs.writeFile(`${file}.new`, Buffer.concat([Buffer.from('# pack-refs with: sorted \n'), bytes]), { flush: true })
  await fs.rename(`${file}.new`, file)
}

/** A remote may put its refs into new folders each time. */
async function removeEmptyFolders(folder: string): Promise<void> {
  for (const entry of await list(folder)) {
    if (!entry.isDirectory()) continue
    const path = join(folder, entry.name)
    await removeEmptyFolders(path)
    await fs.rmdir(path).catch(() => {})
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
}

/** Folders that git makes for what it writes, with files that nobody takes up again when it was killed. */
const unfinished = /^(?:tmp_|\.tmp-|incoming-|tmp-objdir-)/

/** Removes what killed processes have left behind. */
export async function removeLeftovers(gitDir: string): Promise<void> {
  const remove = (...path: readonly string[]) => fs.rm(join(gitDir, ...path), { recursive: true, force: true })
  for (const entry of await list(gitDir, 'objects')) {
    if (unfinished.test(entry.name)) await remove('objects', entry.name)
    else if (entry.isDirectory()) {
      for (const { name } of await list(gitDir, 'objects', entry.name)) {
        // A pack that is kept is none that will ever be put together with others; fetches forget to say that they ended.
        if (unfinished.test(name) || name.endsWith('.keep') || name.endsWith('.lock')) {
          await remove('objects', entry.name, name)
        }
      }
    }
  }
  for (const { name } of await list(gitDir)) if (/\.lock$|\.new$/.test(name)) await remove(name)
  await removeRefLocks(join(gitDir, 'refs'))
}

async function removeRefLocks(folder: string): Promise<void> {
  for (const entry of await list(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await removeRefLocks(path)
    // No ref has such a name.
    else if (entry.name.endsWith('.lock')) await fs.rm(path, { force: true })
  }
}

async function list(...path: readonly string[]) {
  return await fs.readdir(join(...path), { withFileTypes: true }).catch(() => [])
}
