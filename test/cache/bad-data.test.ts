/**
 * `format.md`, "What must not bring the viewer down": each item as a real repository with sound bugs and one bad
 * entity. Exactly that entity is lost, the problems page says why, and all others are as if it had never been there.
 */
import { describe, expect, test } from 'vitest'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import {
  type BadEntity,
  badClocks,
  badIdentities,
  badJson,
  badOperations,
  badRefs,
  badTrees,
  badVersions,
  bugRef,
  opsBlob,
} from './bad-bugs.ts'
import {
  contents,
  createScene,
  expectOnlyLost,
  expectRestUnharmed,
  fewBugs,
  load,
  type Scene,
  walkedBugs,
} from './tracker-scene.ts'

const groups: readonly (readonly [string, readonly BadEntity[]])[] = [
  ['operations', badOperations],
  ['format versions', badVersions],
  ['JSON and limits', badJson],
  ['trees', badTrees],
  ['clocks and graphs', badClocks],
  ['refs', badRefs],
  ['identities', badIdentities],
]

describe.each([
  ['read one by one', fewBugs],
  ['read by one walk', walkedBugs],
])('with bugs that are %s', (_how, bugs) => {
  describe.each(groups)('bad %s', (_group, entities) => {
    test.each(entities.map(entity => [entity.name, entity] as const))(
      '%s is one line and nothing else is lost',
      async (_name, bad) => {
        const scene = createScene(bugs)
        const ref = bad.write(scene)
        await using repository = await buildRepository(scene.t)
        await expectOnlyLost(repository.path, ref, { bugs, reason: bad.reason, limits: bad.limits ?? {} })
      },
    )
  })
})

test('a ref that is named by another bug’s id loses that bug and no other', async () => {
  const scene = createScene(walkedBugs)
  const [first, second] = scene.bugs
  scene.t.ref(first!.ref, second!.tip)
  await using repository = await buildRepository(scene.t)
  const state = await expectOnlyLost(repository.path, first!.ref, {
    bugs: walkedBugs - 1,
    reason: new RegExp(second!.id),
  })
  expect(state.tracker.bugById.has(second!.id)).toBe(true)
})

test('many bad entities at once are one line each', async () => {
  const scene = createScene(walkedBugs)
  await using sound = await buildRepository(scene.t)
  const without = await load(sound.path)
  // Those under refs of their own; the others share one.
  const refs = new Set(
    groups.flatMap(([, entities]) =>
      entities.filter(({ limits }) => limits === undefined).map(entity => entity.write(scene)),
    ),
  )
  await using repository = await buildRepository(scene.t)
  const state = await load(repository.path)
  expect(state.tracker.problems.map(({ ref }) => ref).toSorted()).toEqual([...refs].toSorted())
  expect({ ...contents(state), problems: [] }).toEqual(contents(without))
})

describe('what is as large as allowed is shown', () => {
  const create = '{"type":1,"title":"Large","message":"m"}'
  const limits = { maxOpsBytes: 5000, maxOperations: 20, maxPacks: 20, maxNesting: 9 }

  test('a pack of the greatest size and depth, and as many operations and packs as there may be', async () => {
    const { t, ada } = createScene(fewBugs)
    const deep = `{"type":7,"x":${'['.repeat(6)}${']'.repeat(6)}}`
    let tip = t.packCommit({ ops: opsBlob(ada.id, create, deep).padEnd(5000), createClocks: [1], editClocks: [1] })
    for (let clock = 2; clock <= 20; clock++) {
      const operations = clock === 20 ? [] : [`{"type":3,"message":"${clock}"}`]
      tip = t.packCommit({ ops: opsBlob(ada.id, ...operations), editClocks: [clock], parents: [tip] })
    }
    t.ref(bugRef(create), tip)
    await using repository = await buildRepository(t)
    const { tracker } = await load(repository.path, { limits })
    expect(tracker.problems).toEqual([])
    expect(tracker.bugById.get(bugRef(create).slice('refs/bugs/'.length))).toMatchObject({
      title: 'Large',
      commentCount: 19,
    })
  })
})

/** Loads a repository with one odd bug that must be shown. */
async function loadShown(repository: BuiltRepository, scene: Scene, ref: string) {
  const state = await load(repository.path)
  const bug = state.tracker.bugById.get(ref.slice('refs/bugs/'.length))
  expect(state.tracker.bugs).toHaveLength(scene.bugs.length + 1)
  return { bug, problems: state.tracker.problems }
}

