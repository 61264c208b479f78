import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { appendFile, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { pipeGit } from '../../src/git/pipe-git.ts'
import type { GitSetup } from '../../src/git/process.ts'
import { locateRepository } from '../../src/git/repository.ts'
import { arePackable, areReachable, sendBlob, sendPack, sendUploadPack } from '../../src/git/send-objects.ts'
import { buildRepository, damageObject, removeObject, runGit } from '../support/tracker-builder.ts'
import { packets, readAnswer } from './upload-pack-answer.ts'

const setup: GitSetup = { program: 'git', clock: systemClock, silenceLimitMs: 20_000, ambient: process.env }
const signal = new AbortController().signal

/** Two bugs, one with a file, beside code that is not to be seen. */
function scene(objectFormat: 'sha1' | 'sha256' = 'sha1') {
  const t = createTrackerWriter({ seed: 'packs', objectFormat })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const file = t.attach('a file of some length')
  const one = t.bug(ada, { title: 'One', message: '', at: 1_700_000_100, files: [file] })
  const root = one.tip
  one.comment(ada, { message: 'More', at: 1_700_000_200 })
  const two = t.bug(ada, { title: 'Two', message: '', at: 1_700_000_300 })
  const secret = t.attach('not to be seen')
  const code = t.commit({ entries: [{ mode: '100644', path: 'secret', hash: secret }], at: 1_700_000_400 })
  t.ref('refs/heads/main', code)
  return { t, ada, file, one, root, two, secret, code, tips: [ada.tip, one.tip, two.tip] }
}

function collecting() {
  const chunks: Uint8Array[] = []
  const sink = { write: async (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) }
  return { out: { sink, signal }, bytes: () => Buffer.concat(chunks) }
}

async function packOf(folder: string, tips: readonly string[], over: Partial<GitSetup> = {}): Promise<Buffer> {
  const { out, bytes } = collecting()
  await sendPack({ ...setup, ...over }, { folder, tips }, out)
  return bytes()
}

/** @param lines of a request, as `packets` takes them */
async function answerOf(gitDir: string, version: 0 | 2, lines: readonly string[]) {
  const { out, bytes } = collecting()
  const request = { version, body: packets(lines), maxBytes: 100_000_000, maxWorkMs: 20_000 }
  await sendUploadPack(setup, { gitDir, request }, out)
  return readAnswer(bytes())
}

/** The names of all objects in a pack, sorted, as a new repository finds them. */
async function objectsIn(pack: Buffer, objectFormat = 'sha1'): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'unpacked-'))
  try {
    await runGit(folder, ['init', '--quiet', '--bare', `--object-format=${objectFormat}`, '.'])
    await runGit(folder, ['index-pack', '--stdin'], { input: [pack] })
    const listed = await runGit(folder, ['cat-file', '--batch-all-objects', '--batch-check=%(objectname)'])
    return listed.trim().split('\n').sort()
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function reachedFrom(folder: string, revisions: readonly string[]): Promise<string[]> {
  const listed = await runGit(folder, ['rev-list', '--objects', '--no-object-names', ...revisions])
  return listed.trim().split('\n').sort()
}

function allFiles(folder: string): string {
  return execFileSync('find', ['.', '-printf', '%p %s %T@ %m\n'], { cwd: folder, encoding: 'utf8' })
}

const fetchOf = (format: string, ...rest: readonly string[]) => [
  'command=fetch',
  `object-format=${format}`,
  '|',
  ...rest,
]

test('bitmaps and a commit graph make it faster, and let out nothing else', async () => {
  const { t, one, tips, secret } = scene()
  await using built = await buildRepository(t)
  await runGit(built.path, ['repack', '-a', '-d', '-b', '-q'])
  await runGit(built.path, ['commit-graph', 'write', '--reachable'])
  expect(allFiles(built.path)).toContain('.bitmap ')
  const before = allFiles(built.path)
  expect(await objectsIn(await packOf(built.path, tips))).toEqual(await reachedFrom(built.path, tips))
  const answer = await answerOf(built.path, 2, [...fetchOf('sha1', `want ${one.tip}`, 'done'), ''])
  const fetched = await objectsIn(answer.pack)
  expect(fetched).toEqual(await reachedFrom(built.path, [one.tip]))
  expect(fetched).not.toContain(secret)
  expect(allFiles(built.path)).toBe(before)
})

describe.each(['sha1', 'sha256'] as const)('in %s', objectFormat => {
  test('a pack has all that the tips reach, and nothing else', async () => {
    const { t, one, tips, secret } = scene(objectFormat)
    await using built = await buildRepository(t)
    const whole = await objectsIn(await packOf(built.path, tips), objectFormat)
    expect(whole).toEqual(await reachedFrom(built.path, tips))
    expect(whole).not.toContain(secret)
    const ofOne = await objectsIn(await packOf(built.path, [one.tip]), objectFormat)
    expect(ofOne).toEqual(await reachedFrom(built.path, [one.tip]))
  })

  test('a fetch is answered, in both versions of the protocol', async () => {
    const { t, tips } = scene(objectFormat)
    await using built = await buildRepository(t)
    const expected = await reachedFrom(built.path, tips)
    const wants = tips.map(tip => `want ${tip}`)
    const second = await answerOf(built.path, 2, [...fetchOf(objectFormat, ...wants, 'ofs-delta', 'done'), ''])
    expect(second.lines).toEqual(['packfile'])
    expect(await objectsIn(second.pack, objectFormat)).toEqual(expected)
    const [first = '', ...others] = wants
    const asked = [`${first} side-band-64k ofs-delta object-format=${objectFormat}`, ...others]
    const zeroth = await answerOf(built.path, 0, [...asked, '', 'done'])
    expect(zeroth.lines).toEqual(['NAK'])
    expect(await objectsIn(zeroth.pack, objectFormat)).toEqual(expected)
  })
})

test('people who fetch are told nothing by git that is not for them', async () => {
  const { t, tips } = scene()
  await using built = await buildRepository(t)
  const { out, bytes } = collecting()
  const body = packets([...fetchOf('sha1', ...tips.map(tip => `want ${tip}`), 'no-progress', 'done'), ''])
  const request = { version: 2, body, maxBytes: 1_000_000, maxWorkMs: 20_000 } as const
  await sendUploadPack(setup, { gitDir: built.path, request }, out)
  expect(bytes().toString('latin1')).not.toContain('hint:')
})

test('a fetch may be shallow, leave files out, and say what is there already', async () => {
  const { t, one, root, file } = scene()
  await using built = await buildRepository(t)
  const ask = async (...rest: readonly string[]) =>
    await answerOf(built.path, 2, [...fetchOf('sha1', ...rest, 'done'), ''])
  const shallow = await ask(`want ${one.tip}`, 'deepen 1')
  expect(shallow.lines).toEqual(['shallow-info', `shallow ${one.tip}`, 'packfile'])
  expect(await objectsIn(shallow.pack)).toEqual(await reachedFrom(built.path, ['--max-count=1', one.tip]))
  const partial = await ask(`want ${one.tip}`, 'filter blob:none')
  expect(await objectsIn(partial.pack)).toEqual(await reachedFrom(built.path, ['--filter=blob:none', one.tip]))
  const later = await ask(`want ${file}`)
  expect(await objectsIn(later.pack)).toEqual([file])
  const rest = await ask(`want ${one.tip}`, `have ${root}`)
  expect(await objectsIn(rest.pack)).toEqual(await reachedFrom(built.path, [one.tip, `^${root}`]))
})

test('an answer that is too large or takes too long is given up', async () => {
  const { t, tips } = scene()
  await using built = await buildRepository(t)
  const body = packets([...fetchOf('sha1', ...tips.map(tip => `want ${tip}`), 'done'), ''])
  const ask = (request: { maxBytes: number; maxWorkMs: number }) =>
    sendUploadPack(setup, { gitDir: built.path, request: { version: 2, body, ...request } }, collecting().out)
  await expect(ask({ maxBytes: 200, maxWorkMs: 20_000 })).rejects.toMatchObject({ code: 'GIT_OUTPUT_TOO_LARGE' })
  await expect(ask({ maxBytes: 1_000_000, maxWorkMs: 0 })).rejects.toMatchObject({ code: 'GIT_TIMEOUT' })
})

test('whatever a repository hides or shows by its settings, its bugs and identities are seen and nothing else', async () => {
  const { t, ada, one, two } = scene()
  await using built = await buildRepository(t)
  const settings = [
    ['uploadpack.hideRefs', '!refs/heads'],
    ['uploadpack.hideRefs', 'refs/bugs'],
    ['transfer.hideRefs', '!refs'],
    ['transfer.hideRefs', '!HEAD'],
    ['transfer.hideRefs', 'refs/identities'],
  ] as const
  for (const [key, value] of settings) await runGit(built.path, ['config', '--add', key, value])
  const { lines } = await answerOf(built.path, 2, ['command=ls-refs', 'object-format=sha1', '|', 'peel', 'symrefs', ''])
  expect(lines).toEqual(
    [one, two]
      .map(({ tip, ref }) => `${tip} ${ref}`)
      .concat(`${ada.tip} ${ada.ref}`)
      .sort(byName),
  )
})

const byName = (a: string, b: string) => (a.slice(41) < b.slice(41) ? -1 : 1)

test('tips that are no object names are refused before git sees them', async () => {
  const { t, tips } = scene()
  await using built = await buildRepository(t)
  for (const bad of ['--all', 'HEAD', '', `${tips[0]}\n--all`]) {
    await expect(packOf(built.path, [...tips, bad])).rejects.toMatchObject({ code: 'GIT_PROTOCOL' })
    const asked = areReachable(setup, { folder: built.path, tips: [bad], hashes: [tips[0]!] }, signal)
    await expect(asked).rejects.toMatchObject({ code: 'GIT_PROTOCOL' })
  }
})

describe('reached by the tips', () => {
  test('are they, and all that their commits and trees name; nothing else is', async () => {
    const { t, one, root, file, code, secret, tips } = scene()
    await using built = await buildRepository(t)
    const ask = (hashes: readonly string[]) => areReachable(setup, { folder: built.path, tips, hashes }, signal)
    const tree = (await runGit(built.path, ['rev-parse', `${one.tip}^{tree}`])).trim()
    for (const hash of [one.tip, root, tree, file]) expect(await ask([hash])).toBe(true)
    expect(await ask([file, root, tree, one.tip, file])).toBe(true)
    expect(await ask([])).toBe(true)
    const others = [code, secret, '0'.repeat(40), '0'.repeat(64), 'HEAD', '', root.toUpperCase(), root.slice(0, 20)]
    for (const other of others) {
      expect(await ask([other])).toBe(false)
      expect(await ask([root, other])).toBe(false)
    }
  })

  test('is nothing that is missing, and a tip that is missing keeps no other from being asked', async () => {
    const { t, file, root, tips } = scene()
    await using built = await buildRepository(t, { loose: true })
    await removeObject(built.path, file)
    const at = { folder: built.path, tips: ['1'.repeat(40), ...tips] }
    expect(await areReachable(setup, { ...at, hashes: [root] }, signal)).toBe(true)
    expect(await areReachable(setup, { ...at, hashes: [file] }, signal)).toBe(false)
  })

  test('is asked of ten thousand tips by one process, which is ended when the answer is known', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'many-tips-'))
    await runGit(folder, ['init', '--quiet', '--bare', '.'])
    let stream = 'blob\nmark :99999\ndata 1\nx\n'
    for (let index = 1; index <= 10_000; index++) {
      stream += `commit refs/bugs/${index}\nmark :${index}\ncommitter A <> ${index} +0000\ndata 0\nM 100644 :99999 ${index}\n\n`
    }
    await runGit(folder, ['fast-import', '--quiet'], { input: stream })
    const tips = (await runGit(folder, ['for-each-ref', '--format=%(objectname)'])).trim().split('\n')
    const blob = (await runGit(folder, ['rev-parse', 'refs/bugs/1:1'])).trim()
    expect(new Set(tips).size).toBe(10_000)
    expect(await areReachable(setup, { folder, tips, hashes: [blob, tips[7]!] }, signal)).toBe(true)
    expect(await areReachable(setup, { folder, tips, hashes: [blob, '0'.repeat(40)] }, signal)).toBe(false)
    await rm(folder, { recursive: true })
  })

  test('where nobody wants to know any more, the reason is what the caller gets', async () => {
    const { t, root, tips } = scene()
    await using built = await buildRepository(t)
    const stop = new AbortController()
    const asked = areReachable(setup, { folder: built.path, tips, hashes: [root] }, stop.signal)
    stop.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
  })
})

