/**
 * What the commits of entities carry: the entries of a commit's tree, and the one blob among them that matters. A bulk
 * walk announces commits while it still runs, so that git reads trees and blobs beside it; whoever needs a commit takes
 * what has come of it, or has it read now.
 */
import { isViewerError } from '../base/errors.ts'
import type { DecodeLimits } from '../base/limits.ts'
import { versionHash } from '../bug/identity.ts'
import { opsHash, type PackEntry } from '../bug/pack.ts'
import type { CommitRecord } from '../git/history.ts'
import type { GitObject, ObjectReader } from '../git/object-reader.ts'
import { parseTree } from '../git/objects.ts'

export type EntityKind = 'bug' | 'identity'

/** A commit's tree and the blob that holds its data. */
export interface CommitContent {
  readonly entries: readonly PackEntry[]
  /** Undefined where the blob is a large one, which is not read unasked. */
  readonly blob: Buffer | undefined
  readonly blobHash: string
  readonly blobBytes: number
}

export interface ContentSource {
  /** Starts reading a commit that somebody will take. */
  announce(commit: CommitRecord): void
  /** @returns the content, or in words why it cannot be had. Rejects where git or the repository is at fault */
  take(commit: CommitRecord, kind: EntityKind): Promise<CommitContent | string>
  /** Reads a large blob. @returns its bytes, or in words why it cannot be had */
  readLarge(content: CommitContent): Promise<Buffer | string>
}

/** A larger blob is read only when it is its entity's turn: many at once would be more than the memory holds. */
const lightBytes = 64 * 1024

/** The name of the entry that holds an entity's data, for people. */
const dataEntry = { bug: 'ops', identity: 'version' } as const
const dataHash = { bug: opsHash, identity: versionHash }

/** @param maxAnnounced commits that are read ahead of being taken */
export function createContentSource(reader: ObjectReader, limits: DecodeLimits, maxAnnounced: number): ContentSource {
  const announced = new Map<string, Promise<CommitContent | string>>()

  const read = async (commit: CommitRecord, kind?: EntityKind): Promise<CommitContent | string> => {
    let what = `tree ${commit.tree}`
    try {
      const tree = await reader.read(commit.tree, limits.maxTreeBytes)
      const entries = tree?.bytes && tree.type === 'tree' ? parseTree(tree.bytes, commit.tree.length / 2) : undefined
      if (!entries) return `${what} ${explain(tree, 'tree')}`
      const found = kind ?? (opsHash(entries) === undefined ? 'identity' : 'bug')
      const hash = dataHash[found](entries)
      what = `"${dataEntry[found]}"`
      if (hash === undefined) return `there is no ${what}`
      const blob = await reader.read(hash, Math.min(lightBytes, limits.maxOpsBytes))
      if (blob?.type !== 'blob' || blob.size > limits.maxOpsBytes) return `${what} ${explain(blob, 'blob')}`
      return { entries, blob: blob.bytes, blobHash: hash, blobBytes: blob.size }
    } catch (error) {
      if (isViewerError(error, 'OBJECT_UNREADABLE')) return `${what} is damaged`
      throw error
    }
  }

  return {
    announce(commit) {
      if (announced.size >= maxAnnounced) return
      const content = read(commit)
      // Whoever takes it hears of a failure; if the load was stopped, nobody does.
      content.catch(() => {})
      announced.set(commit.hash, content)
    },
    async take(commit, kind) {
      const content = announced.get(commit.hash)
      announced.delete(commit.hash)
      const found = await content
      // A tree may hold entries of both kinds; which one counts is known only now.
      const isRight = typeof found === 'object' && isOfKind(found.entries, kind)
      return isRight ? found : await read(commit, kind)
    },
    async readLarge({ blobHash }) {
      try {
        const blob = await reader.read(blobHash, limits.maxOpsBytes)
        return blob?.bytes ?? `its data ${explain(blob, 'blob')}`
      } catch (error) {
        if (isViewerError(error, 'OBJECT_UNREADABLE')) return 'its data is damaged'
        throw error
      }
    },
  }
}

/** True where a reader that did not know the kind has picked the entry of this kind. */
function isOfKind(entries: readonly PackEntry[], kind: EntityKind): boolean {
  return (opsHash(entries) === undefined) === (kind === 'identity')
}

/** Why an object cannot be used. */
function explain(object: GitObject | undefined, wanted: string): string {
  if (!object) return 'is missing'
  if (object.type !== wanted) return `is a ${object.type}`
  return object.bytes ? `is no ${wanted} that can be read` : `has ${object.size} bytes, which is over the limit`
}
