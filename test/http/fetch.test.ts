/** `/<name>.git` as bytes: what is answered, and what becomes of requests that no git would send. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Hidden, hideMuch, inventHistory, type ServedViewer, serveRepositories } from '../support/git-client.ts'
import { type BuiltRepository, buildRepository, deleteRef, runGit } from '../support/tracker-builder.ts'

const { t, bugs, file } = inventHistory('protocol')
const tip = bugs[0]!.tip
const requestType = 'application/x-git-upload-pack-request'
const resultType = 'application/x-git-upload-pack-result'

let built: BuiltRepository
let hidden: Hidden
let served: ServedViewer
beforeAll(async () => {
  built = await buildRepository(t)
  hidden = await hideMuch(built.path, t)
  served = await serveRepositories([built.path], { fetch: { maxRequestBytes: '64 KiB', requestSeconds: 3 } })
})
afterAll(async () => {
  await served[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

const line = (words: string) => (words.length + 4).toString(16).padStart(4, '0') + words
const command = (...lines: readonly string[]) =>
  [line('command=fetch'), '0001', ...lines.map(words => line(`${words}\n`)), '0000'].join('')
const v2 = { 'git-protocol': 'version=2' }

const get = (path: string, headers: Record<string, string> = {}) => served.viewer.get(`/tracker.git${path}`, headers)
const post = (body: string | Buffer, headers: Record<string, string> = {}, on = served) =>
  on.viewer.inject({
    method: 'POST',
    url: '/tracker.git/git-upload-pack',
    headers: { 'content-type': requestType, ...headers },
    payload: body,
  })

describe('the list of refs', () => {
  const refs = '/info/refs?service=git-upload-pack'

  test('is in the version that is asked for, and in the oldest where that one is not known', async () => {
    const first = async (protocol?: string) => {
      const headers: Record<string, string> = protocol === undefined ? {} : { 'git-protocol': protocol }
      return (await get(refs, headers)).payload.split('\n', 2).join(' ').slice(0, 60)
    }
    expect(await first('version=2')).toMatch(/^000eversion 2 [0-9a-f]{4}agent=git-bug-viewer\/\d/)
    expect(await first('version=1')).toMatch(/^001e# service=git-upload-pack 0000000eversion 1$/)
    expect(await first('a=b:version=2:c')).toMatch(/^000eversion 2/)
    for (const other of [undefined, 'version=0', 'version=9', 'version=', 'verision=2', '', ':::'])
      expect([other, await first(other)]).toEqual([
        other,
        expect.stringMatching(/^001e# service=git-upload-pack 0000[0-9a-f]{4}[0-9a-f]{20}/),
      ])
  })

  test('is kept by no cache without asking, and has a length', async () => {
    const { headers, payload, statusCode } = await get(refs)
    expect([statusCode, headers]).toEqual([
      200,
      expect.objectContaining({
        'content-type': 'application/x-git-upload-pack-advertisement',
        'cache-control': 'no-cache, max-age=0, must-revalidate',
        'content-length': String(Buffer.byteLength(payload)),
        'x-content-type-options': 'nosniff',
      }),
    ])
  })

  test('names nothing that is hidden', async () => {
    for (const headers of [{}, v2]) {
      const { payload } = await get(refs, headers)
      for (const secret of [...hidden.commits, 'refs/heads', 'HEAD', 'symref', 'refs/tags'])
        expect(payload).not.toContain(secret)
    }
    const { payload } = await post(
      [line('command=ls-refs\n'), '0001', line('symrefs\n'), line('peel\n'), '0000'].join(''),
      v2,
    )
    expect(payload.match(/refs\/[a-z]+/g)?.filter(name => !/^refs\/(?:bugs|identities)$/.test(name))).toEqual([])
    expect(payload.split('\n').length).toBe(8)
  })

  test('answers HEAD with its headers', async () => {
    const { statusCode, headers, payload } = await served.viewer.inject({ method: 'HEAD', url: `/tracker.git${refs}` })
    expect([statusCode, headers['content-type'], payload]).toEqual([
      200,
      'application/x-git-upload-pack-advertisement',
      '',
    ])
  })
})

describe('what is not for git that fetches', () => {
  test('the address itself leads to what it is for', async () => {
    for (const path of ['', '/']) {
      const { statusCode, headers } = await get(path)
      expect([statusCode, headers.location]).toEqual([302, '/tracker/-/about#fetch'])
    }
    expect((await served.viewer.get('/oven.git')).statusCode).toBe(404)
  })

  test('files of the repository are not given out, in plain words', async () => {
    for (const path of [
      '/HEAD',
      '/info/refs',
      '/info/refs?service=git-upload-archive',
      '/info/refs?service=a&service=b',
      `/objects/${tip.slice(0, 2)}/${tip.slice(2)}`,
      '/objects/info/packs',
    ]) {
      const { statusCode, headers, payload } = await get(path)
      expect([path, statusCode, headers['content-type']]).toEqual([path, 403, 'text/plain; charset=utf-8'])
      expect(payload).toMatch(/^only fetching with the smart HTTP protocol is offered here.*\n$/)
    }
    for (const path of ['/config', '/description', '/refs/heads/main', '/packed-refs'])
      expect([path, (await get(path)).statusCode]).toEqual([path, 404])
  })

  test('pushes are refused before anything of them is read', async () => {
    const asked = await get('/info/refs?service=git-receive-pack')
    const pushed = await served.viewer.inject({
      method: 'POST',
      url: '/tracker.git/git-receive-pack',
      headers: { 'content-type': 'application/x-git-receive-pack-request' },
      payload: 'x'.repeat(200_000),
    })
    for (const { statusCode, headers, payload } of [asked, pushed]) {
      expect([statusCode, headers['content-type']]).toEqual([403, 'text/plain; charset=utf-8'])
      expect(payload).toMatch(/^nothing can be pushed here: /)
    }
  })

  test('where fetching is switched off there is no such address, and no page speaks of it', async () => {
    await using viewer = await serveRepositories([built.path], { fetch: { enabled: false } })
    for (const path of ['/tracker.git', '/tracker.git/info/refs?service=git-upload-pack'])
      expect((await viewer.viewer.get(path)).statusCode).toBe(404)
    expect((await post('0000', {}, viewer)).statusCode).toBe(404)
    expect((await viewer.viewer.get('/tracker/-/about')).payload).not.toContain('tracker.git')
  })
})

describe('a request', () => {
  test('of another type, or that is compressed in another way, is refused', async () => {
    for (const type of [
      'text/plain',
      'application/json',
      'application/x-git-receive-pack-request',
      'multipart/form-data',
    ])
      expect([type, (await post('0000', { 'content-type': type })).statusCode]).toEqual([type, 415])
    expect((await post('0000', { 'content-encoding': 'br' })).statusCode).toBe(400)
    expect((await post('0000', { 'content-encoding': 'gzip' })).statusCode).toBe(400)
  })

  test('that is not understood gets a reason in git’s own protocol', async () => {
    for (const [body, headers] of [
      ['garbage', {}],
      ['garbage', v2],
      ['0003', v2],
      ['ffff', v2],
      [line('command=fetch'), v2],
      [line('command=object-info'), v2],
      [`${command(`want ${tip}`, 'done')}0000`, v2],
      [command('want 1234', 'done'), v2],
      [command(`want ${tip}`, 'sideband-all', 'done'), v2],
      [command(`want ${tip}`, 'filter sparse:oid=main:secret', 'done'), v2],
      // In the words of the other version.
      [command(`want ${tip}`, 'done'), {}],
      [`${line(`want ${tip} ofs-delta\n`)}0000${line('done\n')}`, v2],
    ] as const) {
      const answer = await post(body, headers)
      expect([body, answer.statusCode, answer.headers['content-type']]).toEqual([body, 200, resultType])
      expect([body, answer.headers['cache-control'], answer.payload]).toEqual([
        body,
        'no-store',
        expect.stringMatching(/^[0-9a-f]{4}ERR [ -~]+\n$/),
      ])
      expect(Number.parseInt(answer.payload.slice(0, 4), 16)).toBe(answer.payload.length)
    }
    expect(
      (await served.measures()).value('gitbugviewer_errors_total', { code: 'FETCH_INVALID', place: 'request' }),
    ).toBeGreaterThan(5)
  })

  test('for what is hidden gets the same answer as for what is not there', async () => {
    const answers = new Set<string>()
    for (const hash of [hidden.commits[0]!, hidden.blob, hidden.stray, 'e'.repeat(40)]) {
      for (const [body, headers] of [
        [command(`want ${hash}`, 'done'), v2],
        [`${line(`want ${hash}\n`)}0000${line('done\n')}`, {}],
      ] as const) {
        answers.add((await post(body, headers)).payload.replace(hash, 'HASH'))
      }
    }
    expect([...answers]).toEqual(['006bERR HASH is not part of any bug or person that is offered here now\n'])
  })

  test('for what lies behind a hidden commit gets nothing, though the client says that its history ends there', async () => {
    for (const [body, headers] of [
      [command(`want ${tip}`, `shallow ${hidden.commits[0]}`, 'deepen 5', 'deepen-relative', 'done'), v2],
      [
        `${line(`want ${tip} deepen-relative\n`)}${line(`shallow ${hidden.commits[0]}\n`)}${line('deepen 5\n')}0000${line('done\n')}`,
        {},
      ],
    ] as const)
      expect((await post(body, headers)).payload).toMatch(/^[0-9a-f]{4}ERR .* is not part of any bug or person/)
  })

  test('tells nothing of a hidden file, though the client says that it has the commit that holds it', async () => {
    // The same place, and almost the same content: a pack that may build on it would.
    const secret = `${'a file\n'.repeat(500)}top secret\n${'a file\n'.repeat(500)}`
    const blob = (await runGit(built.path, ['hash-object', '-w', '--stdin'], { input: secret })).trim()
    const folder = (await runGit(built.path, ['mktree'], { input: `100644 blob ${blob}\tfile0\n` })).trim()
    const tree = (await runGit(built.path, ['mktree'], { input: `040000 tree ${folder}\textra\n` })).trim()
    const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
    const commit = (await runGit(built.path, [...identity, 'commit-tree', '-m', 'secret', tree])).trim()
    const name = Buffer.from(blob, 'hex')
    const wanted = bugs[0]!.commits[1]!
    const asked = [`want ${wanted}`, `shallow ${wanted}`, `have ${commit}`]
    for (const [body, headers] of [
      [command('thin-pack', ...asked, 'done'), v2],
      [
        `${line(`want ${wanted} thin-pack\n`)}${line(`shallow ${wanted}\n`)}0000${line(`have ${commit}\n`)}${line('done\n')}`,
        {},
      ],
    ] as const) {
      const { rawPayload } = await post(body, headers)
      expect(rawPayload.includes('PACK')).toBe(true)
      expect(rawPayload.includes(name)).toBe(false)
    }
  })

  test('that was answered before is checked anew in another version of the protocol, and after a push', async () => {
    const moving = inventHistory('moving')
    await using repository = await buildRepository(moving.t)
    await using viewer = await serveRepositories([repository.path])
    const [bug, other] = moving.bugs
    const body = command(`want ${bug!.tip}`, 'done')
    const packs = [await post(body, v2, viewer), await post(body, v2, viewer)]
    expect(packs.map(({ rawPayload }) => rawPayload.includes('PACK'))).toEqual([true, true])
    expect(packs[1]!.rawPayload).toEqual(packs[0]!.rawPayload)
    expect((await post(body, {}, viewer)).payload).toMatch(/^[0-9a-f]{4}ERR expected what is wanted/)
    await deleteRef(repository.path, bug!.ref)
    await expect.poll(async () => (await post(body, v2, viewer)).payload).toContain('is not part of any bug')
    expect((await post(command(`want ${other!.tip}`, 'done'), v2, viewer)).rawPayload.includes('PACK')).toBe(true)
  })

  test('for what a bug holds is answered: an old state, a tree, a file', async () => {
    for (const hash of [bugs[0]!.commits[1]!, file]) {
      const { rawPayload } = await post(command(`want ${hash}`, 'done'), v2)
      expect(rawPayload.includes('PACK')).toBe(true)
    }
  })

  test('as the oldest clients write it gets the pack as it is', async () => {
    const { rawPayload, headers } = await post(`${line(`want ${tip}\n`)}0000${line('done\n')}`)
    expect(rawPayload.toString('latin1', 0, 12)).toBe('0008NAK\nPACK')
    expect([headers['content-type'], headers['cache-control']]).toEqual([
      resultType,
      'no-cache, max-age=0, must-revalidate',
    ])
  })

  test('that is only a question whether one may ask is answered with nothing', async () => {
    const { statusCode, payload, headers } = await post('0000')
    expect([statusCode, payload, headers['content-type']]).toEqual([200, '', resultType])
  })

  test('that is too large is refused, also where it is small until it is decompressed', async () => {
    expect((await post('x'.repeat(70_000), v2)).statusCode).toBe(413)
    expect((await post(gzipSync('x'.repeat(10_000_000)), { ...v2, 'content-encoding': 'gzip' })).statusCode).toBe(413)
  })

  test('without an end is given up in time', async () => {
    const socket = await open(['Content-Length: 1000'])
    socket.write('0011')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 [\s\S]*the request took too long to come\n$/)
  })

  test('to a name that is not known is refused before it is read', async () => {
    const socket = await open(['Content-Length: 60000'], 'oven')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 [\s\S]*no repository of that name is served here\n$/)
  })

  test('counts under the address as people know it', async () => {
    const { labelValues } = await served.measures()
    const routes = labelValues('route')
    expect(routes).toEqual(
      expect.arrayContaining(['/:name.git/info/refs', '/:name.git/git-upload-pack', '/:name.git/HEAD']),
    )
    expect(routes.filter(route => route.includes('git-of'))).toEqual([])
  })
})

/** Writes the head of a request to the viewer that listens. */
async function open(head: readonly string[], name = 'tracker', { port } = served): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const lines = [`POST /${name}.git/git-upload-pack HTTP/1.1`, 'Host: x', `Content-Type: ${requestType}`, ...head]
  socket.write([...lines, '', ''].join('\r\n'))
  return socket
}

