import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Lease } from '../../src/cache/lease.ts'
import type { FetchableRefs } from '../../src/cache/repository-streams.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { openGit } from '../../src/git/git.ts'
import { packets } from '../git/upload-pack-answer.ts'
import {
  applyTo,
  buildRepository,
  damageObject,
  deleteRef,
  removeObject,
  runGit,
  writeLooseRef,
} from '../support/tracker-builder.ts'
import { openManager, settle } from './manager-scene.ts'
import { looseFile } from './tracker-scene.ts'

const signal = new AbortController().signal
const at = 1_700_000_000
const minuteMs = 60_000

/** Three bugs, one of them with a file, beside code. */
function scene(objectFormat: 'sha1' | 'sha256' = 'sha1') {
  const t = createTrackerWriter({ seed: 'streams', objectFormat })
  const ada = t.identity({ name: 'Ada', at })
  const file = t.attach('a file')
  const bugs = [
    t.bug(ada, { title: 'With a file', message: '', at: at + 1, files: [file] }),
    t.bug(ada, { title: 'With a comment', message: '', at: at + 2 }),
    t.bug(ada, { title: 'With nothing', message: '', at: at + 3 }),
  ] as const
  const root = bugs[1].tip
  bugs[1].comment(ada, { message: 'More', at: at + 4 })
  t.ref('refs/heads/main', t.commit({ entries: [{ path: 'code', content: 'not to be seen' }], at }))
  return { t, ada, file, bugs, root }
}

function collecting() {
  const chunks: Uint8Array[] = []
  const sink = { write: async (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) }
  return { out: { sink, signal }, bytes: () => Buffer.concat(chunks) }
}

/** The names of the objects in a pack of all that can be fetched. */
async function packed(lease: Lease): Promise<string[]> {
  const { out, bytes } = collecting()
  await lease.sendPack([...lease.fetchable().tips], out)
  const folder = await mkdtemp(join(tmpdir(), 'packed-'))
  await runGit(folder, ['init', '--quiet', '--bare', '.'])
  await runGit(folder, ['index-pack', '--stdin'], { input: [bytes()] })
  const listed = await runGit(folder, ['cat-file', '--batch-all-objects', '--batch-check=%(objectname)'])
  await rm(folder, { recursive: true })
  return listed.trim().split('\n').sort()
}

function namesOf({ refs }: FetchableRefs): string[] {
  return refs.map(({ name }) => name)
}

const sorted = (lines: readonly { readonly ref: string }[]) => lines.map(({ ref }) => ref).sort()

describe.each(['sha1', 'sha256'] as const)('what can be fetched, in %s,', objectFormat => {
  test('is the bugs and people of the state that was leased, whatever has moved since', async () => {
    const { t, ada, bugs } = scene(objectFormat)
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    using before = await setup.manager.acquire('r0')
    const first = before.fetchable()
    expect(namesOf(first)).toEqual(sorted([ada, ...bugs]))
    expect(first.tips).toEqual(new Set([ada, ...bugs].map(({ tip }) => tip)))
    expect(first.refs.map(({ hash }) => hash)).toEqual(
      namesOf(first).map(name => [ada, ...bugs].find(one => one.ref === name)?.tip),
    )
    expect(first).toMatchObject({ digest: before.tracker.digest, objectFormat })
    const oldTip = bugs[0].tip
    bugs[0].comment(ada, { message: 'Even more', at: at + 10 })
    await applyTo(built.path, t)
    await setup.manager.invalidate('r0').done
    using after = await setup.manager.acquire('r0')
    expect(after.fetchable().tips).toContain(bugs[0].tip)
    expect(after.fetchable().digest).not.toBe(first.digest)
    expect(before.fetchable()).toBe(first)
    expect(before.fetchable().tips).toContain(oldTip)
    expect(await after.areFetchable([oldTip], signal)).toBe(true)
    expect(await before.areFetchable([bugs[0].tip], signal)).toBe(false)
  })
})

