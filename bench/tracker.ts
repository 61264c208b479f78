/** A repository's tracker in this process, for benches that need no server. */
import { systemClock } from '../src/base/clock.ts'
import { defaultDecodeLimits } from '../src/base/limits.ts'
import type { Bug, BugSummary, Tracker } from '../src/bug/model.ts'
import { createInterner } from '../src/cache/interner.ts'
import { loadTracker } from '../src/cache/load-tracker.ts'
import { createEntitySource, readBug } from '../src/cache/read-entity.ts'
import { readRefs } from '../src/cache/read-refs.ts'
import { openGit } from '../src/git/git.ts'

export interface OpenTracker extends AsyncDisposable {
  readonly tracker: Tracker
  readBug(summary: BugSummary): Promise<Bug>
}

/** Reads a repository. */
export async function openTracker(folder: string): Promise<OpenTracker> {
  const git = await openGit({})
  const reader = git.openReader(folder)
  const limits = defaultDecodeLimits
  const loaded = await loadTracker({
    git,
    folder,
    clock: systemClock,
    interner: createInterner(),
    readEntities: (refs, onRead) => readRefs({ git, reader, folder, limits }, refs, onRead),
    previous: undefined,
    retryUnreadable: true,
  })
  return {
    tracker: loaded.state.tracker,
    async readBug({ id, tip }) {
      const { bug } = await readBug(createEntitySource(reader, limits), { kind: 'bug', id, tip })
      if (!bug) throw new Error(`${id} cannot be read`)
      return bug
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  }
}
