/**
 * Writes a git-bug tracker: people, bugs and their edits become one stream for `git fast-import`. Pure: it starts no
 * process and touches no file. Promises that equal calls give equal bytes, ids and commit hashes, and that whatever the
 * high-level calls write is sound. The low-level calls (`packCommit`, `versionCommit`, `commit`, `object`, `ref`) write
 * what they are told, so that tests can have data that is not.
 *
 *   const t = createTrackerWriter({ seed: 'example' })
 *   const ada = t.identity({ name: 'Ada', at: 1_750_000_000 })
 *   const bug = t.bug(ada, { title: 'It smokes', message: 'A lot.', at: 1_750_000_100 })
 *   bug.comment(ada, { message: 'Less now.', at: 1_750_000_200 })
 *   await importInto(gitDir, t.stream())
 */
import { hash } from 'node:crypto'
import type { Lamport } from '../bug/model.ts'
import { type Author, type BugLine, createBugLine, encodeSteps, type LineContext, type PackStep } from './bug-line.ts'
import type { ObjectFormat, ObjectType } from './git-object.ts'
import { encodeVersion, type VersionSpec } from './identity-version.ts'
import { createImportLog, fastImportStream, type ImportLog, type LogEntry } from './import-log.ts'
import { createLamportClock, type LamportClock } from './lamport-clock.ts'
import { type CreateSpec, deriveNonce, encodePack } from './operation.ts'
import { packEntries } from './pack-entries.ts'

export interface TrackerWriterOptions {
  /** Nonces come from it: another seed gives other ids. */
  readonly seed: string | number
  /** SHA-1 where it is not given. */
  readonly objectFormat?: ObjectFormat
  /** `name <email>` of every commit. The client itself writes ` <>`. */
  readonly committer?: string
}

/** A person of the tracker. */
export interface Person extends Author {
  readonly ref: string
  /** Hash of the last version's commit. */
  readonly tip: string
  /** Hashes of all versions' commits, the first first. */
  readonly commits: readonly string[]
}

interface BugSpec extends CreateSpec {
  /** Further operations of the first pack; a function gets the ids so far, the bug's own first. */
  readonly more?: readonly PackStep[]
  readonly createClock?: Lamport
  readonly editClock?: Lamport
}

/** A commit under no rule. Each part that is not given is left out, except `versions`, which is `['4']`. */
interface RawPack {
  readonly ops?: Uint8Array | string
  readonly versions?: readonly string[]
  readonly editClocks?: readonly (Lamport | string)[]
  readonly createClocks?: readonly (Lamport | string)[]
  /** Further entries of the tree. */
  readonly entries?: readonly LogEntry[]
  readonly parents?: readonly string[]
  readonly at?: number
  /** A ref to point at the commit. */
  readonly ref?: string
}

interface RawVersion {
  /** Bytes of the `version` blob. */
  readonly version?: Uint8Array | string
  readonly entries?: readonly LogEntry[]
  readonly parents?: readonly string[]
  readonly at?: number
  readonly ref?: string
}

export interface TrackerWriter {
  readonly objectFormat: ObjectFormat
  /** The tracker's logical clocks, which every bug's first line shares. */
  readonly clocks: { readonly create: LamportClock; readonly edit: LamportClock }
  identity(spec: VersionSpec): Person
  /** Adds a version; what it does not name stays as it was. Returns its commit's hash. */
  identityVersion(person: Person, changes: VersionSpec): string
  bug(author: Author, spec: BugSpec): BugLine
  /** Adds a blob to be named in `files` and returns its hash. */
  attach(content: Uint8Array | string): string
  packCommit(pack: RawPack): string
  versionCommit(version: RawVersion): string
  /** A commit with any tree. */
  commit(commit: { entries: readonly LogEntry[]; parents?: readonly string[]; at?: number; message?: string }): string
  /** An object that need not be sound, such as a commit with a `gpgsig` header, or a tag; see `ImportLog.otherObjects`. */
  object(type: ObjectType, bytes: Uint8Array): string
  /** Points any ref at any object, or with undefined deletes it. */
  ref(name: string, hash: string | undefined): void
  /** The whole tracker so far, for `git fast-import`. May be imported again into a repository that has some of it. */
  stream(): Generator<Uint8Array>
  /** What the stream is made from. */
  readonly log: ImportLog
}

const defaultCommitter = 'git-bug-viewer demo <>'
const defaultAt = 1_735_689_600