test.each([
  ['an attached file is missing', 'file', removeObject],
  ['an attached file is damaged', 'file', damageObject],
  ['a commit below a tip is missing', 'root', removeObject],
  ['a commit below a tip is damaged', 'root', damageObject],
] as const)('where %s, the tips that reach it cannot be packed, and the others can', async (_what, which, spoil) => {
  const s = scene()
  await using built = await buildRepository(s.t, { loose: true })
  const ask = (tips: readonly string[]) => arePackable(setup, { folder: built.path, tips, maxWorkMs: 20_000 }, signal)
  expect(await ask(s.tips)).toBe(true)
  await spoil(built.path, s[which])
  expect(await ask(s.tips)).toBe(false)
  expect(await ask([s.one.tip])).toBe(false)
  expect(await ask([s.ada.tip, s.two.tip])).toBe(true)
  await expect(packOf(built.path, s.tips)).rejects.toMatchObject({
    code: 'GIT_FAILED',
    data: { stderr: expect.stringContaining(s[which]) },
  })
  const want = fetchOf('sha1', ...s.tips.map(tip => `want ${tip}`), 'done')
  await expect(answerOf(built.path, 2, [...want, ''])).rejects.toMatchObject({ code: 'GIT_FAILED' })
})

test('that a repository cannot be read at all is not told as objects that cannot be packed', async () => {
  const { t, tips } = scene()
  await using built = await buildRepository(t)
  await rm(join(built.path, 'HEAD'))
  const asked = arePackable(setup, { folder: built.path, tips, maxWorkMs: 20_000 }, signal)
  await expect(asked).rejects.toMatchObject({ code: 'GIT_FAILED' })
})

