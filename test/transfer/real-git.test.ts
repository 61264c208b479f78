/** Requests of real git clients: all are understood, and what is written anew is answered as what they wrote. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createTrackerWriter, type TrackerWriter } from '../../src/demo/writer.ts'
import { applyTo, buildRepository, runGit } from '../support/tracker-builder.ts'
import { bodyOf, fetchIn, sha1, version0, version2 } from './bodies.ts'
import { type Answer, askGit, listOffered, readAnswer, startSmallServer } from './small-server.ts'

const start = 1_750_000_000
const day = 86_400
const refspecs = ['+refs/bugs/*:refs/bugs/*', '+refs/identities/*:refs/identities/*']

interface TrackerSpec {
  readonly seed: string
  readonly bugs: number
  readonly objectFormat?: 'sha1' | 'sha256'
}

/** Bugs of four commits, a day between them, and what is not offered: a branch, and a tag of a bug. */
function writeTracker({ seed, bugs, objectFormat = 'sha1' }: TrackerSpec) {
  const t = createTrackerWriter({ seed, objectFormat })
  const ada = t.identity({ name: `Ada ${seed}`, at: start })
  const file = t.attach(`the log of ${seed}`)
  const lines = Array.from({ length: bugs }, (_, number) => {
    const bug = t.bug(ada, { title: `${seed} ${number}`, message: 'It smokes.', at: start + number })
    bug.comment(ada, { message: 'A lot.', at: start + day, files: [file] })
    bug.comment(ada, { message: 'Still.', at: start + 2 * day })
    bug.comment(ada, { message: 'Less.', at: start + 3 * day })
    return bug
  })
  const root = t.commit({ entries: [{ path: 'secret', content: 'behind the branch' }], message: 'root' })
  const branch = t.commit({ entries: [{ path: 'secret', content: 'on the branch' }], parents: [root] })
  t.ref('refs/heads/main', branch)
  const tagged = `object ${lines[0]?.commits[0]}\ntype commit\ntag v1\ntagger Ada <> ${start} +0000\n\none\n`
  const tag = t.object('tag', Buffer.from(tagged))
  t.ref('refs/tags/v1', tag)
  return { t, ada, lines, root, branch, tag }
}

/** An answer without the tag that clients ask for in passing: what is written anew does not ask for it. */
function withoutTag(answer: Answer, tag: string): Answer {
  return { ...answer, objects: answer.objects.filter(hash => hash !== tag) }
}

