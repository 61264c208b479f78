/** Reading the bytes of commit and tree objects. Pure; what does not parse is `undefined`, never a throw. */

export interface CommitObject {
  readonly tree: string
  readonly parents: readonly string[]
}

/** An entry of a tree. Its hash is written out when it is asked for: of most entries only the name is of interest. */
export class TreeEntry {
  readonly name: string
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number

  /** @param bytes of the tree, with the place of the hash in them */
  constructor(name: string, bytes: Buffer, { start, end }: { readonly start: number; readonly end: number }) {
    this.name = name
    this.#bytes = bytes
    this.#start = start
    this.#end = end
  }

  get hash(): string {
    return this.#bytes.toString('hex', this.#start, this.#end)
  }
}

const space = 0x20

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
  const { length } = bytes
  while (at < length) {
    // By hand: trees are short, and a search by `indexOf` costs more to be called than it saves.
    while (at < length && bytes[at] !== space) at++
    const nameAt = ++at
    while (at < length && bytes[at] !== 0) at++
    const start = at + 1
    const end = start + hashBytes
    if (end > length) return undefined
    entries.push(new TreeEntry(bytes.toString('utf8', nameAt, at), bytes, { start, end }))
    at = end
  }
  return entries
}
