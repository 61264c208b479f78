/** Every object of a repository in memory, as plain git gives them out, and the little of git's formats that is asked of them. */
import { execFileSync } from 'node:child_process'

export interface GitObject {
  readonly type: string
  readonly bytes: Buffer
}

/** All objects by hash; what is missing is missing here too. */
export function readObjects(path: string): Map<string, GitObject> {
  const output = execFileSync('git', ['cat-file', '--batch-all-objects', '--batch', '--buffer'], {
    cwd: path,
    maxBuffer: 2 ** 30,
  })
  const objects = new Map<string, GitObject>()
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf('\n', at)
    const [hash = '', type = '', size = ''] = output.toString('latin1', at, end).split(' ')
    const start = end + 1
    at = start + Number(size)
    objects.set(hash, { type, bytes: output.subarray(start, at) })
    at += 1
  }
  return objects
}

/** Hashes of a commit's parents. */
export function parentsOf(objects: ReadonlyMap<string, GitObject>, commit: string): string[] {
  return headers(objects, commit).flatMap(line => (line.startsWith('parent ') ? [line.slice('parent '.length)] : []))
}

/** The entries of a commit's tree: names and hashes. */
export function treeOf(objects: ReadonlyMap<string, GitObject>, commit: string): Map<string, string> {
  const hash = headers(objects, commit)[0]?.slice('tree '.length) ?? ''
  const tree = objects.get(hash)
  if (tree?.type !== 'tree') throw new Error(`no tree ${hash}`)
  const entries = new Map<string, string>()
  const hashBytes = hash.length / 2
  for (let at = 0; at < tree.bytes.length; ) {
    const nul = tree.bytes.indexOf(0, at)
    const [, name = ''] = tree.bytes.toString('utf8', at, nul).split(/ (.*)/s)
    at = nul + 1 + hashBytes
    entries.set(name, tree.bytes.toString('hex', nul + 1, at))
  }
  return entries
}

function headers(objects: ReadonlyMap<string, GitObject>, commit: string): string[] {
  const object = objects.get(commit)
  if (object?.type !== 'commit') throw new Error(`no commit ${commit}`)
  return (object.bytes.toString('utf8').split('\n\n')[0] ?? '').split('\n')
}
