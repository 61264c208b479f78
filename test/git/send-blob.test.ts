import { hash as digest } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import type { GitSetup } from '../../src/git/process.ts'
import { sendBlob } from '../../src/git/send-objects.ts'
import { buildRepository, damageObject, runGit } from '../support/tracker-builder.ts'
import { fakeGit, settle, until } from './fake-git.ts'

const setup: GitSetup = { program: 'git', clock: systemClock, silenceLimitMs: 20_000, ambient: process.env }
const signal = new AbortController().signal

/** All that is sent of a blob. */
async function sent(folder: string, hash: string, over: Partial<GitSetup> = {}): Promise<string> {
  const chunks: Uint8Array[] = []
  const sink = { write: async (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) }
  await sendBlob({ ...setup, ...over }, { folder, hash }, { sink, signal })
  return Buffer.concat(chunks).toString('latin1')
}

/** What is sent before it fails, and how it fails. */
async function refused(folder: string, hash: string, over: Partial<GitSetup> = {}) {
  const chunks: Uint8Array[] = []
  const sink = { write: async (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) }
  const error = await sendBlob({ ...setup, ...over }, { folder, hash }, { sink, signal }).catch(
    (thrown: unknown) => thrown,
  )
  return { error, bytes: Buffer.concat(chunks).length }
}

/** Bytes that do not become fewer when they are compressed. */
function noise(bytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 64) }, (_, index) => digest('sha512', `${index}`, 'buffer'))
  return Buffer.concat(blocks, bytes)
}

test.each(['sha1', 'sha256'] as const)(
  'in %s: a line with the size and the bytes, and nothing else',
  async objectFormat => {
    const t = createTrackerWriter({ seed: 'blobs', objectFormat })
    const contents = [
      '',
      'x',
      '\n',
      'two line ends\n\n',
      `${'0'.repeat(64)} blob 5\n`,
      noise(3_000_000).toString('latin1'),
    ]
    const hashes = contents.map(content => t.attach(Buffer.from(content, 'latin1')))
    for (const loose of [true, false]) {
      await using built = await buildRepository(t, { loose })
      for (const [index, content] of contents.entries()) {
        expect((await sent(built.path, hashes[index]!)) === `${content.length}\n${content}`).toBe(true)
      }
    }
  },
)

test('a first line that comes in pieces is put together', async () => {
  const hash = '1'.repeat(40)
  await using fake = await fakeGit(
    'mkfifo "$0.steps"; while read -r number text; do printf "%b" "$text"; touch "$0.$number"; done < "$0.steps"',
  )
  const answer = sent(fake.folder, hash, { program: fake.program })
  await until(() => existsSync(`${fake.program}.steps`))
  const steps = await open(`${fake.program}.steps`, 'w')
  const pieces = [hash.slice(0, 7), hash.slice(7), '\\0040bl', 'ob\\00401', '1\\nfirst', '\\nother', '\\n']
  for (const [number, piece] of pieces.entries()) {
    await steps.write(`${number} ${piece.replaceAll('\\', '\\\\')}\n`.replaceAll('\\\\', '\\'))
    await until(() => existsSync(`${fake.program}.${number}`))
    await settle()
  }
  await steps.close()
  expect(await answer).toBe('11\nfirst\nother')
})

test('what is there and is no blob, what is not there, and what is no hash is sent to nobody', async () => {
  const t = createTrackerWriter({ seed: 'no blobs' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const blob = t.attach('a file')
  const bug = t.bug(ada, { title: 'x', message: '', at: 1_700_000_100, files: [blob] })
  await using built = await buildRepository(t)
  const tree = (await runGit(built.path, ['rev-parse', `${bug.tip}^{tree}`])).trim()
  await runGit(built.path, ['-c', 'user.name=a', '-c', 'user.email=b', 'tag', '-a', '-m', 'x', 'named', bug.tip])
  const tag = (await runGit(built.path, ['rev-parse', 'refs/tags/named'])).trim()
  const others = [
    '--help',
    '--batch-all-objects',
    'HEAD',
    blob.toUpperCase(),
    `${blob}\n${blob}`,
    blob.slice(0, 20),
    '',
  ]
  for (const hash of [bug.tip, tree, tag, '0'.repeat(40), '0'.repeat(64), ...others]) {
    expect(await refused(built.path, hash)).toMatchObject({ error: { code: 'OBJECT_UNREADABLE' }, bytes: 0 })
  }
  expect(await sent(built.path, blob)).toBe('6\na file')
})

test('the first forty digits of a longer name are not the name', async () => {
  const t = createTrackerWriter({ seed: 'long names', objectFormat: 'sha256' })
  const blob = t.attach('a file')
  await using built = await buildRepository(t)
  expect(await refused(built.path, blob.slice(0, 40))).toMatchObject({ error: { code: 'OBJECT_UNREADABLE' }, bytes: 0 })
})

test('of what is damaged, the reason is told and no byte too many', async () => {
  const t = createTrackerWriter({ seed: 'damaged' })
  const content = noise(1_000_000)
  const blob = t.attach(content)
  await using garbage = await buildRepository(t, { loose: true })
  await damageObject(garbage.path, blob)
  expect(await refused(garbage.path, blob)).toMatchObject({ error: { code: 'OBJECT_UNREADABLE' }, bytes: 0 })
  await using torn = await buildRepository(t, { loose: true })
  const file = join(torn.path, 'objects', blob.slice(0, 2), blob.slice(2))
  await chmod(file, 0o644)
  await truncate(file, 500_000)
  const ofTorn = await refused(torn.path, blob)
  expect(ofTorn).toMatchObject({ error: { code: 'OBJECT_UNREADABLE' } })
  expect(ofTorn.bytes).toBeLessThan(content.length)
  await using packed = await buildRepository(t)
  const folder = join(packed.path, 'objects/pack')
  const pack = join(folder, readdirSync(folder).find(name => name.endsWith('.pack'))!)
  await chmod(pack, 0o644)
  await using handle = await open(pack, 'r+')
  await handle.write(Buffer.alloc(1000, 'damage'), 0, 1000, 500_000)
  const ofPacked = await refused(packed.path, blob)
  expect(ofPacked).toMatchObject({ error: { code: 'OBJECT_UNREADABLE' } })
  expect(ofPacked.bytes).toBeLessThan(content.length)
})

test('where the repository or git is at fault, it does not say that there is no such blob', async () => {
  const t = createTrackerWriter({ seed: 'fault' })
  const blob = t.attach('a file')
  await using built = await buildRepository(t)
  await using killed = await fakeGit('kill -9 $$')
  expect((await refused(built.path, blob, { program: killed.program })).error).toMatchObject({ code: 'GIT_FAILED' })
  await rm(join(built.path, 'HEAD'))
  expect((await refused(built.path, blob)).error).toMatchObject({ code: 'GIT_FAILED' })
  await rm(built.path, { recursive: true })
  expect((await refused(built.path, blob)).error).toMatchObject({ code: 'GIT_MISSING' })
})

/** What the system says of a process: nothing once it has ended, which may be in the middle of reading. */
function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1')
  } catch {
    return ''
  }
}