/** An empty tracker. */
export function createTrackerWriter(options: TrackerWriterOptions): TrackerWriter {
  const seed = String(options.seed)
  const log = createImportLog(options.objectFormat ?? 'sha1')
  const context: LineContext = { log, seed, committer: options.committer ?? defaultCommitter }
  const clocks = { create: createLamportClock(), edit: createLamportClock() }
  const versions = new Map<string, { spec: VersionSpec; commits: string[] }>()
  const timesUsed = new Map<string, number>()

  /** Tells apart what would otherwise be the same thing twice. */
  function occurrence(of: string): number {
    const key = hash('sha256', of, 'base64')
    const count = timesUsed.get(key) ?? 0
    timesUsed.set(key, count + 1)
    return count
  }

  function commit(entries: readonly LogEntry[], rest: Pick<RawPack, 'parents' | 'at' | 'ref'> & { message?: string }) {
    const { parents = [], at = defaultAt, message = '' } = rest
    const result = log.commit({ entries, parents, at, message, person: context.committer })
    if (rest.ref !== undefined) log.ref(rest.ref, result)
    return result
  }

  function versionBytes(spec: VersionSpec, scope: string): string {
    const times: Record<string, Lamport> =
      clocks.edit.time === 1 ? {} : { 'bugs-create': clocks.create.time, 'bugs-edit': clocks.edit.time }
    const plain = encodeVersion(spec, { times, nonce: '' })
    return encodeVersion(spec, { times, nonce: deriveNonce(seed, scope, plain, occurrence(scope + plain)) })
  }

  return {
    objectFormat: log.format,
    clocks,
    identity(spec) {
      const content = versionBytes(spec, '')
      const id = hash('sha256', content)
      const ref = `refs/identities/${id}`
      const commits = [commit([{ path: 'version', content }], { at: spec.at, ref })]
      versions.set(id, { spec, commits })
      return {
        id,
        ref,
        commits,
        get tip() {
          return commits.at(-1) ?? ''
        },
      }
    },
    identityVersion(person, changes) {
      const known = versions.get(person.id)
      if (known === undefined) throw new Error(`no identity ${person.id} in this tracker`)
      const { nonce: _nonce, times: _times, ...before } = known.spec
      const spec = { ...before, ...changes }
      const content = versionBytes(spec, person.tip)
      const result = commit([{ path: 'version', content }], { at: spec.at, parents: [person.tip], ref: person.ref })
      known.spec = spec
      known.commits.push(result)
      return result
    },
    bug(author, spec) {
      const { more = [], createClock: givenCreate, editClock: givenEdit, ...create } = spec
      const steps: PackStep[] = [{ type: 'create', ...create }, ...more]
      const birth = `${author.id}\0${create.at}\0${create.title}\0${create.message}`
      const encoded = encodeSteps(steps, { scope: `${seed}\0${author.id}\0${occurrence(birth)}` })
      const id = encoded.operations[0]?.id ?? ''
      const ref = `refs/bugs/${id}`
      const createClock = givenCreate ?? clocks.create.increment()
      const editClock = givenEdit ?? clocks.edit.increment()
      clocks.create.witness(createClock)
      clocks.edit.witness(editClock)
      const ops = encodePack(author.id, encoded.operations)
      const entries = packEntries(log, { ops, createClock, editClock, files: encoded.files })
      const root = commit(entries, { at: encoded.at, ref })
      return createBugLine(context, id, { ref, clock: clocks.edit, commits: [root], title: encoded.title })
    },
    attach: content => log.blob(content),
    packCommit(pack) {
      const entries: LogEntry[] = [
        ...(pack.versions ?? ['4']).map(version => ({ path: `version-${version}` })),
        ...(pack.createClocks ?? []).map(time => ({ path: `create-clock-${time}` })),
        ...(pack.editClocks ?? []).map(time => ({ path: `edit-clock-${time}` })),
        ...(pack.ops === undefined ? [] : [{ path: 'ops', content: pack.ops }]),
        ...(pack.entries ?? []),
      ]
      return commit(entries, pack)
    },
    versionCommit({ version, entries = [], ...rest }) {
      return commit([...(version === undefined ? [] : [{ path: 'version', content: version }]), ...entries], rest)
    },
    commit: ({ entries, ...rest }) => commit(entries, rest),
    object: (type, bytes) => log.object(type, bytes),
    ref: (name, target) => log.ref(name, target),
    stream: () => fastImportStream(log.commands()),
    log,
  }
}
