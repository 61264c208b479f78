/**
 * Objects that are missing, damaged or nonsense. git dies of some of them, and ends a walk over all histories at the
 * first commit that it cannot have; only the entity that needs the object may be lost.
 */
import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isViewerError } from '../../src/base/errors.ts'
import type { RepositoryState } from '../../src/cache/load-tracker.ts'
import type { BugLine } from '../../src/demo/bug-line.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import {
  applyTo,
  type BuiltRepository,
  buildRepository,
  deleteRef,
  moveRef,
  removeObject,
  runGit,
  writeLooseRef,
} from '../support/tracker-builder.ts'
import {
  contents,
  createScene,
  expectOnlyLost,
  fewBugs,
  load,
  looseFile,
  recordsByRef,
  walkedBugs,
} from './tracker-scene.ts'

/** A bug of three packs that the tests take apart, beside the sound ones. */
function addVictim({ t, ada, bob }: ReturnType<typeof createScene>): BugLine {
  const line = t.bug(ada, { title: 'Victim', message: 'm', at: 1_700_000_000 })
  line.comment(bob, { message: 'one', at: 1_700_000_001 })
  line.comment(ada, { message: 'two', at: 1_700_000_002 })
  return line
}

/** Which object of the victim is meant, as git names it. */
const parts: readonly (readonly [string, (line: BugLine) => string, RegExp])[] = [
  ['tip', line => line.tip, /commit [0-9a-f]{40}/],
  ['parent', line => line.commits[1]!, /commit [0-9a-f]{40}/],
  ['root', line => line.commits[0]!, /commit [0-9a-f]{40}/],
  ['tree of the tip', line => `${line.tip}^{tree}`, /tree [0-9a-f]{40}/],
  ['tree of the root', line => `${line.commits[0]}^{tree}`, /tree [0-9a-f]{40}/],
  ['ops blob of the tip', line => `${line.tip}:ops`, /"ops"/],
  ['ops blob of the root', line => `${line.commits[0]}:ops`, /"ops"/],
]

async function resolve(path: string, name: string): Promise<string> {
  return (await runGit(path, ['rev-parse', name])).trim()
}

const sizes: readonly (readonly [string, number])[] = [
  ['read one by one', fewBugs],
  ['read by one walk', walkedBugs],
]

describe.each(sizes)('with bugs that are %s', (_how, bugs) => {
  test.each(parts)('a missing %s loses its bug and no other', async (_name, object, named) => {
    const scene = createScene(bugs)
    const victim = addVictim(scene)
    await using repository = await buildRepository(scene.t, { loose: true })
    const hash = await resolve(repository.path, object(victim))
    await removeObject(repository.path, hash)
    const reason = new RegExp(`${named.source} is missing`)
    await expectOnlyLost(repository.path, victim.ref, { bugs, reason })
  })

  test('a ref to nothing loses its bug and no other', async () => {
    const scene = createScene(bugs)
    await using repository = await buildRepository(scene.t)
    const ref = `refs/bugs/${'d'.repeat(64)}`
    await writeLooseRef(repository.path, ref, `${'d'.repeat(40)}\n`)
    await expectOnlyLost(repository.path, ref, { bugs, reason: /commit d{40} is missing/ })
  })

  test('a blob that keeps a file reachable may be missing', async () => {
    const scene = createScene(bugs)
    const file = scene.t.attach('attached')
    scene.bugs[0]!.comment(scene.ada, { message: 'see', at: 1_700_009_000, files: [file] })
    await using repository = await buildRepository(scene.t, { loose: true })
    const before = await load(repository.path)
    await removeObject(repository.path, file)
    expect(contents(await load(repository.path))).toEqual(contents(before))
    expect(before.tracker.problems).toEqual([])
  })
})

/** Ways to damage the file of a loose object, given what it holds. */
const damages: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
  ['text', () => Buffer.from('this was an object once')],
  ['nothing', () => Buffer.alloc(0)],
  ['zero bytes', bytes => Buffer.alloc(bytes.length)],
  ['its first half', bytes => bytes.subarray(0, bytes.length >> 1)],
  ['a wrong check sum', bytes => Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1)! ^ 1])])],
  ['an object of an unknown type', () => deflateSync(Buffer.from('blub 4\0abcd'))],
  ['a header only', () => deflateSync(Buffer.from('blob 4'))],
  ['less than its header says', () => deflateSync(Buffer.from('blob 40\0abcd'))],
  ['much less than its header says', () => deflateSync(Buffer.from('blob 100000\0abcd'))],
  ['more than its header says', () => deflateSync(Buffer.from('blob 2\0abcd'))],
  ['a commit of less than its header says', () => deflateSync(Buffer.from('commit 400\0tree '))],
  ['a size that is no number', () => deflateSync(Buffer.from('blob x\0abcd'))],
]

