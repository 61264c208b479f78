/**
 * A real file system of some megabytes, in memory: it can be full, and it can be made read-only. Mounting needs root and
 * the right to mount, which a container may lack: ask `canMount`.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk extends Disposable {
  /** Where it is mounted. */
  readonly path: string
  /** What may still be written. */
  freeBytes(): Promise<number>
  /** From now on everything that writes fails. Nothing may be open for writing. */
  makeReadOnly(): void
  makeWritable(): void
}

/** Mounts one. @param bytes whole pages */
export function mountSmallDisk(bytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'small-disk-'))
  mount(['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', path])
  return {
    path,
    async freeBytes() {
      const { bavail, bsize } = await statfs(path)
      return bavail * bsize
    },
    makeReadOnly: () => mount(['-o', 'remount,ro', path]),
    makeWritable: () => mount(['-o', 'remount,rw', path]),
    [Symbol.dispose]() {
      try {
        execFileSync('umount', [path], { stdio: 'pipe' })
      } catch (error) {
        // A file was left open: that is a failure, and the file system goes with the file.
        execFileSync('umount', ['--lazy', path])
        throw error
      } finally {
        rmdirSync(path)
      }
    },
  }
}

function mount(args: readonly string[]) {
  const { status, stderr, error } = spawnSync('mount', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${error?.message ?? stderr.trim()}`)
}

/** True where a file system can be mounted here. CI must not skip what needs one, and fails instead. */
export function canMount(): boolean {
  if (process.env.CI === 'true') return true
  try {
    mountSmallDisk(64 * 1024)[Symbol.dispose]()
    return true
  } catch {
    return false
  }
}
