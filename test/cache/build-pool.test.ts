/**
 * Big builds in worker threads: they say what a build in this thread says, and leave nothing behind however they end.
 * A test ends with no thread and no git process, told by the pool, by the tally and by the system.
 */
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { getPriority, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { ViewerError } from '../../src/base/errors.ts'
import { defaultDecodeLimits } from '../../src/base/limits.ts'
import { type BuildPool, createBuildPool } from '../../src/cache/build-pool.ts'
import type { EntityRecord, EntityRef, ReadEntity } from '../../src/cache/entity-record.ts'
import { createInterner } from '../../src/cache/interner.ts'
import { loadTracker } from '../../src/cache/load-tracker.ts'
import { readRefs } from '../../src/cache/read-refs.ts'
import { type Git, openGit } from '../../src/git/git.ts'
import { parseRefs } from '../../src/git/refs.ts'
import { type BuiltRepository, buildRepository, openGolden } from '../support/tracker-builder.ts'
import { badClocks, badIdentities, badJson, badOperations, badRefs, badTrees, badVersions } from './bad-bugs.ts'
import { contents, createScene, loadWithTexts, plainRecordsByRef, textsAfter } from './tracker-scene.ts'

/** Processes that this one has started and that are still there, zombies among them, by their number. */
function listChildren(): Map<number, string> {
  const listed = execFileSync('ps', ['-A', '-o', 'ppid=', '-o', 'pid=', '-o', 'args='], { encoding: 'utf8' })
  const own = [...listed.matchAll(/^ *(\d+) +(\d+) (.*)$/gm)].filter(([, parent]) => Number(parent) === process.pid)
  return new Map(
    own.map(([, , pid, args]) => [Number(pid), args!.trim()] as const).filter(([, args]) => !args.startsWith('ps ')),
  )
}

interface Setup extends AsyncDisposable {
  readonly git: Git
  readonly pool: BuildPool
  /** How often a git process has started, and how many run, told by the tally. */
  readonly processes: { started: number; running: number }
  /** Processes of this test that are still there, told by the system. */
  children(): string[]
  /** Reads the entities of a repository with a reader of its own for this thread. */
  read(
    folder: string,
    refs: readonly EntityRef[],
    options?: { readonly signal?: AbortSignal; onRead?(read: ReadEntity, index: number): void },
  ): Promise<EntityRecord[]>
}

interface SetupOptions {
  readonly threads?: number
  readonly workersFrom?: number
  readonly program?: string
  readonly silenceLimitMs?: number
}

/** A pool, and on disposal the proof that it leaves nothing behind. */
async function setUp(options: SetupOptions = {}): Promise<Setup> {
  const { threads = 2, workersFrom = 1, program = 'git', silenceLimitMs = 20_000 } = options
  const processes = { started: 0, running: 0 }
  const front = await openGit({
    program,
    silenceLimitMs,
    measures: {
      count: name => {
        if (name === 'gitbugviewer_git_processes_started_total') processes.started++
      },
      observe() {},
      gauge: (...[name, readings]) => {
        if (name !== 'gitbugviewer_git_processes_running') return
        Object.defineProperty(processes, 'running', {
          get: () => readings().reduce((sum, { value }) => sum + value, 0),
        })
      },
    },
  })
  const pool = createBuildPool({ threads, workersFrom })
  // A process that nobody has waited for stays for ever: it is told of the test that has left it, and of no other.
  const before = listChildren()
  const children = () => [...listChildren()].filter(([pid]) => !before.has(pid)).map(([, args]) => args)
  return {
    children,
    git: front,
    pool,
    processes,
    async read(folder, refs, { signal, onRead } = {}) {
      await using reader = front.openReader(folder)
      const records: EntityRecord[] = []
      await pool.read({ git: front, reader, folder, limits: defaultDecodeLimits, signal }, refs, (read, index) => {
        records[index] = read.record
        onRead?.(read, index)
      })
      return records
    },
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      expect(pool.load).toEqual({ threads: 0, waiting: 0 })
      expect(processes.running).toBe(0)
      expect(children()).toEqual([])
    },
  }
}

