/**
 * A server that sends what it likes: the refs are those of a real repository, and the pack is whatever a test makes of
 * it. A real server would refuse to send most of this.
 */
import { execFileSync } from 'node:child_process'
import { deflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { entityRefs, inventHistory } from '../support/git-client.ts'
import { type GitRequest, openHttpGitServer } from '../support/git-servers.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'
import { filesIn, openCopy } from './remote-scene.ts'

const path = 'group/tool.git'
const person = 'Ada <ada@example.org> 1700000000 +0000'

/** Packet lines (gitprotocol-common). */
function packet(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as string)
  return Buffer.concat([Buffer.from((content.length + 4).toString(16).padStart(4, '0')), content])
}

/** The answer to a fetch (gitprotocol-v2) with a pack. */
function answerWith(pack: Uint8Array, { body }: GitRequest) {
  // Whoever has not said that this is all is told that it is enough.
  const enough = [packet('acknowledgments\n'), packet('ready\n'), Buffer.from('0001')]
  const lines = [...(body.includes('0009done') ? [] : enough), packet('packfile\n')]
  for (let at = 0; at < pack.length; at += 60_000) {
    lines.push(packet(Buffer.concat([Buffer.from([1]), pack.subarray(at, at + 60_000)])))
  }
  lines.push(Buffer.from('0000'))
  return {
    status: 200,
    headers: { 'content-type': 'application/x-git-upload-pack-result' },
    body: Buffer.concat(lines),
  }
}

/** What a repository holds is made by hand, for git would not make it. */
function handiwork(folder: string) {
  const write = (type: string, content: Uint8Array | string) =>
    execFileSync('git', ['-C', folder, 'hash-object', '-w', '--literally', '-t', type, '--stdin'], { input: content })
      .toString()
      .trim()
  const tree = (...entries: readonly (readonly [mode: string, name: string, hash: string])[]) =>
    write(
      'tree',
      Buffer.concat(
        entries.flatMap(([mode, name, hash]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(hash, 'hex')]),
      ),
    )
  return {
    blob: write('blob', 'x'),
    write,
    tree,
    commit: (of: string, parent?: string) =>
      write(
        'commit',
        `tree ${of}\n${parent === undefined ? '' : `parent ${parent}\n`}author ${person}\ncommitter ${person}\n\nx\n`,
      ),
    pack: (...objects: readonly string[]) =>
      execFileSync('git', ['-C', folder, 'pack-objects', '--quiet', '--stdout', '--delta-base-offset'], {
        input: `${objects.join('\n')}\n`,
      }),
  }
}
type Handiwork = ReturnType<typeof handiwork>

const absent = '1234567890'.repeat(4)

/** @returns what the ref is to name, and the objects that come */
const cases: readonly (readonly [string, (h: Handiwork) => { tip: string; sent: readonly string[] }])[] = [
  [
    'a tree that is none',
    h => {
      const tree = h.write('tree', '100644 cut off')
      const tip = h.commit(tree)
      return { tip, sent: [tree, tip] }
    },
  ],
  [
    'a folder .git in a tree',
    h => {
      const inner = h.tree(['100644', 'config', h.blob])
      const outer = h.tree(['40000', '.git', inner])
      const tip = h.commit(outer)
      return { tip, sent: [h.blob, inner, outer, tip] }
    },
  ],
  [
    'a folder .GIT in a tree, spelled otherwise',
    h => {
      const outer = h.tree(['100644', '.g\u200cit', h.blob])
      const tip = h.commit(outer)
      return { tip, sent: [h.blob, outer, tip] }
    },
  ],
  [
    'modes with zeros in front',
    h => {
      const tree = h.tree(['0100644', 'ops', h.blob])
      const tip = h.commit(tree)
      return { tip, sent: [h.blob, tree, tip] }
    },
  ],
  [
    'a name with a slash',
    h => {
      const tree = h.tree(['100644', '../../x', h.blob])
      const tip = h.commit(tree)
      return { tip, sent: [h.blob, tree, tip] }
    },
  ],
  [
    'the same name twice',
    h => {
      const tree = h.tree(['100644', 'ops', h.blob], ['100644', 'ops', h.blob])
      const tip = h.commit(tree)
      return { tip, sent: [h.blob, tree, tip] }
    },
  ],
  [
    'a commit without an author',
    h => {
      const tree = h.tree(['100644', 'ops', h.blob])
      const tip = h.write('commit', `tree ${tree}\ncommitter ${person}\n\nx\n`)
      return { tip, sent: [h.blob, tree, tip] }
    },
  ],
  [
    'a parent that does not come',
    h => {
      const tree = h.tree(['100644', 'ops', h.blob])
      const tip = h.commit(tree, absent)
      return { tip, sent: [h.blob, tree, tip] }
    },
  ],
  [
    'a tree that does not come',
    h => {
      const tip = h.commit(absent)
      return { tip, sent: [h.blob, tip] }
    },
  ],
  [
    'a blob that does not come',
    h => {
      const tree = h.tree(['100644', 'ops', absent])
      const tip = h.commit(tree)
      return { tip, sent: [tree, tip] }
    },
  ],
  ['nothing of what was asked for', h => ({ tip: h.commit(h.tree(['100644', 'ops', h.blob])), sent: [h.blob] })],
  [
    'a program for submodules in .gitmodules',
    h => {
      const modules = h.write('blob', '[submodule "../x"]\n\tpath = x\n\turl = -u./payload\n')
      const tree = h.tree(['100644', '.gitmodules', modules])
      const tip = h.commit(tree)
      return { tip, sent: [modules, tree, tip] }
    },
  ],
]