test('the rate limit counts fetches as any answer, and tells git', async () => {
  await using viewer = await serveRepositories([built.path], { crawlers: { requestsPerMinute: 1 } })
  const ask = () => viewer.viewer.get('/tracker.git/info/refs?service=git-upload-pack')
  expect((await ask()).statusCode).toBe(200)
  const { statusCode, headers, payload } = await ask()
  expect([statusCode, headers['content-type'], payload]).toEqual([
    429,
    'text/plain; charset=utf-8',
    'too many requests came from this network\n',
  ])
})

describe('clients that go', () => {
  const large = inventHistory('large')
  let repository: BuiltRepository
  beforeAll(async () => {
    // More than the viewer, the kernel and git's own pipe take by themselves.
    const noise = large.t.attach(randomBytes(24_000_000))
    large.bugs[0]!.comment(large.ada, { message: 'Big.', files: [noise], at: large.at + 999_999 })
    repository = await buildRepository(large.t)
  })
  afterAll(() => repository[Symbol.asyncDispose]())

  // Tips as they are once all is written.
  const wantBug = (index: number) => command(`want ${large.bugs[index]!.tip}`, 'done')
  const openLarge = async () => {
    const streams = { runOnBytes: 0, aheadBytes: '64 KiB', maxProcesses: 1 }
    const viewer = await serveRepositories([repository.path], { streams })
    await viewer.viewer.get('/tracker/-/bugs')
    return viewer
  }
  /** Asks, and takes nothing of the answer. */
  const ask = async (viewer: ServedViewer, request: string) => {
    const socket = await open([`Content-Length: ${request.length}`, 'Git-Protocol: version=2'], 'tracker', viewer)
    socket.pause().write(request)
    return socket
  }
  const running = async ({ measures }: ServedViewer) => {
    const { samples } = await measures()
    const of = samples.find(
      ({ name, labels }) => name === 'gitbugviewer_git_processes_running' && labels.command === 'upload-pack',
    )
    return of?.value
  }
  const entries = async ({ measures }: ServedViewer) => (await measures()).value('gitbugviewer_stream_entries')

  test('take their process along, and what was made of their answer', async () => {
    await using viewer = await openLarge()
    const socket = await ask(viewer, wantBug(0))
    await once(socket, 'readable')
    expect(await running(viewer)).toBe(1)
    socket.destroy()
    await expect.poll(() => running(viewer)).toBe(0)
    await expect.poll(() => entries(viewer)).toBe(0)
    await expect.poll(async () => (await viewer.measures()).value('gitbugviewer_stream_readers')).toBe(0)
    expect(viewer.viewer.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
  })

  test('while they wait for their turn are nobody’s failure', async () => {
    await using viewer = await openLarge()
    const first = await ask(viewer, wantBug(0))
    await once(first, 'readable')
    const second = await ask(viewer, wantBug(1))
    await expect.poll(() => entries(viewer)).toBe(2)
    second.destroy()
    first.destroy()
    await expect.poll(async () => (await viewer.measures()).value('gitbugviewer_stream_readers')).toBe(0)
    await expect.poll(() => running(viewer)).toBe(0)
    expect(viewer.viewer.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
    const { samples } = await viewer.measures()
    expect(samples.filter(({ name, value }) => name === 'gitbugviewer_errors_total' && value > 0)).toEqual([])
  })
})
