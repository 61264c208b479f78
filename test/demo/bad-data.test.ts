import { expect, test } from 'vitest'
import { hashObject } from '../../src/demo/git-object.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import {
  applyTo,
  buildRepository,
  damageObject,
  deleteRef,
  importInto,
  moveRef,
  removeObject,
  runGit,
  writeLooseRef,
} from '../support/tracker-builder.ts'

const at = 1_750_000_000

test('a pack can carry any bytes, clocks, versions and entries, on any parents and any ref', async () => {
  const t = createTrackerWriter({ seed: 1 })
  const root = t.packCommit({
    ops: Uint8Array.of(0xff, 0, 0x22),
    editClocks: ['007', 'x'],
    createClocks: [0],
    versions: [],
  })
  const second = t.packCommit({
    versions: ['3', '5'],
    entries: [
      { path: 'extra/deep/er/file', content: 'x' },
      { path: 'extra-x' },
      { path: 'a "quoted"\nname' },
      { path: 'sub', mode: '160000', hash: root },
    ],
    parents: [root],
    at,
    ref: 'refs/bugs/not-an-id',
  })
  await using repository = await buildRepository(t)
  const { path } = repository
  expect(await runGit(path, ['rev-parse', 'refs/bugs/not-an-id'])).toBe(`${second}\n`)
  expect(await runGit(path, ['ls-tree', '--name-only', root])).toBe(
    'create-clock-0\nedit-clock-007\nedit-clock-x\nops\n',
  )
  expect((await runGit(path, ['cat-file', '-s', `${root}:ops`])).trim()).toBe('3')
  const names = await runGit(path, ['ls-tree', '-r', '-z', '--name-only', second])
  expect(names.split('\0')).toEqual([
    'a "quoted"\nname',
    'extra-x',
    'extra/deep/er/file',
    'sub',
    'version-3',
    'version-5',
    '',
  ])
})

test('a graph can have two roots and a merge of three parents', async () => {
  const t = createTrackerWriter({ seed: 1 })
  const parents = [1, 2, 3].map(clock => t.packCommit({ ops: '{}', editClocks: [clock], createClocks: [clock] }))
  const tip = t.packCommit({ ops: '{}', editClocks: [4], parents, ref: 'refs/bugs/many' })
  await using repository = await buildRepository(t)
  expect(await runGit(repository.path, ['rev-list', '--max-parents=0', '--count', tip])).toBe('3\n')
  expect(await runGit(repository.path, ['log', '-1', '--format=%P', tip])).toBe(`${parents.join(' ')}\n`)
})

test('refs can point at blobs, tags and ready-made commits', async () => {
  const t = createTrackerWriter({ seed: 1 })
  const blob = t.attach('not a commit')
  const commit = t.packCommit({ ops: '{}' })
  const tag = t.object('tag', Buffer.from(`object ${commit}\ntype commit\ntag x\ntagger A <a> ${at} +0000\n\n`))
  const tree = hashObject('sha1', 'tree', Buffer.alloc(0))
  const signed = Buffer.from(`tree ${tree}\nauthor A <a> ${at} +0000\ncommitter A <a> ${at} +0000\ngpgsig nonsense\n\n`)
  t.object('tree', Buffer.alloc(0))
  const readyMade = t.object('commit', signed)
  t.ref('refs/bugs/blob', blob)
  t.ref('refs/bugs/tag', tag)
  t.ref('refs/bugs/commit', readyMade)
  await using repository = await buildRepository(t)
  const listing = await runGit(repository.path, ['for-each-ref', '--format=%(refname) %(objecttype) %(objectname)'])
  expect(listing.trimEnd().split('\n')).toEqual([
    `refs/bugs/blob blob ${blob}`,
    `refs/bugs/commit commit ${readyMade}`,
    `refs/bugs/tag tag ${tag}`,
  ])
  expect(await runGit(repository.path, ['cat-file', 'commit', readyMade])).toContain('gpgsig nonsense')
})

test('an identity can be any bytes under any name', async () => {
  const t = createTrackerWriter({ seed: 1 })
  const first = t.versionCommit({ version: '{"version":1', ref: 'refs/identities/zzz' })
  t.versionCommit({ entries: [{ path: 'other' }], parents: [first], ref: 'refs/identities/zzz' })
  await using repository = await buildRepository(t)
  expect(await runGit(repository.path, ['cat-file', 'blob', `${first}:version`])).toBe('{"version":1')
  expect(await runGit(repository.path, ['ls-tree', '--name-only', 'refs/identities/zzz'])).toBe('other\n')
})

test('objects can be missing or damaged and refs can dangle', async () => {
  const t = createTrackerWriter({ seed: 1 })
  const ada = t.identity({ name: 'Ada', at })
  const bug = t.bug(ada, { title: 'x', message: '', at })
  const other = t.bug(ada, { title: 'y', message: '', at })
  await using repository = await buildRepository(t, { loose: true })
  const { path } = repository
  await removeObject(path, bug.tip)
  await damageObject(path, other.tip)
  await writeLooseRef(path, 'refs/bugs/dangling', `${'1'.repeat(40)}\n`)
  await expect(runGit(path, ['cat-file', '-e', bug.tip])).rejects.toThrow('cat-file')
  await expect(runGit(path, ['cat-file', 'commit', other.tip])).rejects.toThrow('cat-file')
  const listing = await runGit(path, ['for-each-ref', '--format=%(refname)', 'refs/bugs'])
  expect(listing).toContain('refs/bugs/dangling')
})

test('refs can be moved and deleted behind the tracker, which puts them back when it is applied again', async () => {
  const t = createTrackerWriter({ seed: 1 })
  const ada = t.identity({ name: 'Ada', at })
  const bug = t.bug(ada, { title: 'x', message: '', at })
  bug.noop(ada, at)
  await using repository = await buildRepository(t, { bare: false })
  const { path } = repository
  await moveRef(path, bug.ref, bug.commits[0]!)
  expect(await runGit(path, ['rev-parse', bug.ref])).toBe(`${bug.commits[0]}\n`)
  await deleteRef(path, bug.ref)
  expect(await runGit(path, ['for-each-ref', bug.ref])).toBe('')
  await applyTo(path, t)
  expect(await runGit(path, ['rev-parse', bug.ref])).toBe(`${bug.tip}\n`)
})

test('a stream that breaks off fails and leaves no ref behind', async () => {
  const t = createTrackerWriter({ seed: 1 })
  await using repository = await buildRepository(t)
  const ada = t.identity({ name: 'Ada', at })
  t.bug(ada, { title: 'x', message: '', at })
  const whole = Buffer.concat([...t.stream()])
  await expect(importInto(repository.path, whole.subarray(0, -5))).rejects.toThrow('fast-import')
  expect(await runGit(repository.path, ['for-each-ref'])).toBe('')
})