test('what is missing or damaged spoils nobody else; what is only wrong is there to be looked at', async () => {
  const { t, ada, bugs, root } = scene()
  const wrong = t.packCommit({
    ops: 'no JSON',
    editClocks: [9n],
    createClocks: [9n],
    at,
    ref: `refs/bugs/${'a'.repeat(64)}`,
  })
  t.ref('refs/bugs/no-id', bugs[2].tip)
  const blob = t.attach('no commit')
  t.ref(`refs/bugs/${'b'.repeat(64)}`, blob)
  const torn = t.bug(ada, { title: 'Torn', message: '', at: at + 20 })
  const gone = t.bug(ada, { title: 'Gone', message: '', at: at + 21 })
  const hollow = t.bug(ada, { title: 'Hollow', message: '', at: at + 22 })
  await using built = await buildRepository(t, { loose: true })
  await damageObject(built.path, (await runGit(built.path, ['rev-parse', `${torn.tip}:ops`])).trim())
  await removeObject(built.path, (await runGit(built.path, ['rev-parse', `${hollow.tip}^{tree}`])).trim())
  await removeObject(built.path, gone.tip)
  await removeObject(built.path, root)
  await writeLooseRef(built.path, `refs/bugs/${'c'.repeat(64)}`, `${'1'.repeat(40)}\n`)
  await using setup = await openManager([built.path])
  using lease = await setup.manager.acquire('r0')
  const ids = ['a'.repeat(64), 'b'.repeat(64), 'no-id'].map(id => ({ ref: `refs/bugs/${id}` }))
  expect(namesOf(lease.fetchable())).toEqual(sorted([ada, bugs[0], bugs[2], ...ids]))
  expect(await packed(lease)).toEqual(expect.arrayContaining([wrong, blob, bugs[0].tip]))
})

describe('where something is missing that no bug is read for,', () => {
  async function spoilt(spoil: (path: string, file: string) => Promise<void>) {
    const s = scene()
    const built = await buildRepository(s.t, { loose: true })
    const kept = await readFile(looseFile(built.path, s.file))
    await spoil(built.path, s.file)
    return { ...s, built, mend: () => writeFile(looseFile(built.path, s.file), kept) }
  }

  test.each([
    ['missing', removeObject],
    ['damaged', damageObject],
  ])(
    'a file that is %s: the first pack fails and names the bug, which is left out from then on',
    async (_how, spoil) => {
      const { built, ada, bugs, file } = await spoilt(spoil)
      await using _built = built
      await using setup = await openManager([built.path])
      using lease = await setup.manager.acquire('r0')
      expect(lease.tracker.problems).toEqual([])
      const before = lease.fetchable()
      await expect(packed(lease)).rejects.toMatchObject({
        code: 'OBJECT_UNREADABLE',
        message: expect.stringContaining(bugs[0].ref),
        cause: { code: 'GIT_FAILED', data: { stderr: expect.stringContaining(file) } },
      })
      const after = lease.fetchable()
      expect(namesOf(after)).toEqual(sorted([ada, bugs[1], bugs[2]]))
      expect(after.digest).not.toBe(before.digest)
      expect(await packed(lease)).not.toContain(bugs[0].tip)
      expect(lease.tracker.bugs).toHaveLength(3)
    },
  )

  test('a fetch finds it out too, and is told what git said', async () => {
    const { built, bugs } = await spoilt(removeObject)
    await using _built = built
    await using setup = await openManager([built.path])
    using lease = await setup.manager.acquire('r0')
    const wants = [...lease.fetchable().tips].map(tip => `want ${tip}`)
    const body = packets(['command=fetch', '|', ...wants, 'done', ''])
    const fetched = lease.sendUploadPack({ version: 2, body, maxBytes: 1_000_000, maxWorkMs: 20_000 }, collecting().out)
    await expect(fetched).rejects.toMatchObject({
      code: 'OBJECT_UNREADABLE',
      cause: { code: 'GIT_FAILED', data: { stderr: expect.stringContaining('pack-objects died') } },
    })
    expect(namesOf(lease.fetchable())).not.toContain(bugs[0].ref)
  })

  test('a commit that has gone since the bugs were read is found where it is looked what they reach', async () => {
    const { t, bugs, root, file } = scene()
    await using built = await buildRepository(t, { loose: true })
    await using setup = await openManager([built.path])
    using lease = await setup.manager.acquire('r0')
    await removeObject(built.path, root)
    await expect(lease.areFetchable([file], signal)).rejects.toMatchObject({
      code: 'OBJECT_UNREADABLE',
      message: expect.stringContaining(bugs[1].ref),
    })
    expect(await lease.areFetchable([file], signal)).toBe(true)
    expect(await lease.areFetchable([bugs[1].tip], signal)).toBe(false)
  })

  test('once it is mended and some time has passed, the bug is there again', async () => {
    const { built, bugs, mend, file } = await spoilt(removeObject)
    await using _built = built
    await using setup = await openManager([built.path])
    using lease = await setup.manager.acquire('r0')
    const before = lease.fetchable()
    await expect(packed(lease)).rejects.toMatchObject({ code: 'OBJECT_UNREADABLE' })
    setup.clock.advance(minuteMs)
    await packed(lease)
    expect(namesOf(lease.fetchable())).not.toContain(bugs[0].ref)
    await mend()
    setup.clock.advance(minuteMs)
    await packed(lease)
    expect(lease.fetchable().digest).toBe(before.digest)
    expect(await packed(lease)).toContain(file)
  })

  test('a ref that is named as no bug is, and points to nothing, is found too', async () => {
    const { t, ada, bugs } = scene()
    await using built = await buildRepository(t)
    await writeLooseRef(built.path, 'refs/bugs/no-id', `${'1'.repeat(40)}\n`)
    await using setup = await openManager([built.path])
    using lease = await setup.manager.acquire('r0')
    await expect(packed(lease)).rejects.toMatchObject({ message: expect.stringContaining('refs/bugs/no-id') })
    expect(namesOf(lease.fetchable())).toEqual(sorted([ada, ...bugs]))
    await packed(lease)
  })
})