test.each(['ext', 'file'])(
  'a repository whose settings name programs and a remote (%s) has nothing run, fetched or written',
  async transport => {
    const { t, one, file, tips } = scene()
    await using built = await buildRepository(t, { loose: true })
    await using source = await buildRepository(t)
    const home = await mkdtemp(join(tmpdir(), 'hostile-'))
    const marker = join(home, 'ran')
    const program = join(home, 'program')
    await writeFile(program, `#!/bin/sh\necho "$0 $*" >> ${marker}\nexec "$@"\n`)
    await chmod(program, 0o755)
    await mkdir(join(built.path, 'hooks'), { recursive: true })
    for (const hook of ['pack-objects', 'post-upload-pack', 'reference-transaction', 'post-index-change']) {
      await writeFile(join(built.path, 'hooks', hook), readFileSync(program))
      await chmod(join(built.path, 'hooks', hook), 0o755)
    }
    const url = transport === 'ext' ? `ext::${program} git upload-pack ${source.path}` : `file://${source.path}`
    await appendFile(
      join(built.path, 'config'),
      `[core]
	repositoryFormatVersion = 1
	fsmonitor = ${program}
	hooksPath = ${built.path}/hooks
	sshCommand = ${program}
	gitProxy = ${program}
	pager = ${program}
	alternateRefsCommand = ${program}
[extensions]
	partialClone = origin
[remote "origin"]
	url = ${url}
	promisor = true
	uploadpack = ${program}
[protocol]
	allow = always
[protocol "${transport}"]
	allow = always
[uploadpack]
	packObjectsHook = ${program}
	allowRefInWant = true
[uploadarchive]
	allowUnreachable = true
[pack]
	packSizeLimit = 1
	writeBitmaps = true
	threads = 1
[repack]
	writeBitmaps = true
[gc]
	auto = 1
[maintenance]
	auto = true
`,
    )
    const ask = async () => {
      const want = fetchOf('sha1', ...tips.map(tip => `want ${tip}`), 'done')
      return await Promise.allSettled([
        sendBlob(setup, { folder: built.path, hash: file }, collecting().out),
        packOf(built.path, tips),
        answerOf(built.path, 2, [...want, '']),
        areReachable(setup, { folder: built.path, tips, hashes: [file] }, signal),
        arePackable(setup, { folder: built.path, tips, maxWorkMs: 20_000 }, signal),
      ])
    }
    const before = allFiles(built.path)
    expect((await ask()).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'fulfilled'))
    expect(allFiles(built.path)).toBe(before)
    // What a partial clone lacks git would fetch through its remote.
    await removeObject(built.path, file)
    await removeObject(built.path, one.tip)
    const torn = allFiles(built.path)
    const outcomes = await ask()
    expect(outcomes.map(outcome => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code))).toEqual([
      'OBJECT_UNREADABLE',
      'GIT_FAILED',
      'GIT_FAILED',
      false,
      false,
    ])
    expect(allFiles(built.path)).toBe(torn)
    expect(existsSync(marker)).toBe(false)
    await rm(home, { recursive: true })
  },
)

