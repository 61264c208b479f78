/**
 * A second opinion on what a repository holds: git-bug's format read anew, straight from its description, slowly and
 * simply, all in memory. It shares no line with `src/`, so that a mistake in either shows where they differ. Promises
 * the answers of the JSON API; refuses to be fast or careful: it is given repositories that tests made, and trusts
 * their size.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import type { BugState } from './bug-shape.ts'
import { type GitObject, parentsOf, readObjects, treeOf } from './git-objects.ts'
import { arrayElements, field, isObject, type Json, objectMember, parse } from './json-text.ts'
import { type Identity, identityFrom, refTo } from './people.ts'
import { type Circumstances, type Operation, stateOf } from './state.ts'

export interface Opinion {
  /** By id. */
  readonly bugs: ReadonlyMap<string, BugState>
  readonly identities: ReadonlyMap<string, Identity>
  /**
   * Refs with something wrong, and what in the words of this file, which are nobody else's. A bug whose authors are not
   * all there, or with a file that is named by no hash, is told of and shown; everything else that is told of is not.
   */
  readonly problems: ReadonlyMap<string, string>
}

interface Pack {
  readonly commit: string
  readonly parents: readonly string[]
  /** SHA-256 of the `ops` blob. */
  readonly id: string
  readonly author: string
  readonly operations: readonly Operation[]
  readonly editClock: bigint
  readonly createClock: bigint | undefined
}

/** Reads the repository at a path, bare or not. */
export function readOpinion(path: string): Opinion {
  const refs = execFileSync(
    'git',
    ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/bugs', 'refs/identities'],
    {
      cwd: path,
      encoding: 'utf8',
    },
  )
  const objects = readObjects(path)
  const identities = new Map<string, Identity>()
  const bugs = new Map<string, BugState>()
  const problems = new Map<string, string>()
  const read = (ref: string, from: () => void) => {
    try {
      from()
    } catch (error) {
      problems.set(ref, error instanceof Error ? error.message : String(error))
    }
  }
  const listed = refs.split('\n').flatMap(line => (line === '' ? [] : [line.split(/ (.*)/s) as [string, string]]))
  for (const [tip, ref] of listed) {
    const id = ref.slice('refs/identities/'.length)
    if (ref.startsWith('refs/identities/')) read(ref, () => identities.set(id, readIdentity(objects, tip, id)))
  }
  for (const [tip, ref] of listed) {
    const id = ref.slice('refs/bugs/'.length)
    if (!ref.startsWith('refs/bugs/')) continue
    read(ref, () => {
      const tell = (problem: string) => problems.set(ref, problem)
      const person = (author: string) => {
        if (!identities.has(author)) tell(`no author ${author}`)
        return refTo(identities, author)
      }
      bugs.set(id, readBug(objects, tip, { id, person, tell }))
    })
  }
  return { bugs, identities, problems }
}

// "An identity: a chain of versions"
function readIdentity(objects: ReadonlyMap<string, GitObject>, tip: string, id: string): Identity {
  mustBeId(id)
  const versions: Json[] = []
  let first = ''
  for (let commit: string | undefined = tip; commit !== undefined; ) {
    const parents: string[] = parentsOf(objects, commit)
    if (parents.length > 1) throw new Error('an identity with a merge')
    const blob = blobOf(objects, treeOf(objects, commit), 'version')
    const version = parse(blob)
    if (field(version, 'version') !== 2) throw new Error('not version 2')
    versions.unshift(version)
    first = sha256(blob)
    commit = parents[0]
  }
  if (first !== id) throw new Error('the ref has another name')
  return identityFrom(id, versions)
}

