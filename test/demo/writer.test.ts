import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { ObjectFormat } from '../../src/demo/git-object.ts'
import { createTrackerWriter, type Person, type TrackerWriter } from '../../src/demo/writer.ts'
import { applyTo, type BuiltRepository, buildRepository, runGit } from '../support/tracker-builder.ts'

const at = 1_750_000_000
const repositories: BuiltRepository[] = []
afterEach(async () => {
  await Promise.all(repositories.splice(0).map(repository => repository[Symbol.asyncDispose]()))
})

async function build(t: TrackerWriter): Promise<string> {
  const repository = await buildRepository(t)
  repositories.push(repository)
  return repository.path
}

/** A tracker with each of the eight operations, a merge and a person with two versions. */
function everything(options: { seed?: string; objectFormat?: ObjectFormat } = {}) {
  const t = createTrackerWriter({ seed: options.seed ?? 'everything', objectFormat: options.objectFormat ?? 'sha1' })
  const ada = t.identity({ name: 'Ada', email: 'ada@example.org', login: 'ada', at })
  const bob = t.identity({ login: 'bob', metadata: { b: '2', a: '1' }, at: at + 1 })
  const file = t.attach('a log')
  const bug = t.bug(ada, { title: 'It <smokes> & stinks', message: 'First.', at: at + 10, files: [file] })
  const comment = bug.comment(bob, { message: 'Second.', at: at + 20 })
  bug.editComment(bob, comment, { message: 'Second, edited.', at: at + 30, files: [file] })
  bug.title(ada, { title: 'It smokes', at: at + 40 })
  bug.status(ada, 'closed', at + 50)
  bug.labels(bob, { added: ['kind/bug'], removed: ['gone'], at: at + 60 })
  bug.metadata(bob, comment, { set: { origin: 'forge' }, at: at + 70 })
  bug.noop(ada, at + 80)
  const fork = bug.fork()
  fork.comment(bob, { message: 'Meanwhile.', at: at + 90 })
  bug.comment(ada, { message: 'At the same time.', at: at + 95 })
  bug.merge(ada, fork, { at: at + 100 })
  t.identityVersion(ada, { name: 'Ada M.', at: at + 110 })
  return { t, ada, bob, bug, fork, comment, file }
}

async function opsOf(path: string, commit: string): Promise<string> {
  return runGit(path, ['cat-file', 'blob', `${commit}:ops`])
}

async function treeOf(path: string, commit: string): Promise<string[]> {
  const names = await runGit(path, ['ls-tree', '-r', '--name-only', commit])
  return names.trimEnd().split('\n')
}

describe.each<ObjectFormat>(['sha1', 'sha256'])('in a %s repository', objectFormat => {
  test('git finds nothing to complain about and agrees with every hash that was computed', async () => {
    const { t, ada, bob, bug, fork } = everything({ objectFormat })
    const path = await build(t)
    expect(await runGit(path, ['fsck', '--strict', '--no-dangling'])).toBe('')
    const listing = await runGit(path, ['for-each-ref', '--format=%(objectname) %(refname)'])
    expect(listing.trimEnd().split('\n')).toEqual(
      [bug, ada, bob].sort((a, b) => (a.ref < b.ref ? -1 : 1)).map(entity => `${entity.tip} ${entity.ref}`),
    )
    const commits = await runGit(path, ['rev-list', bug.ref])
    expect(new Set(commits.trimEnd().split('\n'))).toEqual(new Set([...bug.commits, ...fork.commits]))
  })

  test('attachments are kept reachable and named by the hash that git gives them', async () => {
    const { t, bug, file } = everything({ objectFormat })
    const path = await build(t)
    const root = bug.commits[0]!
    expect(await runGit(path, ['cat-file', 'blob', file])).toBe('a log')
    expect(await runGit(path, ['rev-parse', `${root}:extra/file0`])).toBe(`${file}\n`)
    expect(JSON.parse(await opsOf(path, root)).ops[0].files).toEqual([file])
  })
})

