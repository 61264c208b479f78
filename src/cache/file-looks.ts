/**
 * What the attached files of a page are: their sizes, and of small ones kind and measures. A hash stands for the same
 * bytes for ever, so what is known of it is kept; a file that is missing may arrive, so that is only remembered for a
 * moment. Which files of a page are looked at depends on their sizes alone, so that the same page comes again.
 */
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/clock.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import { type FileFacts, type FileKind, fileKind, kindBytes, type PictureSize } from '../bug/file-kind.ts'
import { pictureSize } from '../bug/picture-size.ts'
import type { Git } from '../git/git.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import type { ObjectSize } from '../git/object-sizes.ts'
import { readBlob } from './read-blob.ts'

/** What a page knows of its files. */
export interface LookedAtFiles {
  /** By hash. What is no blob is not there, nor what is beyond the bounds of a page. */
  readonly files: ReadonlyMap<string, FileFacts>
  /** False where more may be known later: some are missing, or could not be looked at in time. */
  readonly isComplete: boolean
}

export interface LookOptions {
  /** Kind and measures are told of files up to this size. */
  readonly maxBytes: number
  /** How long to wait; the looking goes on for those who come back. */
  readonly patienceMs: number
  /** Ends the wait. */
  readonly signal: AbortSignal
}

export interface FileLooks {
  /** Looks at the files of a page. @param hashes in their order there: the first ones are looked at @throws the signal's reason */
  look(hashes: readonly string[], options: LookOptions): Promise<LookedAtFiles>
  /** Ends what is under way. */
  stopAll(reason: unknown): Promise<void>
}

interface Contents {
  readonly kind: FileKind | undefined
  readonly picture: PictureSize | undefined
}

/** Of one page. */
const maxFiles = 200
const maxReadFiles = 40
const maxReadBytes = 32 * 1024 * 1024
/** Of one repository. */
const keptFiles = 2000
const missingForMs = 3000
const lingerMs = 30_000

/** Makes the looks of one repository. */
export function createFileLooks(
  { git, clock }: { readonly git: Pick<Git, 'readObjectSizes'>; readonly clock: Clock },
  { folder, reader }: { readonly folder: string; readonly reader: ObjectReader },
): FileLooks {
  const sizes = new LRUCache<string, ObjectSize>({ max: keptFiles })
  const contents = new LRUCache<string, Contents>({ max: keptFiles })
  /** Until when nobody looks again. */
  const missing = new LRUCache<string, number>({ max: keptFiles })
  const flight = createSingleFlight<string, void>({ lingerMs, clock })

  const isMissing = (hash: string) => (missing.get(hash) ?? 0) > clock.monotonicMs()
  const noteMissing = (hash: string) => missing.set(hash, clock.monotonicMs() + missingForMs)
  const unsized = (hashes: readonly string[]) => hashes.filter(hash => !sizes.has(hash) && !isMissing(hash))
  const unread = (hashes: readonly string[], maxBytes: number) =>
    chooseRead(hashes, sizes, maxBytes).filter(hash => !contents.has(hash) && !isMissing(hash))

  const lookAt = async (hashes: readonly string[], maxBytes: number, stop: AbortSignal) => {
    const wanted = unsized(hashes)
    const found = wanted.length > 0 ? await git.readObjectSizes({ folder, hashes: wanted }, stop) : sizes
    for (const hash of wanted) {
      const size = found.get(hash)
      if (size) sizes.set(hash, size)
      else noteMissing(hash)
    }
    // One after the other: no more than one is in memory at a time.
    for (const hash of unread(hashes, maxBytes)) {
      stop.throwIfAborted()
      const bytes = await readBlob(reader, hash, maxBytes)
      if (bytes) contents.set(hash, contentsOf(bytes))
      else noteMissing(hash)
    }
  }

  const told = (hashes: readonly string[], maxBytes: number): LookedAtFiles => {
    const read = new Set(chooseRead(hashes, sizes, maxBytes))
    const files = new Map<string, FileFacts>()
    let isComplete = true
    for (const hash of hashes) {
      const object = sizes.get(hash)
      const known = read.has(hash) ? contents.get(hash) : undefined
      if (!object || (read.has(hash) && !known)) isComplete = false
      if (object?.type === 'blob') files.set(hash, { size: object.size, ...known })
    }
    return { files, isComplete }
  }

  return {
    async look(all, { maxBytes, patienceMs, signal }) {
      signal.throwIfAborted()
      const hashes = [...new Set(all)].slice(0, maxFiles)
      if (unsized(hashes).length === 0 && unread(hashes, maxBytes).length === 0) return told(hashes, maxBytes)
      const patience = new AbortController()
      const timer = clock.startTimer(patienceMs, () => patience.abort())
      const wait = AbortSignal.any([signal, patience.signal])
      try {
        await flight.run(hashes.join(' '), stop => lookAt(hashes, maxBytes, stop), wait)
      } catch (error) {
        // Whatever is wrong with git, the page does without: who opens the file is told.
        if (signal.aborted) throw error
      } finally {
        timer.cancel()
      }
      return told(hashes, maxBytes)
    },
    stopAll: reason => flight.stopAll(reason),
  }
}

/** Those whose bytes are read: as many as there is room for, in their order; a small one may fit where a large one does not. */
function chooseRead(
  hashes: readonly string[],
  sizes: { get(hash: string): ObjectSize | undefined },
  maxBytes: number,
): string[] {
  const chosen: string[] = []
  let room = Math.max(maxReadBytes, maxBytes)
  for (const hash of hashes) {
    const object = sizes.get(hash)
    if (object?.type !== 'blob' || object.size > Math.min(maxBytes, room) || chosen.length >= maxReadFiles) continue
    chosen.push(hash)
    room -= object.size
  }
  return chosen
}

function contentsOf(bytes: Buffer): Contents {
  const kind = fileKind(bytes.subarray(0, kindBytes))
  return { kind, picture: kind === undefined || kind === 'text' ? undefined : pictureSize(kind, bytes) }
}
