/**
 * What nobody who shows a tracker can do without: git itself reading it. That is the walk over all commits
 * (`git log --format=%T`), every tree, and every blob with operations or with a version of an identity, the objects
 * through `git cat-file --batch --buffer`, one after the other, printed to nowhere. Which blobs they are is looked up
 * beforehand and not measured.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { runGit } from '../test/support/tracker-builder.ts'

export interface GitReading {
  /** Bugs of the repository. */
  readonly bugs: number
  readonly commits: number
  /** Has git read it all once. @returns milliseconds */
  measure(): Promise<number>
}

const walk = ['log', '--format=%T', '--glob=refs/bugs', '--glob=refs/identities']

/** @param folder where the lists of objects are kept */
export async function prepareGitReading(repository: string, folder: string): Promise<GitReading> {
  const trees = (await runGit(repository, walk)).split('\n').filter(line => line !== '')
  const blobs = await listBlobs(repository, trees)
  const treesFile = join(folder, 'trees')
  const blobsFile = join(folder, 'blobs')
  await writeLines(treesFile, trees)
  await writeLines(blobsFile, blobs)
  const bugs =
    (await runGit(repository, ['for-each-ref', '--format=%(refname)', 'refs/bugs'])).match(/\n/g)?.length ?? 0
  const batch = ['cat-file', '--batch', '--buffer']
  return {
    bugs,
    commits: trees.length,
    async measure() {
      const startMs = performance.now()
      await runSilently(repository, walk)
      await runSilently(repository, batch, treesFile)
      await runSilently(repository, batch, blobsFile)
      return performance.now() - startMs
    },
  }
}

/** The `ops` or `version` blob of each tree that has one. */
async function listBlobs(repository: string, trees: readonly string[]): Promise<string[]> {
  const names = trees.flatMap(tree => [`${tree}:ops\n`, `${tree}:version\n`])
  const output = await runGit(repository, ['cat-file', '--batch-check=%(objectname)', '--buffer'], {
    input: names.join(''),
  })
  return output.split('\n').filter(line => /^[0-9a-f]+$/.test(line))
}

/** Runs git with its output thrown away. @returns milliseconds */
export async function runSilently(repository: string, args: readonly string[], inputFile?: string): Promise<number> {
  await using input = inputFile === undefined ? undefined : await open(inputFile)
  const startMs = performance.now()
  const child = spawn('git', args, {
    cwd: repository,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    stdio: [input?.fd ?? 'ignore', 'ignore', 'inherit'],
  })
  const [status] = (await once(child, 'close')) as [number | null]
  if (status !== 0) throw new Error(`git ${args.join(' ')} ended with ${status}`)
  return performance.now() - startMs
}

async function writeLines(file: string, lines: readonly string[]): Promise<void> {
  await using handle = await open(file, 'w')
  await handle.writeFile(lines.map(line => `${line}\n`).join(''))
}
