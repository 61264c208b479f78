/**
 * What a folder takes on disk: blocks, not lengths, of everything in it and of the folders themselves. Links are not
 * followed, and a file with several names counts once. What goes away while it is measured counts as gone.
 */
import { promises as fs, type Stats } from 'node:fs'
import { join } from 'node:path'
import { forEachConcurrently } from '../base/concurrency.ts'

const looksAtOnce = 16
/** The unit of `st_blocks`, whatever the blocks of the disk are; see inode(7). */
const blockBytes = 512

/** Bytes of a file, or of a folder with all that is in it; undefined where there is none. */
export async function measureDisk(path: string): Promise<number | undefined> {
  const top = await look(path)
  if (!top) return undefined
  let bytes = top.blocks * blockBytes
  const linked = new Set<string>()
  const folders = top.isDirectory() ? [path] : []
  const add = (file: string, found: Stats) => {
    if (found.isDirectory()) folders.push(file)
    else if (found.nlink > 1) {
      const id = `${found.dev}:${found.ino}`
      if (linked.has(id)) return
      linked.add(id)
    }
    bytes += found.blocks * blockBytes
  }
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const at = folder
    await forEachConcurrently(await list(at), looksAtOnce, async name => {
      const found = await look(join(at, name))
      if (found) add(join(at, name), found)
    })
  }
  return bytes
}

async function look(path: string): Promise<Stats | undefined> {
  return await fs.lstat(path).catch(nothingIfGone(undefined))
}

async function list(folder: string): Promise<readonly string[]> {
  return await fs.readdir(folder).catch(nothingIfGone<readonly string[]>([]))
}

function nothingIfGone<T>(nothing: T): (error: NodeJS.ErrnoException) => T {
  return error => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return nothing
    throw error
  }
}
