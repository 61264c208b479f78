/**
 * Small pushes that cost much: texts that grow, histories that are shared, objects that compress to nothing. The
 * entity at fault may be shown or be a line on the problems page; what counts is that all others are as before, and
 * that the work done for it stays in proportion.
 */
import { describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { toSearchText } from '../../src/cache/entity-record.ts'
import { openGit } from '../../src/git/git.ts'
import { buildRepository } from '../support/tracker-builder.ts'
import { bugRef, opsBlob } from './bad-bugs.ts'
import { createScene, type LoadOptions, load, loadWith, type Scene, walkedBugs } from './tracker-scene.ts'

const create = '{"type":1,"timestamp":1700000000,"title":"Large","message":"m"}'

/** Adds a bug whose packs after the first all have the same bytes. */
function addLargeBug(scene: Scene, packs: number, blob: string): string {
  const { t, ada } = scene
  let tip = t.packCommit({ ops: opsBlob(ada.id, create), createClocks: [1], editClocks: [1] })
  for (let clock = 2; clock <= packs + 1; clock++)
    tip = t.packCommit({ ops: blob, editClocks: [clock], parents: [tip] })
  t.ref(bugRef(create), tip)
  return bugRef(create)
}

/** Loads the repository and expects that at most this ref is told about and that all of the scene's bugs are there. */
async function expectOthersShown(scene: Scene, ref: string, options: LoadOptions = {}): Promise<void> {
  await using repository = await buildRepository(scene.t)
  const { tracker } = await load(repository.path, options)
  expect(tracker.problems.filter(problem => problem.ref !== ref)).toEqual([])
  expect(scene.bugs.filter(({ id }) => !tracker.bugById.has(id))).toEqual([])
}

describe('texts that grow', () => {
  test('letters that fold to eighteen each do not take the repository along', async () => {
    const scene = createScene(walkedBugs)
    // Eleven million of them fill a pack; three packs of it fold to more than one string can hold.
    const blob = opsBlob(scene.ada.id, `{"type":3,"message":"${'\ufdfa'.repeat(11_000_000)}"}`)
    await expectOthersShown(scene, addLargeBug(scene, 3, blob))
  })

  test('texts that together are too long for one string do not throw', () => {
    const message = 'x'.repeat(32 * 1024 * 1024)
    const text = toSearchText(Array.from({ length: 17 }, () => message))
    expect(text.length).toBeLessThan(4_100_000)
  })

  test('marks that have to be put in order do not stop everything else', async () => {
    const scene = createScene(walkedBugs)
    const line = scene.t.bug(scene.ada, {
      title: 'Marks',
      message: `a${'\u0301\u0316'.repeat(30_000)}`,
      at: 1_700_000_000,
    })
    await using repository = await buildRepository(scene.t)
    const { tracker, blockedMs } = await loadWatched(repository.path)
    expect(tracker.bugById.has(line.id)).toBe(true)
    expect(blockedMs).toBeLessThan(1000)
  })
})

/** Loads a repository and measures the longest time in which nothing else could run, as time of the processor. */
async function loadWatched(path: string, options: LoadOptions = {}) {
  let last = process.threadCpuUsage()
  let blockedMs = 0
  const look = () => {
    const { user, system } = process.threadCpuUsage(last)
    blockedMs = Math.max(blockedMs, (user + system) / 1000)
    last = process.threadCpuUsage()
  }
  const timer = setInterval(look, 5)
  try {
    const { tracker } = await load(path, options)
    look()
    return { tracker, blockedMs }
  } finally {
    clearInterval(timer)
  }
}

/** Time that passes while this thread works, and not while it waits for git on a busy machine. */
function createWorkClock(): Clock {
  const workedMs = () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  return {
    ...systemClock,
    monotonicMs: workedMs,
    startTimer(delayMs, run) {
      const endMs = workedMs() + delayMs
      const wait = (leftMs: number) => setTimeout(look, leftMs).unref()
      const look = () => {
        const leftMs = endMs - workedMs()
        if (leftMs > 0) handle = wait(leftMs)
        else run()
      }
      let handle = wait(delayMs)
      return { cancel: () => clearTimeout(handle) }
    },
  }
}

describe('work that takes long', () => {
  test('is not laid to git’s charge: a git that has answered is not timed out because nobody listened', async () => {
    const scene = createScene(walkedBugs)
    // Some seconds of parsing, during which git's answers to other questions lie unread.
    const blob = opsBlob(scene.ada.id, `{"type":7,"x":[${'[],'.repeat(8_000_000)}[]]}`)
    await expectOthersShown(scene, addLargeBug(scene, 3, blob), { silenceLimitMs: 1500, clock: createWorkClock() })
  })
})

/** Loads a repository and counts the objects that were asked for one by one. */
async function countReads(path: string, options: LoadOptions): Promise<{ reads: number; bugs: number }> {
  const git = await openGit()
  await using reader = git.openReader(path)
  let reads = 0
  const request = reader.request.bind(reader)
  reader.request = (hash, maxBytes, done) => {
    reads++
    request(hash, maxBytes, done)
  }
  const { state } = await loadWith({ git, reader, path, options })
  return { reads, bugs: state.tracker.bugs.length }
}

describe('histories that are no bugs', () => {
  test('the source code’s is not read commit by commit because a ref of a bug points to it', async () => {
    const scene = createScene(walkedBugs)
    const { t } = scene
    let tip = t.commit({ entries: [{ path: 'README', content: '0' }] })
    for (let index = 1; index < 5000; index++)
      tip = t.commit({ entries: [{ path: 'README', content: `${index}` }], parents: [tip] })
    t.ref(`refs/bugs/${'0'.repeat(64)}`, tip)
    await using repository = await buildRepository(t)
    const { reads, bugs } = await countReads(repository.path, { limits: { maxPacks: 100 } })
    expect(bugs).toBe(walkedBugs)
    // About a hundred commits of sound bugs and people take two reads each.
    expect(reads).toBeLessThan(2000)
  })

  test('one bug’s is not read again for each ref that claims to be it', async () => {
    const scene = createScene(walkedBugs)
    const { t, ada } = scene
    const real = addLargeBug(scene, 500, opsBlob(ada.id, '{"type":3,"message":"m"}'))
    const tip = t.log.refs.get(real)
    for (let index = 0; index < 50; index++) t.ref(`refs/bugs/${`${index}`.padStart(64, '0')}`, tip)
    await using repository = await buildRepository(t)
    const { reads, bugs } = await countReads(repository.path, {})
    expect(bugs).toBe(walkedBugs + 1)
    // The bug takes a thousand reads, and a name can be seen to be wrong from the first pack.
    expect(reads).toBeLessThan(5000)
  })
})

describe('a bug of 20,000 packs', () => {
  test('is read', async () => {
    const scene = createScene(walkedBugs)
    const ref = addLargeBug(scene, 20_000, opsBlob(scene.ada.id, '{"type":3,"message":"m"}'))
    await using repository = await buildRepository(scene.t)
    const { tracker } = await load(repository.path)
    expect(tracker.problems).toEqual([])
    expect(tracker.bugById.get(ref.slice('refs/bugs/'.length))?.commentCount).toBe(20_001)
  })

  test('is a line on the problems page where more of them are merged at once than anybody merges', async () => {
    const scene = createScene(walkedBugs)
    const { t, ada } = scene
    const root = t.packCommit({ ops: opsBlob(ada.id, create), createClocks: [1], editClocks: [1] })
    const leaves = Array.from({ length: 20_000 }, (_, index) =>
      t.packCommit({ ops: opsBlob(ada.id, `{"type":3,"message":"${index}"}`), editClocks: [2], parents: [root] }),
    )
    t.packCommit({
      ops: `{"author":{"id":"${ada.id}"},"ops":null}`,
      editClocks: [3],
      parents: leaves,
      ref: bugRef(create),
    })
    await using repository = await buildRepository(t)
    const { tracker } = await load(repository.path)
    expect(tracker.problems).toMatchObject([{ ref: bugRef(create) }])
    expect(tracker.bugById.get(bugRef(create).slice('refs/bugs/'.length))).toBeUndefined()
  })
})
