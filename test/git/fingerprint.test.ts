/**
 * What moves the fingerprint of a repository's refs, with real repositories and the real git. Each change is made after
 * the clock of the file system has moved on, so that a missed change is one of the fingerprint and not of the clock.
 */
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { readFingerprint } from '../../src/git/fingerprint.ts'
import { locateRepository } from '../../src/git/repository.ts'
import { applyTo, type BuildOptions, buildRepository, deleteRef, moveRef, runGit } from '../support/tracker-builder.ts'
import { nextTick } from './next-tick.ts'

const start = 1_700_000_000

function createTracker(seed: string) {
  const t = createTrackerWriter({ seed })
  const ada = t.identity({ name: 'Ada', at: start })
  const bug = t.bug(ada, { title: 'First', message: 'text', at: start })
  bug.comment(ada, { message: 'more', at: start + 1 })
  const other = t.bug(ada, { title: 'Second', message: '', at: start + 2 })
  return { t, ada, bug, other }
}

type Tracker = ReturnType<typeof createTracker>

async function keyOf(path: string, folders: readonly string[] = []): Promise<string> {
  const location = await locateRepository(path)
  return (await readFingerprint(location!, folders)).key
}

interface Change {
  /** Done before the first look. */
  prepare?(path: string, tracker: Tracker): Promise<unknown>
  make(path: string, tracker: Tracker): Promise<unknown>
}

const packRefs = (path: string) => runGit(path, ['pack-refs', '--all'])
const update = (path: string, ...args: string[]) => runGit(path, ['update-ref', ...args])

const movesIt: Readonly<Record<string, Change>> = {
  'a new loose ref': { make: (path, { bug }) => update(path, `refs/bugs/${'0'.repeat(64)}`, bug.tip) },
  'a loose ref that moves on': {
    make: (path, { t, ada, bug }) => {
      bug.comment(ada, { message: 'even more', at: start + 5 })
      return applyTo(path, t)
    },
  },
  'a loose ref that goes back': { make: (path, { bug }) => moveRef(path, bug.ref, bug.commits[0]!) },
  'a loose ref that is deleted': { make: (path, { bug }) => deleteRef(path, bug.ref) },
  'a packed ref that moves on': { prepare: packRefs, make: (path, { bug }) => moveRef(path, bug.ref, bug.commits[0]!) },
  'a packed ref that is deleted': { prepare: packRefs, make: (path, { bug }) => deleteRef(path, bug.ref) },
  'a ref that is packed and loose and is deleted': {
    prepare: async (path, { bug }) => {
      await packRefs(path)
      await moveRef(path, bug.ref, bug.commits[0]!)
    },
    make: (path, { bug }) => deleteRef(path, bug.ref),
  },
  'the only ref of its kind that is deleted': { prepare: packRefs, make: (path, { ada }) => deleteRef(path, ada.ref) },
  'a new person': {
    make: (path, { t }) => {
      t.identity({ name: 'Bob', at: start + 7 })
      return applyTo(path, t)
    },
  },
  'packing the refs': { make: packRefs },
  'git gc': { make: path => runGit(path, ['gc', '--quiet', '--prune=now']) },
  'a ref whose name has more parts than usual, the first of them': {
    make: (path, { bug }) => update(path, 'refs/bugs/group/one', bug.tip),
  },
  'a fetch': {
    make: async (path, { t, ada }) => {
      t.bug(ada, { title: 'Elsewhere', message: '', at: start + 9 })
      await using elsewhere = await buildRepository(t)
      await runGit(path, ['fetch', '--quiet', elsewhere.path, 'refs/bugs/*:refs/bugs/*'])
    },
  },
  'a transaction of several refs at once': {
    make: (path, { bug, other }) =>
      runGit(path, ['update-ref', '--stdin'], { input: `delete ${bug.ref}\nupdate ${other.ref} ${bug.tip}\n` }),
  },
}

