/**
 * Reads one entity, a bug or an identity: its commits, their trees, their blobs, and what they say. All reads of an
 * entity are asked for at once, and many entities at once, so that the object reader's pipe is never empty.
 */

import { ViewerError } from '../base/errors.ts'
import type { DecodeLimits } from '../base/limits.ts'
import { createMutex, type Mutex } from '../base/mutex.ts'
import { compileBug, compileSummary, type RawBug } from '../bug/compile.ts'
import { checkIdentityRoot, compileIdentity } from '../bug/identity.ts'
import { checkEntityName } from '../bug/ids.ts'
import type { Bug, Problem } from '../bug/model.ts'
import { checkBugRoot, type PackEntry } from '../bug/pack.ts'
import type { CommitRecord } from '../git/history.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import { type CommitSource, createCommitSource } from './commit-source.ts'
import { type CommitContent, type ContentSource, createContentSource } from './content-source.ts'
import { type EntityRef, type ReadEntity, toBugRecord, toSearchText, toUnreadable } from './entity-record.ts'

export interface EntitySource {
  readonly commits: CommitSource
  readonly contents: ContentSource
  /** The turn of entities that are large. */
  readonly heavy: Mutex
  readonly limits: DecodeLimits
  readonly walk: WalkOne | undefined
  /** The histories are known to be long. */
  readonly isLong: boolean
}

/** Brings the history of one tip in bulk. */
export type WalkOne = (tip: string, onCommit: (commit: CommitRecord) => void) => Promise<void>

/** Most bugs have fewer packs; a history of something else that a ref points to has thousands, which nobody takes. */
const packsAhead = 16
/** Of a history that is known to be a bug's. */
const longPacksAhead = 4096

export interface EntitySourceOptions {
  /** How many entities are going to be read. */
  readonly refs?: number
  /** For histories that turn out to be long: their commits are not asked for one by one then. */
  readonly walk?: WalkOne
  /** Walks at once, and has what the commits carry read beside the walk. */
  readonly isLong?: boolean
}

/** Reads the entities of one repository; what it has read it keeps, so make one for each load. */
export function createEntitySource(
  reader: ObjectReader,
  limits: DecodeLimits,
  { refs = 1, walk, isLong = false }: EntitySourceOptions = {},
): EntitySource {
  return {
    commits: createCommitSource(reader),
    contents: createContentSource(reader, limits, refs * (isLong ? longPacksAhead : packsAhead)),
    heavy: createMutex(),
    limits,
    walk,
    isLong,
  }
}

/** Why an entity cannot be read; thrown inside this file only. */
class Unreadable extends Error {
  readonly commit: string | undefined
  constructor(reason: string, commit?: string) {
    super(reason)
    this.commit = commit
  }
}

function explain(error: unknown): Problem {
  if (!(error instanceof Unreadable)) throw error
  return { reason: error.message, ...(error.commit === undefined ? {} : { commit: error.commit }) }
}

/** Reads a bug in full. Rejects only where git or the repository as a whole is at fault. */
export async function readBug(
  source: EntitySource,
  ref: EntityRef,
): Promise<{ bug: Bug | undefined; problems: readonly Problem[] }> {
  try {
    return await withContents(source, ref, contents => compileBug(rawBug(ref, contents), source.limits))
  } catch (error) {
    return { bug: undefined, problems: [explain(error)] }
  }
}

/** Reads what is kept of an entity. Rejects only where git or the repository as a whole is at fault. */
export async function readRecord(source: EntitySource, ref: EntityRef): Promise<ReadEntity> {
  try {
    return await withContents(source, ref, contents => compileRecord(source, ref, contents))
  } catch (error) {
    return { record: toUnreadable(ref, explain(error)), text: undefined }
  }
}

/**
 * The same at once, where all that it takes has come already and the entity is a light one; else undefined. Of a large
 * repository nearly every entity is read so, after a bulk walk.
 */
export function readRecordNow(source: EntitySource, ref: EntityRef): ReadEntity | undefined {
  try {
    const contents = contentsNow(source, ref)
    return contents && compileRecord(source, ref, contents)
  } catch (error) {
    return { record: toUnreadable(ref, explain(error)), text: undefined }
  }
}