describe('a damaged object among three hundred sound bugs', () => {
  const bugs = 300
  const scene = createScene(bugs)
  const victim = addVictim(scene)
  let repository: BuiltRepository
  let without: ReturnType<typeof contents>

  beforeAll(async () => {
    repository = await buildRepository(scene.t, { loose: true })
    await deleteRef(repository.path, victim.ref)
    without = contents(await load(repository.path))
    await moveRef(repository.path, victim.ref, victim.tip)
  })
  afterAll(async () => await repository[Symbol.asyncDispose]())

  /** Puts other bytes in the place of an object while it loads the repository; `undefined` makes a folder of it. */
  const loadDamaged = async (name: string, damage: (bytes: Buffer) => Buffer | undefined) => {
    const file = looseFile(repository.path, await resolve(repository.path, name))
    const bytes = await readFile(file)
    const damaged = damage(bytes)
    await rename(file, `${file}.whole`)
    await (damaged ? writeFile(file, damaged) : mkdir(file))
    try {
      return await load(repository.path)
    } finally {
      await rm(file, { recursive: true })
      await rename(`${file}.whole`, file)
    }
  }

  const expectOnlyVictimLost = (state: RepositoryState, reason: RegExp) => {
    expect(state.tracker.problems).toEqual([{ ref: victim.ref, reason: expect.stringMatching(reason) as string }])
    expect({ ...contents(state), problems: [] }).toEqual(without)
  }

  test.each(damages)('whose file holds %s loses its bug and no other', async (_name, damage) => {
    const state = await loadDamaged(`${victim.commits[1]}:ops`, damage)
    expectOnlyVictimLost(state, /"ops" is (?:damaged|missing|a commit|not valid JSON)/)
  })

  test.each(parts)('that is the %s loses its bug and no other', async (_name, object, named) => {
    const state = await loadDamaged(object(victim), bytes => bytes.subarray(0, bytes.length >> 1))
    expectOnlyVictimLost(state, new RegExp(`${named.source} is (?:damaged|missing)`))
  })

  test('that is a folder loses its bug and no other', async () => {
    const state = await loadDamaged(victim.tip, () => undefined)
    expectOnlyVictimLost(state, /commit [0-9a-f]{40} is (?:damaged|missing)/)
  })

  test('that is the first version of an identity loses it, and its bugs are shown with a line each', async () => {
    const { tracker } = await loadDamaged(`${scene.bob.commits[0]}:version`, bytes => bytes.subarray(0, 20))
    expect(tracker.bugs).toHaveLength(bugs + 1)
    expect([...tracker.identities.keys()]).toEqual([scene.ada.id])
    const refs = [...scene.bugs, victim].map(({ ref }) => ref).toSorted()
    expect(tracker.problems.map(({ ref }) => ref)).toEqual([...refs, scene.bob.ref])
    expect(tracker.problems.at(-1)?.reason).toMatch(/"version" is (?:damaged|missing)/)
  })
})

test('damaged objects of thirty bugs lose each of them and no other', async () => {
  const scene = createScene(300)
  await using repository = await buildRepository(scene.t, { loose: true })
  const victims = scene.bugs.filter((_, index) => index % 10 === 0)
  for (const [index, victim] of victims.entries()) {
    const file = looseFile(repository.path, await resolve(repository.path, parts[index % parts.length]![1](victim)))
    const bytes = await readFile(file)
    await chmod(file, 0o644)
    await writeFile(file, bytes.subarray(0, bytes.length >> 1))
  }
  const state = await load(repository.path)
  expect(state.tracker.problems.map(({ ref }) => ref).toSorted()).toEqual(victims.map(({ ref }) => ref).toSorted())
  expect(state.tracker.bugs).toHaveLength(300 - victims.length)
})