const leavesIt: Readonly<Record<string, Change>> = {
  nothing: { make: async () => {} },
  'a new branch': { make: (path, { bug }) => update(path, 'refs/heads/topic', bug.tip) },
  'a branch that moves on': {
    prepare: (path, { bug }) => update(path, 'refs/heads/main', bug.commits[0]!),
    make: (path, { bug }) => update(path, 'refs/heads/main', bug.tip),
  },
  'a new tag': { make: (path, { bug }) => runGit(path, ['tag', 'v1', bug.tip]) },
  'a ref of a remote’s bug': { make: (path, { bug }) => update(path, 'refs/remotes/origin/bugs/x', bug.tip) },
  'reading the repository': { make: path => runGit(path, ['for-each-ref']) },
  'new objects': { make: path => runGit(path, ['hash-object', '-w', '--stdin'], { input: 'a blob' }) },
  'repacking the objects': { make: path => runGit(path, ['repack', '-a', '-d', '--quiet']) },
}

/** How the installed git can keep refs; `git init -h` ends with status 129. */
const hasReftable = spawnSync('git', ['init', '-h'], { encoding: 'utf8' }).stdout.includes('--ref-format')
const formats: readonly BuildOptions[] = [{}, ...(hasReftable ? [{ refFormat: 'reftable' as const }] : [])]

describe.each(formats)('the fingerprint of a repository made with %o', options => {
  test.each(Object.entries(movesIt))('is moved by %s', async (name, { prepare, make }) => {
    const tracker = createTracker(name)
    await using built = await buildRepository(tracker.t, options)
    await prepare?.(built.path, tracker)
    await nextTick()
    const before = await keyOf(built.path)
    await make(built.path, tracker)
    expect(await keyOf(built.path)).not.toBe(before)
  })
})