async function refsOf(git: Git, folder: string): Promise<EntityRef[]> {
  const { bytes } = await git.listRefs(folder, { prefixes: ['refs/bugs', 'refs/identities'] })
  return parseRefs(bytes).map(({ name, hash }) => {
    const kind = name.startsWith('refs/bugs/') ? 'bug' : 'identity'
    return { kind, id: name.replace(/^refs\/[a-z]+\//, ''), tip: hash }
  })
}

/** Expects of a build in threads what a build in this thread gives: state, digest, problems and records. */
async function expectSameState(path: string) {
  const { state: expected, texts: expectedTexts } = await loadWithTexts(path)
  await using setup = await setUp()
  const { git, read } = setup
  const { state, texts } = await loadTracker({
    git,
    folder: path,
    clock: systemClock,
    interner: createInterner(),
    readEntities: async (refs, onRead) => void (await read(path, refs, { onRead })),
  })
  expect(contents(state)).toEqual(contents(expected))
  expect(state.tracker.digest).toBe(expected.tracker.digest)
  expect(plainRecordsByRef(state)).toEqual(plainRecordsByRef(expected))
  expect(textsAfter(new Map(), texts!)).toEqual(textsAfter(new Map(), expectedTexts!))
  expect([state.folders, state.unhealthy]).toEqual([expected.folders, expected.unhealthy])
  expect(setup.pool.load.threads).toBeGreaterThan(0)
  return state
}

describe('a state that was read in worker threads is the one that this thread reads', () => {
  test.each(['sha1', 'sha256'] as const)('for a sound repository in %s', async objectFormat => {
    const scene = createScene(150, { objectFormat })
    await using built = await buildRepository(scene.t)
    const { tracker } = await expectSameState(built.path)
    expect([tracker.bugs.length, tracker.problems]).toEqual([150, []])
  })

  test('for one with every kind of bad data', async () => {
    const scene = createScene(20)
    const bad = [badClocks, badIdentities, badJson, badOperations, badRefs, badTrees, badVersions].flat()
    for (const one of bad.filter(({ limits }) => limits === undefined)) one.write(scene)
    await using built = await buildRepository(scene.t)
    const { tracker } = await expectSameState(built.path)
    expect(tracker.bugs).toHaveLength(20)
    expect(tracker.problems.length).toBeGreaterThan(10)
  })

  test.for(['made', 'concurrent'])('for the repository “%s”', async (name, { skip }) => {
    const opened = await openGolden(name)
    if (!opened) return skip()
    await using built = opened
    await expectSameState(built.path)
  })
})

describe('a build', () => {
  let built: BuiltRepository
  let other: BuiltRepository
  let bin: string
  beforeAll(async () => {
    built = await buildRepository(createScene(400).t)
    other = await buildRepository(createScene(100, { seed: 'other' }).t)
    bin = await mkdtemp(join(tmpdir(), 'build-pool-'))
    const found = (process.env.PATH ?? '').split(delimiter).map(folder => join(folder, 'git'))
    const real = found.find(file => execFileSync('sh', ['-c', `test -x "${file}" && echo yes || true`]).length > 0)
    // One that never answers what a build asks; a process of its own that is not the shell's child would outlive it.
    await writeFile(
      join(bin, 'hanging'),
      `#!/bin/sh\ncase "$1" in cat-file|rev-list) exec sleep 300;; esac\nexec '${real}' "$@"\n`,
    )
    await chmod(join(bin, 'hanging'), 0o755)
  })
  afterAll(async () => {
    await built[Symbol.asyncDispose]()
    await other[Symbol.asyncDispose]()
    await rm(bin, { recursive: true, force: true })
  })

  test('of fewer refs than are worth a thread stays in this one', async () => {
    await using setup = await setUp({ workersFrom: 1000 })
    const records = await setup.read(built.path, await refsOf(setup.git, built.path))
    expect(records.every(record => record.problems.length === 0)).toBe(true)
    expect(setup.pool.load).toEqual({ threads: 0, waiting: 0 })
  })

  test('stays in this thread where there are no others', async () => {
    await using setup = await setUp({ threads: 0 })
    const records = await setup.read(built.path, await refsOf(setup.git, built.path))
    expect(records).toHaveLength(402)
    expect(setup.pool.load).toEqual({ threads: 0, waiting: 0 })
  })

  test('reads each of its refs once, and its git processes are counted where all are', async () => {
    await using setup = await setUp()
    const refs = await refsOf(setup.git, built.path)
    const before = setup.processes.started
    const seen: number[] = []
    await setup.read(built.path, refs, { onRead: (_read, index) => seen.push(index) })
    expect(seen.toSorted((a, b) => a - b)).toEqual(refs.map((_, index) => index))
    // In each of two threads a walk and a reader.
    expect(setup.processes.started - before).toBe(4)
    expect(setup.processes.running).toBe(0)
  })

  test('goes on beside another, and each gets what is its own', async () => {
    await using setup = await setUp()
    const lists = await Promise.all([built.path, other.path].map(path => refsOf(setup.git, path)))
    const [one, two, again] = await Promise.all([
      setup.read(built.path, lists[0]!),
      setup.read(other.path, lists[1]!),
      setup.read(built.path, lists[0]!),
    ])
    expect(one!.map(({ id }) => id)).toEqual(lists[0]!.map(({ id }) => id))
    expect(two!.map(({ id }) => id)).toEqual(lists[1]!.map(({ id }) => id))
    expect(again).toEqual(one)
  })

  test('that is stopped in its middle ends with the reason, tells of no further record, and leaves no git behind', async () => {
    await using setup = await setUp()
    const refs = await refsOf(setup.git, built.path)
    const stop = new AbortController()
    let [told, isOver] = [0, false]
    const reading = setup.read(built.path, refs, {
      signal: stop.signal,
      onRead: () => {
        expect(isOver).toBe(false)
        if (++told === 1) stop.abort(new ViewerError('SHUTTING_DOWN', 'enough'))
      },
    })
    await expect(reading).rejects.toMatchObject({ code: 'SHUTTING_DOWN', message: 'enough' })
    isOver = true
    expect(told).toBeGreaterThan(0)
    expect([setup.processes.running, setup.children(), setup.pool.load.waiting]).toEqual([0, [], 0])
    expect(await setup.read(other.path, await refsOf(setup.git, other.path))).toHaveLength(102)
  })

  test('gives way to this thread: its git processes have a lower priority, and this one keeps its own', async () => {
    const before = new Set(listChildren().keys())
    const own = getPriority()
    await using setup = await setUp({ program: join(bin, 'hanging') })
    const refs = await refsOf(setup.git, built.path)
    const stop = new AbortController()
    const outcome = expect(setup.read(built.path, refs, { signal: stop.signal })).rejects.toThrow('seen')
    while (setup.processes.running < 4) await new Promise(setImmediate)
    const started = [...listChildren().keys()].filter(pid => !before.has(pid))
    expect(started.map(pid => getPriority(pid))).toEqual(Array.from({ length: 4 }, () => Math.min(19, own + 5)))
    expect(getPriority()).toBe(own)
    stop.abort(new Error('seen'))
    await outcome
  })

  test('that is stopped while git does not answer ends git', async () => {
    await using setup = await setUp({ program: join(bin, 'hanging') })
    const refs = await refsOf(setup.git, built.path)
    const stop = new AbortController()
    const reading = setup.read(built.path, refs, { signal: stop.signal })
    const outcome = expect(reading).rejects.toThrow('gone')
    while (setup.processes.running < 4) await new Promise(setImmediate)
    expect(setup.children()).toHaveLength(4)
    stop.abort(new Error('gone'))
    await outcome
    expect([setup.processes.running, setup.children()]).toEqual([0, []])
  })

  test('that was stopped before it began starts nothing', async () => {
    await using setup = await setUp()
    const refs = await refsOf(setup.git, built.path)
    const before = setup.processes.started
    const reading = setup.read(built.path, refs, { signal: AbortSignal.abort(new Error('gone')) })
    await expect(reading).rejects.toThrow('gone')
    expect(setup.processes.started).toBe(before)
  })

  test('whose listener fails ends with that failure', async () => {
    await using setup = await setUp()
    const refs = await refsOf(setup.git, built.path)
    const reading = setup.read(built.path, refs, {
      onRead: () => {
        throw new Error('no more')
      },
    })
    await expect(reading).rejects.toThrow('no more')
    expect(setup.children()).toEqual([])
  })

  test('of a repository that vanishes fails as it does in this thread', async () => {
    await using setup = await setUp()
    const refs = await refsOf(setup.git, other.path)
    const away = `${other.path}.away`
    await rename(other.path, away)
    await using reader = setup.git.openReader(other.path)
    const input = { git: setup.git, reader, folder: other.path, limits: defaultDecodeLimits }
    const here = await readRefs(input, refs, () => {}).catch((error: unknown) => error)
    const there = await setup.read(other.path, refs).catch((error: unknown) => error)
    await rename(away, other.path)
    expect(here).toMatchObject({ code: 'GIT_MISSING' })
    expect(there).toMatchObject({ code: 'GIT_MISSING', message: (here as Error).message })
  })

  test('that waits for a git that hangs fails as it does in this thread', async () => {
    const refs = await refsOf(await openGit(), other.path)
    await using setup = await setUp({ program: join(bin, 'hanging'), silenceLimitMs: 300 })
    await using reader = setup.git.openReader(other.path)
    const input = { git: setup.git, reader, folder: other.path, limits: defaultDecodeLimits }
    const here = await readRefs(input, refs, () => {}).catch((error: unknown) => error)
    const there = await setup.read(other.path, refs).catch((error: unknown) => error)
    expect(here).toMatchObject({ code: 'GIT_TIMEOUT' })
    expect(there).toMatchObject({ code: 'GIT_TIMEOUT' })
  })

  test('that goes on while the pool is disposed is stopped and waited for', async () => {
    await using setup = await setUp()
    const refs = await refsOf(setup.git, built.path)
    const begun = Promise.withResolvers<void>()
    const reading = setup.read(built.path, refs, { onRead: () => begun.resolve() })
    const outcome = expect(reading).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    await begun.promise
    await setup.pool[Symbol.asyncDispose]()
    expect(setup.pool.load.threads).toBe(0)
    expect([setup.processes.running, setup.children()]).toEqual([0, []])
    await outcome
  })

  test('that was asked for in the same turn as the pool’s end, or after it, is refused', async () => {
    await using setup = await setUp()
    const refs = await refsOf(setup.git, built.path)
    const reading = expect(setup.read(built.path, refs)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    await setup.pool[Symbol.asyncDispose]()
    await reading
    await expect(setup.read(built.path, refs)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    expect(setup.pool.load.threads).toBe(0)
  })
})

test('a pool that did nothing has started nothing', async () => {
  await using setup = await setUp()
  expect(setup.pool.load).toEqual({ threads: 0, waiting: 0 })
})
