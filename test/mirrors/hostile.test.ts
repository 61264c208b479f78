/** Visitors and remotes that mean harm: what they can use up of time, of room, and of what others want. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { openHttpGitServer } from '../support/git-servers.ts'
import { applyTo, buildRepository } from '../support/tracker-builder.ts'
import { openMirrorScene, openRemote } from './mirror-scene.ts'

const signal = new AbortController().signal
const path = 'group/tool.git'

/** A tracker with a file that cannot be compressed. */
async function openHeavyRemote(bytes: number) {
  const t = createTrackerWriter({ seed: 'heavy' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const bug = t.bug(ada, { title: 'heavy', message: '', at: 1_700_000_100 })
  const grow = () => bug.comment(ada, { message: 'x', files: [t.attach(randomBytes(bytes))], at: 1_700_000_200 })
  grow()
  const built = await buildRepository(t)
  const server = await openHttpGitServer({ [path]: built.path, 'group/other.git': built.path })
  return {
    server,
    /** More of it. */
    async push() {
      grow()
      await applyTo(built.path, t)
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await built[Symbol.asyncDispose]()
    },
  }
}

test('an address that leads nowhere is not in the way of another one with its name', async () => {
  await using remote = await openRemote(path)
  // As forges do not, this one has it under its full name only.
  remote.server.behave = ({ url }) => (url.includes('.git/') ? {} : { status: 404 })
  await using scene = await openMirrorScene(remote.server)
  const wrong = await scene.mirrors.open(scene.address('group/tool'), signal)
  await expect(scene.mirrors.find(wrong.name)!.mirror.obtain()).rejects.toMatchObject({ data: { reason: 'gone' } })
  const place = await scene.bring(path)
  expect(place.name).toBe(wrong.name)
  expect(place.mirror.isHere()).toBe(true)
  // Nor can it take the place of what is here.
  await scene.mirrors.open(scene.address('group/tool'), signal)
  expect(scene.mirrors.find(wrong.name)!.mirror.href).toBe(scene.address(path))
})

test('names that take long to look up are looked up for a few visitors, also for those who have left', async () => {
  await using remote = await openRemote(path)
  const { promise: slow, reject } = Promise.withResolvers<never>()
  let lookups = 0
  const lookup = async () => {
    lookups++
    return await slow
  }
  await using scene = await openMirrorScene(remote.server, { lookup, open: ['http://*/**'] })
  const left = AbortSignal.timeout(20)
  const attempts = Array.from({ length: 100 }, (_, index) => scene.mirrors.open(`http://h${index}.example/x`, left))
  const results = await Promise.allSettled(attempts)
  const codes = results.map(result => (result.status === 'rejected' ? (result.reason.code ?? 'left') : 'opened'))
  expect(codes.filter(code => code === 'TOO_BUSY').length).toBe(84)
  expect(lookups).toBe(16)
  await expect(scene.mirrors.open('http://late.example/x', signal)).rejects.toMatchObject({ code: 'TOO_BUSY' })
  reject(new Error('no such host'))
  const late = async () => await scene.mirrors.open('http://late.example/x', signal).catch(error => error.code)
  await expect.poll(late).toBe('REMOTE_UNREACHABLE')
})

test('a remote that sends more each time is fetched until it takes twice what one may, and no further', async () => {
  await using remote = await openHeavyRemote(900_000)
  await using scene = await openMirrorScene(remote.server, { maxRepositoryBytes: 1_000_000 })
  const { mirror, name } = await scene.bring(path)
  const fetches = () => remote.server.requests.filter(({ kind }) => kind === 'fetch').length
  const failures: (string | undefined)[] = []
  for (let round = 0; round < 8; round++) {
    await remote.push()
    scene.clock.advance(7 * 3_600_000)
    await scene.mirrors.refreshAll(signal)
    failures.push(mirror.status().failure?.reason)
  }
  expect(failures.slice(-2)).toEqual(['large', 'large'])
  expect(await scene.folder.measure(name)).toBeLessThan(7_200_000)
  const before = fetches()
  scene.clock.advance(7 * 3_600_000)
  await scene.mirrors.refreshAll(signal)
  expect(fetches()).toBe(before)
})

test('a clone that begins again with more room has no more time for that', async () => {
  await using remote = await openHeavyRemote(12_000_000)
  // Half of it is what is given at first; the pack may be half of that.
  await using scene = await openMirrorScene(remote.server, { maxBytes: 40 * 1024 ** 2, timeoutMs: 60_000 })
  let asked = 0
  const isHeld = Promise.withResolvers<void>()
  remote.server.behave = ({ kind }) => {
    if (kind !== 'fetch') return {}
    asked++
    if (asked === 1) {
      scene.clock.advance(59_000)
      return {}
    }
    isHeld.resolve()
    return { holdAfterBytes: 100 }
  }
  const { name } = await scene.mirrors.open(scene.address(path), signal)
  const outcome = expect(scene.mirrors.find(name)!.mirror.obtain()).rejects.toMatchObject({ data: { reason: 'slow' } })
  await isHeld.promise
  scene.clock.advance(1000)
  await outcome
})

test('nobody has to leave the disk for a fetch that brings little to a large one', async () => {
  await using remote = await openHeavyRemote(6_000_000)
  await using first = await openMirrorScene(remote.server)
  await first.bring('group/other.git')
  const { mirror, name } = await first.bring(path)
  const { bytes } = mirror.status()
  await first.end()
  await using scene = await openMirrorScene(remote.server, { home: first.home, maxBytes: 2 * bytes + 12 * 1024 ** 2 })
  const again = scene.mirrors.find(name)!
  await remote.push()
  again.mirror.refreshNow()
  await expect.poll(() => scene.moved, { timeout: 20_000 }).toEqual([name])
  expect(scene.folder.all().length).toBe(2)
})