describe('in a repository that is', () => {
  const layouts = ['beside its work tree', 'a linked work tree', 'a submodule'] as const

  test.each(layouts)('%s, objects are found', async layout => {
    const { t, file, one, tips } = scene()
    await using built = await buildRepository(t, { bare: false })
    const home = await mkdtemp(join(tmpdir(), 'layouts-'))
    const path = await layOut(layout, built.path, home)
    const { folder, commonDir } = (await locateRepository(path))!
    const { out, bytes } = collecting()
    await sendBlob(setup, { folder, hash: file }, out)
    expect(bytes().toString()).toBe('21\na file of some length')
    const expected = await reachedFrom(built.path, tips)
    expect(await objectsIn(await packOf(folder, tips))).toEqual(expected)
    const want = fetchOf('sha1', ...tips.map(tip => `want ${tip}`), 'done')
    expect(await objectsIn((await answerOf(commonDir, 2, [...want, ''])).pack)).toEqual(expected)
    expect(await areReachable(setup, { folder, tips, hashes: [one.tip, file] }, signal)).toBe(true)
    await rm(home, { recursive: true })
  })

  test('a shallow clone itself, a tip that is cut off cannot be packed: nobody gets half of a history unasked', async () => {
    const { t, one, two } = scene()
    await using built = await buildRepository(t)
    const home = await mkdtemp(join(tmpdir(), 'shallow-'))
    await runGit(home, ['init', '--quiet', '--bare', '.'])
    await runGit(home, ['fetch', '--quiet', '--depth=1', `file://${built.path}`, 'refs/bugs/*:refs/bugs/*'])
    const ask = (tip: string) => arePackable(setup, { folder: home, tips: [tip], maxWorkMs: 20_000 }, signal)
    expect(await ask(one.tip)).toBe(false)
    expect(await ask(two.tip)).toBe(true)
    await rm(home, { recursive: true })
  })

  test('borrowing its objects from another, they are found there', async () => {
    const { t, tips } = scene()
    await using built = await buildRepository(t)
    const home = await mkdtemp(join(tmpdir(), 'borrower-'))
    await runGit(home, ['init', '--quiet', '--bare', '.'])
    await writeFile(join(home, 'objects/info/alternates'), `${join(built.path, 'objects')}\n`)
    expect(await objectsIn(await packOf(home, tips))).toEqual(await reachedFrom(built.path, tips))
    await rm(home, { recursive: true })
  })
})