describe('what is odd and still shown', () => {
  test('invalid UTF-8 and lone surrogates, as broken characters', async () => {
    const scene = createScene(fewBugs)
    const { t, ada } = scene
    const create = Buffer.concat([
      Buffer.from('{"type":1,"title":"bytes '),
      Buffer.from([0xff, 0xc0, 0xed, 0xa0, 0x80]),
      Buffer.from(' and \\ud800 alone","message":"\\udfff","metadata":{"\\ud800":"\\udc00"}}'),
    ])
    const ops = Buffer.concat([
      Buffer.from(`{"author":{"id":"${ada.id}"},"ops":[`),
      create,
      Buffer.from(',{"type":5,"added":["\\ud83d"]}]}'),
    ])
    t.packCommit({ ops, createClocks: [1], editClocks: [1], ref: bugRef(create) })
    await using repository = await buildRepository(t)
    const { bug, problems } = await loadShown(repository, scene, bugRef(create))
    expect(problems).toEqual([])
    expect(bug?.title).toBe(`bytes ${'\ufffd'.repeat(5)} and \ufffd alone`)
    expect(bug?.labels).toEqual(['\ufffd'])
    expect([...(bug?.metadata ?? [])]).toEqual([['\ufffd', '\ufffd']])
  })

  test('keys such as __proto__, as keys', async () => {
    const scene = createScene(fewBugs)
    const create =
      '{"__proto__":{"type":9,"polluted":1},"type":1,"title":"t","constructor":{"prototype":{"polluted":1}},' +
      '"metadata":{"__proto__":"p","constructor":"c"}}'
    scene.t.packCommit({ ops: opsBlob(scene.ada.id, create), createClocks: [1], editClocks: [1], ref: bugRef(create) })
    await using repository = await buildRepository(scene.t)
    const { bug, problems } = await loadShown(repository, scene, bugRef(create))
    expect(problems).toEqual([])
    expect([...(bug?.metadata ?? [])]).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('a bug by somebody who is not among the identities, with one line that names the id', async () => {
    const scene = createScene(fewBugs)
    const stranger = { id: 'c0ffee'.padEnd(64, '1') }
    const line = scene.t.bug(stranger, { title: 'By a stranger', message: 'm', at: 1_700_000_000 })
    await using repository = await buildRepository(scene.t)
    const { bug, problems } = await loadShown(repository, scene, line.ref)
    expect(bug).toMatchObject({ title: 'By a stranger', authorId: stranger.id })
    expect(problems).toEqual([{ ref: line.ref, reason: expect.stringMatching(/shown, .*c0ffee1/) as string }])
  })

  test('a bug that a stranger has commented on, with one line however many strangers', async () => {
    const scene = createScene(fewBugs)
    const line = scene.t.bug(scene.ada, { title: 'Busy', message: 'm', at: 1_700_000_000 })
    for (let index = 0; index < 10; index++) {
      line.comment({ id: `${index}`.repeat(64) }, { message: 'me too', at: 1_700_000_001 })
    }
    await using repository = await buildRepository(scene.t)
    const { bug, problems } = await loadShown(repository, scene, line.ref)
    expect(bug?.commentCount).toBe(11)
    expect(problems).toEqual([{ ref: line.ref, reason: expect.stringMatching(/shown, .*0000000.* 7 more/) as string }])
  })

  test('files that are no hashes are left out, with one line', async () => {
    const scene = createScene(fewBugs)
    const file = scene.t.attach('attached')
    const line = scene.t.bug(scene.ada, {
      title: 'Attached',
      message: 'm',
      at: 1_700_000_000,
      files: [file, '../../etc/passwd'],
    })
    line.comment(scene.bob, { message: 'c', at: 1_700_000_001, files: ['--help'] })
    await using repository = await buildRepository(scene.t)
    const { bug, problems } = await loadShown(repository, scene, line.ref)
    expect(bug?.title).toBe('Attached')
    expect(problems).toEqual([{ ref: line.ref, reason: expect.stringMatching(/file/) as string }])
  })

  test('times that no calendar reaches are moved to the nearest that it does', async () => {
    const scene = createScene(fewBugs)
    const create = '{"type":1,"title":"Long ago","timestamp":-1e300}'
    const late = '{"type":3,"message":"much later","timestamp":99999999999999999999}'
    scene.t.packCommit({
      ops: opsBlob(scene.ada.id, create, late),
      createClocks: [1],
      editClocks: [1],
      ref: bugRef(create),
    })
    await using repository = await buildRepository(scene.t)
    const { bug, problems } = await loadShown(repository, scene, bugRef(create))
    expect(problems).toEqual([])
    expect(bug).toMatchObject({ createdAt: -8_640_000_000_000, editedAt: 8_640_000_000_000 })
  })

  test('logical times above 2^53 are exact', async () => {
    const scene = createScene(fewBugs)
    const create = '{"type":1,"title":"Late"}'
    const clock = 2n ** 64n - 2n
    scene.t.packCommit({
      ops: opsBlob(scene.ada.id, create),
      createClocks: [clock],
      editClocks: [clock],
      ref: bugRef(create),
    })
    await using repository = await buildRepository(scene.t)
    const { bug } = await loadShown(repository, scene, bugRef(create))
    expect([bug?.createLamport, bug?.editLamport]).toEqual([clock, clock])
  })
})

describe('identities', () => {
  test('a bad identity leaves its bugs shown, with a line each', async () => {
    const scene = createScene(fewBugs)
    const eve = scene.t.identity({ name: 'Eve', at: 1_700_000_000 })
    scene.t.versionCommit({ version: '{"version":9}', parents: [eve.tip], ref: eve.ref })
    const line = scene.t.bug(eve, { title: 'By Eve', message: 'm', at: 1_700_000_000 })
    await using repository = await buildRepository(scene.t)
    const { bug, problems } = await loadShown(repository, scene, line.ref)
    expect(bug?.title).toBe('By Eve')
    expect(problems.map(({ ref }) => ref)).toEqual([line.ref, eve.ref])
  })

  test('a bug under the prefix of identities is one line', async () => {
    const scene = createScene(fewBugs)
    const { t, bugs } = scene
    t.ref(`refs/identities/${bugs[0]!.id}`, bugs[0]!.tip)
    await using repository = await buildRepository(t)
    const { reasons } = await expectRestUnharmed(repository.path, `refs/identities/${bugs[0]!.id}`, { bugs: fewBugs })
    expect(reasons).toEqual([expect.stringMatching(/no "version"/)])
  })
})
