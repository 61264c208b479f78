/**
 * The folder with all mirrors: what is where, and how it becomes visible.
 *
 *     mirrors-v1/
 *       lock                       one process at a time
 *       opened.txt                 addresses that visitors have opened: `known-mirrors.ts`
 *       <key>/                     a whole mirror: made under another name, and renamed when it was complete
 *         repository.git/
 *         mirror.json              what is known of it, written anew and renamed at each change
 *         used                     an empty file: when it was changed is when the mirror was used last
 *       unfinished-<random>/       being cloned; whatever is called so at the start is what a killed process left
 *       leaving-<random>/          being removed; the same
 *       aside-<random>/            was in a mirror's place and is not ours: left for the administrator
 *
 * It promises that a mirror is whole or not there, that nothing is removed which is not ours, and that a disk which is
 * full or cannot be written is an error of the catalogue or a line in the log.
 */
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { makeCacheFolder } from '../base/cache-folder.ts'
import type { Clock } from '../base/clock.ts'
import { forEachConcurrently } from '../base/concurrency.ts'
import { isViewerError, ViewerError } from '../base/errors.ts'
import { takeLock } from '../base/folder-lock.ts'
import type { Log } from '../base/log.ts'
import { createMutex } from '../base/mutex.ts'
import type { RepositoryLocation } from '../git/repository.ts'
import { measureDisk } from './disk-usage.ts'
import { HiddenFolders } from './hidden-folders.ts'
import {
  isMirrorKey,
  isMissing,
  type MirrorRecord,
  mirrorKey,
  readMirror,
  repositoryFolder,
  type WrittenRecord,
  writeRecord,
  writeUse,
} from './mirror-record.ts'
import { MirrorUses } from './mirror-uses.ts'

export interface MirrorFolder extends AsyncDisposable {
  /** All whole ones, the one that was not used for longest first. */
  all(): readonly MirrorRecord[]
  get(name: string): MirrorRecord | undefined
  /** Where the repository of a name is or will be. */
  location(name: string): RepositoryLocation
  /** A hidden place for a clone. Dispose it when the clone failed. @throws MIRROR_NO_ROOM, SETTING_INVALID */
  begin(name: string): Promise<UnfinishedMirror>
  /** After a fetch: measures again where that is wanted, keeps the record. Does nothing where there is none. */
  update(name: string, change: MirrorChange): Promise<void>
  /** Notes a use. Returns at once; the disk follows within a second. */
  used(name: string): void
  /**
   * Renames it away, so that it is gone at once, and then removes it. Does nothing where there is none.
   * @throws SETTING_INVALID where it cannot be renamed: it is still there
   */
  remove(name: string): Promise<void>
  /** Bytes of everything with that name, whole and unfinished, measured now. */
  measure(name: string): Promise<number>
  /**
   * Bytes of all: whole ones as they were measured last, those that come and go as they are now.
   * @throws SETTING_INVALID
   */
  bytes(): Promise<number>
  /** What this process may still write on that disk. @throws SETTING_INVALID */
  freeBytes(): Promise<number>
  /** Removes what was left behind, measures all anew, and forgets mirrors that somebody has removed. Never rejects. */
  sweep(): Promise<void>
}

export interface UnfinishedMirror extends AsyncDisposable {
  /** Where its repository is to be made; the folder above it is there. */
  readonly gitDir: string
  /**
   * Measures it and makes it visible, in the place of the one with that name.
   * @throws MIRROR_NO_ROOM, SETTING_INVALID: it is still hidden
   */
  finish(record: NewMirror): Promise<MirrorRecord>
}

export type NewMirror = Pick<MirrorRecord, 'href' | 'fetchedMs' | 'coldRefs'>

export interface MirrorChange extends Partial<NewMirror> {
  readonly measure?: boolean
}

export interface MirrorFolderTools {
  readonly clock: Clock
  readonly log: Log
  /** Room on the disk of a folder. */
  readonly statfs?: ((folder: string) => Promise<DiskRoom>) | undefined
}

/** As `statfs(2)` says it: blocks that may be used, and their size, which is `frsize` where that is given. */
export interface DiskRoom {
  readonly bavail: number
  readonly bsize: number
  readonly frsize?: number
}

const readsAtOnce = 8

/**
 * Opens the folder for this process alone; it is made where it is missing. Removes what a killed process has left.
 * @throws SETTING_INVALID where another process has it, or it cannot be used
 */