test('the id of a bug is the SHA-256 of its first operation as it stands in the pack', async () => {
  const { t, bug } = everything()
  const path = await build(t)
  const ops = await opsOf(path, bug.commits[0]!)
  const first = ops.slice(ops.indexOf('[') + 1, -2)
  expect(bug.id).toBe(createHash('sha256').update(first).digest('hex'))
  expect(bug.ref).toBe(`refs/bugs/${bug.id}`)
})

test('the id of a person is the SHA-256 of the first version, whatever versions follow', async () => {
  const { t, ada } = everything()
  const path = await build(t)
  const first = await runGit(path, ['cat-file', 'blob', `${ada.commits[0]}:version`])
  expect(ada.id).toBe(createHash('sha256').update(first).digest('hex'))
  expect(ada.commits).toHaveLength(2)
})

test('each of the eight operations has its own fields in the order of the client', async () => {
  const { t, bug, comment, file } = everything()
  const path = await build(t)
  const packs = await Promise.all(bug.commits.slice(0, 8).map(commit => opsOf(path, commit)))
  const operations = packs.map(pack => pack.slice(pack.indexOf('[') + 1, -2).replace(/"nonce":"[^"]{28}"/, 'N'))
  expect(operations).toEqual([
    `{"type":1,"timestamp":${at + 10},N,"title":"It \\u003csmokes\\u003e \\u0026 stinks","message":"First.","files":["${file}"]}`,
    `{"type":3,"timestamp":${at + 20},N,"message":"Second.","files":null}`,
    `{"type":6,"timestamp":${at + 30},N,"target":"${comment}","message":"Second, edited.","files":["${file}"]}`,
    `{"type":2,"timestamp":${at + 40},N,"title":"It smokes","was":"It \\u003csmokes\\u003e \\u0026 stinks"}`,
    `{"type":4,"timestamp":${at + 50},N,"status":2}`,
    `{"type":5,"timestamp":${at + 60},N,"added":["kind/bug"],"removed":["gone"]}`,
    `{"type":8,"timestamp":${at + 70},N,"target":"${comment}","new_metadata":{"origin":"forge"}}`,
    `{"type":7,"timestamp":${at + 80},N}`,
  ])
})

test('a merge has two parents, no operations, and a later clock than both', async () => {
  const { t, bug, fork, ada } = everything()
  const path = await build(t)
  const parents = await runGit(path, ['log', '-1', '--format=%P', bug.tip])
  expect(parents).toBe(`${bug.commits.at(-2)} ${fork.tip}\n`)
  expect(await opsOf(path, bug.tip)).toBe(`{"author":{"id":"${ada.id}"},"ops":null}`)
  expect(await treeOf(path, bug.tip)).toEqual(['edit-clock-11', 'ops', 'version-4'])
  // Two clones that did not know of each other gave the same time to different packs.
  expect(await treeOf(path, fork.tip)).toContain('edit-clock-10')
  expect(await treeOf(path, bug.commits.at(-2)!)).toContain('edit-clock-10')
})

test('the clocks count over all bugs and a new version of a person notes where they stand', async () => {
  const t = createTrackerWriter({ seed: 1 })
  const ada = t.identity({ name: 'Ada', at })
  const first = t.bug(ada, { title: 'one', message: '', at })
  const second = t.bug(ada, { title: 'two', message: '', at })
  first.comment(ada, { message: 'back to the first', at })
  t.identityVersion(ada, { email: 'ada@example.org', at })
  const path = await build(t)
  expect(await treeOf(path, first.commits[0]!)).toEqual(['create-clock-2', 'edit-clock-2', 'ops', 'version-4'])
  expect(await treeOf(path, second.tip)).toEqual(['create-clock-3', 'edit-clock-3', 'ops', 'version-4'])
  expect(await treeOf(path, first.tip)).toEqual(['edit-clock-4', 'ops', 'version-4'])
  const versions = await Promise.all(
    ada.commits.map(async commit => JSON.parse(await runGit(path, ['cat-file', 'blob', `${commit}:version`]))),
  )
  expect(versions.map(version => version.times)).toEqual([{}, { 'bugs-create': 3, 'bugs-edit': 4 }])
  expect(versions.map(version => [version.name, version.email])).toEqual([
    ['Ada', undefined],
    ['Ada', 'ada@example.org'],
  ])
})

test('clocks above 2^53 are written to the last digit', async () => {
  const t = createTrackerWriter({ seed: 1 })
  const ada = t.identity({ name: 'Ada', at })
  const bug = t.bug(ada, { title: 'late', message: '', at, createClock: 7, editClock: 2n ** 63n + 1n })
  bug.noop(ada, at)
  const path = await build(t)
  expect(await treeOf(path, bug.commits[0]!)).toContain('edit-clock-9223372036854775809')
  expect(await treeOf(path, bug.tip)).toContain('edit-clock-9223372036854775810')
})

test('a later operation of a pack can point at an earlier one', async () => {
  const t = createTrackerWriter({ seed: 1 })
  const ada = t.identity({ name: 'Ada', at })
  const bug = t.bug(ada, {
    title: 'x',
    message: '',
    at,
    more: [ids => ({ type: 'edit', target: ids[0]!, message: 'y', at })],
  })
  const ids = bug.pack(ada, [
    { type: 'comment', message: 'typo', at },
    before => ({ type: 'edit', target: before[0]!, message: 'no typo', at }),
  ])
  const path = await build(t)
  expect(JSON.parse(await opsOf(path, bug.commits[0]!)).ops[1].target).toBe(bug.id)
  expect(JSON.parse(await opsOf(path, bug.tip)).ops[1].target).toBe(ids[0])
})

test('the same calls give the same bytes, another seed gives other ids', () => {
  const bytes = (seed: string) => Buffer.concat([...everything({ seed }).t.stream()])
  expect(bytes('one').equals(bytes('one'))).toBe(true)
  expect(everything({ seed: 'one' }).bug.id).not.toBe(everything({ seed: 'two' }).bug.id)
})

test('the same bug written twice is two bugs', () => {
  const t = createTrackerWriter({ seed: 1 })
  const ada = t.identity({ name: 'Ada', at })
  const ids = [0, 1].map(() => t.bug(ada, { title: 'again', message: 'and again', at }).id)
  expect(new Set(ids).size).toBe(2)
})

test('a change elsewhere in the tracker changes no id of a bug', () => {
  const write = (extra: (t: TrackerWriter, ada: Person) => void) => {
    const t = createTrackerWriter({ seed: 1 })
    const ada = t.identity({ name: 'Ada', at })
    extra(t, ada)
    return t.bug(ada, { title: 'steady', message: '', at }).id
  }
  expect(write(() => {})).toBe(write((t, ada) => void t.bug(ada, { title: 'other', message: '', at })))
})

test('importing the same tracker again changes nothing, and what was added since arrives', async () => {
  const { t, bug, ada } = everything()
  const path = await build(t)
  const before = await runGit(path, ['for-each-ref'])
  await applyTo(path, t)
  expect(await runGit(path, ['for-each-ref'])).toBe(before)
  bug.status(ada, 'open', at + 200)
  await applyTo(path, t)
  expect(await runGit(path, ['rev-parse', bug.ref])).toBe(`${bug.tip}\n`)
})

test('a ref can go back, go away and come back', async () => {
  const { t, bug } = everything()
  const path = await build(t)
  t.ref(bug.ref, bug.commits[2])
  await applyTo(path, t)
  expect(await runGit(path, ['rev-parse', bug.ref])).toBe(`${bug.commits[2]}\n`)
  t.ref(bug.ref, undefined)
  await applyTo(path, t)
  expect(await runGit(path, ['for-each-ref', bug.ref])).toBe('')
  t.ref(bug.ref, bug.tip)
  await applyTo(path, t)
  expect(await runGit(path, ['rev-parse', bug.ref])).toBe(`${bug.tip}\n`)
})
