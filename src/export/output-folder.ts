/**
 * The folder that an export writes to. Promises that a file is there whole or as it was (a private name first, then a
 * rename), that one whose bytes are the same is not touched, and that nothing is ever removed or replaced but what an
 * export has written. Links in it are not followed, so nothing outside it is touched. Names of new files go to a journal before the files are there, and the manifest is written last:
 * so a run that is killed leaves nothing that a later one would not know.
 *
 *     DIR/.git-bug-viewer/manifest.json   what the last run has written
 *                         journal         what this one adds
 *                         lock, part-N    while it runs
 */
import fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ViewerError } from '../base/errors.ts'
import { takeLock } from '../base/folder-lock.ts'
import { isSafePath } from './file-names.ts'
import { type FileList, type Manifest, parseManifest, writeManifest } from './manifest.ts'

export interface OutputFolder extends AsyncDisposable {
  /** What the last run left; undefined before the first. */
  readonly last: Manifest | undefined
  /**
   * Writes a file unless it has these bytes.
   * @throws SETTING_INVALID where somebody else's file is in the way, and what reading the content throws
   */
  put(path: string, content: FileContent): Promise<'written' | 'unchanged'>
  /** Whether all these files are there, in their lengths. */
  hasAll(files: FileList): Promise<boolean>
  /** Removes every file of earlier runs that is not in the new manifest, and writes that. @returns how many went */
  finish(manifest: Manifest): Promise<number>
}

/** What a file is to hold: bytes, or what can be read from its start as often as it takes. */
export type FileContent = Uint8Array | ReadableContent

export interface ReadableContent {
  readonly bytes: number
  read(): AsyncIterable<Uint8Array>
}

const ownFolder = '.git-bug-viewer'
const looksAtOnce = 16

/**
 * Opens the folder; it is made where it is missing.
 * @param options.force write into a folder that holds other files, and over them
 * @throws SETTING_INVALID where it holds other files, is no folder, or another export writes to it
 */
export async function openOutputFolder(folder: string, { force }: { readonly force: boolean }): Promise<OutputFolder> {
  const own = join(folder, ownFolder)
  const isKnown = await checkFolder(folder, force)
  if ((await kindOf(own)) === 'other') throw inTheWay(own)
  await fs.mkdir(own, { recursive: true })
  const lock = await takeLock(join(own, 'lock'), `another export writes into ${folder}`)
  try {
    for (const name of await fs.readdir(own)) if (name.startsWith('part-')) await fs.rm(join(own, name))
    const last = isKnown ? parseManifest(await readIfThere(join(own, 'manifest.json'))) : undefined
    const journal = (await readIfThere(join(own, 'journal')))
      .split('\n')
      .filter(path => path !== '' && isSafePath(path))
    return new Folder({ folder, force, last, journal, lock })
  } catch (error) {
    await lock[Symbol.asyncDispose]()
    throw error
  }
}

interface FolderParts {
  readonly folder: string
  readonly force: boolean
  readonly last: Manifest | undefined
  readonly journal: readonly string[]
  readonly lock: AsyncDisposable
}

class Folder implements OutputFolder {
  readonly last: Manifest | undefined
  readonly #folder: string
  readonly #force: boolean
  readonly #lock: AsyncDisposable
  /** Paths of files that exports have written. */
  readonly #ours: Set<string>
  readonly #made = new Map<string, Promise<unknown>>()
  readonly #kinds = new Map<string, Promise<Kind>>()
  #parts = 0

  constructor({ folder, force, last, journal, lock }: FolderParts) {
    this.last = last
    this.#folder = folder
    this.#force = force
    this.#lock = lock
    this.#ours = new Set([...pathsOf(last), ...journal])
  }