test('git has little of a large packed blob in memory, whatever the repository says is large', async () => {
  const t = createTrackerWriter({ seed: 'large' })
  const content = noise(24 * 1024 * 1024)
  const blob = t.attach(content)
  await using built = await buildRepository(t)
  await runGit(built.path, ['config', 'core.bigFileThreshold', '900m'])
  await using fake = await fakeGit('echo $$ > "$0.pid"; exec git "$@"')
  let anonymousKb = 0
  let bytes = 0
  const sink = {
    write: async (chunk: Uint8Array) => {
      bytes += chunk.length
      const pid = readFileSync(`${fake.program}.pid`, 'latin1').trim()
      const status = statusOf(pid)
      anonymousKb = Math.max(anonymousKb, Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0))
    },
  }
  await sendBlob({ ...setup, program: fake.program }, { folder: built.path, hash: blob }, { sink, signal })
  expect(bytes).toBe(content.length + `${content.length}\n`.length)
  expect(anonymousKb).toBeGreaterThan(0)
  expect(anonymousKb).toBeLessThan(12 * 1024)
})

test('the bytes are those of the hash, whatever stands in for it, and wherever they lie', async () => {
  const t = createTrackerWriter({ seed: 'replaced' })
  const blob = t.attach('the file')
  const other = t.attach('something else')
  await using built = await buildRepository(t)
  await runGit(built.path, ['replace', blob, other])
  expect(await runGit(built.path, ['cat-file', 'blob', blob])).toBe('something else')
  expect(await sent(built.path, blob)).toBe('8\nthe file')
  await using borrower = await buildRepository(createTrackerWriter({ seed: 'borrower' }))
  await mkdir(join(borrower.path, 'objects/info'), { recursive: true })
  await writeFile(join(borrower.path, 'objects/info/alternates'), `${join(built.path, 'objects')}\n`)
  expect(await sent(borrower.path, blob)).toBe('8\nthe file')
})

test('what the caller has in the environment for git changes nothing', async () => {
  const t = createTrackerWriter({ seed: 'ambient' })
  const blob = t.attach('a file')
  await using built = await buildRepository(t)
  const elsewhere = await mkdtemp(join(tmpdir(), 'elsewhere-'))
  const ambient = {
    ...process.env,
    GIT_DIR: elsewhere,
    GIT_OBJECT_DIRECTORY: elsewhere,
    GIT_NAMESPACE: 'x',
    GIT_TRACE: join(elsewhere, 'trace'),
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'core.repositoryFormatVersion',
    GIT_CONFIG_VALUE_0: '99',
  }
  expect(await sent(built.path, blob, { ambient })).toBe('6\na file')
  expect(readdirSync(elsewhere)).toEqual([])
  await rm(elsewhere, { recursive: true })
})

test('the last bytes are sent when git has ended well, so that nobody has all of a blob before it is complete', async () => {
  const hash = '1'.repeat(40)
  for (const [status, wanted] of [
    [0, '3\nabc'],
    [1, '3\n'],
  ] as const) {
    await using fake = await fakeGit(
      `mkfifo "$0.end"; printf '${hash} blob 3\\nabc\\n'; touch "$0.printed"; read -r line < "$0.end"; exit ${status}`,
    )
    const got: Uint8Array[] = []
    const sink = { write: async (bytes: Uint8Array) => void got.push(Buffer.from(bytes)) }
    const text = () => Buffer.concat(got).toString()
    const at = { folder: fake.folder, hash }
    const sending = sendBlob({ ...setup, program: fake.program }, at, { sink, signal }).catch(() => {})
    await until(() => existsSync(`${fake.program}.printed`) && got.length > 0)
    await settle()
    expect(text()).toBe('3\n')
    await writeFile(`${fake.program}.end`, '\n')
    await sending
    expect(text()).toBe(wanted)
  }
})
