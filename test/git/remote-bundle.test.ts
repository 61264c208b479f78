import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { entityRefs, hideMuch, inventHistory } from '../support/git-client.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'
import { filesIn, limits, openCopy, processesIn } from './remote-scene.ts'

const signal = new AbortController().signal

/** Bytes in pieces of a size. */
async function* inPieces(bytes: Uint8Array, size = 65_536) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe.each(['sha1', 'sha256'] as const)('a bundle of %s', objectFormat => {
  test('holds bugs and people and nothing else, and brings them back, however it is cut into pieces', async () => {
    const { t } = inventHistory('bundle', { objectFormat })
    await using built = await buildRepository(t)
    if (objectFormat === 'sha1') await hideMuch(built.path, t)
    await using copy = await openCopy()
    const bundle = await buffer(copy.git.remotes.bundle(built.path, signal))
    for (const size of [1, 7, 65_536, bundle.length]) {
      await copy.git.remotes.init(copy.gitDir)
      const steps = new Set<string>()
      const onProgress = ({ step }: { step: string }) => void steps.add(step)
      await copy.git.remotes.unbundle(
        { gitDir: copy.gitDir, content: inPieces(bundle, size), limits, onProgress },
        signal,
      )
      expect(await runGit(copy.gitDir, ['for-each-ref', '--format=%(objectname)%09%(refname)'])).toBe(
        await entityRefs(built.path),
      )
      await runGit(copy.gitDir, ['fsck', '--strict'])
      expect([...steps]).toEqual(['receiving', 'resolving', 'storing'])
    }
    // git itself reads it, too.
    const file = join(copy.home, 'all.bundle')
    await writeFile(file, bundle)
    const heads = await runGit(copy.home, ['bundle', 'list-heads', file])
    expect(heads.replaceAll(' ', '\t')).toBe(await entityRefs(built.path))
  })
})

describe('a bundle that is', () => {
  const spoilers: readonly (readonly [string, (bundle: Buffer) => Uint8Array])[] = [
    ['empty', () => Buffer.alloc(0)],
    ['something else', () => Buffer.from('<?xml version="1.0"?><Error/>\n\n')],
    ['cut off in its head', bundle => bundle.subarray(0, 100)],
    ['cut off in its pack', bundle => bundle.subarray(0, bundle.length - 30)],
    [
      'another by a byte',
      bundle => Buffer.from(bundle.map((byte, at) => (at === bundle.length - 60 ? byte ^ 1 : byte))),
    ],
    ['one with another bundle in mind', bundle => insert(bundle, `-${'1'.repeat(40)} x\n`)],
    ['one with a filter', bundle => insert(bundle, '@filter=blob:none\n')],
    ['one with a branch', bundle => replace(bundle, 'refs/identities/', 'refs/heads/xxxxx/')],
    ['one with a ref to an object that is not there', bundle => insert(bundle, `${'1'.repeat(40)} refs/bugs/x\n`)],
    ['one with a ref that has no good name', bundle => replace(bundle, 'refs/identities/', 'refs/bugs/a..b~/')],
    ['one with a command in a ref', bundle => insert(bundle, `${'1'.repeat(40)} refs/bugs/x\0y\n`)],
  ]
  const insert = (bundle: Buffer, line: string) => {
    const at = bundle.indexOf('\n') + 1
    return Buffer.concat([bundle.subarray(0, at), Buffer.from(line), bundle.subarray(at)])
  }
  const replace = (bundle: Buffer, from: string, to: string) => {
    const at = bundle.indexOf(from)
    return Buffer.concat([bundle.subarray(0, at), Buffer.from(to), bundle.subarray(at + from.length)])
  }

  test.each(spoilers)('%s is refused, and no ref is set', async (_what, spoil) => {
    await using built = await buildRepository(inventHistory('damaged bundle').t)
    await using copy = await openCopy()
    const bundle = await buffer(copy.git.remotes.bundle(built.path, signal))
    const content = inPieces(spoil(bundle))
    const attempt = copy.git.remotes.unbundle({ gitDir: copy.gitDir, content, limits }, signal)
    await expect(attempt).rejects.toMatchObject({ code: 'OBJECT_UNREADABLE' })
    expect(await runGit(copy.gitDir, ['for-each-ref'])).toBe('')
    expect(filesIn(copy.gitDir).filter(name => /tmp|lock/.test(name))).toEqual([])
  })

  test('full of objects that git would not make is refused', async () => {
    await using built = await buildRepository(inventHistory('malicious bundle', { days: 1 }).t)
    const git = (args: string[], input: string) =>
      execFileSync('git', ['-C', built.path, ...args], { input })
        .toString()
        .trim()
    const blob = git(['hash-object', '-w', '--stdin'], 'x')
    const raw = Buffer.concat([Buffer.from('100644 .git\0'), Buffer.from(blob, 'hex')])
    const tree = execFileSync('git', ['-C', built.path, 'hash-object', '-w', '--literally', '-t', 'tree', '--stdin'], {
      input: raw,
    })
    const identity = ['-c', 'user.name=A', '-c', 'user.email=a@b']
    const commit = git([...identity, 'commit-tree', '-m', 'x', tree.toString().trim()], '')
    await runGit(built.path, ['update-ref', 'refs/bugs/x', commit])
    await using copy = await openCopy()
    const content = copy.git.remotes.bundle(built.path, signal)
    const attempt = copy.git.remotes.unbundle({ gitDir: copy.gitDir, content, limits }, signal)
    await expect(attempt).rejects.toMatchObject({ code: 'OBJECT_UNREADABLE' })
    expect(await runGit(copy.gitDir, ['for-each-ref'])).toBe('')
  })
})

