/**
 * Everything of one open repository is read: the refs and what the tips reach (which opening it does), every bug as a
 * page of it shows it, the files that comments attach, the signatures. What is wrong is a result and never an
 * exception; a throw means that it could not be told, because git or the machine has failed.
 */
import { forEachConcurrently } from '../base/concurrency.ts'
import { isViewerError } from '../base/errors.ts'
import { isFileHash } from '../bug/ids.ts'
import type { BugSummary } from '../bug/model.ts'
import type { Lease } from '../cache/lease.ts'
import type { PackSignature } from '../signatures/pack-signatures.ts'

/** What is wrong with one ref. Both may hold text of strangers. */
export interface FoundProblem {
  readonly ref: string
  readonly reason: string
}

/** What was read of a repository. */
export interface CheckedRepository {
  /** Those that can be read. */
  readonly bugs: number
  readonly people: number
  /** Different files that comments attach. */
  readonly files: number
  /** By ref. */
  readonly problems: readonly FoundProblem[]
}

export interface CheckTools {
  /** Kinds of the objects of these hashes that are there. @throws the codes of git */
  readTypes(hashes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, { readonly type: string }>>
  /** Ends it. */
  readonly signal: AbortSignal
  /** Bugs that were read. */
  onProgress(done: number, total: number): void
}

type CheckedLease = Pick<Lease, 'tracker' | 'readPassingBug' | 'checkSignatures'>

/** Bugs that are read at the same time. */
const bugsAtOnce = 8
/** Files that git is asked for together. */
const filesAtOnce = 10_000
/** Of a file's name, where it is no hash: whoever pushed it may have made it as long as he likes. */
const shownChars = 80

/** Reads it. @throws the codes of git, and the signal's reason */
export async function checkRepository(lease: CheckedLease, tools: CheckTools): Promise<CheckedRepository> {
  const { tracker } = lease
  const { signal } = tools
  const problems: FoundProblem[] = [...tracker.problems]
  /** Refs of the bugs that attach each file. */
  const refsByFile = new Map<string, string[]>()
  let done = 0
  const readOne = async (summary: BugSummary) => {
    signal.throwIfAborted()
    const ref = `refs/bugs/${summary.id}`
    const tell = (reason: string) => problems.push({ ref, reason })
    try {
      const bug = await lease.readPassingBug(summary, signal)
      for (const file of new Set(bug.files)) {
        if (!isFileHash(file)) {
          tell(`attached file: ${JSON.stringify(file.slice(0, shownChars))} is no hash`)
          continue
        }
        const refs = refsByFile.get(file)
        if (refs) refs.push(ref)
        else refsByFile.set(file, [ref])
      }
      const { byCommit, uncheckedCount } = await lease.checkSignatures(bug, signal)
      for (const [commit, signature] of byCommit) {
        const reason = signatureProblem(signature)
        if (reason !== undefined) tell(`commit ${commit}: ${reason}`)
      }
      if (uncheckedCount > 0) tell(`the signatures of ${uncheckedCount} commits were not checked: there are too many`)
    } catch (error) {
      if (!isViewerError(error, 'BUG_UNREADABLE')) throw error
      tell(error.message)
    }
    tools.onProgress(++done, tracker.bugs.length)
  }
  await forEachConcurrently(tracker.bugs, bugsAtOnce, readOne)
  problems.push(...(await checkFiles(refsByFile, tools)))
  return {
    bugs: tracker.bugs.length,
    people: tracker.identities.size,
    files: refsByFile.size,
    problems: problems.toSorted((a, b) => compare(a.ref, b.ref) || compare(a.reason, b.reason)),
  }
}

/** Attached files have to be there, and to be files. */
async function checkFiles(
  refsByFile: ReadonlyMap<string, readonly string[]>,
  { readTypes, signal }: CheckTools,
): Promise<FoundProblem[]> {
  const problems: FoundProblem[] = []
  const files = [...refsByFile.keys()]
  for (let start = 0; start < files.length; start += filesAtOnce) {
    const asked = files.slice(start, start + filesAtOnce)
    const found = await readTypes(asked, signal)
    for (const file of asked) {
      const type = found.get(file)?.type
      if (type === 'blob') continue
      const reason = `attached file ${file} ${type === undefined ? 'is missing or damaged' : `is a ${type} and no file`}`
      for (const ref of refsByFile.get(file) ?? []) problems.push({ ref, reason })
    }
  }
  return problems
}

/** git-bug refuses a bug for what is told here (`format.md`, "Signatures"). */
function signatureProblem(signature: PackSignature): string | undefined {
  switch (signature.state) {
    case 'signed':
      return undefined
    case 'unsigned':
      return 'it is not signed, though its author has a key'
    case 'bad':
      return `bad signature: ${signature.reason}`
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
