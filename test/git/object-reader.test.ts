import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { chmod, mkdtemp, readFile, rename, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { createObjectReader, type ObjectReaderOptions } from '../../src/git/object-reader.ts'
import type { GitSetup } from '../../src/git/process.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { buildRepository, damageObject, runGit } from '../support/tracker-builder.ts'
import { fakeGit } from './fake-git.ts'

const setup: GitSetup = { program: 'git', clock: systemClock, silenceLimitMs: 20_000, ambient: process.env }
const manyBytes = 1 << 24

async function repositoryWithBlobs(contents: readonly (string | Uint8Array)[], loose = false) {
  const t = createTrackerWriter({ seed: 'blobs' })
  const hashes = contents.map(content => t.attach(content))
  return { repository: await buildRepository(t, { loose }), hashes }
}

/** Cuts an object's file short: its header can be read, its content cannot. */
async function truncateObject(path: string, name: string) {
  const file = join(path, 'objects', name.slice(0, 2), name.slice(2))
  await chmod(file, 0o644)
  await truncate(file, 60)
}

describe.each<ObjectReaderOptions['protocol']>(['command', 'plain'])('with the %s protocol', protocol => {
  const options = { protocol, idleMs: 60_000 }

  test('thousands of objects asked at once come back each to its own question', async () => {
    const contents = Array.from({ length: 5000 }, (_, index) => `blob ${index} ${'x'.repeat(index % 300)}`)
    const { repository, hashes } = await repositoryWithBlobs(contents)
    await using _repository = repository
    await using reader = createObjectReader(setup, repository.path, options)
    const objects = await Promise.all(hashes.map(name => reader.read(name, manyBytes)))
    expect(objects.map(object => object?.bytes?.toString())).toEqual(contents)
    expect(new Set(objects.map(object => object?.type))).toEqual(new Set(['blob']))
    expect(reader.processes).toBe(1)
  })

  test('a blob of many chunks, with line ends and zero bytes, comes back as it is', async () => {
    const content = Buffer.alloc(3_000_000, 'a\n\0b')
    const { repository, hashes } = await repositoryWithBlobs([content, '', '\n'])
    await using _repository = repository
    await using reader = createObjectReader(setup, repository.path, options)
    const [large, empty, line] = await Promise.all(hashes.map(name => reader.read(name, manyBytes)))
    expect(large?.bytes?.equals(content)).toBe(true)
    expect(empty?.bytes?.length).toBe(0)
    expect(line?.bytes?.toString()).toBe('\n')
  })

  test('an object over the limit comes without its bytes and does not disturb the next one', async () => {
    const { repository, hashes } = await repositoryWithBlobs(['x'.repeat(200_000), 'small'])
    await using _repository = repository
    await using reader = createObjectReader(setup, repository.path, options)
    const [large, small] = await Promise.all(hashes.map(name => reader.read(name, 1000)))
    expect(large).toEqual({ type: 'blob', size: 200_000, bytes: undefined })
    expect(small?.bytes?.toString()).toBe('small')
  })

  test('an object that is not there is undefined, and so is what is no hash', async () => {
    const { repository, hashes } = await repositoryWithBlobs(['one'])
    await using _repository = repository
    await using reader = createObjectReader(setup, repository.path, options)
    const names = ['0'.repeat(40), 'HEAD', '--help', `${hashes[0]}\n${hashes[0]}`, hashes[0]!.toUpperCase()]
    expect(await Promise.all(names.map(name => reader.read(name, manyBytes)))).toEqual(names.map(() => undefined))
    expect((await reader.read(hashes[0]!, manyBytes))?.bytes?.toString()).toBe('one')
  })

  test('an object file that holds no object counts as missing', async () => {
    const { repository, hashes } = await repositoryWithBlobs(['one', 'two', 'three'], true)
    await using _repository = repository
    await damageObject(repository.path, hashes[1]!)
    await using reader = createObjectReader(setup, repository.path, options)
    const objects = await Promise.all(hashes.map(name => reader.read(name, manyBytes)))
    expect(objects.map(object => object?.bytes?.toString())).toEqual(['one', undefined, 'three'])
  })

  test('git dies of a damaged object: only the one who asked for it is refused', async () => {
    const contents = Array.from({ length: 400 }, (_, index) =>
      hash('sha512', `${index}`, 'buffer').toString('base64').repeat(3),
    )
    const { repository, hashes } = await repositoryWithBlobs(contents, true)
    await using _repository = repository
    const damaged = [150, 151, 152, 153, 154, 155, 156, 157, 158, 159, 399]
    for (const index of damaged) await truncateObject(repository.path, hashes[index]!)
    await using reader = createObjectReader(setup, repository.path, options)
    const outcomes = await Promise.allSettled(hashes.map(name => reader.read(name, manyBytes)))
    const refused = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [index] : []))
    expect(refused).toEqual(damaged)
    expect(outcomes[150]).toMatchObject({ reason: { code: 'OBJECT_UNREADABLE' } })
    const rest = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value?.bytes?.toString()] : []))
    expect(rest).toEqual(contents.filter((_, index) => !damaged.includes(index)))
  })
})