/** A bundle of some megabytes that cannot be compressed. */
async function buildHeavy() {
  const t = createTrackerWriter({ seed: 'heavy bundle' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const bug = t.bug(ada, { title: 'heavy', message: '', at: 1_700_000_100 })
  for (let day = 0; day < 8; day++) {
    bug.comment(ada, { message: 'x', files: [t.attach(randomBytes(1_000_000))], at: 1_700_000_200 + day })
  }
  return await buildRepository(t)
}

test('limits hold for bundles, too', async () => {
  await using built = await buildHeavy()
  await using copy = await openCopy()
  const attempt = (own: object) => {
    const content = copy.git.remotes.bundle(built.path, signal)
    return copy.git.remotes.unbundle({ gitDir: copy.gitDir, content, limits: { ...limits, ...own } }, signal)
  }
  await expect(attempt({ maxFileBytes: 2_000_000 })).rejects.toMatchObject({ data: { limit: 'bytes' } })
  expect(filesIn(copy.gitDir).filter(name => name.startsWith('objects/'))).toEqual([])
  await expect(attempt({ maxObjects: 10 })).rejects.toMatchObject({ data: { limit: 'objects' } })
  expect(filesIn(copy.gitDir).filter(name => name.startsWith('objects/'))).toEqual([])
  await attempt({})
})

test('git waits while nobody asks for the next piece of a bundle, and ends when nobody wants more', async () => {
  await using built = await buildHeavy()
  await using copy = await openCopy()
  const pieces = copy.git.remotes.bundle(built.path, signal)[Symbol.asyncIterator]()
  let bytes = 0
  while (bytes < 300_000) bytes += ((await pieces.next()).value as Uint8Array).length
  // Eight megabytes do not fit into pipes: it is still there, and it writes.
  expect(processesIn(built.path).length).toBeGreaterThan(0)
  await pieces.return?.()
  await expect.poll(() => processesIn(built.path)).toEqual([])

  const stop = new AbortController()
  const others = copy.git.remotes.bundle(built.path, stop.signal)[Symbol.asyncIterator]()
  await others.next()
  stop.abort(new Error('enough'))
  const rest = async () => {
    while ((await others.next()).done !== true);
  }
  await expect(rest()).rejects.toThrow('enough')
  await expect.poll(() => processesIn(built.path)).toEqual([])
})

test('what a store throws while a bundle is read is what the caller gets, and the stream is given back', async () => {
  await using built = await buildHeavy()
  await using copy = await openCopy()
  const bundle = await buffer(copy.git.remotes.bundle(built.path, signal))
  let isGivenBack = false
  async function* failing(atByte: number) {
    try {
      yield bundle.subarray(0, atByte)
      throw new Error('the store is gone')
    } finally {
      isGivenBack = true
    }
  }
  for (const atByte of [10, 3_000_000]) {
    isGivenBack = false
    const attempt = copy.git.remotes.unbundle({ gitDir: copy.gitDir, content: failing(atByte), limits }, signal)
    await expect(attempt).rejects.toThrow('the store is gone')
    expect(isGivenBack).toBe(true)
    expect(readdirSync(join(copy.gitDir, 'objects'))).not.toContain('tmp')
  }
  await expect.poll(() => processesIn(copy.gitDir)).toEqual([])
})

test('there is no bundle of nothing, nor of what is no repository', async () => {
  await using copy = await openCopy()
  await expect(buffer(copy.git.remotes.bundle(copy.gitDir, signal))).rejects.toMatchObject({ code: 'GIT_FAILED' })
  await expect(buffer(copy.git.remotes.bundle(copy.home, signal))).rejects.toMatchObject({ code: 'GIT_FAILED' })
})