  async put(path: string, content: FileContent): Promise<'written' | 'unchanged'> {
    if (!isSafePath(path)) throw new Error(`no path of an export: ${path}`)
    const file = join(this.#folder, path)
    const folder = dirname(path)
    if (!isPassable(await this.#kindOf(folder))) throw this.#inTheWay(folder)
    const kind = await kindOf(file)
    if (kind === 'file' && (await holds(file, content))) {
      await this.#note(path)
      return 'unchanged'
    }
    const isOurs = kind === 'file' && this.#ours.has(path)
    if (kind === 'folder' || (kind !== 'missing' && !isOurs && !this.#force)) throw this.#inTheWay(path)
    await this.#note(path)
    await this.#makeFolder(path)
    await this.#replace(file, content)
    return 'written'
  }

  async hasAll(files: FileList): Promise<boolean> {
    const list = [...files]
    for (let at = 0; at < list.length; at += looksAtOnce) {
      const sizes = await Promise.all(
        list.slice(at, at + looksAtOnce).map(async ([path, { bytes }]) => {
          const { size } = await fs.stat(join(this.#folder, path)).catch(() => ({ size: -1 }))
          return size === bytes
        }),
      )
      if (sizes.includes(false)) return false
    }
    return true
  }

  async finish(manifest: Manifest): Promise<number> {
    const kept = new Set(pathsOf(manifest))
    const gone = [...this.#ours].filter(path => !kept.has(path))
    for (const path of gone) await this.#remove(path)
    for (const folder of new Set(gone.map(path => dirname(path)))) await this.#removeEmpty(folder)
    await this.#replace(join(this.#folder, ownFolder, 'manifest.json'), Buffer.from(writeManifest(manifest)))
    await fs.rm(join(this.#folder, ownFolder, 'journal'), { force: true })
    return gone.length
  }

  async [Symbol.asyncDispose]() {
    await this.#lock[Symbol.asyncDispose]()
  }

  async #note(path: string) {
    if (this.#ours.has(path)) return
    this.#ours.add(path)
    await fs.appendFile(join(this.#folder, ownFolder, 'journal'), `${path}\n`)
  }

  #makeFolder(path: string): Promise<unknown> {
    const folder = dirname(path)
    let making = this.#made.get(folder)
    if (making === undefined) {
      making = fs.mkdir(join(this.#folder, folder), { recursive: true }).catch((error: unknown) => {
        throw isError(error, 'EEXIST', 'ENOTDIR') ? this.#inTheWay(folder, error) : error
      })
      this.#made.set(folder, making)
    }
    return making
  }

  async #replace(file: string, content: FileContent) {
    const part = join(this.#folder, ownFolder, `part-${this.#parts++}`)
    try {
      await fs.writeFile(part, content instanceof Uint8Array ? content : content.read(), { flag: 'wx' })
    } catch (error) {
      await fs.rm(part, { force: true })
      throw error
    }
    await fs.rename(part, file)
  }

  async #remove(path: string) {
    if (!isPassable(await this.#kindOf(dirname(path)))) return
    const file = join(this.#folder, path)
    if ((await kindOf(file)) === 'file') await fs.rm(file)
  }

  /** What is at the place of a folder; of one below something else, that. */
  #kindOf(folder: string): Promise<Kind> {
    let kind = this.#kinds.get(folder)
    if (kind === undefined) {
      kind = this.#lookAt(folder)
      this.#kinds.set(folder, kind)
    }
    return kind
  }

  async #lookAt(folder: string): Promise<Kind> {
    if (folder === '.') return 'folder'
    const above = await this.#kindOf(dirname(folder))
    return above === 'folder' ? await kindOf(join(this.#folder, folder)) : above
  }

  /** Goes up as long as there is nothing left. */
  async #removeEmpty(folder: string) {
    if (!isPassable(await this.#kindOf(folder))) return
    for (let at = folder; at !== '.'; at = dirname(at)) {
      try {
        await fs.rmdir(join(this.#folder, at))
      } catch (error) {
        if (isError(error, 'ENOTEMPTY', 'EEXIST')) return
        if (!isError(error, 'ENOENT')) throw error
      }
    }
  }

  #inTheWay(path: string, cause?: unknown): ViewerError {
    return inTheWay(join(this.#folder, path), cause)
  }
}

function inTheWay(path: string, cause?: unknown): ViewerError {
  const message = `${path} is in the way of an export, and was not written by one`
  return new ViewerError('SETTING_INVALID', message, { cause })
}

/** Whether a file has these bytes. */
async function holds(file: string, content: FileContent): Promise<boolean> {
  if (content instanceof Uint8Array) return (await fs.readFile(file)).equals(content)
  await using handle = await fs.open(file)
  if ((await handle.stat()).size !== content.bytes) return false
  for await (const piece of content.read()) {
    const there = Buffer.alloc(piece.length)
    const { bytesRead } = await handle.read(there, 0, there.length)
    if (bytesRead < there.length || !there.equals(piece)) return false
  }
  return true
}

/** What is at a place; links and devices are neither files nor folders. */
type Kind = 'file' | 'folder' | 'other' | 'missing'

async function kindOf(path: string): Promise<Kind> {
  const found = await fs.lstat(path).catch((error: unknown) => {
    if (isError(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  })
  if (found === undefined) return 'missing'
  if (found.isDirectory()) return 'folder'
  return found.isFile() ? 'file' : 'other'
}

/** Whether files can be in it, now or once it is made. */
function isPassable(kind: Kind): boolean {
  return kind === 'folder' || kind === 'missing'
}

/** @returns whether an export has written to it @throws SETTING_INVALID for a folder that is somebody else's */
async function checkFolder(folder: string, force: boolean): Promise<boolean> {
  const names: readonly string[] = await fs.readdir(folder).catch((error: unknown) => {
    if (isError(error, 'ENOENT')) return []
    throw new ViewerError('SETTING_INVALID', `${folder} is not a folder that an export can be written to`, {
      cause: error,
    })
  })
  if (names.includes(ownFolder)) return true
  // What is hidden is not in the way: a checkout that is published has its .git there.
  if (!force && names.some(name => !name.startsWith('.'))) {
    const message = `${folder} is not empty and was not written by an export; choose another folder, or add --force`
    throw new ViewerError('SETTING_INVALID', message)
  }
  return false
}

async function readIfThere(file: string): Promise<string> {
  return await fs.readFile(file, 'utf8').catch((error: unknown) => {
    if (isError(error, 'ENOENT')) return ''
    throw error
  })
}

function pathsOf(manifest: Manifest | undefined): string[] {
  if (manifest === undefined) return []
  return [manifest.site, ...manifest.repositories.values().map(({ files }) => files)].flatMap(files => [
    ...files.keys(),
  ])
}

function isError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
