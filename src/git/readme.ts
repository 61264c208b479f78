/**
 * The README of a repository: the one file of its code that the viewer shows. Promises that nothing else can be reached
 * this way: it is looked for by a fixed pattern in the root of what HEAD is, and links are not followed.
 */
import { isViewerError } from '../base/errors.ts'
import { isObjectHash } from './hash.ts'
import type { GitObject, ObjectReader } from './object-reader.ts'
import { type GitSetup, runGit } from './process.ts'

export interface ReadmeFile {
  /** As it is in the tree: `README.md`. */
  readonly name: string
  /** Of the blob. */
  readonly hash: string
}

/** Names that count, the likeliest first. */
const namePatterns = [/^readme\.md$/i, /^readme\.markdown$/i, /^readme$/i, /^readme\.txt$/i]
/** Modes of files; symbolic links, folders and other repositories have others. */
const fileModes: ReadonlySet<string> = new Set(['100644', '100755', '100664'])
/** A root folder that takes more is not looked through. */
const maxTreeBytes = 1024 * 1024
const maxNameBytes = 'readme.markdown'.length

/**
 * Finds the README of a repository: one small git process, and one tree that is read.
 * @returns undefined where there is none, as where only bugs were ever pushed
 */
export async function findReadme(
  setup: GitSetup,
  { folder, reader }: { readonly folder: string; readonly reader: ObjectReader },
  signal?: AbortSignal,
): Promise<ReadmeFile | undefined> {
  const tree = await readHeadTree(setup, folder, signal)
  const object = tree === undefined ? undefined : await readTree(reader, tree)
  if (tree === undefined || object?.type !== 'tree' || !object.bytes) return undefined
  const files = readRootFiles(object.bytes, tree.length / 2)
  for (const pattern of namePatterns) {
    const found = files.find(({ name }) => pattern.test(name))
    if (found) return found
  }
  return undefined
}

async function readHeadTree(setup: GitSetup, folder: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const args = ['rev-parse', '--quiet', '--verify', '--end-of-options', 'HEAD^{tree}']
    const tree = (await runGit(setup, folder, args, { signal })).stdout.toString('latin1').trim()
    return isObjectHash(tree) ? tree : undefined
  } catch (error) {
    // No commit yet, or one that is not there or damaged: what HEAD is does not matter to the bugs.
    if (isViewerError(error, 'GIT_FAILED')) return undefined
    throw error
  }
}

async function readTree(reader: ObjectReader, tree: string): Promise<GitObject | undefined> {
  try {
    return await reader.read(tree, maxTreeBytes)
  } catch (error) {
    if (isViewerError(error, 'OBJECT_UNREADABLE')) return undefined
    throw error
  }
}

/** Files of a tree whose names are short enough to be one of ours; the bytes come from whoever could push. */
function readRootFiles(bytes: Buffer, hashBytes: number): ReadmeFile[] {
  const files: ReadmeFile[] = []
  for (let at = 0; at < bytes.length; ) {
    const nameAt = bytes.indexOf(0x20, at) + 1
    const end = nameAt === 0 ? -1 : bytes.indexOf(0, nameAt)
    const next = end + 1 + hashBytes
    if (end < 0 || next > bytes.length) break
    if (end - nameAt <= maxNameBytes && fileModes.has(bytes.toString('latin1', at, nameAt - 1))) {
      files.push({ name: bytes.toString('latin1', nameAt, end), hash: bytes.toString('hex', end + 1, next) })
    }
    at = next
  }
  return files
}