/** A server with a tracker, and a client that has nothing. */
async function openScene(t: TrackerWriter, version: 0 | 1 | 2) {
  const stack = new AsyncDisposableStack()
  const served = stack.use(await buildRepository(t))
  const server = stack.use(await startSmallServer(served.path, t.objectFormat))
  const home = await mkdtemp(join(tmpdir(), 'client-'))
  stack.defer(() => rm(home, { recursive: true, force: true }))
  const path = join(home, 'client.git')
  const git = (...args: string[]) => runGit(path, ['-c', `protocol.version=${version}`, ...args])
  return {
    served,
    server,
    /** The client's folder. */
    path,
    git,
    clone: (...args: string[]) =>
      runGit(home, ['-c', `protocol.version=${version}`, 'clone', '--quiet', '--mirror', ...args, server.url, path]),
    init: () => runGit(home, ['init', '--quiet', '--bare', `--object-format=${t.objectFormat}`, path]),
    fetch: (...args: string[]) => git('fetch', '--quiet', ...args, server.url, ...refspecs),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

type Scene = Awaited<ReturnType<typeof openScene>>

/** The client has what is offered, whole, and git said the same to both forms of each request. */
async function expectSame({ served, server, path }: Scene, tag: string) {
  expect(await listOffered(path)).toEqual(await listOffered(served.path))
  await runGit(path, ['fsck', '--strict', '--connectivity-only'])
  expectEqualAnswers(server.exchanges, tag)
  expect(server.kinds.filter(kind => !['fetch', 'ls-refs', 'empty'].includes(kind))).toEqual([])
}

function expectEqualAnswers(exchanges: Scene['server']['exchanges'], tag: string) {
  expect(exchanges.length).toBeGreaterThan(0)
  for (const { given, anew } of exchanges) {
    expect(anew).toEqual(withoutTag(given, tag))
  }
}

const objectsSent = ({ exchanges }: Scene['server']) => exchanges.flatMap(({ anew }) => anew.objects)

describe.each([
  [0, 'sha1'],
  [1, 'sha1'],
  [2, 'sha1'],
  [0, 'sha256'],
  [2, 'sha256'],
] as const)('git that speaks version %i about %s', (version, objectFormat) => {
  test('sees the refs that are offered, and no other', async () => {
    const { t } = writeTracker({ seed: 'a', bugs: 2, objectFormat })
    await using scene = await openScene(t, version)
    const listing = await runGit(scene.served.path, [
      '-c',
      `protocol.version=${version}`,
      'ls-remote',
      '--quiet',
      scene.server.url,
    ])
    const offered = await listOffered(scene.served.path)
    expect(listing).toBe(offered.map(({ hash, name }) => `${hash}\t${name}\n`).join(''))
  })

  test('clones, and fetches what came since', async () => {
    const { t, ada, lines, tag, branch } = writeTracker({ seed: 'a', bugs: 5, objectFormat })
    await using scene = await openScene(t, version)
    await scene.clone()
    await expectSame(scene, tag)
    lines[0]?.comment(ada, { message: 'Gone.', at: start + 4 * day })
    t.bug(ada, { title: 'New', message: '', at: start + 4 * day })
    await applyTo(scene.served.path, t)
    await scene.server.refresh()
    scene.server.exchanges.length = 0
    await scene.git('fetch', '--quiet')
    await expectSame(scene, tag)
    const sent = objectsSent(scene.server)
    expect(sent.length).toBeLessThan(12)
    expect(sent).not.toContain(branch)
    const requests = scene.server.exchanges.length
    await scene.git('fetch', '--quiet')
    expect(scene.server.exchanges).toHaveLength(requests)
  })
})

describe.each([0, 2] as const)('git that speaks version %i', version => {
  test('finds what both have in rounds, though it has much that the server has not', async () => {
    const { t, ada, tag } = writeTracker({ seed: 'a', bugs: 60 })
    await using scene = await openScene(t, version)
    await scene.clone()
    await applyTo(scene.path, writeTracker({ seed: 'b', bugs: 150 }).t)
    t.bug(ada, { title: 'New', message: '', at: start + 4 * day })
    await applyTo(scene.served.path, t)
    await scene.server.refresh()
    scene.server.exchanges.length = 0
    await scene.fetch()
    expectEqualAnswers(scene.server.exchanges, tag)
    expect(scene.server.exchanges.length).toBeGreaterThan(1)
    expect(objectsSent(scene.server).length).toBeLessThan(12)
    await runGit(scene.path, ['fsck', '--connectivity-only'])
  })

  test('fetches a part of history, deepens it, and gets the rest', async () => {
    const { t, tag, lines } = writeTracker({ seed: 'a', bugs: 3 })
    await using scene = await openScene(t, version)
    await scene.init()
    await scene.fetch('--depth=1')
    await expectSame(scene, tag)
    const countOf = () => scene.git('rev-list', '--count', lines[0]?.ref ?? '')
    expect(await countOf()).toBe('1\n')
    await scene.fetch('--deepen=1')
    expect(await countOf()).toBe('2\n')
    await scene.fetch('--depth=3')
    expect(await countOf()).toBe('3\n')
    // git itself would answer with more where a client is shallow at what it does not want; here it wants all.
    await scene.fetch('--unshallow')
    expect(await countOf()).toBe('4\n')
    expect((await scene.git('rev-parse', '--is-shallow-repository')).trimEnd()).toBe('false')
    await expectSame(scene, tag)
  })

  test('fetches history since a time, and without that of a ref', async () => {
    const { t, tag, lines } = writeTracker({ seed: 'a', bugs: 3 })
    await using scene = await openScene(t, version)
    await scene.init()
    await scene.fetch(`--shallow-since=${start + 1.5 * day}`)
    expectEqualAnswers(scene.server.exchanges, tag)
    expect(await scene.git('rev-list', '--count', lines[1]?.ref ?? '')).toBe('2\n')
    await using other = await openScene(t, version)
    await other.init()
    await other.git(
      'fetch',
      '--quiet',
      `--shallow-exclude=${lines[0]?.ref}`,
      other.server.url,
      'refs/bugs/*:refs/bugs/*',
    )
    expectEqualAnswers(other.server.exchanges, tag)
    expect(other.server.exchanges[0]?.asked.deepenNot).toEqual([lines[0]?.ref])
  })

  test('clones without files, and fetches one when it is read', async () => {
    const { t, tag } = writeTracker({ seed: 'a', bugs: 3 })
    await using scene = await openScene(t, version)
    await scene.clone('--filter=blob:none')
    await expectSame(scene, tag)
    const [blob = ''] = (
      await runGit(scene.served.path, [
        'rev-list',
        '--objects',
        '--no-object-names',
        '--filter=object:type=blob',
        '--filter-provided-objects',
        '--glob=refs/bugs/*',
      ])
    ).split('\n')
    expect(objectsSent(scene.server)).not.toContain(blob)
    expect(await scene.git('cat-file', '-t', blob)).toBe('blob\n')
    expect(scene.server.exchanges.at(-1)?.asked.wants).toEqual([blob])
    expect(scene.server.exchanges.at(-1)?.anew.objects).toEqual([blob])
    expectEqualAnswers(scene.server.exchanges, tag)
  })

  test('clones with several filters', async () => {
    const { t, tag } = writeTracker({ seed: 'a', bugs: 3 })
    await using scene = await openScene(t, version)
    await scene.clone('--filter=blob:limit=1k', '--filter=tree:1')
    await expectSame(scene, tag)
    expect(Buffer.from(scene.server.exchanges[0]?.asked.body ?? []).toString()).toContain(
      'filter combine:blob:limit=1024+tree:1\n',
    )
  })
})

test.each([0, 2] as const)(
  'long requests come compressed, or in pieces after git has looked whether it may (version %i)',
  async version => {
    const { t, ada, tag } = writeTracker({ seed: 'a', bugs: 1 })
    for (let number = 0; number < 1500; number++) t.bug(ada, { title: `${number}`, message: '', at: start })
    await using scene = await openScene(t, version)
    await scene.clone()
    expect(scene.server.compressed).toBeGreaterThan(0)
    expect(scene.server.kinds).not.toContain('empty')
    await using other = await openScene(t, version)
    // git needs room for one packet.
    await other.clone('-c', 'http.postBuffer=65536')
    expect(other.server.kinds).toContain('empty')
    await expectSame(other, tag)
  },
)

describe('what is written anew', () => {
  test('is answered by git without the tags that clients ask for in passing', async () => {
    const { t, lines, tag } = writeTracker({ seed: 'a', bugs: 1 })
    await using served = await buildRepository(t)
    const body = bodyOf('command=fetch', '|', 'include-tag', `want ${lines[0]?.commits[0]}`, 'done', '')
    const given = await readAnswer(served.path, await askGit(served.path, 2, body))
    const anew = await readAnswer(served.path, await askGit(served.path, 2, fetchIn(body, version2).body))
    expect(given.objects).toContain(tag)
    expect(anew).toEqual(withoutTag(given, tag))
    expect(anew.objects).not.toContain(tag)
  })

  test.each([
    [
      2,
      (want: string, shallow: string) =>
        bodyOf('command=fetch', '|', `want ${want}`, `shallow ${shallow}`, 'deepen 2147483647', 'done', ''),
    ],
    [
      0,
      (want: string, shallow: string) =>
        bodyOf(`want ${want} side-band-64k shallow`, `shallow ${shallow}`, 'deepen 2147483647', '', 'done'),
    ],
  ] as const)(
    'sends nothing from behind a hidden commit that a client calls shallow (version %i)',
    async (version, write) => {
      const { t, lines, root, branch } = writeTracker({ seed: 'a', bugs: 1 })
      await using served = await buildRepository(t)
      const body = write(lines[0]?.commits.at(-1) ?? '', branch)
      const given = await readAnswer(served.path, await askGit(served.path, version, body))
      expect(given.objects).toContain(root)
      const { body: anewBody } = fetchIn(body, version === 2 ? version2 : version0)
      const anew = await readAnswer(served.path, await askGit(served.path, version, anewBody))
      expect(anew.objects).not.toContain(root)
      expect(anew.objects).toContain(lines[0]?.commits[0])
      expect(anew.ends.join()).not.toContain(branch)
    },
  )

  test.each([0, 2] as const)(
    'names the commits from which history is deepened, since git sends what is behind them (version %i)',
    async version => {
      const { t, lines, root, branch } = writeTracker({ seed: 'a', bugs: 1 })
      await using served = await buildRepository(t)
      const write = (...depth: string[]) => {
        const want = lines[0]?.commits.at(-1)
        return version === 2
          ? bodyOf('command=fetch', '|', `want ${want}`, `shallow ${branch}`, ...depth, 'done', '')
          : bodyOf(
              `want ${want} side-band-64k shallow${depth[1] ? ' deepen-relative' : ''}`,
              `shallow ${branch}`,
              depth[0]!,
              '',
              'done',
            )
      }
      const context = version === 2 ? version2 : version0
      const relative = fetchIn(write('deepen 5', 'deepen-relative'), context)
      expect(relative.deepened).toEqual([branch])
      const leaking = await readAnswer(served.path, await askGit(served.path, version, relative.body))
      expect(leaking.objects).toContain(root)
      for (const depth of ['deepen 5', 'deepen 2147483647', 'deepen-since 5']) {
        const asked = fetchIn(write(depth), context)
        expect(asked.deepened).toEqual([])
        const { objects, ends } = await readAnswer(served.path, await askGit(served.path, version, asked.body))
        expect({ hasRoot: objects.includes(root), ends }).toEqual({ hasRoot: false, ends: [] })
      }
    },
  )

  test('keeps a round that only asks where history ends', async () => {
    const { t, lines } = writeTracker({ seed: 'a', bugs: 1 })
    await using served = await buildRepository(t)
    const [first, second] = lines[0]?.commits.slice(-2) ?? []
    const body = bodyOf(`want ${second} side-band-64k shallow`, 'deepen 1', '')
    const anew = await readAnswer(served.path, await askGit(served.path, 0, fetchIn(body, version0).body))
    expect(anew).toEqual({ lines: ['mark 0'], ends: [`shallow ${second}`], objects: [] })
    const unknown = bodyOf(
      `want ${second} side-band-64k multi_ack_detailed`,
      '',
      `have ${first}`,
      `have ${sha1('1')}`,
      '',
    )
    const acknowledged = await readAnswer(served.path, await askGit(served.path, 0, fetchIn(unknown, version0).body))
    expect(acknowledged).toEqual(await readAnswer(served.path, await askGit(served.path, 0, unknown)))
    expect(acknowledged.lines[0]).toBe(`ACK ${first} common`)
  })
})

describe('an advertisement offers nothing that git does not keep', () => {
  const advertiseByGit = async (path: string, version: 0 | 2) =>
    await runGit(path, [
      '-c',
      'uploadpack.allowFilter=true',
      '-c',
      'uploadpack.allowAnySHA1InWant=true',
      '-c',
      `protocol.version=${version}`,
      'upload-pack',
      '--stateless-rpc',
      '--advertise-refs',
      path,
    ])

  test('in version 0', async () => {
    const { t } = writeTracker({ seed: 'a', bugs: 1 })
    await using scene = await openScene(t, 0)
    const wordsOf = (advertisement: string) => (/\0(.*)\n/.exec(advertisement)?.[1] ?? '').trim().split(/ +/)
    const ours = await (await fetch(`${scene.server.url}/info/refs`)).text()
    const theirs = new Set(wordsOf(await advertiseByGit(scene.served.path, 0)))
    const offered = wordsOf(ours).filter(word => !word.startsWith('agent='))
    expect(offered.length).toBeGreaterThan(10)
    expect(offered.filter(word => !theirs.has(word))).toEqual([])
  })
})
