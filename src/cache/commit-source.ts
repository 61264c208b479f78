/**
 * Commits by name, for walking the graphs of entities. What a bulk walk has brought is answered from memory; the rest,
 * after a walk that broke off or where only a few tips have moved, is read object by object.
 */
import { isViewerError } from '../base/errors.ts'
import type { CommitRecord } from '../git/history.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import { parseCommit } from '../git/objects.ts'

/** A commit's header and message; larger ones are not what git-bug writes. */
const maxCommitBytes = 1024 * 1024

export interface CommitSource {
  add(commit: CommitRecord): void
  /** Answers at once where the commit is known. */
  known(hash: string): CommitRecord | undefined
  /** @returns the commit, or in words why it cannot be had */
  read(hash: string): Promise<CommitRecord | string>
}

export function createCommitSource(reader: ObjectReader): CommitSource {
  const commits = new Map<string, CommitRecord>()
  return {
    add: commit => void commits.set(commit.hash, commit),
    known: hash => commits.get(hash),
    async read(hash) {
      const known = commits.get(hash)
      if (known) return known
      const object = await readOrExplain(reader, hash, maxCommitBytes)
      if (typeof object === 'string') return `commit ${hash} ${object}`
      if (object.type !== 'commit') return `${hash} is a ${object.type}, not a commit`
      const parsed = parseCommit(object.bytes)
      if (!parsed) return `commit ${hash} has no tree`
      const commit = { hash, ...parsed }
      commits.set(hash, commit)
      return commit
    },
  }
}

/** Reads an object whole. @returns in words why not: that it is missing, damaged, or larger than the limit */
export async function readOrExplain(
  reader: ObjectReader,
  hash: string,
  maxBytes: number,
): Promise<{ readonly type: string; readonly bytes: Buffer } | string> {
  try {
    const object = await reader.read(hash, maxBytes)
    if (!object) return 'is missing'
    if (!object.bytes) return `has ${object.size} bytes, more than the ${maxBytes} that are allowed`
    return { type: object.type, bytes: object.bytes }
  } catch (error) {
    if (isViewerError(error, 'OBJECT_UNREADABLE')) return 'is damaged'
    throw error
  }
}