describe('the file of a ref', () => {
  // What a machine that lost power leaves behind. git lists the other refs, and warns of this one.
  test.each([
    ['empty', ''],
    ['no hash', 'garbage\n'],
    ['all zeros', `${'0'.repeat(40)}\n`],
  ])('that is %s is one line, and nothing else is lost', async (_what, text) => {
    const scene = createScene(fewBugs)
    const victim = addVictim(scene)
    await using repository = await buildRepository(scene.t)
    await writeLooseRef(repository.path, victim.ref, text)
    const { tracker } = await load(repository.path)
    expect(tracker.bugs.map(({ id }) => id).toSorted()).toEqual(scene.bugs.map(({ id }) => id).toSorted())
    expect(tracker.problems.map(({ ref }) => ref)).toEqual([victim.ref])
  })
})

describe('objects that git lets in', () => {
  const person = 'Ada <ada@example.org> 1700000000 +0000'

  /** A repository in which a bug's ref points to a commit object of these bytes. */
  const withCommit = async (bugs: number, bytes: (tree: string) => string) => {
    const scene = createScene(bugs)
    const tree = scene.t.log.object('tree', Buffer.alloc(0))
    const hash = scene.t.object('commit', Buffer.from(bytes(tree)))
    const repository = await buildRepository(scene.t)
    const ref = `refs/bugs/${'e'.repeat(64)}`
    await writeLooseRef(repository.path, ref, `${hash}\n`)
    return { repository, ref }
  }

  test.each(sizes)('a commit that is nonsense loses its bug and no other: bugs %s', async (_how, bugs) => {
    const { repository, ref } = await withCommit(bugs, () => 'nonsense\n')
    await using _repository = repository
    await expectOnlyLost(repository.path, ref, { bugs, reason: /commit/ })
  })

  test.each(sizes)('a commit whose parent is a blob loses its bug and no other: bugs %s', async (_how, bugs) => {
    const scene = createScene(bugs)
    const blob = scene.t.attach('no commit')
    const tree = scene.t.object('tree', Buffer.alloc(0))
    const hash = scene.t.object(
      'commit',
      Buffer.from(`tree ${tree}\nparent ${blob}\nauthor ${person}\ncommitter ${person}\n\n`),
    )
    await using repository = await buildRepository(scene.t)
    const ref = `refs/bugs/${'e'.repeat(64)}`
    await writeLooseRef(repository.path, ref, `${hash}\n`)
    await expectOnlyLost(repository.path, ref, { bugs, reason: /blob, not a commit|is (?:damaged|missing)/ })
  })

  test.each(sizes)('a commit whose tree is a blob loses its bug and no other: bugs %s', async (_how, bugs) => {
    const scene = createScene(bugs)
    const blob = scene.t.attach('no tree')
    const hash = scene.t.object('commit', Buffer.from(`tree ${blob}\nauthor ${person}\ncommitter ${person}\n\n`))
    await using repository = await buildRepository(scene.t)
    const ref = `refs/bugs/${'e'.repeat(64)}`
    await writeLooseRef(repository.path, ref, `${hash}\n`)
    await expectOnlyLost(repository.path, ref, { bugs, reason: /tree [0-9a-f]{40} is (?:no tree|a blob)/ })
  })

  test.each(sizes)('a tree that is cut off loses its bug and no other: bugs %s', async (_how, bugs) => {
    const scene = createScene(bugs)
    const tree = scene.t.object('tree', Buffer.from('100644 ops\0short'))
    const hash = scene.t.object('commit', Buffer.from(`tree ${tree}\nauthor ${person}\ncommitter ${person}\n\n`))
    await using repository = await buildRepository(scene.t)
    const ref = `refs/bugs/${'e'.repeat(64)}`
    await writeLooseRef(repository.path, ref, `${hash}\n`)
    await expectOnlyLost(repository.path, ref, { bugs, reason: /is no tree/ })
  })

  // One line of `git rev-list` for this commit is longer than a megabyte.
  test.each(sizes)('a commit of 30,000 parents loses no other: bugs %s', async (_how, bugs) => {
    const scene = createScene(bugs)
    const parent = scene.bugs[0]!.tip
    const tree = scene.t.object('tree', Buffer.alloc(0))
    const lines = [`tree ${tree}`, ...Array.from({ length: 30_000 }, () => `parent ${parent}`)]
    const hash = scene.t.object('commit', Buffer.from(`${lines.join('\n')}\nauthor ${person}\ncommitter ${person}\n\n`))
    await using repository = await buildRepository(scene.t)
    const ref = `refs/bugs/${'e'.repeat(64)}`
    await writeLooseRef(repository.path, ref, `${hash}\n`)
    await expectOnlyLost(repository.path, ref, { bugs, reason: /cannot be read/ })
  })

  // They would take a hundred times as much memory as room in the repository.
  test.each(sizes)('a commit may have 32 parents and no more: bugs %s', async (_how, bugs) => {
    const scene = createScene(bugs)
    const parent = scene.bugs[0]!.tip
    const withParents = (count: number) =>
      scene.t.packCommit({ ops: '{}', editClocks: [99], parents: Array.from({ length: count }, () => parent) })
    const id = 'e'.repeat(64)
    scene.t.ref(`refs/bugs/${id}`, withParents(32))
    scene.t.ref(`refs/bugs/${id.replace(/.$/, 'f')}`, withParents(33))
    await using repository = await buildRepository(scene.t)
    const { tracker } = await load(repository.path)
    expect(tracker.problems.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/author/),
      expect.stringMatching(/commit [0-9a-f]{40} cannot be read/),
    ])
    expect(tracker.bugs).toHaveLength(bugs)
  })

  // git does not compare the bytes of an object with its name when it reads them, so a file can say anything.
  test.each(sizes)('an identity whose versions run in a circle loses no other: bugs %s', async (_how, bugs) => {
    const scene = createScene(bugs)
    const eve = scene.t.identity({ name: 'Eve', at: 1_700_000_000 })
    scene.t.identityVersion(eve, { name: 'Eve the Second', at: 1_700_000_001 })
    await using repository = await buildRepository(scene.t, { loose: true })
    const file = looseFile(repository.path, eve.commits[0]!)
    const tree = await resolve(repository.path, `${eve.commits[0]}^{tree}`)
    const commit = `tree ${tree}\nparent ${eve.tip}\nauthor ${person}\ncommitter ${person}\n\n`
    await chmod(file, 0o644)
    await writeFile(file, deflateSync(Buffer.from(`commit ${commit.length}\0${commit}`)))
    const { tracker } = await load(repository.path)
    expect(tracker.problems).toEqual([{ ref: eve.ref, reason: expect.stringMatching(/circle/) as string }])
    expect(tracker.bugs).toHaveLength(bugs)
    expect(tracker.identities.has(scene.ada.id)).toBe(true)
  })

  test('a commit with a message of two megabytes is the same bug whether it is walked or read by itself', async () => {
    const states = await Promise.all(
      sizes.map(async ([, bugs]) => {
        const scene = createScene(bugs)
        const victim = addVictim(scene)
        await using repository = await buildRepository(scene.t)
        const tree = await resolve(repository.path, `${victim.tip}^{tree}`)
        const message = `tree ${tree}\nparent ${victim.commits.at(-2)}\nauthor ${person}\ncommitter ${person}\n\n${'x'.repeat(2_000_000)}`
        const hash = scene.t.object('commit', Buffer.from(message))
        await applyTo(repository.path, scene.t)
        await moveRef(repository.path, victim.ref, hash)
        const { tracker } = await load(repository.path)
        return { shown: tracker.bugById.has(victim.id), problems: tracker.problems.length }
      }),
    )
    expect(states[0]).toEqual(states[1])
  })
})

