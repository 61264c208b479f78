/** Fills a repository of the viewer's own, such as the demo, from a `git fast-import` stream. Never a served one. */
import { once } from 'node:events'
import { ViewerError } from '../base/errors.ts'
import { type GitProcess, type GitSetup, gitFailure, startGit, watchSilence } from './process.ts'

/** Runs `git fast-import` in a bare repository that has just been made. */
export async function importStream(
  setup: GitSetup,
  gitDir: string,
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const args = ['fast-import', '--quiet', '--done']
  const git = startGit(setup, gitDir, args)
  git.child.stdout.resume()
  let failure: unknown
  const watch = watchSilence(setup, () => {
    failure ??= new ViewerError('GIT_TIMEOUT', 'git fast-import did not end in time')
    git.kill()
  })
  try {
    for await (const piece of stream) {
      watch.heard()
      // A full pipe drains, or the process has ended and there is nothing left to wait for.
      if (!git.child.stdin.write(piece)) await Promise.race([drained(git), git.ended])
    }
    git.child.stdin.end()
  } catch (error) {
    failure ??= error
    git.kill()
  }
  const end = await git.ended
  watch.stop()
  if (failure !== undefined) throw failure
  if (end.status !== 0) throw gitFailure(args, end, git.stderr())
}

/** Settles when the pipe takes more, or is broken: then the process' end says why. */
async function drained(git: GitProcess): Promise<void> {
  await once(git.child.stdin, 'drain').catch(() => {})
}
