/**
 * Commits by name, for walking the graphs of entities. What a bulk walk has brought is answered from memory; the rest,
 * after a walk that broke off or where only a few tips have moved, is read object by object.
 */
import { isViewerError } from '../base/errors.ts'
import type { CommitRecord } from '../git/history.ts'
import type { GitObject, ObjectReader } from '../git/object-reader.ts'
import { parseCommit } from '../git/objects.ts'

/** A commit's header and message; git-bug writes some hundred bytes. */
const maxCommitBytes = 32 * 1024 * 1024

export interface CommitSource {
  add(commit: CommitRecord): void
  /** Answers at once where the commit is known. */
  known(hash: string): CommitRecord | undefined
  /** @returns the commit, or in words why it cannot be had. Rejects where git or the repository is at fault */
  read(hash: string): Promise<CommitRecord | string>
}

export function createCommitSource(reader: ObjectReader): CommitSource {
  const commits = new Map<string, CommitRecord>()
  return {
    add: commit => void commits.set(commit.hash, commit),
    known: hash => commits.get(hash),
    async read(hash) {
      let object: GitObject | undefined
      try {
        object = await reader.read(hash, maxCommitBytes)
      } catch (error) {
        if (isViewerError(error, 'OBJECT_UNREADABLE')) return `commit ${hash} is damaged`
        throw error
      }
      if (!object) return `commit ${hash} is missing`
      if (object.type !== 'commit') return `${hash} is a ${object.type}, not a commit`
      const parsed = object.bytes && parseCommit(object.bytes)
      if (!parsed) return `commit ${hash} cannot be read`
      const commit = { hash, ...parsed }
      commits.set(hash, commit)
      return commit
    },
  }
}
