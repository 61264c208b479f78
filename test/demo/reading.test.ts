/** What the writer writes, read by the viewer's own reader. */
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { defaultDecodeLimits } from '../../src/base/limits.ts'
import type { Bug } from '../../src/bug/model.ts'
import { createInterner } from '../../src/cache/interner.ts'
import { loadTracker } from '../../src/cache/load-tracker.ts'
import { createEntitySource, readBug } from '../../src/cache/read-entity.ts'
import { readRefs } from '../../src/cache/read-refs.ts'
import { parseDemoContent } from '../../src/demo/content.ts'
import { readDemoFiles } from '../../src/demo/demo.ts'
import { buildDemoTracker } from '../../src/demo/demo-tracker.ts'
import { createTrackerWriter, type TrackerWriter } from '../../src/demo/writer.ts'
import { openGit } from '../../src/git/git.ts'
import { buildRepository } from '../support/tracker-builder.ts'

async function read(t: TrackerWriter) {
  await using repository = await buildRepository(t)
  const git = await openGit()
  await using reader = git.openReader(repository.path)
  const limits = defaultDecodeLimits
  const { state } = await loadTracker({
    git,
    folder: repository.path,
    clock: systemClock,
    interner: createInterner(),
    readEntities: (refs, onRead) => readRefs({ git, reader, folder: repository.path, limits }, refs, onRead),
  })
  const { tracker } = state
  const source = createEntitySource(reader, limits)
  const bugs = new Map<string, Bug>()
  for (const { id, tip } of tracker.bugs) {
    const { bug } = await readBug(source, { kind: 'bug', id, tip })
    bugs.set(id, bug!)
  }
  return { tracker, bugs }
}

test('the demo tracker is read without a problem and has open and closed bugs', async () => {
  const content = parseDemoContent(await readDemoFiles(resolve(import.meta.dirname, '../../demo')))
  const { tracker, bugs } = await read(buildDemoTracker(content))
  expect(tracker.problems).toEqual([])
  expect(tracker.bugs).toHaveLength(content.bugs.length)
  expect(tracker.openBugs).toBeGreaterThan(10)
  expect(tracker.closedBugs).toBeGreaterThan(10)
  expect([...tracker.identities.values()].map(person => person.displayName)).toContain('tomas')
  const late = [...bugs.values()].filter(bug =>
    bug.timeline.some((event, i) => event.at < (bug.timeline[i - 1]?.at ?? 0)),
  )
  expect(late.length).toBeGreaterThanOrEqual(3)
})

test('a bug is read as it was written, in a repository of either object format', async () => {
  for (const objectFormat of ['sha1', 'sha256'] as const) {
    const at = 1_750_000_000
    const t = createTrackerWriter({ seed: 1, objectFormat })
    const ada = t.identity({ name: 'Ada', at })
    const bob = t.identity({ name: 'Bob', at })
    const file = t.attach('x')
    const bug = t.bug(ada, { title: 'One', message: 'first', at, more: [{ type: 'labels', added: ['b', 'a'], at }] })
    const comment = bug.comment(bob, { message: 'second', at: at + 1 })
    const fork = bug.fork()
    bug.title(ada, { title: 'Two', at: at + 2 })
    fork.editComment(bob, comment, { message: 'second!', files: [file], at: at + 3 })
    bug.merge(ada, fork, { at: at + 4 })
    bug.status(bob, 'closed', at + 5)
    bug.metadata(bob, bug.id, { set: { origin: 'forge' }, at: at + 6 })
    bug.noop(bob, at + 7)
    const { tracker, bugs } = await read(t)
    expect(tracker.problems).toEqual([])
    expect(bugs.get(bug.id)).toMatchObject({
      tip: bug.tip,
      title: 'Two',
      status: 'closed',
      labels: ['a', 'b'],
      createdAt: at,
      editedAt: at + 7,
      createLamport: 2,
      editLamport: 8,
      metadata: new Map([['origin', 'forge']]),
      comments: [
        { message: 'first', edited: false },
        { message: 'second!', edited: true, files: [file] },
      ],
    })
  }
})