function compileRecord(source: EntitySource, ref: EntityRef, contents: readonly ReadCommit[]): ReadEntity {
  if (ref.kind === 'bug') {
    const compiled = compileSummary(rawBug(ref, contents), source.limits)
    return { record: toBugRecord(ref, compiled), text: compiled.summary && toSearchText(compiled.texts) }
  }
  const { id, tip } = ref
  const versions = contents.map(({ commit, parents, blob }) => ({ commit, parents, version: blob }))
  const compiled = compileIdentity({ id, tip, versions }, source.limits)
  return { record: { kind: 'identity', id, tip, ...compiled }, text: undefined }
}

function rawBug({ id, tip }: EntityRef, contents: readonly ReadCommit[]): RawBug {
  return {
    id,
    tip,
    packs: contents.map(({ commit, parents, entries, blob }) => ({ commit, parents, entries, ops: blob })),
  }
}

/** What the commits of a light entity carry; undefined where some of it has not come. */
function contentsNow(source: EntitySource, ref: EntityRef): ReadCommit[] | undefined {
  checkName(ref)
  const contents: ReadCommit[] = []
  const pending = [ref.tip]
  let bytes = 0
  for (let hash = pending.pop(); hash !== undefined; hash = pending.pop()) {
    if (isAmong(contents, hash)) continue
    const commit = source.commits.known(hash)
    const content = source.contents.ready(hash, ref.kind)
    if (!commit || !content?.blob || contents.length === lightPacks) return undefined
    bytes += content.blobBytes
    contents.push({ commit: hash, parents: commit.parents, entries: content.entries, blob: content.blob })
    for (const parent of commit.parents) pending.push(parent)
  }
  for (const { commit } of contents) source.contents.letGo(commit)
  if (contents.length > source.limits.maxPacks) throw new Unreadable(`more than ${source.limits.maxPacks} commits`)
  checkBytes(bytes, source.limits)
  return contents
}

/** Light entities have so few commits that looking at each beats an index. */
function isAmong(contents: readonly ReadCommit[], hash: string): boolean {
  for (const { commit } of contents) if (commit === hash) return true
  return false
}

function checkName({ id }: EntityRef) {
  const problem = checkEntityName(id)
  if (problem) throw new Unreadable(problem)
}

/** Every commit that can be reached from the tip, each once. */
async function readCommits(source: EntitySource, ref: EntityRef): Promise<CommitRecord[]> {
  checkName(ref)
  const found = new Map<string, CommitRecord>()
  const pending = [ref.tip]
  for (let round = 0; pending.length > 0; round++) {
    const unknown = follow(source, { found, pending })
    if (round === (source.isLong ? 0 : roundsBeforeWalk) && unknown.length > 0) await walkAll(source, ref)
    // After a bulk walk everything is known, and nothing has to be waited for.
    for (const read of await Promise.all(
      unknown.map(async hash => source.commits.known(hash) ?? (await source.commits.read(hash))),
    )) {
      if (typeof read === 'string') throw new Unreadable(read)
      pending.push(read.hash)
    }
  }
  return [...found.values()]
}

/** A chain this long takes longer to be followed link by link than git takes to start and walk it. */
export const roundsBeforeWalk = 24

async function walkAll({ walk, commits, contents, isLong }: EntitySource, { tip }: EntityRef): Promise<void> {
  try {
    await walk?.(tip, commit => {
      commits.add(commit)
      if (isLong) contents.announce(commit)
    })
  } catch (error) {
    // What the walk has not brought is read commit by commit, and then the one at fault is known.
    if (!(error instanceof ViewerError) || error.code === 'SHUTTING_DOWN') throw error
  }
}