export async function openMirrorFolder(folder: string, tools: MirrorFolderTools): Promise<MirrorFolder> {
  let lock: AsyncDisposable | undefined
  try {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 })
    const path = await fs.realpath(folder)
    lock = await takeLock(join(path, 'lock'), `another git-bug-viewer keeps remote repositories in ${path}`)
    const opened = new Folder(path, lock, tools)
    await opened.open()
    return opened
  } catch (error) {
    await lock?.[Symbol.asyncDispose]()
    throw explained(error, `remote repositories cannot be kept in ${folder}`)
  }
}

class Folder implements MirrorFolder {
  readonly #path: string
  readonly #lock: AsyncDisposable
  readonly #log: Log
  readonly #statfs: (folder: string) => Promise<DiskRoom>
  readonly #uses: MirrorUses
  readonly #hidden: HiddenFolders
  readonly #records = new Map<string, WrittenRecord>()
  /** Mirrors change, come, go and are measured one after the other: nothing is counted twice or not at all. */
  readonly #changes = createMutex()
  #sweeping: Promise<void> | undefined

  constructor(path: string, lock: AsyncDisposable, { clock, log, statfs = fs.statfs }: MirrorFolderTools) {
    this.#path = path
    this.#lock = lock
    this.#log = log
    this.#statfs = statfs
    this.#uses = new MirrorUses(clock, log)
    this.#hidden = new HiddenFolders(path, log)
  }

  /** Looks what there is. Measuring goes on behind. */
  async open() {
    try {
      makeCacheFolder(this.#path)
    } catch (error) {
      // A disk that is full must not keep out the one who can make room.
      this.#log.warn({ err: error }, 'the folder of mirrors cannot be marked as a cache')
    }
    const entries = await fs.readdir(this.#path, { withFileTypes: true })
    const keys = entries.flatMap(entry => (entry.isDirectory() && isMirrorKey(entry.name) ? [entry.name] : []))
    await forEachConcurrently(keys, readsAtOnce, async key => await this.#findMirror(key))
    await this.#hidden.sweep()
    void this.#sweepOnce()
  }

  async #findMirror(key: string) {
    const folder = join(this.#path, key)
    const found = await readMirror(folder, key)
    if (found.kind === 'whole') {
      const { usedMs, ...record } = found.record
      this.#records.set(record.name, record)
      this.#uses.add(record.name, folder, usedMs)
      return
    }
    this.#log.warn({ folder, why: found.why }, `${found.kind === 'damaged' ? 'removing' : 'ignoring'} a mirror`)
    if (found.kind === 'damaged') await this.#hidden.discard(folder)
  }

  all(): readonly MirrorRecord[] {
    return [...this.#records.values()].map(record => this.#complete(record)).sort((a, b) => a.usedMs - b.usedMs)
  }

  get(name: string): MirrorRecord | undefined {
    const record = this.#records.get(name)
    return record && this.#complete(record)
  }

  #complete(record: WrittenRecord): MirrorRecord {
    return { ...record, usedMs: this.#uses.usedMs(record.name) }
  }

  location(name: string): RepositoryLocation {
    const gitDir = join(this.#placeOf(name), repositoryFolder)
    return { folder: gitDir, gitDir, commonDir: gitDir }
  }

  #placeOf(name: string): string {
    return join(this.#path, mirrorKey(name))
  }

  async begin(name: string): Promise<UnfinishedMirror> {
    const folder = await this.#hidden.make(name).catch(error => {
      throw explained(error)
    })
    return {
      gitDir: join(folder, repositoryFolder),
      finish: record => this.#changes.run(() => this.#finish(folder, { ...record, name, bytes: 0 })),
      [Symbol.asyncDispose]: async () => {
        if (this.#hidden.isOwn(folder)) await this.#hidden.discard(folder)
      },
    }
  }

  async #finish(folder: string, given: WrittenRecord): Promise<MirrorRecord> {
    const { name } = given
    try {
      const usedMs = this.#uses.nextMs()
      await writeUse(folder, usedMs)
      await writeRecord(folder, given)
      const record = { ...given, bytes: (await measureDisk(folder)) ?? 0 }
      await writeRecord(folder, record)
      await this.#moveIn(folder, name)
      this.#hidden.release(folder)
      this.#records.set(name, record)
      this.#uses.add(name, this.#placeOf(name), usedMs)
      return this.#complete(record)
    } catch (error) {
      throw explained(error)
    }
  }

  async #moveIn(folder: string, name: string) {
    const place = this.#placeOf(name)
    try {
      await fs.rename(folder, place)
    } catch (error) {
      if (!isError(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error
      if (this.#records.has(name)) return await this.#replace(folder, name)
      const aside = await this.#hidden.setAside(place)
      this.#log.warn({ place, aside }, 'something was in the place of a mirror, and is out of its way now')
      await fs.rename(folder, place)
    }
  }

  async #replace(folder: string, name: string) {
    const leaving = await this.#retire(name)
    try {
      await fs.rename(folder, this.#placeOf(name))
    } finally {
      await this.#hidden.discard(leaving)
    }
  }

  /** Makes a mirror invisible. @returns where it is now */
  async #retire(name: string): Promise<string> {
    const leaving = await this.#hidden.retire(this.#placeOf(name), name)
    this.#forget(name)
    return leaving
  }

  #forget(name: string) {
    this.#records.delete(name)
    this.#uses.forget(name)
  }

  async update(name: string, { measure = false, ...change }: MirrorChange): Promise<void> {
    await this.#changes.run(async () => {
      try {
        if (measure) await this.#measureWhole(name)
        const record = this.#records.get(name)
        if (!record) return
        const changed = { ...record, ...change }
        this.#records.set(name, changed)
        await writeRecord(this.#placeOf(name), changed)
      } catch (error) {
        this.#log.warn({ err: error, mirror: name }, 'what is known of a mirror cannot be written')
      }
    })
  }

  used(name: string) {
    this.#uses.touch(name)
  }

  async remove(name: string): Promise<void> {
    const leaving = await this.#changes.run(async () => {
      if (!this.#records.has(name)) return undefined
      try {
        return await this.#retire(name)
      } catch (error) {
        if (!isMissing(error)) throw explained(error)
        this.#forget(name)
        return undefined
      }
    })
    if (leaving !== undefined) await this.#hidden.discard(leaving)
  }

  async measure(name: string): Promise<number> {
    return await this.#explaining(async () => {
      await this.#measureWhole(name)
      return (this.#records.get(name)?.bytes ?? 0) + (await this.#hidden.measureOwned(name))
    })
  }