/** @returns the folder that stands for the repository */
async function layOut(layout: string, path: string, home: string): Promise<string> {
  if (layout === 'beside its work tree') return path
  if (layout === 'a linked work tree') {
    await runGit(path, ['worktree', 'add', '--quiet', '--detach', join(home, 'linked'), 'main'])
    return join(home, 'linked')
  }
  const module = join(home, 'super/.git/modules/sub')
  await mkdir(join(home, 'super/sub'), { recursive: true })
  await runGit(home, ['clone', '--quiet', '--mirror', path, module])
  await runGit(module, ['config', 'core.bare', 'false'])
  await runGit(module, ['config', 'core.worktree', '../../../sub'])
  await writeFile(join(home, 'super/sub/.git'), 'gitdir: ../.git/modules/sub\n')
  return join(home, 'super/sub')
}

test('what the caller has in the environment for git changes nothing of what is sent', async () => {
  const { t, tips } = scene()
  await using built = await buildRepository(t)
  const ambient = {
    ...process.env,
    GIT_DIR: '/elsewhere',
    GIT_NAMESPACE: 'x',
    GIT_PROTOCOL: 'version=2',
    GIT_SHALLOW_FILE: join(built.path, 'HEAD'),
    GIT_ALLOW_PROTOCOL: 'ext:file',
  }
  const pack = await packOf(built.path, tips, { ambient })
  expect(await objectsIn(pack)).toEqual(await reachedFrom(built.path, tips))
  const { out, bytes } = collecting()
  await pipeGit({ ...setup, ambient }, built.path, ['rev-parse', '--git-dir'], out)
  expect(bytes().toString()).toBe('.\n')
})