// "A bug: a graph of operation packs", rules 1 to 7
function readBug(
  objects: ReadonlyMap<string, GitObject>,
  tip: string,
  { id, person, tell }: Pick<Circumstances, 'person' | 'tell'> & { readonly id: string },
): BugState {
  mustBeId(id)
  const packs = new Map<string, Pack>()
  const waiting = [tip]
  for (let commit = waiting.pop(); commit !== undefined; commit = waiting.pop()) {
    if (packs.has(commit)) continue
    const pack = readPack(objects, commit)
    packs.set(commit, pack)
    waiting.push(...pack.parents)
  }
  const all = [...packs.values()]
  const roots = all.filter(pack => pack.parents.length === 0)
  if (roots.length !== 1) throw new Error('not exactly one root')
  if ((roots[0]?.createClock ?? 0n) === 0n) throw new Error('no creation time')
  for (const pack of all) {
    const isMerge = pack.parents.length > 1
    if (isMerge && pack.operations.length > 0) throw new Error('a merge with operations')
    if (pack.editClock === 0n) throw new Error('no edit time')
    for (const parent of pack.parents) {
      const ahead = pack.editClock - (packs.get(parent)?.editClock ?? 0n)
      if (ahead <= 0n) throw new Error('not later than its parent')
      if (!isMerge && ahead > 1_000_000n) throw new Error('too far ahead of its parent')
    }
  }
  all.sort((a, b) => Number(a.editClock > b.editClock) - Number(a.editClock < b.editClock) || (a.id < b.id ? -1 : 1))
  const operations = all.flatMap(pack => pack.operations)
  const first = operations[0]
  if (first?.json.type !== 1) throw new Error('the first operation is no Create')
  if (first.id !== id) throw new Error('the ref has another name')
  const greatest = (times: readonly bigint[]) => Number(times.reduce((a, b) => (a > b ? a : b)))
  return stateOf(operations, {
    createLamport: greatest(all.map(pack => pack.createClock ?? 0n)),
    editLamport: greatest(all.map(pack => pack.editClock)),
    person,
    tell,
  })
}

function readPack(objects: ReadonlyMap<string, GitObject>, commit: string): Pack {
  const parents = parentsOf(objects, commit)
  const tree = treeOf(objects, commit)
  const versions = [...tree.keys()].filter(name => name.startsWith('version-'))
  if (versions.length !== 1 || versions[0] !== 'version-4') throw new Error('not format version 4')
  const ops = blobOf(objects, tree, 'ops')
  const pack = parse(ops)
  const author = field(field(pack, 'author'), 'id')
  if (typeof author !== 'string') throw new Error('a pack without an author')
  const list = field(pack, 'ops')
  if (list !== null && !Array.isArray(list)) throw new Error('operations that are no list')
  // An operation's id is that of its bytes as they stand in the pack.
  const texts = list === null ? [] : arrayElements(objectMember(ops.toString('latin1'), 'ops'))
  const operations = texts.map(text => {
    const bytes = Buffer.from(text, 'latin1')
    const json = parse(bytes)
    if (!isObject(json)) throw new Error('an operation that is no object')
    return { id: sha256(bytes), author, json }
  })
  return {
    commit,
    parents,
    id: sha256(ops),
    author,
    operations,
    editClock: clockOf(tree, 'edit-clock-') ?? 0n,
    createClock: clockOf(tree, 'create-clock-'),
  }
}

function clockOf(tree: ReadonlyMap<string, unknown>, prefix: string): bigint | undefined {
  const names = [...tree.keys()].filter(name => name.startsWith(prefix))
  const text = names[0]?.slice(prefix.length)
  if (text === undefined) return undefined
  if (!/^[0-9]+$/.test(text) || BigInt(text) >= 2n ** 64n) throw new Error(`no time: ${text}`)
  return BigInt(text)
}

function blobOf(objects: ReadonlyMap<string, GitObject>, tree: ReadonlyMap<string, string>, name: string): Buffer {
  const object = objects.get(tree.get(name) ?? '')
  if (object?.type !== 'blob') throw new Error(`no blob "${name}"`)
  return object.bytes
}

function mustBeId(text: string): void {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error('a name that is no id')
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
