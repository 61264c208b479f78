/** Reading the bytes of commit and tree objects. Pure; what does not parse is `undefined`, never a throw. */

export interface CommitObject {
  readonly tree: string
  readonly parents: readonly string[]
}

export interface TreeEntry {
  readonly name: string
  readonly hash: string
}

/** Reads `tree` and `parent` lines of a commit's header. */
export function parseCommit(bytes: Buffer): CommitObject | undefined {
  // Only the first lines matter; a commit's message may be of any size and encoding.
  const lines = bytes.subarray(0, headerEnd(bytes)).toString('latin1').split('\n')
  const tree = /^tree ([0-9a-f]{40,64})$/.exec(lines[0] ?? '')?.[1]
  if (tree === undefined) return undefined
  const parents: string[] = []
  for (const line of lines.slice(1)) {
    const parent = /^parent ([0-9a-f]{40,64})$/.exec(line)?.[1]
    if (parent === undefined) break
    parents.push(parent)
  }
  return { tree, parents }
}

function headerEnd(bytes: Buffer): number {
  const end = bytes.indexOf('\n\n')
  return end < 0 ? bytes.length : end
}

/**
 * Reads a tree.
 * @param hashBytes 20 for SHA-1 repositories, 32 for SHA-256
 */
export function parseTree(bytes: Buffer, hashBytes: number): TreeEntry[] | undefined {
  const entries: TreeEntry[] = []
  let at = 0
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at)
    const zero = space < 0 ? -1 : bytes.indexOf(0, space)
    const next = zero + 1 + hashBytes
    if (zero < 0 || next > bytes.length) return undefined
    entries.push({
      name: bytes.toString('utf8', space + 1, zero),
      hash: bytes.toString('hex', zero + 1, next),
    })
    at = next
  }
  return entries
}
