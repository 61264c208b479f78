/**
 * Reads many entities of one repository: slice by slice, so that the bytes of a large one are never in memory all at
 * once, and git walks and reads for the next slice while this one is compiled.
 *
 *     slice 1   walk, read ahead ──► compile what has come, read the rest
 *     slice 2                        walk, read ahead ──────────────────► compile …
 */
import { forEachConcurrently } from '../base/concurrency.ts'
import { isViewerError } from '../base/errors.ts'
import type { DecodeLimits } from '../base/limits.ts'
import { nextTurn } from '../base/turns.ts'
import type { Git } from '../git/git.ts'
import type { CommitRecord } from '../git/history.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import type { EntityRef, ReadEntity } from './entity-record.ts'
import { createEntitySource, type EntitySource, readRecord, readRecordNow } from './read-entity.ts'

export interface ReadInput {
  readonly git: Pick<Git, 'walkHistory'>
  readonly reader: ObjectReader
  readonly folder: string
  readonly limits: DecodeLimits
  readonly signal?: AbortSignal | undefined
}

/** Refs that are walked and read together. */
const sliceRefs = 1024
/** Below this many refs their commits are read one by one; starting a walk would take longer. */
const bulkWalkFrom = 16
/** Entities that are read at the same time where they are not read at once. */
const entitiesAtOnce = 128
/** The event loop gets a turn after this long. */
const turnMs = 8
/** Entities between two looks at the time. */
const entitiesPerLook = 16
/** A walk of more commits than this is given up: the entities are read one by one then, and each has its own bound. */
const maxWalkedCommits = 500_000

/**
 * Reads entities.
 * @param onRead gets each with its place in `refs`, in no promised order
 * @throws where git or the repository as a whole is at fault
 */
export async function readRefs(
  input: ReadInput,
  refs: readonly EntityRef[],
  onRead: (read: ReadEntity, index: number) => void,
): Promise<void> {
  const slices: Slice[] = []
  for (let start = 0; start < refs.length; start += sliceRefs) {
    slices.push({ start, refs: refs.slice(start, start + sliceRefs) })
  }
  let next = slices[0] && prepare(input, slices[0])
  for (const [number, slice] of slices.entries()) {
    const source = await next
    const following = slices[number + 1]
    next = following && prepare(input, following)
    // Its failure is met when it is its turn; if this slice fails first, nobody waits for it.
    next?.catch(() => {})
    if (source) await compile(input, { slice, source, onRead })
  }
}

interface Slice {
  /** Place of its first ref. */
  readonly start: number
  readonly refs: readonly EntityRef[]
}

/** Walks the histories of a slice, and waits for what is read ahead. */
async function prepare(input: ReadInput, { refs }: Slice): Promise<EntitySource> {
  const source = createEntitySource(input.reader, input.limits, { refs: refs.length })
  if (refs.length < bulkWalkFrom) return source
  const onCommit = (commit: CommitRecord) => {
    source.commits.add(commit)
    source.contents.announce(commit)
  }
  try {
    const tips = refs.map(ref => ref.tip)
    await input.git.walkHistory(input.folder, { tips, maxCommits: maxWalkedCommits, signal: input.signal, onCommit })
  } catch (error) {
    // One missing commit ends the walk of all. What it has not brought is read entity by entity, and then the one at
    // fault is known.
    const isOfOne = ['GIT_FAILED', 'GIT_PROTOCOL', 'GIT_OUTPUT_TOO_LARGE'] as const
    if (!isOfOne.some(code => isViewerError(error, code))) throw error
  }
  await source.contents.settled()
  return source
}

interface Compiling {
  readonly slice: Slice
  readonly source: EntitySource
  readonly onRead: (read: ReadEntity, index: number) => void
}

async function compile(input: ReadInput, { slice, source, onRead }: Compiling): Promise<void> {
  const waiting: number[] = []
  let turnEnds = performance.now() + turnMs
  for (const [index, ref] of slice.refs.entries()) {
    const read = readRecordNow(source, ref)
    if (read) onRead(read, slice.start + index)
    else waiting.push(index)
    if (index % entitiesPerLook === 0 && performance.now() > turnEnds) {
      await nextTurn()
      input.signal?.throwIfAborted()
      turnEnds = performance.now() + turnMs
    }
  }
  await forEachConcurrently(waiting, entitiesAtOnce, async index => {
    input.signal?.throwIfAborted()
    const ref = slice.refs[index]
    if (ref) onRead(await readRecord(source, ref), slice.start + index)
  })
}