const command = { protocol: 'command', idleMs: 60_000 } as const

test('the process is ended after its idle time and a later question starts another', async () => {
  const clock = createManualClock()
  const { repository, hashes } = await repositoryWithBlobs(['one'])
  await using _repository = repository
  await using reader = createObjectReader({ ...setup, clock }, repository.path, command)
  await reader.read(hashes[0]!, manyBytes)
  clock.advance(59_999)
  expect(reader.processes).toBe(1)
  clock.advance(1)
  expect(reader.processes).toBe(0)
  expect((await reader.read(hashes[0]!, manyBytes))?.size).toBe(3)
})

test('the question of a process that is killed from outside is put to a fresh one', async () => {
  const { repository, hashes } = await repositoryWithBlobs(['one'])
  await using _repository = repository
  await using fake = await fakeGit(`if [ -e "$0.died" ]; then exec git "$@"; fi; touch "$0.died"; kill -9 $$`)
  await using reader = createObjectReader({ ...setup, program: fake.program }, repository.path, command)
  expect((await reader.read(hashes[0]!, manyBytes))?.bytes?.toString()).toBe('one')
})

test('an object of which process after process is killed is refused, and the others are read', async () => {
  const { repository, hashes } = await repositoryWithBlobs(['one', 'two'])
  await using _repository = repository
  await using fake = await fakeGit(`while read command name; do
    case "$name" in
      ${hashes[0]}) kill -9 $$;;
      ${hashes[1]}) printf '%s blob 3\ntwo\n' "$name";;
      ?*) echo "$name missing";;
    esac
  done`)
  await using reader = createObjectReader({ ...setup, program: fake.program }, repository.path, command)
  const [first, second] = await Promise.allSettled(hashes.map(name => reader.read(name, manyBytes)))
  expect(first).toMatchObject({ reason: { code: 'OBJECT_UNREADABLE', data: { signal: 'SIGKILL' } } })
  expect(second).toMatchObject({ value: { size: 3 } })
})

test('a git that answers nothing at all is at fault, and not the objects it was asked for', async () => {
  await using fake = await fakeGit('echo "$$" >> "$0.started"; read question; echo "fatal: not today" >&2; exit 128')
  await using reader = createObjectReader({ ...setup, program: fake.program }, fake.folder, command)
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => reader.read('1'.repeat(40), manyBytes)))
  const codes = outcomes.map(outcome => outcome.status === 'rejected' && (outcome.reason as { code: string }).code)
  expect(new Set(codes)).toEqual(new Set(['GIT_FAILED']))
  expect((await readFile(`${fake.program}.started`, 'utf8')).trim().split('\n')).toHaveLength(2)
})