async function openScene() {
  const built = await buildRepository(inventHistory('damage', { days: 1 }).t)
  const server = await openHttpGitServer({ [path]: built.path })
  const copy = await openCopy()
  await copy.fetch(server.url(path))
  return { built, server, copy }
}

test.each(cases)('%s is refused, and the copy stays as it was', async (_what, make) => {
  const scene = await openScene()
  await using built = scene.built
  await using server = scene.server
  await using copy = scene.copy
  const before = await entityRefs(copy.gitDir)
  const files = filesIn(copy.gitDir).filter(name => !name.startsWith('objects/pack/pack-'))
  const h = handiwork(built.path)
  const { tip, sent } = make(h)
  const old = before.split('\n')[0]!.split('\t')[1]!
  // A ref that moves, one that is new and one that goes: none of them does here.
  await runGit(built.path, ['update-ref', '-d', before.split('\n')[1]!.split('\t')[1]!])
  await runGit(built.path, ['update-ref', 'refs/bugs/new', h.commit(h.tree(['100644', 'ops', h.blob]))])
  execFileSync('git', ['-C', built.path, 'pack-refs', '--all'])
  const refs = (await runGit(built.path, ['for-each-ref', '--format=%(objectname) %(refname)'])).trim().split('\n')
  const lines = [...refs.filter(line => !line.endsWith(` ${old}`) && !line.endsWith('/new')), `${tip} ${old}`]
  const listing = { status: 200, headers: { 'content-type': 'application/x-git-upload-pack-result' } }
  server.behave = request => {
    if (request.kind === 'refs') {
      return { ...listing, body: Buffer.concat([...lines.map(line => packet(`${line}\n`)), Buffer.from('0000')]) }
    }
    return request.kind === 'fetch' ? answerWith(h.pack(...sent), request) : {}
  }
  const attempt = copy.fetch(server.url(path))
  await expect(attempt).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE', data: { reason: 'damaged' } })
  expect(await entityRefs(copy.gitDir)).toBe(before)
  expect(filesIn(copy.gitDir).filter(name => !name.startsWith('objects/pack/pack-'))).toEqual(files)
  // What is sound goes through on the very same way.
  const sound = h.commit(h.tree(['100644', 'ops', h.blob]))
  server.behave = request => {
    if (request.kind === 'refs')
      return { ...listing, body: Buffer.concat([packet(`${sound} ${old}\n`), Buffer.from('0000')]) }
    return request.kind === 'fetch' ? answerWith(h.pack(h.blob, h.tree(['100644', 'ops', h.blob]), sound), request) : {}
  }
  await copy.fetch(server.url(path))
  expect(await entityRefs(copy.gitDir)).toBe(`${sound}\t${old}\n`)
})

const withByte = (bytes: Buffer, at: number, change: (byte: number) => number) =>
  Buffer.from(bytes.map((byte, index) => (index === at ? change(byte) : byte)))
