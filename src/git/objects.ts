/** Reading the bytes of commit and tree objects. Pure; what does not parse is `undefined`, never a throw. */

export interface CommitObject {
  readonly tree: string
  readonly parents: readonly string[]
}

export interface TreeEntry {
  readonly name: string
  readonly hash: string
}

/**
 * Parents that a commit may have. git-bug's merges have two; thousands of names that are the same take no room in a
 * pack, and all there is in memory.
 */
export const maxParents = 32

/** The tree and one parent more than allowed, with names of 64 digits. */
const maxHeadBytes = 72 * (maxParents + 2)

const space = 0x20

/** Reads `tree` and `parent` lines of a commit's header. @returns undefined also where it has too many parents */
export function parseCommit(bytes: Buffer): CommitObject | undefined {
  // Only the first lines matter; a commit's message may be of any size and encoding.
  const lines = bytes
    .subarray(0, Math.min(headerEnd(bytes), maxHeadBytes))
    .toString('latin1')
    .split('\n')
  const tree = /^tree ([0-9a-f]{40,64})$/.exec(lines[0] ?? '')?.[1]
  if (tree === undefined) return undefined
  const parents: string[] = []
  for (const line of lines.slice(1)) {
    const parent = /^parent ([0-9a-f]{40,64})$/.exec(line)?.[1]
    if (parent === undefined) break
    parents.push(parent)
  }
  if (parents.length > maxParents) return undefined
  return { tree, parents }
}

function headerEnd(bytes: Buffer): number {
  const end = bytes.indexOf('\n\n')
  return end < 0 ? bytes.length : end
}

/**
 * Finds entries of a tree by their names, without making anything of the others.
 * @param hashBytes 20 for SHA-1 repositories, 32 for SHA-256
 * @returns their hashes, undefined for each that is not there; undefined where the bytes are no tree
 */
export function findEntries(
  bytes: Buffer,
  hashBytes: number,
  names: readonly string[],
): (string | undefined)[] | undefined {
  const found = Array.from<string | undefined>({ length: names.length })
  const { length } = bytes
  let at = 0
  while (at < length) {
    while (at < length && bytes[at] !== space) at++
    const nameAt = ++at
    while (at < length && bytes[at] !== 0) at++
    const hashAt = at + 1
    const end = hashAt + hashBytes
    if (end > length) return undefined
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string
      if (name.length !== at - nameAt || !isNameAt(bytes, nameAt, name)) continue
      found[index] ??= bytes.toString('hex', hashAt, end)
    }
    at = end
  }
  return found
}

/** @param name ASCII */
function isNameAt(bytes: Buffer, at: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) if (bytes[at + index] !== name.charCodeAt(index)) return false
  return true
}

/**
 * Reads a tree.
 * @param hashBytes 20 for SHA-1 repositories, 32 for SHA-256
 */
export function parseTree(bytes: Buffer, hashBytes: number): TreeEntry[] | undefined {
  const entries: TreeEntry[] = []
  let at = 0
  const { length } = bytes
  while (at < length) {
    // By hand: trees are short, and a search by `indexOf` costs more to be called than it saves.
    while (at < length && bytes[at] !== space) at++
    const nameAt = ++at
    while (at < length && bytes[at] !== 0) at++
    const start = at + 1
    const end = start + hashBytes
    if (end > length) return undefined
    entries.push({ name: bytes.toString('utf8', nameAt, at), hash: bytes.toString('hex', start, end) })
    at = end
  }
  return entries
}

/**
 * The entries of a tree whose names start in one of some ways, as bytes of the same form: what there is to keep of a
 * tree that is large for nothing.
 * @param hashBytes 20 for SHA-1 repositories, 32 for SHA-256
 * @returns undefined where the bytes are no tree
 */
export function pickEntries(bytes: Buffer, hashBytes: number, prefixes: readonly string[]): Buffer | undefined {
  const picked: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const nameAt = bytes.indexOf(space, at) + 1
    const hashAt = bytes.indexOf(0, nameAt) + 1
    const end = hashAt + hashBytes
    if (nameAt === 0 || hashAt === 0 || end > bytes.length) return undefined
    if (prefixes.some(prefix => isNameAt(bytes, nameAt, prefix))) picked.push(bytes.subarray(at, end))
    at = end
  }
  return Buffer.concat(picked)
}