describe('an object that a process of some age does not find', () => {
  const aged = async (loose = false) => {
    const clock = createManualClock()
    const built = await repositoryWithBlobs(['one', 'two', 'three'], loose)
    const reader = createObjectReader({ ...setup, clock }, built.repository.path, command)
    const text = async (name: string) => (await reader.read(name, manyBytes))?.bytes?.toString()
    expect(await text(built.hashes[0]!)).toBe('one')
    clock.advance(1000)
    return { ...built, reader, text }
  }

  test('is found by a fresh one, where another repository is in its place', async () => {
    const { repository, hashes, reader, text } = await aged()
    await using _built = repository
    await using _reader = reader
    await using other = await repositoryWithBlobs(['four', 'two']).then(({ repository: built }) => built)
    await rename(repository.path, `${repository.path}.away`)
    await rename(other.path, repository.path)
    const four = (await runGit(repository.path, ['hash-object', '--stdin'], { input: 'four' })).trim()
    expect(await Promise.all([text(four), text(hashes[1]!), text(four)])).toEqual(['four', 'two', 'four'])
  })

  test('is missing where a fresh one does not find it either, which costs one process for all who ask', async () => {
    const { repository, hashes, reader, text } = await aged()
    await using _built = repository
    await using _reader = reader
    const missing = ['0'.repeat(40), '1'.repeat(40)]
    const asked = [missing[0]!, hashes[1]!, missing[1]!, hashes[2]!]
    expect(await Promise.all(asked.map(text))).toEqual([undefined, 'two', undefined, 'three'])
    expect(reader.processes).toBe(1)
  })
})

test.each([
  ['an answer to another question', `read x; echo "${'1'.repeat(40)} blob 0"; echo; sleep 60`],
  ['a header that is none', `read x; echo "what do you mean"; sleep 60`],
  ['a size that is none', `read x; echo "${'0'.repeat(40)} blob 1e3"; sleep 60`],
  ['an object without its closing line end', `read x; printf '${'0'.repeat(40)} blob 1\\nab'; sleep 60`],
  ['words before it was asked', `echo hello; sleep 60`],
  ['a header without an end', `read x; head -c 10000 /dev/zero; sleep 60`],
])('%s ends the process and is a protocol error', async (_what, script) => {
  await using fake = await fakeGit(script)
  await using reader = createObjectReader({ ...setup, program: fake.program }, fake.folder, command)
  await expect(reader.read('0'.repeat(40), manyBytes)).rejects.toMatchObject({ code: 'GIT_PROTOCOL' })
  expect(reader.processes).toBe(0)
})

test('a git that says nothing is ended at the limit', async () => {
  const clock = createManualClock()
  await using fake = await fakeGit('echo started > "$0.started"; exec sleep 60')
  await using reader = createObjectReader({ ...setup, program: fake.program, clock }, fake.folder, command)
  const answer = expect(reader.read('0'.repeat(40), manyBytes)).rejects.toMatchObject({ code: 'GIT_TIMEOUT' })
  await new Promise(resolve => setImmediate(resolve))
  clock.advance(20_000)
  await answer
})

test('a repository that is none is told as such to all who asked, by one process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'no-repository-'))
  await using reader = createObjectReader(setup, folder, command)
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => reader.read('0'.repeat(40), manyBytes)))
  expect(outcomes.every(outcome => outcome.status === 'rejected')).toBe(true)
  expect(outcomes[99]).toMatchObject({ reason: { code: 'GIT_FAILED' } })
  await rm(folder, { recursive: true })
})

test('a closed reader refuses, leaves no process, and answers nobody later', async () => {
  const { repository, hashes } = await repositoryWithBlobs(['one'])
  await using _repository = repository
  const reader = createObjectReader(setup, repository.path, command)
  await reader.read(hashes[0]!, manyBytes)
  const waiting = reader.read(hashes[0]!, manyBytes).catch((error: { code: string }) => error.code)
  await reader[Symbol.asyncDispose]()
  expect(await waiting).toBe('SHUTTING_DOWN')
  await expect(reader.read(hashes[0]!, manyBytes)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  const children = execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
  expect(children).not.toContain('cat-file')
})

test('objects that a repack moves while the process runs are still found', async () => {
  const contents = ['one', 'two', 'three']
  const { repository, hashes } = await repositoryWithBlobs(contents, true)
  await using _repository = repository
  const tree = (
    await runGit(repository.path, ['mktree'], {
      input: hashes.map((name, i) => `100644 blob ${name}\t${i}\n`).join(''),
    })
  ).trim()
  await runGit(repository.path, ['update-ref', 'refs/keep', tree])
  await using reader = createObjectReader(setup, repository.path, command)
  await reader.read(hashes[0]!, manyBytes)
  await runGit(repository.path, ['repack', '-adq'])
  await runGit(repository.path, ['prune-packed'])
  const objects = await Promise.all(hashes.map(name => reader.read(name, manyBytes)))
  expect(objects.map(object => object?.bytes?.toString())).toEqual(contents)
})