const tooMany = { code: 'REMOTE_TOO_LARGE', data: { limit: 'objects' } }
const damaged = { code: 'REMOTE_UNREACHABLE', data: { reason: 'damaged' } }
type Spoiler = readonly [what: string, spoil: (pack: Buffer) => Uint8Array, expected: object]
const spoilers: readonly Spoiler[] = [
  ['is cut off', pack => pack.subarray(0, pack.length - 40), damaged],
  ['has another byte in its middle', pack => withByte(pack, pack.length >> 1, byte => byte ^ 1), damaged],
  ['has another sum', pack => withByte(pack, pack.length - 1, byte => byte ^ 1), damaged],
  ['promises more objects than come', pack => withByte(pack, 11, byte => byte + 1), damaged],
  [
    'promises four thousand million objects',
    pack => Buffer.concat([pack.subarray(0, 8), Buffer.alloc(4, 0xff), pack.subarray(12)]),
    damaged,
  ],
  [
    'promises more objects than memory has room for',
    pack => Buffer.concat([pack.subarray(0, 8), Buffer.from([0x10, 0, 0, 0]), pack.subarray(12)]),
    tooMany,
  ],
  [
    'holds a tree of a gigabyte',
    // Type 2, and a size of 2^30 in groups of seven bits; the first has four.
    pack =>
      Buffer.concat([
        pack.subarray(0, 8),
        Buffer.from([0, 0, 0, 1, 0xa0, 0x80, 0x80, 0x80, 0x20]),
        deflateSync(Buffer.alloc(1_000_000)),
      ]),
    tooMany,
  ],
  ['is no pack', () => Buffer.from('<!doctype html><title>Sorry</title>'), damaged],
  ['is empty', () => Buffer.alloc(0), damaged],
]

test.each(spoilers)('a pack that %s is refused, and the copy stays as it was', async (_what, spoil, expected) => {
  const scene = await openScene()
  await using built = scene.built
  await using server = scene.server
  await using copy = scene.copy
  const before = await entityRefs(copy.gitDir)
  const files = filesIn(copy.gitDir)
  const h = handiwork(built.path)
  const tree = h.tree(['100644', 'ops', h.blob])
  const tip = h.commit(tree)
  await runGit(built.path, ['update-ref', 'refs/bugs/new', tip])
  server.behave = request => (request.kind === 'fetch' ? answerWith(spoil(h.pack(h.blob, tree, tip)), request) : {})
  await expect(copy.fetch(server.url(path))).rejects.toMatchObject(expected)
  expect(await entityRefs(copy.gitDir)).toBe(before)
  expect(filesIn(copy.gitDir)).toEqual(files)
  server.behave = () => ({})
  await copy.fetch(server.url(path))
  expect(await entityRefs(copy.gitDir)).toBe(await entityRefs(built.path))
})

test('refs with names that leave their folder do not come', async () => {
  const scene = await openScene()
  await using _built = scene.built
  await using server = scene.server
  await using copy = scene.copy
  const before = (await entityRefs(copy.gitDir)).split('\n')
  const [hash = '', name = ''] = before[0]!.split('\t')
  const others = [
    'refs/bugs/../heads/x',
    'refs/heads/main',
    'refs/bugs/a..b',
    'refs/bugs/x.lock',
    'HEAD',
    'refs/bugsy/x',
  ]
  const headers = { 'content-type': 'application/x-git-upload-pack-result' }
  const lines = [name, ...others].map(other => packet(`${hash} ${other}\n`))
  server.behave = ({ kind }) =>
    kind === 'refs' ? { status: 200, headers, body: Buffer.concat([...lines, Buffer.from('0000')]) } : {}
  await copy.fetch(server.url(path)).catch(() => {})
  const refs = await runGit(copy.gitDir, ['for-each-ref', '--format=%(refname)'])
  const known = new Set(before.map(line => line.split('\t')[1]))
  expect(
    refs
      .trim()
      .split('\n')
      .filter(ref => !known.has(ref)),
  ).toEqual([])
  expect(
    filesIn(copy.gitDir).filter(file => file.startsWith('refs/') && !/^refs\/(?:bugs|identities)\//.test(file)),
  ).toEqual([])
})
