/**
 * Reads one entity, a bug or an identity: its commits, their trees, their blobs, and what they say. All reads of an
 * entity are asked for at once, and many entities at once, so that the object reader's pipe is never empty.
 */
import type { DecodeLimits } from '../base/limits.ts'
import { createMutex, type Mutex } from '../base/mutex.ts'
import { compileBug } from '../bug/compile.ts'
import { checkIdentityRoot, compileIdentity } from '../bug/identity.ts'
import { checkEntityName } from '../bug/ids.ts'
import type { Bug, Identity, Problem } from '../bug/model.ts'
import { checkBugRoot, type PackEntry } from '../bug/pack.ts'
import type { CommitRecord } from '../git/history.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import { type CommitSource, createCommitSource } from './commit-source.ts'
import { type CommitContent, type ContentSource, createContentSource, type EntityKind } from './content-source.ts'

export interface EntitySource {
  readonly commits: CommitSource
  readonly contents: ContentSource
  /** The turn of entities that are large. */
  readonly heavy: Mutex
  readonly limits: DecodeLimits
}

/** Most bugs have fewer packs; a history of something else that a ref points to has thousands, which nobody takes. */
const packsAhead = 16
const maxAnnounced = 4096

/**
 * Reads the entities of one repository; what it has read it keeps, so make one for each load.
 * @param refs how many entities are going to be read
 */
export function createEntitySource(reader: ObjectReader, limits: DecodeLimits, refs = 1): EntitySource {
  return {
    commits: createCommitSource(reader),
    contents: createContentSource(reader, limits, Math.min(refs * packsAhead, maxAnnounced)),
    heavy: createMutex(),
    limits,
  }
}

/** A ref of an entity. */
export interface EntityRef {
  /** Full name of the ref. */
  readonly ref: string
  /** Its part after `refs/bugs/` or `refs/identities/`. */
  readonly id: string
  readonly tip: string
}

/** Why an entity cannot be read; thrown inside this file only. */
class Unreadable extends Error {
  readonly commit: string | undefined
  constructor(reason: string, commit?: string) {
    super(reason)
    this.commit = commit
  }
}

/** Reads a bug. Rejects only where git or the repository as a whole is at fault. */
export async function readBug(
  source: EntitySource,
  ref: EntityRef,
): Promise<{ bug: Bug | undefined; problems: readonly Problem[] }> {
  try {
    return await withContents(source, { ref, kind: 'bug' }, contents => {
      const packs = contents.map(({ commit, parents, entries, blob }) => ({ commit, parents, entries, ops: blob }))
      return compileBug({ id: ref.id, tip: ref.tip, packs }, source.limits)
    })
  } catch (error) {
    return { bug: undefined, problems: [explain(error)] }
  }
}

/** Reads an identity. Rejects only where git or the repository as a whole is at fault. */
export async function readIdentity(
  source: EntitySource,
  ref: EntityRef,
): Promise<{ identity: Identity | undefined; problems: readonly Problem[] }> {
  try {
    return await withContents(source, { ref, kind: 'identity' }, contents => {
      const versions = contents.map(({ commit, parents, blob }) => ({ commit, parents, version: blob }))
      return compileIdentity({ id: ref.id, tip: ref.tip, versions }, source.limits)
    })
  } catch (error) {
    return { identity: undefined, problems: [explain(error)] }
  }
}

function explain(error: unknown): Problem {
  if (!(error instanceof Unreadable)) throw error
  return { reason: error.message, ...(error.commit === undefined ? {} : { commit: error.commit }) }
}

/** Every commit that can be reached from the tip, each once. */
async function readCommits(source: EntitySource, ref: EntityRef): Promise<CommitRecord[]> {
  const nameProblem = checkEntityName(ref.id)
  if (nameProblem) throw new Unreadable(nameProblem)
  const found = new Map<string, CommitRecord>()
  const pending = [ref.tip]
  while (pending.length > 0) {
    const unknown = follow(source, { found, pending })
    // After a bulk walk everything is known, and nothing has to be waited for.
    for (const read of await Promise.all(unknown.map(hash => source.commits.read(hash)))) {
      if (typeof read === 'string') throw new Unreadable(read)
      pending.push(read.hash)
    }
  }
  return [...found.values()]
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
  entity: { readonly ref: EntityRef; readonly kind: EntityKind },
  compile: (contents: readonly ReadCommit[]) => T,
): Promise<T> {
  const { ref, kind } = entity
  const commits = await readCommits(source, ref)
  if (commits.length > lightPacks) {
    return await source.heavy.run(async () => {
      await checkRoot(source, entity, commits)
      const contents: TakenCommit[] = []
      for (let start = 0; start < commits.length; start += lightPacks) {
        contents.push(...(await takeAll(source, commits.slice(start, start + lightPacks), kind)))
        checkBytes(contents, source.limits)
      }
      return compile(await fill(source, contents))
    })
  }
  const contents = await takeAll(source, commits, kind)
  checkBytes(contents, source.limits)
  if (contents.every(isRead)) return compile(contents)
  return await source.heavy.run(async () => compile(await fill(source, contents)))
}

type TakenCommit = Omit<ReadCommit, 'blob'> & CommitContent

async function takeAll(
  source: EntitySource,
  commits: readonly CommitRecord[],
  kind: EntityKind,
): Promise<TakenCommit[]> {
  return await Promise.all(
    commits.map(async commit => {
      const content = await source.contents.take(commit, kind)
      if (typeof content === 'string') throw new Unreadable(content, commit.hash)
      return { commit: commit.hash, parents: commit.parents, ...content }
    }),
  )
}

function checkBytes(contents: readonly TakenCommit[], { maxEntityBytes }: DecodeLimits) {
  const bytes = contents.reduce((sum, { blobBytes }) => sum + blobBytes, 0)
  if (bytes > maxEntityBytes) throw new Unreadable(`its commits carry more than ${maxEntityBytes} bytes`)
}

function isRead(content: TakenCommit): content is TakenCommit & ReadCommit {
  return content.blob !== undefined
}

/** Reads the large blobs that are missing, one after the other. */
async function fill(source: EntitySource, contents: readonly TakenCommit[]): Promise<ReadCommit[]> {
  const filled: ReadCommit[] = []
  for (const content of contents) {
    const blob = content.blob ?? (await source.contents.readLarge(content))
    if (typeof blob === 'string') throw new Unreadable(blob, content.commit)
    filled.push({ ...content, blob })
  }
  return filled
}

/**
 * Holds the root against the ref's name before thousands of others are read: of many refs that point into one long
 * history only one can be right.
 */
async function checkRoot(
  source: EntitySource,
  { ref, kind }: { readonly ref: EntityRef; readonly kind: EntityKind },
  commits: readonly CommitRecord[],
): Promise<void> {
  const root = commits.find(commit => commit.parents.length === 0)
  const content = root && (await source.contents.take(root, kind))
  if (!root || typeof content === 'string' || !content?.blob) return
  const problem =
    kind === 'bug' ? checkBugRoot(content.blob, ref.id, source.limits) : checkIdentityRoot(content.blob, ref.id)
  if (problem) throw new Unreadable(problem, root.hash)
}
