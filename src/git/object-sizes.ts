/** What kind of objects some hashes name, and how large they are, without reading them: one process for all. */
import { isObjectHash } from './hash.ts'
import { type GitSetup, runGit } from './process.ts'

/** An object that was not read. */
export interface ObjectSize {
  readonly type: string
  /** In bytes. */
  readonly size: number
}

/**
 * Looks at them.
 * @returns those that are there; what is missing, damaged or no hash is not among them
 * @throws the codes of git, and the signal's reason
 */
export async function readObjectSizes(
  setup: GitSetup,
  { folder, hashes }: { readonly folder: string; readonly hashes: readonly string[] },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ObjectSize>> {
  const asked = new Set(hashes.filter(isObjectHash))
  const sizes = new Map<string, ObjectSize>()
  if (asked.size === 0) return sizes
  const input = `${[...asked].join('\n')}\n`
  const { stdout } = await runGit(setup, folder, ['cat-file', '--batch-check'], { input, signal })
  for (const line of stdout.toString('latin1').split('\n')) {
    const [, name = '', type = '', size = ''] = /^([0-9a-f]+) ([a-z]+) (\d+)$/.exec(line) ?? []
    // Another name: a tag or branch that is called like a hash.
    if (asked.has(name)) sizes.set(name, { type, size: Number(size) })
  }
  return sizes
}