describe('the fingerprint', () => {
  test.each(Object.entries(leavesIt))('is not moved by %s', async (name, { prepare, make }) => {
    const tracker = createTracker(name)
    await using built = await buildRepository(tracker.t)
    await prepare?.(built.path, tracker)
    const before = await keyOf(built.path)
    await nextTick()
    await make(built.path, tracker)
    expect(await keyOf(built.path)).toBe(before)
  })

  test('is not moved by a commit in a work tree', async () => {
    const tracker = createTracker('commit')
    await using built = await buildRepository(tracker.t, { bare: false })
    const before = await keyOf(built.path)
    await nextTick()
    const person = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
    await runGit(built.path, [...person, 'commit', '--quiet', '--allow-empty', '-m', 'work'])
    await runGit(built.path, ['checkout', '--quiet', '-b', 'topic'])
    expect(await keyOf(built.path)).toBe(before)
  })

  test('of a linked work tree is that of its repository, and a push to the one moves that of the other', async () => {
    const tracker = createTracker('linked')
    await using built = await buildRepository(tracker.t)
    const linked = join(built.path, '..', 'linked')
    await update(built.path, 'refs/heads/main', tracker.bug.tip)
    await runGit(built.path, ['worktree', 'add', '--quiet', linked, 'main'])
    const before = await keyOf(linked)
    expect(before).toBe(await keyOf(built.path))
    await nextTick()
    await deleteRef(linked, tracker.bug.ref)
    expect(await keyOf(linked)).not.toBe(before)
    expect(await keyOf(linked)).toBe(await keyOf(built.path))
  })

  test('sees in a folder of refs with longer names what it would not see without being told of that folder', async () => {
    const tracker = createTracker('deep')
    await using built = await buildRepository(tracker.t)
    await update(built.path, 'refs/bugs/group/one', tracker.bug.tip)
    await nextTick()
    const folders = ['refs/bugs/group']
    const [with_, without] = [await keyOf(built.path, folders), await keyOf(built.path)]
    await update(built.path, 'refs/bugs/group/one', tracker.other.tip)
    expect(await keyOf(built.path)).toBe(without)
    expect(await keyOf(built.path, folders)).not.toBe(with_)
  })

  test('of a folder that may not be read is an answer, and another one when it may be read again', async () => {
    const tracker = createTracker('secret')
    await using built = await buildRepository(tracker.t)
    const open = await keyOf(built.path)
    // A folder in the place of another stands for the one whose rights are gone: root may read everything.
    await rename(join(built.path, 'refs'), join(built.path, 'refs.away'))
    await writeFile(join(built.path, 'refs'), '')
    const location = { folder: built.path, gitDir: built.path, commonDir: built.path }
    const closed = await readFingerprint(location)
    expect(closed.key).toContain('ENOTDIR')
    expect(closed.key).not.toBe(open)
    await rm(join(built.path, 'refs'))
    await rename(join(built.path, 'refs.away'), join(built.path, 'refs'))
    expect(await keyOf(built.path)).toBe(open)
  })

  test('of a repository that is gone is an answer too', async () => {
    const gone = { folder: '/nowhere', gitDir: '/nowhere', commonDir: '/nowhere' }
    const first = await readFingerprint(gone)
    expect(first).toEqual({ key: expect.stringContaining('ENOENT'), newestMs: 0, resolutionMs: 20 })
    expect(await readFingerprint(gone)).toEqual(first)
  })

  test('of a loop of links is an answer too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'loop-'))
    await mkdir(join(folder, 'refs'))
    await symlink('bugs', join(folder, 'refs/bugs'))
    const location = { folder, gitDir: folder, commonDir: folder }
    expect((await readFingerprint(location)).key).toContain('ELOOP')
    await rm(folder, { recursive: true })
  })

  test('tells the latest change that it has seen, and a fine resolution where times have parts of seconds', async () => {
    const tracker = createTracker('fine')
    await using built = await buildRepository(tracker.t)
    const folder = join(built.path, 'refs/bugs')
    const { mtimeMs } = await stat(folder)
    const { newestMs, resolutionMs } = await readFingerprint((await locateRepository(built.path))!)
    expect(newestMs).toBeGreaterThanOrEqual(Math.floor(mtimeMs))
    expect(resolutionMs).toBe(20)
  })

  // git often changes several of them at once; each has to do alone.
  test.each(['packed-refs', 'refs/bugs', 'refs/identities', 'reftable/tables.list'])(
    'is moved by a change of %s and of nothing else',
    async changed => {
      await using built = await buildRepository(createTracker('alone').t)
      await mkdir(join(built.path, 'reftable'))
      const files = ['packed-refs', 'refs/bugs/one', 'refs/identities/one', 'reftable/tables.list']
      for (const file of files) await writeFile(join(built.path, file), 'before')
      const before = await keyOf(built.path)
      await writeFile(join(built.path, 'reftable/other.ref'), '')
      await writeFile(join(built.path, 'refs/heads/main'), '')
      expect(await keyOf(built.path)).toBe(before)
      await nextTick()
      const file = join(built.path, files.find(name => name.startsWith(changed))!)
      await writeFile(`${file}.lock`, 'after!')
      await rename(`${file}.lock`, file)
      expect(await keyOf(built.path)).not.toBe(before)
    },
  )

  test('takes a file system that counts whole seconds to need two of them', async () => {
    const tracker = createTracker('coarse')
    await using built = await buildRepository(tracker.t)
    for (const name of ['refs/bugs', 'refs/identities']) {
      await utimes(join(built.path, name), start, start)
    }
    const { newestMs, resolutionMs } = await readFingerprint((await locateRepository(built.path))!)
    expect([newestMs, resolutionMs]).toEqual([start * 1000, 2000])
  })
})

test.runIf(process.getuid?.() !== 0)('a folder without rights is told from one that is not there', async () => {
  const tracker = createTracker('rights')
  await using built = await buildRepository(tracker.t)
  const refs = join(built.path, 'refs')
  await chmod(refs, 0)
  const { key } = await readFingerprint({ folder: built.path, gitDir: built.path, commonDir: built.path })
  await chmod(refs, 0o755)
  expect(key).toContain('EACCES')
})
