/**
 * A list of blobs, commits and refs that can be said to `git fast-import`. It promises that equal calls give equal
 * bytes, that the whole of it may be imported again without harm, and that each hash it returns is the one git will
 * store. What fast-import has no word for (refs to blobs, ready-made objects of any type) is kept beside the stream in
 * `otherRefs` and `otherObjects`; whoever imports decides what to do with it.
 *
 * Every commit is made on one scratch ref, which the stream deletes at its end; the real refs are set at the end too,
 * so a stream that breaks off leaves a repository without refs.
 */
import { hashCommit, hashDigits, hashObject, hashTree, type ObjectFormat, type ObjectType } from './git-object.ts'

/** A file of a commit: its bytes, or the name of an object that is or will be there. */
export interface LogEntry {
  readonly path: string
  /** As git prints it; `100644` where it is not given. */
  readonly mode?: string
  readonly content?: Uint8Array | string
  readonly hash?: string
}

interface LogCommit {
  readonly parents: readonly string[]
  readonly entries: readonly LogEntry[]
  /** Unix seconds of author and committer. */
  readonly at: number
  readonly person: string
  readonly message: string
}

/** An object that goes into the repository as it is, sound or not. */
interface OtherObject {
  readonly type: ObjectType
  readonly hash: string
  readonly bytes: Uint8Array
}

export interface ImportLog {
  readonly format: ObjectFormat
  /** Adds a blob (once) and returns its hash. */
  blob(content: Uint8Array | string): string
  /** Adds a commit and returns its hash. */
  commit(commit: LogCommit): string
  /** Adds an object that fast-import need not understand and returns its hash. */
  object(type: ObjectType, bytes: Uint8Array): string
  /** Points a ref at an object, or with undefined deletes it. */
  ref(name: string, hash: string | undefined): void
  /** True for a blob that was added and not forgotten. */
  hasBlob(hash: string): boolean
  readonly refs: ReadonlyMap<string, string | undefined>
  readonly otherRefs: ReadonlyMap<string, string>
  readonly otherObjects: readonly OtherObject[]
  /** Everything since the start or the last `forget`, as commands without the frame of `fastImportStream`. */
  commands(): Generator<Uint8Array>
  /**
   * Drops what was said, for logs too big to hold. Later commits name what was dropped by hash, which only works in a
   * later import.
   */
  forget(): void
}

type Command =
  | { readonly kind: 'blob'; readonly mark: number; readonly bytes: Uint8Array }
  | { readonly kind: 'commit'; readonly mark: number; readonly commit: LogCommit; readonly files: readonly FileLine[] }

interface FileLine {
  readonly path: string
  readonly mode: string
  readonly hash: string
}

const scratchRef = 'refs/import-scratch'
const flushBytes = 64 * 1024

/** An empty log. */
export function createImportLog(format: ObjectFormat): ImportLog {
  let commands: Command[] = []
  let marks = new Map<string, number>()
  let refs = new Map<string, string | undefined>()
  let otherRefs = new Map<string, string>()
  let otherObjects: OtherObject[] = []
  let notCommits = new Set<string>()
  let lastMark = 0

  function blob(content: Uint8Array | string): string {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    const hash = hashObject(format, 'blob', bytes)
    if (!marks.has(hash)) {
      lastMark += 1
      marks.set(hash, lastMark)
      notCommits.add(hash)
      commands.push({ kind: 'blob', mark: lastMark, bytes })
    }
    return hash
  }

  function* print(): Generator<Uint8Array> {
    const target = (hash: string) => (marks.has(hash) ? `:${marks.get(hash)}` : hash)
    for (const command of commands) {
      if (command.kind === 'blob') {
        yield Buffer.from(`blob\nmark :${command.mark}\ndata ${command.bytes.length}\n`)
        yield command.bytes
        yield Buffer.from('\n')
      } else {
        yield Buffer.from(printCommit(command, target))
      }
    }
    for (const [name, hash] of refs) {
      yield Buffer.from(`reset ${name}\nfrom ${hash === undefined ? '0'.repeat(hashDigits(format)) : target(hash)}\n\n`)
    }
    yield Buffer.from(`reset ${scratchRef}\nfrom ${'0'.repeat(hashDigits(format))}\n\n`)
  }

  return {
    format,
    blob,
    commit(commit) {
      const files = commit.entries.map(entry => ({
        path: entry.path,
        mode: entry.mode ?? '100644',
        hash: entry.hash ?? blob(entry.content ?? ''),
      }))
      const tree = hashTree(format, files)
      const hash = hashCommit(format, { ...commit, tree })
      if (!marks.has(hash)) {
        lastMark += 1
        marks.set(hash, lastMark)
        commands.push({ kind: 'commit', mark: lastMark, commit, files })
      }
      return hash
    },
    object(type, bytes) {
      const hash = hashObject(format, type, bytes)
      otherObjects.push({ type, hash, bytes })
      if (type !== 'commit') notCommits.add(hash)
      return hash
    },
    ref(name, hash) {
      refs.delete(name)
      otherRefs.delete(name)
      if (hash !== undefined && notCommits.has(hash)) otherRefs.set(name, hash)
      else refs.set(name, hash)
    },
    hasBlob: hash => notCommits.has(hash) && marks.has(hash),
    get refs() {
      return refs
    },
    get otherRefs() {
      return otherRefs
    },
    get otherObjects() {
      return otherObjects
    },
    commands: () => joinChunks(print()),
    forget() {
      commands = []
      marks = new Map()
      refs = new Map()
      otherRefs = new Map()
      otherObjects = []
      notCommits = new Set()
    },
  }
}

/** The frame that lets fast-import notice a stream that broke off. */
export function* fastImportStream(commands: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield Buffer.from('feature done\n')
  yield* commands
  yield Buffer.from('done\n')
}

function printCommit(command: Command & { kind: 'commit' }, target: (hash: string) => string): string {
  const { commit, mark, files } = command
  const [first, ...others] = commit.parents
  const message = Buffer.byteLength(commit.message)
  return [
    // Without a parent the scratch ref is emptied first, or its last commit would become one.
    ...(first === undefined ? [`reset ${scratchRef}\n`] : []),
    `commit ${scratchRef}`,
    `mark :${mark}`,
    `author ${commit.person} ${commit.at} +0000`,
    `committer ${commit.person} ${commit.at} +0000`,
    `data ${message}`,
    commit.message,
    ...(first === undefined ? [] : [`from ${target(first)}`]),
    ...others.map(parent => `merge ${target(parent)}`),
    'deleteall',
    ...files.map(file => `M ${file.mode} ${target(file.hash)} ${quotePath(file.path)}`),
    '\n',
  ].join('\n')
}

/** A path as fast-import reads it: quoted like a C string where it has to be. */
function quotePath(path: string): string {
  if (!path.startsWith('"') && !path.includes('\n')) return path
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

/** Fewer and bigger chunks, so that a pipe is not woken for every line. */
function* joinChunks(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let size = 0
  for (const chunk of chunks) {
    waiting.push(chunk)
    size += chunk.length
    if (size < flushBytes) continue
    yield Buffer.concat(waiting)
    waiting = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(waiting)
}