test('where git fails of something else, that is what is told, and it is looked for a culprit once', async () => {
  const { t, bugs } = scene()
  await using built = await buildRepository(t)
  let looks = 0
  const git = await openGit()
  const counting = {
    ...git,
    arePackable: (...args: Parameters<typeof git.arePackable>) => {
      looks++
      return git.arePackable(...args)
    },
  }
  await using setup = await openManager([built.path], { git: counting })
  using lease = await setup.manager.acquire('r0')
  const body = packets(['command=fetch', '|', `want ${bugs[0].tip}`, 'no such word', ''])
  const ask = () => lease.sendUploadPack({ version: 2, body, maxBytes: 1_000_000, maxWorkMs: 20_000 }, collecting().out)
  await expect(ask()).rejects.toMatchObject({
    code: 'GIT_FAILED',
    data: { stderr: expect.stringContaining('no such word') },
  })
  await expect(ask()).rejects.toMatchObject({ code: 'GIT_FAILED' })
  expect(looks).toBe(1)
  expect(lease.fetchable().digest).toBe(lease.tracker.digest)
})

test('only a file that a bug attaches can be had, and of that only what is there', async () => {
  const { t, file, bugs } = scene()
  const other = t.attach('attached by nobody')
  await using built = await buildRepository(t, { loose: true })
  await using setup = await openManager([built.path])
  using lease = await setup.manager.acquire('r0')
  expect([file, other, bugs[0].tip, ''].map(hash => lease.attaches(hash))).toEqual([true, false, false, false])
  const { out, bytes } = collecting()
  await lease.sendFile(file, out)
  expect(bytes().toString()).toBe('6\na file')
  for (const hash of [other, bugs[0].tip]) {
    await expect(lease.sendFile(hash, collecting().out)).rejects.toMatchObject({ code: 'FILE_UNKNOWN' })
  }
  await removeObject(built.path, file)
  await expect(lease.sendFile(file, collecting().out)).rejects.toMatchObject({ code: 'FILE_UNKNOWN' })
  expect(lease.attaches(file)).toBe(true)
})

describe('a lease that is shared', () => {
  test('keeps the repository open after the first one has gone, with the same state', async () => {
    const { t, bugs } = scene()
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    const first = await setup.manager.acquire('r0')
    const second = first.share()
    const { tracker } = first
    first[Symbol.dispose]()
    first[Symbol.dispose]()
    await deleteRef(built.path, bugs[2].ref)
    await setup.manager.invalidate('r0').done
    setup.clock.advance(minuteMs * 10)
    expect(setup.manager.openNames()).toEqual(['r0'])
    expect(second.tracker).toBe(tracker)
    expect(await packed(second)).toContain(bugs[2].tip)
    second[Symbol.dispose]()
    setup.clock.advance(minuteMs * 10)
    expect(setup.manager.openNames()).toEqual([])
  })

  test('keeps a repository that is dropped meanwhile until it has gone too', async () => {
    const { t, bugs } = scene()
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    const first = await setup.manager.acquire('r0')
    const second = first.share()
    setup.manager.drop('r0')
    first[Symbol.dispose]()
    await settle()
    // Whoever still uses it can go on to use it, also for longer than both.
    const third = second.share()
    second[Symbol.dispose]()
    await settle()
    expect((await third.readBug(third.tracker.bugs[0]!)).id).toBe(third.tracker.bugs[0]!.id)
    expect(await packed(third)).toContain(bugs[0].tip)
    third[Symbol.dispose]()
  })

  test('comes of none that was given back: its repository may be closed', async () => {
    const { t } = scene()
    await using built = await buildRepository(t)
    await using setup = await openManager([built.path])
    const lease = await setup.manager.acquire('r0')
    lease[Symbol.dispose]()
    expect(() => lease.share()).toThrow('a lease that was given back cannot be shared')
  })
})