/** Goes from the pending commits to their parents as far as commits are known. @returns those that are not */
function follow(
  { commits, limits }: EntitySource,
  { found, pending }: { readonly found: Map<string, CommitRecord>; readonly pending: string[] },
): string[] {
  const unknown = new Set<string>()
  for (let hash = pending.pop(); hash !== undefined; hash = pending.pop()) {
    if (found.has(hash)) continue
    const commit = commits.known(hash)
    if (commit) {
      found.set(hash, commit)
      for (const parent of commit.parents) pending.push(parent)
    } else unknown.add(hash)
    if (found.size + unknown.size > limits.maxPacks) throw new Unreadable(`more than ${limits.maxPacks} commits`)
  }
  return [...unknown]
}

/** What one commit of an entity carries, with the bytes of its blob. */
interface ReadCommit {
  readonly commit: string
  readonly parents: readonly string[]
  readonly entries: readonly PackEntry[]
  readonly blob: Buffer
}

/** Packs up to which an entity is read at once and beside others. */
const lightPacks = 64

/**
 * Reads all that an entity's commits carry and hands it to `compile`. Most entities are light, and many are read at the
 * same time. One with many packs or large ones waits until it is its turn, so that its bytes, which are bounded, are
 * all that is in memory beside the light ones.
 */
async function withContents<T>(
  source: EntitySource,
  ref: EntityRef,
  compile: (contents: readonly ReadCommit[]) => T,
): Promise<T> {
  const commits = await readCommits(source, ref)
  if (commits.length > lightPacks) {
    return await source.heavy.run(async () => {
      await checkRoot(source, ref, commits)
      const contents: TakenCommit[] = []
      for (let start = 0; start < commits.length; start += lightPacks) {
        contents.push(...(await takeAll(source, commits.slice(start, start + lightPacks), ref.kind)))
        checkBytes(sumBytes(contents), source.limits)
      }
      return compile(await fill(source, contents))
    })
  }
  const contents = await takeAll(source, commits, ref.kind)
  checkBytes(sumBytes(contents), source.limits)
  const isWhole = contents.every(({ content }) => content.blob !== undefined)
  if (isWhole) return compile(await fill(source, contents))
  return await source.heavy.run(async () => compile(await fill(source, contents)))
}

interface TakenCommit extends Omit<ReadCommit, 'entries' | 'blob'> {
  readonly content: CommitContent
}

async function takeAll(
  source: EntitySource,
  commits: readonly CommitRecord[],
  kind: EntityRef['kind'],
): Promise<TakenCommit[]> {
  return await Promise.all(
    commits.map(async commit => {
      const content = await source.contents.take(commit, kind)
      if (typeof content === 'string') throw new Unreadable(content, commit.hash)
      return { commit: commit.hash, parents: commit.parents, content }
    }),
  )
}

function sumBytes(contents: readonly TakenCommit[]): number {
  return contents.reduce((sum, { content }) => sum + content.blobBytes, 0)
}

function checkBytes(bytes: number, { maxEntityBytes }: DecodeLimits) {
  if (bytes > maxEntityBytes) throw new Unreadable(`its commits carry more than ${maxEntityBytes} bytes`)
}

/** Reads the large blobs that are missing, one after the other. */
async function fill(source: EntitySource, contents: readonly TakenCommit[]): Promise<ReadCommit[]> {
  const filled: ReadCommit[] = []
  for (const { commit, parents, content } of contents) {
    const blob = content.blob ?? (await source.contents.readLarge(content))
    if (typeof blob === 'string') throw new Unreadable(blob, commit)
    filled.push({ commit, parents, entries: content.entries, blob })
  }
  return filled
}

/**
 * Holds the root against the ref's name before thousands of others are read: of many refs that point into one long
 * history only one can be right.
 */
async function checkRoot(
  source: EntitySource,
  { kind, id }: EntityRef,
  commits: readonly CommitRecord[],
): Promise<void> {
  const root = commits.find(commit => commit.parents.length === 0)
  const content = root && (await source.contents.take(root, kind))
  if (!root || typeof content === 'string' || !content?.blob) return
  const problem = kind === 'bug' ? checkBugRoot(content.blob, id, source.limits) : checkIdentityRoot(content.blob, id)
  if (problem) throw new Unreadable(problem, root.hash)
}
