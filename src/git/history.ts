/**
 * Walks many histories at once: one streaming `git rev-list` over all tips. It prints what the walk needs of each
 * commit (name, tree, parents), so that no commit object has to be asked for.
 */
import { ViewerError } from '../base/errors.ts'
import { isObjectHash } from './hash.ts'
import { maxParents } from './objects.ts'
import { type GitSetup, streamGit } from './process.ts'

export interface CommitRecord {
  readonly hash: string
  readonly tree: string
  readonly parents: readonly string[]
}

/** More than this without a line end is not what git was asked to print. */
const maxLineBytes = 1024 * 1024

/**
 * Hands on every commit that can be reached from the tips, each once, in no promised order, but for those with more
 * than `maxParents`: whoever needs one asks for it by name, and is told that it cannot be read.
 * Tips that are missing or no commits are passed over. Rejects with GIT_FAILED where a commit on the way is missing:
 * what was handed on until then is right, but not all.
 */
export async function walkHistory(
  setup: GitSetup,
  folder: string,
  options: {
    readonly tips: readonly string[]
    /** More commits than this end the walk, and it rejects with GIT_OUTPUT_TOO_LARGE. */
    readonly maxCommits?: number
    readonly signal?: AbortSignal | undefined
    onCommit(commit: CommitRecord): void
  },
): Promise<void> {
  let left = options.maxCommits ?? Number.POSITIVE_INFINITY
  for (const tip of options.tips) {
    if (!isObjectHash(tip)) throw new ViewerError('GIT_PROTOCOL', 'a tip is not an object name')
  }
  const args = ['rev-list', '--ignore-missing', '--format=%H %T %P', '--stdin']
  let rest = ''
  await streamGit(setup, folder, args, {
    input: `${options.tips.join('\n')}\n`,
    signal: options.signal,
    onData(chunk) {
      const lines = (rest + chunk.toString('latin1')).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > maxLineBytes) throw new ViewerError('GIT_PROTOCOL', 'git rev-list printed an endless line')
      for (const line of lines) {
        // Each record is announced by a line of its own, which older versions of git cannot leave out.
        if (line.startsWith('commit ')) continue
        if (left-- <= 0) throw new ViewerError('GIT_OUTPUT_TOO_LARGE', 'the histories have more commits than allowed')
        const commit = parseRecord(line)
        if (commit) options.onCommit(commit)
      }
    },
  })
}

const noParents: readonly string[] = []

/** Takes `<hash> <tree> <parent>…` apart; all names are equally long. @returns undefined where the parents are too many */
function parseRecord(line: string): CommitRecord | undefined {
  const end = line.indexOf(' ')
  if (line.length > (maxParents + 2) * (end + 1)) return undefined
  const parents = line.slice(2 * end + 2)
  return {
    hash: line.slice(0, end),
    tree: line.slice(end + 1, 2 * end + 1),
    parents: parents === '' ? noParents : parents.trimEnd().split(' '),
  }
}