describe('a walk that breaks off', () => {
  test('is made up for bug by bug, and only what is missing is lost', async () => {
    const scene = createScene(200)
    const victims = [3, 77, 199].map(index => scene.bugs[index]!)
    await using repository = await buildRepository(scene.t, { loose: true })
    const before = await load(repository.path)
    for (const victim of victims) await removeObject(repository.path, victim.commits[1]!)
    await writeLooseRef(repository.path, `refs/bugs/${'d'.repeat(64)}`, `${'d'.repeat(40)}\n`)
    const { tracker } = await load(repository.path)
    const lost = new Set(victims.map(({ id }) => id))
    const left = contents(before).bugs.filter(({ id }) => !lost.has(id))
    expect(contents({ tracker }).bugs).toEqual(left)
    expect(tracker.problems.map(({ ref }) => ref).toSorted()).toEqual(
      [`refs/bugs/${'d'.repeat(64)}`, ...victims.map(({ ref }) => ref)].toSorted(),
    )
  })

  test('brings what was there once the object is back', async () => {
    const scene = createScene(walkedBugs)
    const victim = scene.bugs[4]!
    await using repository = await buildRepository(scene.t, { loose: true })
    const whole = await load(repository.path)
    const file = looseFile(repository.path, victim.commits[1]!)
    await rename(file, `${file}.away`)
    const broken = await load(repository.path, { previous: whole })
    // Nothing has moved, so what is known stays known.
    expect(broken).toBe(whole)
    const fresh = await load(repository.path)
    expect(fresh.tracker.problems.map(({ ref }) => ref)).toEqual([victim.ref])
    await copyFile(`${file}.away`, file)
    const healed = await load(repository.path, { previous: fresh })
    expect(contents(healed)).toEqual(contents(whole))
    const kept = scene.bugs[0]!.ref
    expect(recordsByRef(healed).get(kept)).toBe(recordsByRef(fresh).get(kept))
  })
})