  /** Takes in what a mirror has become; one that somebody else has removed is forgotten. */
  async #measureWhole(name: string) {
    const record = this.#records.get(name)
    if (!record) return
    const bytes = await measureDisk(this.#placeOf(name))
    if (bytes === undefined) this.#forget(name)
    else this.#records.set(name, { ...record, bytes })
  }

  async bytes(): Promise<number> {
    // What the records say may be older than the last end.
    await this.#sweeping
    return await this.#explaining(async () => {
      const whole = [...this.#records.values()].reduce((sum, { bytes }) => sum + bytes, 0)
      return whole + (await this.#hidden.measure())
    })
  }

  async freeBytes(): Promise<number> {
    try {
      const { bavail, bsize, frsize = bsize } = await this.#statfs(this.#path)
      return bavail * frsize
    } catch (error) {
      throw explained(error)
    }
  }

  /** Looks while nothing changes its place. */
  async #explaining<T>(look: () => Promise<T>): Promise<T> {
    try {
      return await this.#changes.run(look)
    } catch (error) {
      throw explained(error)
    }
  }

  async sweep(): Promise<void> {
    await this.#sweeping
    await this.#sweepOnce()
  }

  #sweepOnce(): Promise<void> {
    this.#sweeping ??= this.#removeAndMeasure().finally(() => {
      this.#sweeping = undefined
    })
    return this.#sweeping
  }

  async #removeAndMeasure() {
    await this.#hidden.sweep()
    for (const name of this.#records.keys()) {
      try {
        await this.#changes.run(() => this.#measureWhole(name))
      } catch (error) {
        this.#log.warn({ err: error, mirror: name }, 'a mirror cannot be measured')
      }
    }
  }

  async [Symbol.asyncDispose]() {
    await this.#sweeping
    await this.#changes.run(async () => {})
    await this.#uses.flush()
    try {
      await this.#lock[Symbol.asyncDispose]()
    } catch (error) {
      this.#log.warn({ err: error }, 'the lock of the folder of mirrors cannot be removed')
    }
  }
}

function explained(error: unknown, what = 'remote repositories cannot be kept'): ViewerError {
  if (isViewerError(error)) return error
  if (isError(error, 'ENOSPC', 'EDQUOT')) {
    return new ViewerError('MIRROR_NO_ROOM', `${what}: the disk is full`, { cause: error })
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new ViewerError('SETTING_INVALID', `${what}: ${reason}`, { cause: error })
}

function isError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
