/**
 * Reads one entity, a bug or an identity: its commits, their trees, their blobs, and what they say. All reads of an
 * entity are asked for at once, and many entities at once, so that the object reader's pipe is never empty.
 */
import type { DecodeLimits } from '../base/limits.ts'
import { compileBug } from '../bug/compile.ts'
import { compileIdentity, versionHash } from '../bug/identity.ts'
import { checkEntityName } from '../bug/ids.ts'
import type { Bug, Identity, Problem } from '../bug/model.ts'
import { opsHash, type PackEntry } from '../bug/pack.ts'
import type { CommitRecord } from '../git/history.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import { parseTree } from '../git/objects.ts'
import { type CommitSource, readOrExplain } from './commit-source.ts'

export interface EntitySource {
  readonly reader: ObjectReader
  readonly commits: CommitSource
  readonly limits: DecodeLimits
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
    const commits = await readCommits(source, ref)
    const packs = await Promise.all(
      commits.map(async ({ hash, parents, tree }) => {
        const { entries, blob: ops } = await readContent(source, { commit: hash, tree, find: opsHash, what: 'ops' })
        return { commit: hash, parents, entries, ops }
      }),
    )
    return compileBug({ id: ref.id, tip: ref.tip, packs }, source.limits)
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
    const commits = await readCommits(source, ref)
    const versions = await Promise.all(
      commits.map(async ({ hash, parents, tree }) => {
        const content = await readContent(source, { commit: hash, tree, find: versionHash, what: 'version' })
        return { commit: hash, parents, version: content.blob }
      }),
    )
    return compileIdentity({ id: ref.id, tip: ref.tip, versions }, source.limits)
  } catch (error) {
    return { identity: undefined, problems: [explain(error)] }
  }
}

function explain(error: unknown): Problem {
  if (!(error instanceof Unreadable)) throw error
  return { reason: error.message, ...(error.commit === undefined ? {} : { commit: error.commit }) }
}

/** Every commit that can be reached from the tip, breadth first. */
async function readCommits(source: EntitySource, ref: EntityRef): Promise<CommitRecord[]> {
  const nameProblem = checkEntityName(ref.id)
  if (nameProblem) throw new Unreadable(nameProblem)
  const found = new Map<string, CommitRecord>()
  const seen = new Set([ref.tip])
  let level = [ref.tip]
  while (level.length > 0) {
    const commits = await Promise.all(level.map(hash => source.commits.known(hash) ?? source.commits.read(hash)))
    level = []
    for (const commit of commits) {
      if (typeof commit === 'string') throw new Unreadable(commit)
      found.set(commit.hash, commit)
      for (const parent of commit.parents) {
        if (seen.has(parent)) continue
        seen.add(parent)
        level.push(parent)
      }
    }
    if (seen.size > source.limits.maxPacks) throw new Unreadable(`more than ${source.limits.maxPacks} commits`)
  }
  return [...found.values()]
}

interface ContentRequest {
  readonly commit: string
  readonly tree: string
  readonly what: string
  find(entries: readonly PackEntry[]): string | undefined
}

/** The tree of a commit and the one blob in it that matters. */
async function readContent(source: EntitySource, request: ContentRequest) {
  const { reader, limits } = source
  const tree = await readOrExplain(reader, request.tree, limits.maxTreeBytes)
  if (typeof tree === 'string') throw new Unreadable(`tree ${request.tree} ${tree}`, request.commit)
  const entries = tree.type === 'tree' ? parseTree(tree.bytes, request.tree.length / 2) : undefined
  if (!entries) throw new Unreadable(`tree ${request.tree} is no tree`, request.commit)
  const hash = request.find(entries)
  if (hash === undefined) throw new Unreadable(`there is no "${request.what}"`, request.commit)
  const blob = await readOrExplain(reader, hash, limits.maxOpsBytes)
  if (typeof blob === 'string') throw new Unreadable(`"${request.what}" ${blob}`, request.commit)
  if (blob.type !== 'blob') throw new Unreadable(`"${request.what}" is a ${blob.type}`, request.commit)
  return { entries, blob: blob.bytes }
}
