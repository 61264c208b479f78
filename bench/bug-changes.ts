/**
 * Changes to bugs of a repository that is being served, as pushes bring them: a few loose objects and a ref. Each one
 * gives another open bug a new title and the greatest edit clock so far, so that it is the first of the default list.
 */
import { createBugLine } from '../src/demo/bug-line.ts'
import { createImportLog, fastImportStream } from '../src/demo/import-log.ts'
import { createLamportClock } from '../src/demo/lamport-clock.ts'
import { importInto, runGit } from '../test/support/tracker-builder.ts'
import type { HttpClient } from './http-client.ts'
import { addresses, type BenchRepository } from './repository.ts'

export interface BugChange {
  readonly title: string
  /** What git tells a post-receive hook of it. */
  readonly hookBody: string
}

export interface BugChanges {
  /** Writes the next change; it is in the repository when the promise is kept. @throws where no bug is left */
  write(): Promise<BugChange>
}

interface ListedBug {
  readonly id: string
  readonly title: string
  readonly author: { readonly id: string }
  readonly editLamport: number
}

/** @param client of the viewer that serves the repository; it is asked which bugs there are */
export async function prepareBugChanges(repository: BenchRepository, client: HttpClient): Promise<BugChanges> {
  const query = async (text: string, limit: number) => {
    const path = `${addresses(repository).bugs}?q=${encodeURIComponent(text)}&limit=${limit}`
    return (await client.json<{ items: ListedBug[] }>(path)).items
  }
  const bugs = await query('status:open sort:id', 1000)
  const [newest] = await query('sort:edit-desc', 1)
  const clock = createLamportClock(newest?.editLamport ?? 1)
  let count = 0
  return {
    async write() {
      const bug = bugs[count]
      if (bug === undefined) throw new Error('every open bug was changed')
      count += 1
      const title = `Changed by bench ${process.pid}, number ${count}`
      const ref = `refs/bugs/${bug.id}`
      const tip = (await runGit(repository.path, ['rev-parse', '--verify', ref])).trim()
      const log = createImportLog(tip.length === 40 ? 'sha1' : 'sha256')
      const context = { log, seed: `bench ${process.pid}`, committer: 'bench <>' }
      const line = createBugLine(context, bug.id, { ref, clock, commits: [tip], title: bug.title })
      line.title(bug.author, { title, at: Math.floor(Date.now() / 1000) })
      await importInto(repository.path, fastImportStream(log.commands()), { loose: true })
      return { title, hookBody: `${tip} ${line.tip} ${ref}\n` }
    },
  }
}
