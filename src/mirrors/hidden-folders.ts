/**
 * Folders beside the mirrors that nobody sees: clones that are not finished, mirrors that are being removed, and what was
 * in a mirror's place without being one. The first two are removed when their process is gone; the last never.
 */
import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../base/log.ts'
import { measureDisk } from './disk-usage.ts'

const removedAtStart = /^(unfinished|leaving)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export class HiddenFolders {
  readonly #path: string
  readonly #log: Log
  /** Those that this process works on, and the names of their mirrors. */
  readonly #own = new Map<string, string>()

  /** @param path of the folder that they are in */
  constructor(path: string, log: Log) {
    this.#path = path
    this.#log = log
  }

  /** Makes one for a clone. @returns its path */
  async make(owner: string): Promise<string> {
    const folder = join(this.#path, `unfinished-${randomUUID()}`)
    this.#own.set(folder, owner)
    try {
      await fs.mkdir(folder)
    } catch (error) {
      this.#own.delete(folder)
      throw error
    }
    return folder
  }

  /** True until it is discarded or released. */
  isOwn(folder: string): boolean {
    return this.#own.has(folder)
  }

  /** It has been renamed, and is hidden no more. */
  release(folder: string) {
    this.#own.delete(folder)
  }

  /** Renames a folder so that it is to be removed. @returns its path, for `discard` */
  async retire(folder: string, owner: string): Promise<string> {
    const leaving = join(this.#path, `leaving-${randomUUID()}`)
    await fs.rename(folder, leaving)
    this.#own.set(leaving, owner)
    return leaving
  }

  /** Renames what is not ours, so that it is out of the way. @returns its path */
  async setAside(path: string): Promise<string> {
    const aside = join(this.#path, `aside-${randomUUID()}`)
    await fs.rename(path, aside)
    return aside
  }

  /** Removes one. What cannot be removed now is left to the next sweep. Never rejects. */
  async discard(folder: string): Promise<void> {
    try {
      await fs.rm(folder, { recursive: true, force: true })
    } catch (error) {
      this.#log.warn({ err: error, folder }, 'what is left of a mirror cannot be removed')
    }
    this.#own.delete(folder)
  }

  /** Removes those that nobody works on. Never rejects. */
  async sweep(): Promise<void> {
    try {
      for (const folder of await this.#list()) if (!this.isOwn(folder)) await this.discard(folder)
    } catch (error) {
      this.#log.warn({ err: error }, 'what is left of mirrors cannot be found')
    }
  }

  /** Bytes of those that are worked on for a mirror. */
  async measureOwned(owner: string): Promise<number> {
    return await measureAll([...this.#own].flatMap(([folder, name]) => (name === owner ? [folder] : [])))
  }

  /** Bytes of all that come and go. */
  async measure(): Promise<number> {
    return await measureAll(await this.#list())
  }

  /** Files and links that are called so are not ours. */
  async #list(): Promise<string[]> {
    const entries = await fs.readdir(this.#path, { withFileTypes: true })
    return entries.flatMap(entry =>
      entry.isDirectory() && removedAtStart.test(entry.name) ? [join(this.#path, entry.name)] : [],
    )
  }
}

async function measureAll(folders: readonly string[]): Promise<number> {
  let bytes = 0
  for (const folder of folders) bytes += (await measureDisk(folder)) ?? 0
  return bytes
}
