/** What is sent to git's address: requests that are changed byte by byte, cut, compressed, and compressed wrongly. */
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Hidden, hideMuch, inventHistory, type ServedViewer, serveRepositories } from '../support/git-client.ts'
import { type BuiltRepository, buildRepository, runGit } from '../support/tracker-builder.ts'
import { bodyOf } from '../transfer/bodies.ts'
import { listPack } from '../transfer/small-server.ts'
import { runs } from './runs.ts'

const requestType = 'application/x-git-upload-pack-request'
const { t, bugs, ada } = inventHistory('fetch-fuzz')

let built: BuiltRepository
let hidden: Hidden
let served: ServedViewer
/** Objects that the refs of bugs and people reach. */
let offered: ReadonlySet<string>
beforeAll(async () => {
  built = await buildRepository(t)
  hidden = await hideMuch(built.path, t)
  served = await serveRepositories([built.path], { fetch: { maxRequestBytes: '64 KiB', requestSeconds: 5 } })
  const listed = await runGit(built.path, ['rev-list', '--objects', '--glob=refs/bugs', '--glob=refs/identities'])
  offered = new Set(listed.split('\n').map(line => line.slice(0, 40)))
})
afterAll(async () => {
  await served[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

/** Requests that are right, and those for what is not offered. */
function requests(): fc.Arbitrary<{ version: 0 | 2; body: Buffer }> {
  const known = [bugs[0]!.tip, bugs[1]!.tip, ada.tip]
  const secret = fc.constantFrom(...hidden.commits, hidden.blob, hidden.stray, 'f'.repeat(40))
  const hash = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: secret })
  const wants = fc.array(hash, { minLength: 1, maxLength: 4 })
  const haves = fc.array(hash, { maxLength: 2 })
  const option = fc.constantFrom(
    'thin-pack',
    'no-progress',
    'ofs-delta',
    'include-tag',
    'deepen 1',
    'deepen-not refs/heads/main',
    'filter tree:0',
    'wait-for-done',
    'packfile-uris https',
    'want-ref refs/heads/main',
  )
  const fetch = fc.tuple(wants, haves, fc.array(option, { maxLength: 3 })).map(([want, have, options]) => ({
    version: 2 as const,
    body: bodyOf(
      'command=fetch',
      'object-format=sha1',
      '|',
      ...want.map(one => `want ${one}`),
      ...options,
      ...have.map(one => `have ${one}`),
      'done',
      '',
    ),
  }))
  const list = fc
    .array(
      fc.constantFrom('symrefs', 'peel', 'unborn', 'ref-prefix refs/', 'ref-prefix HEAD', 'ref-prefix refs/heads/'),
      { maxLength: 4 },
    )
    .map(lines => ({
      version: 2 as const,
      body: bodyOf('command=ls-refs', '|', ...lines, ''),
    }))
  const old = fc.tuple(wants, haves).map(([[first, ...rest], have]) => ({
    version: 0 as const,
    body: bodyOf(
      `want ${first} ofs-delta side-band-64k agent=x`,
      ...rest.map(one => `want ${one}`),
      '',
      ...have.map(one => `have ${one}`),
      'done',
    ),
  }))
  return fc.oneof(fetch, list, old)
}

const change = fc.record({
  at: fc.nat(100_000),
  remove: fc.nat(8),
  put: fc.oneof(
    fc.constant(''),
    fc.constantFrom('0000', '0001', '0002', '0003', '0004', 'ffff', 'zzzz', 'want ', '\n', '\0', '000dthin-pack'),
    fc.string({ unit: 'binary-ascii', maxLength: 8 }),
  ),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function spoil(body: Buffer, changes: readonly Change[]): Buffer {
  return changes.reduce((now, { at, remove, put }) => {
    const place = at % (now.length + 1)
    return Buffer.concat([now.subarray(0, place), Buffer.from(put, 'latin1'), now.subarray(place + remove)])
  }, body)
}

/** What stands in a sequence of packet lines: side bands put together; throws where it is no such sequence. */
function readPackets(answer: Buffer): { pack: Buffer; lines: string[] } {
  const pack: Buffer[] = []
  const lines: string[] = []
  let at = 0
  while (at < answer.length) {
    // Without side bands, the pack stands behind the last line as it is.
    if (answer.toString('latin1', at, at + 4) === 'PACK') return { pack: answer.subarray(at), lines }
    const head = answer.toString('latin1', at, at + 4)
    if (!/^[0-9a-f]{4}$/.test(head))
      throw new Error(`no packet line at ${at}: ${answer.toString('latin1', at, at + 40)}`)
    const length = Number.parseInt(head, 16)
    if (length === 3 || at + Math.max(4, length) > answer.length) throw new Error(`a packet line of ${head} at ${at}`)
    const content = answer.subarray(at + 4, at + Math.max(4, length))
    if (content[0] === 1) pack.push(content.subarray(1))
    else if (content[0] !== 2) lines.push(content.toString('latin1'))
    at += Math.max(4, length)
  }
  return { pack: Buffer.concat(pack), lines }
}

const post = (body: Buffer, headers: Record<string, string>) =>
  served.viewer.inject({
    method: 'POST',
    url: '/tracker.git/git-upload-pack',
    headers: { 'content-type': requestType, ...headers },
    payload: body,
  })

/** Checks an answer; says whether there was a pack in it. */
async function expectSound(answer: Awaited<ReturnType<typeof post>>): Promise<boolean> {
  const { statusCode, headers, rawPayload } = answer
  expect([statusCode, rawPayload.toString('latin1', 0, 300)]).toEqual([
    expect.toSatisfy(status => [200, 400, 408, 413].includes(status)),
    expect.any(String),
  ])
  const secrets = [...hidden.commits, hidden.blob, hidden.stray].filter(hash => rawPayload.includes(`${hash} refs/`))
  expect(secrets).toEqual([])
  if (statusCode !== 200) return false
  expect(headers['content-type']).toBe('application/x-git-upload-pack-result')
  const { pack } = readPackets(rawPayload)
  if (pack.length === 0) return false
  expect(pack.toString('latin1', 0, 4)).toBe('PACK')
  for (const hash of await listPack(built.path, pack)) expect(offered).toContain(hash)
  return true
}

const versions = { 0: {}, 2: { 'git-protocol': 'version=2' } } as const
const asText = (body: Buffer) => body.toString('latin1')

test('whatever is asked, nothing but what is offered goes out, and every answer is well-formed', async () => {
  const asked = fc.tuple(requests(), fc.oneof(fc.constant([]), fc.array(change, { maxLength: 3 })))
  let packs = 0
  await fc.assert(
    fc.asyncProperty(asked, async ([{ version, body }, changes]) => {
      if (await expectSound(await post(spoil(body, changes), versions[version]))) packs++
    }),
    { numRuns: runs(60) },
  )
  expect(packs).toBeGreaterThan(0)
  expect(served.viewer.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
})

test('a compressed body is read as it would be without, or refused: cut, changed, with more behind it', async () => {
  const gzipped = fc.tuple(requests(), fc.array(change, { maxLength: 2 }), fc.constantFrom('', 'x', '\0'.repeat(100)))
  await fc.assert(
    fc.asyncProperty(gzipped, async ([{ version, body }, changes, tail]) => {
      const sent = Buffer.concat([spoil(gzipSync(body), changes), Buffer.from(tail)])
      const answer = await post(sent, { ...versions[version], 'content-encoding': 'gzip' })
      await expectSound(answer)
      if (answer.statusCode === 400) return
      // Who lets it through has read the same bytes as anybody else would.
      const plain = await post(gunzipSync(sent), versions[version])
      expect([answer.statusCode, asText(answer.rawPayload)]).toEqual([plain.statusCode, asText(plain.rawPayload)])
    }),
    { numRuns: runs(60) },
  )
})

test('what becomes too large when it is read is refused, however it was made small', async () => {
  const line = bodyOf('command=fetch', '|', ...Array.from({ length: 2000 }, () => `want ${'a'.repeat(40)}`), '')
  for (const body of [
    gzipSync(line),
    gzipSync(Buffer.alloc(50_000_000)),
    Buffer.concat(Array.from({ length: 5000 }, () => gzipSync(''))),
  ]) {
    const { statusCode } = await post(body, { 'content-encoding': 'gzip', 'git-protocol': 'version=2' })
    expect(statusCode).toBe(413)
  }
})