describe('repositories of their own kind', () => {
  test('one without bugs and identities is told to be empty', async () => {
    await using repository = await buildRepository(createTrackerWriter({ seed: 'empty' }))
    await expect(load(repository.path)).rejects.toSatisfy(error => isViewerError(error, 'REPOSITORY_EMPTY'))
  })

  test('one with source code only is told to be empty', async () => {
    const t = createTrackerWriter({ seed: 'source' })
    t.ref('refs/heads/main', t.commit({ entries: [{ path: 'README', content: 'x' }] }))
    t.ref('refs/bugsy/x', t.commit({ entries: [{ path: 'README', content: 'y' }] }))
    t.ref('refs/remotes/origin/bugs/x', t.commit({ entries: [{ path: 'README', content: 'z' }] }))
    await using repository = await buildRepository(t)
    await expect(load(repository.path)).rejects.toSatisfy(error => isViewerError(error, 'REPOSITORY_EMPTY'))
  })

  test.each(sizes)('one of SHA-256 is read like another, bad entities and all: bugs %s', async (_how, bugs) => {
    const [sha1, sha256] = (['sha1', 'sha256'] as const).map(objectFormat => createScene(bugs, { objectFormat }))
    const victim = addVictim(sha256!)
    await using repository = await buildRepository(sha256!.t, { loose: true })
    await using other = await buildRepository(sha1!.t)
    await removeObject(repository.path, await resolve(repository.path, `${victim.commits[1]}:ops`))
    const state = await expectOnlyLost(repository.path, victim.ref, { bugs, reason: /"ops" is missing/ })
    const ids = (await load(other.path)).tracker.bugs.map(({ id }) => id)
    expect(state.tracker.bugs.map(({ id }) => id)).toEqual(ids)
    expect(state.tracker.bugs.every(({ tip }) => tip.length === 64)).toBe(true)
  })

  test.each(sizes)(
    'one that is shallow shows the bugs that it has whole and names those that are cut: bugs %s',
    async (_how, bugs) => {
      const scene = createScene(bugs)
      const whole = scene.t.bug(scene.ada, { title: 'One pack', message: 'm', at: 1_700_000_000 })
      await using source = await buildRepository(scene.t)
      await using repository = await buildRepository(createTrackerWriter({ seed: 'shallow' }))
      await runGit(repository.path, ['fetch', '--quiet', '--depth=1', `file://${source.path}`, 'refs/*:refs/*'])
      const { tracker } = await load(repository.path)
      expect(tracker.bugs.map(({ id }) => id)).toEqual([whole.id])
      expect([...tracker.identities.keys()]).toEqual([scene.ada.id])
      expect(tracker.problems.map(({ ref }) => ref).toSorted()).toEqual(
        [scene.bob.ref, ...scene.bugs.map(({ ref }) => ref)].toSorted(),
      )
      // Not that a bug has no creation clock: what there is of it is sound.
      for (const { reason } of tracker.problems) expect(reason).toMatch(/missing|shallow/)
    },
  )

  test.each(sizes)('one with grafts is read as its objects are: bugs %s', async (_how, bugs) => {
    const scene = createScene(bugs)
    const victim = addVictim(scene)
    await using repository = await buildRepository(scene.t)
    const before = await load(repository.path)
    expect(before.tracker.bugById.get(victim.id)?.commentCount).toBe(3)
    await mkdir(`${repository.path}/info`, { recursive: true })
    // The pack in between is left out.
    await writeFile(`${repository.path}/info/grafts`, `${victim.tip} ${victim.commits[0]}\n`)
    expect(contents(await load(repository.path))).toEqual(contents(before))
  })

  test.each(sizes)('one with replaced objects is read as its objects are: bugs %s', async (_how, bugs) => {
    const scene = createScene(bugs)
    const victim = addVictim(scene)
    await using repository = await buildRepository(scene.t)
    const before = await load(repository.path)
    await moveRef(repository.path, `refs/replace/${victim.tip}`, victim.commits[0]!)
    expect(contents(await load(repository.path))).toEqual(contents(before))
  })
})
