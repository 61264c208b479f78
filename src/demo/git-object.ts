/**
 * Names of git objects, computed without git: a writer that knows the hash of what it is about to write can mention
 * it in its data (`files`), point refs at it and tell a test. Promises the names that git itself would give; refuses
 * nothing, because tests write broken objects on purpose.
 */
import { hash } from 'node:crypto'

export type ObjectFormat = 'sha1' | 'sha256'
export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag'

/** One file of a tree. `path` may have folders in it, `mode` is what git prints (`100644`, `160000`). */
export interface TreeFile {
  readonly path: string
  readonly mode: string
  readonly hash: string
}

/** What a commit object says, in the order in which it says it. */
export interface CommitFields {
  readonly tree: string
  readonly parents: readonly string[]
  /** `name <email>`, for author and committer. */
  readonly person: string
  /** Unix seconds, UTC. */
  readonly at: number
  readonly message: string
}

/** The name of an object: 40 or 64 lower-case hex digits. */
export function hashObject(format: ObjectFormat, type: ObjectType, bytes: Uint8Array): string {
  return hash(format, Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]))
}

/** The number of hex digits of an object name. */
export function hashDigits(format: ObjectFormat): number {
  return format === 'sha1' ? 40 : 64
}

/** The name of the tree that holds these files, with the trees below it. */
export function hashTree(format: ObjectFormat, files: readonly TreeFile[]): string {
  const entries: { mode: string; name: string; hash: string }[] = []
  const folders = new Map<string, TreeFile[]>()
  for (const file of files) {
    const slash = file.path.indexOf('/')
    if (slash < 0) {
      entries.push({ mode: file.mode.replace(/^0+/, ''), name: file.path, hash: file.hash })
      continue
    }
    const folder = file.path.slice(0, slash)
    const inside = folders.get(folder) ?? []
    inside.push({ ...file, path: file.path.slice(slash + 1) })
    folders.set(folder, inside)
  }
  for (const [name, inside] of folders) entries.push({ mode: '40000', name, hash: hashTree(format, inside) })
  // git compares a folder's name as if it ended in a slash.
  const sortKey = (entry: { mode: string; name: string }) =>
    Buffer.from(entry.mode === '40000' ? `${entry.name}/` : entry.name)
  entries.sort((a, b) => Buffer.compare(sortKey(a), sortKey(b)))
  const parts = entries.flatMap(entry => [Buffer.from(`${entry.mode} ${entry.name}\0`), Buffer.from(entry.hash, 'hex')])
  return hashObject(format, 'tree', Buffer.concat(parts))
}

/** The name of the commit that says this. */
export function hashCommit(format: ObjectFormat, commit: CommitFields): string {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map(parent => `parent ${parent}`),
    `author ${commit.person} ${commit.at} +0000`,
    `committer ${commit.person} ${commit.at} +0000`,
  ]
  return hashObject(format, 'commit', Buffer.from(`${lines.join('\n')}\n\n${commit.message}`))
}
