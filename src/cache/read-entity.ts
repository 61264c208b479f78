/**
 * Reads one entity, a bug or an identity: its commits, their trees, their blobs, and what they say. All reads of an
 * entity are asked for at once, and many entities at once, so that the object reader's pipe is never empty.
 */
import type { DecodeLimits } from '../base/limits.ts'
import { compileBug } from '../bug/compile.ts'
import { compileIdentity } from '../bug/identity.ts'
import { checkEntityName } from '../bug/ids.ts'
import type { Bug, Identity, Problem } from '../bug/model.ts'
import type { CommitRecord } from '../git/history.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import { type CommitSource, createCommitSource } from './commit-source.ts'
import { type ContentSource, createContentSource, type EntityKind } from './content-source.ts'

export interface EntitySource {
  readonly commits: CommitSource
  readonly contents: ContentSource
  readonly limits: DecodeLimits
}

/** Reads the entities of one repository; what it has read it keeps, so make one for each load. */
export function createEntitySource(reader: ObjectReader, limits: DecodeLimits): EntitySource {
  return { commits: createCommitSource(reader), contents: createContentSource(reader, limits), limits }
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
    const contents = await readContents(source, ref, 'bug')
    const packs = contents.map(({ commit, parents, entries, blob }) => ({ commit, parents, entries, ops: blob }))
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
    const contents = await readContents(source, ref, 'identity')
    const versions = contents.map(({ commit, parents, blob }) => ({ commit, parents, version: blob }))
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
    // After a bulk walk everything is known, and nothing has to be waited for.
    const unknown = level.filter(hash => source.commits.known(hash) === undefined)
    for (const read of await Promise.all(unknown.map(hash => source.commits.read(hash)))) {
      if (typeof read === 'string') throw new Unreadable(read)
    }
    const commits = level.flatMap(hash => source.commits.known(hash) ?? [])
    level = []
    for (const commit of commits) {
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

/** What all the commits carry; reads that are not under way yet are asked for at once. */
async function readContents(source: EntitySource, ref: EntityRef, kind: EntityKind) {
  const commits = await readCommits(source, ref)
  return await Promise.all(
    commits.map(async commit => {
      const content = await source.contents.take(commit, kind)
      if (typeof content === 'string') throw new Unreadable(content, commit.hash)
      return { commit: commit.hash, parents: commit.parents, ...content }
    }),
  )
}
