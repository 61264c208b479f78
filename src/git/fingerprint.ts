/**
 * A fingerprint of a repository's bug and identity refs: what a few `stat` calls tell of the files and folders that git
 * changes whenever such a ref moves. It starts no process and reads no file.
 *
 * - `packed-refs` is replaced by a new file whenever refs are packed or a packed one is deleted;
 * - a loose ref is written beside its place and renamed into it, which changes the folder that it lies in;
 * - `reftable/tables.list` is replaced whenever any ref of such a repository moves.
 *
 * Equal fingerprints mean equal refs only where time has moved on in between: two changes within one tick of the file
 * system's clock may leave the same times behind. `resolutionMs` says how long such a tick can be.
 */
import fs from 'node:fs/promises'
import { join } from 'node:path'
import type { RepositoryLocation } from './repository.ts'

export interface RefFingerprint {
  /** Sizes, inodes and nanosecond times; equal or not is all that can be said of it. */
  readonly key: string
  /** The latest change that it has seen, milliseconds since 1970 by the file system's clock; 0 without any. */
  readonly newestMs: number
  /** Two changes this close together may have left the same times. */
  readonly resolutionMs: number
}

/** Where git keeps refs, below the common folder of a repository's work trees. */
const watched = ['packed-refs', 'refs/bugs', 'refs/identities', 'reftable/tables.list']

/** The longest tick of the clock that Linux stamps files with is 10 ms. */
const fineResolutionMs = 20
/** File systems that count seconds only; FAT counts every second one. */
const coarseResolutionMs = 2000
const nsPerSecond = 1_000_000_000n
const nsPerMs = 1_000_000n

/**
 * Takes the fingerprint.
 * @param folders further folders of loose refs, below the common folder: refs whose name has more parts than usual
 */
export async function readFingerprint(
  { commonDir }: RepositoryLocation,
  folders: readonly string[] = [],
): Promise<RefFingerprint> {
  const found = await Promise.all([...watched, ...folders].map(path => statPath(join(commonDir, path))))
  let newestNs = 0n
  let isCoarse = false
  for (const stat of found) {
    if (typeof stat === 'string') continue
    if (stat.mtimeNs > newestNs) newestNs = stat.mtimeNs
    isCoarse ||= stat.mtimeNs % nsPerSecond === 0n
  }
  return {
    key: found.map(describe).join(' '),
    newestMs: Number(newestNs / nsPerMs),
    resolutionMs: isCoarse ? coarseResolutionMs : fineResolutionMs,
  }
}

/** @returns what there is, or the code of why that cannot be told: a folder that may not be read now may be later */
async function statPath(path: string) {
  try {
    return await fs.stat(path, { bigint: true })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  }
}

function describe(stat: Awaited<ReturnType<typeof statPath>>): string {
  return typeof stat === 'string' ? stat : [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(':')
}
