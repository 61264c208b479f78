/**
 * Files of streams: each has a name that was never used before and is open for as long as it is needed, so that nothing
 * which happens to its name (another instance sweeps the folder, somebody removes it) can touch those who read it.
 *
 *     streams-v1/CACHEDIR.TAG
 *     streams-v1/2f1c…   one for each stream
 */
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCacheFolder } from '../base/cache-folder.ts'

/** A file that is open. */
export interface StreamFile {
  /** Writes all bytes at a place. */
  write(bytes: Uint8Array, at: number): Promise<void>
  /** Fills `into` from a place on. @returns how many bytes there were */
  read(into: Uint8Array, at: number): Promise<number>
  close(): Promise<void>
}

/** A folder of such files. */
export interface StreamFiles {
  /** A name for a new file. */
  newName(): string
  /** Makes the file, and the folder where that is missing. */
  create(name: string): Promise<StreamFile>
  /** The names of all files of streams, whoever made them. Empty where there is no folder. */
  list(): Promise<readonly string[]>
  /** Removes the name; whoever has the file open goes on. Does nothing where it is gone. */
  remove(name: string): Promise<void>
}

const ownName = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Files in a folder of the viewer's own. Touches nothing yet. */
export function createStreamFiles(folder: string): StreamFiles {
  return {
    newName: () => randomUUID(),
    async create(name) {
      makeCacheFolder(folder)
      return openedFile(await open(join(folder, name), 'wx+', 0o600))
    },
    async list() {
      const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return []
        throw error
      })
      return names.filter(name => ownName.test(name))
    },
    async remove(name) {
      await unlink(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    },
  }
}

function openedFile(handle: FileHandle): StreamFile {
  return {
    async write(bytes, at) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done)
        done += bytesWritten
      }
    },
    async read(into, at) {
      let done = 0
      while (done < into.length) {
        const { bytesRead } = await handle.read(into, done, into.length - done, at + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return done
    },
    close: () => handle.close(),
  }
}
