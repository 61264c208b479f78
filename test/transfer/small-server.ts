/**
 * A server for real git clients, as small as the protocol lets it be: what it says comes from `src/transfer/`, objects
 * come from `git upload-pack`. Each request goes to git twice, as the client wrote it and as it was written anew, so
 * that the answers can be compared; the client gets the second.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { createOffer, type Offer } from '../../src/transfer/offer.ts'
import { readProtocolVersion } from '../../src/transfer/protocol-version.ts'
import { errorPacket } from '../../src/transfer/refusal.ts'
import { type FetchRequest, readUploadPackRequest } from '../../src/transfer/request.ts'
import { runGit } from '../support/tracker-builder.ts'

/** What git answered. */
export interface Answer {
  /** Sections, marks and acknowledgements, in their order. */
  readonly lines: readonly string[]
  /** Where history ends, sorted: git says it in the order of the wants. */
  readonly ends: readonly string[]
  /** Names of the objects in the pack, sorted. */
  readonly objects: readonly string[]
}

/** A request for objects, with the answers to both its forms. */
export interface Exchange {
  readonly asked: FetchRequest
  readonly given: Answer
  readonly anew: Answer
}

export interface SmallServer extends AsyncDisposable {
  readonly url: string
  /** Requests for objects so far. */
  readonly exchanges: Exchange[]
  /** Kinds of all requests so far, and messages of mistakes. */
  readonly kinds: string[]
  /** How often a body came compressed. */
  compressed: number
  /** Looks at the refs again, as after a push. */
  refresh(): Promise<void>
}

const prefixes = ['refs/bugs', 'refs/identities']
const settings = [
  'uploadpack.hideRefs=HEAD',
  'uploadpack.hideRefs=refs',
  'uploadpack.hideRefs=!refs/bugs',
  'uploadpack.hideRefs=!refs/identities',
  'uploadpack.allowFilter=true',
  'uploadpack.allowAnySHA1InWant=true',
].flatMap(setting => ['-c', setting])

/** The refs of a repository that are offered, as its own git lists them. */
export async function listOffered(path: string): Promise<{ name: string; hash: string }[]> {
  const listing = await runGit(path, ['for-each-ref', '--format=%(objectname) %(refname)', ...prefixes])
  return listing
    .split('\n')
    .filter(line => line !== '')
    .map(line => ({ hash: line.split(' ')[0]!, name: line.split(' ')[1]! }))
}

export async function startSmallServer(path: string, objectFormat: 'sha1' | 'sha256'): Promise<SmallServer> {
  let offer: Offer
  const exchanges: Exchange[] = []
  const kinds: string[] = []

  const answer = async (request: IncomingMessage): Promise<readonly Uint8Array[]> => {
    const version = readProtocolVersion(request.headers['git-protocol']?.toString())
    if (request.method === 'GET') return offer.advertise(version)
    const sent = await buffer(request)
    const isCompressed = request.headers['content-encoding'] === 'gzip'
    if (isCompressed) server.compressed++
    const body = isCompressed ? gunzipSync(sent) : sent
    const asked = readUploadPackRequest(body, { version, objectFormat, maxWants: 100_000 })
    kinds.push(asked.kind === 'mistake' ? asked.message : asked.kind)
    if (asked.kind === 'mistake') return [errorPacket(asked.message)]
    if (asked.kind === 'empty') return []
    if (asked.kind === 'ls-refs') return offer.list(asked.prefixes)
    const given = await askGit(path, asked.version, withoutThin(body))
    const anew = await askGit(path, asked.version, asked.body)
    exchanges.push({ asked, given: await readAnswer(path, given), anew: await readAnswer(path, anew) })
    return [anew]
  }

  const http = createServer((request: IncomingMessage, response: ServerResponse) => {
    const kind = request.method === 'GET' ? 'advertisement' : 'result'
    answer(request).then(
      parts => {
        response.setHeader('content-type', `application/x-git-upload-pack-${kind}`)
        response.end(Buffer.concat(parts))
      },
      error => {
        kinds.push(String(error))
        response.writeHead(500).end()
      },
    )
  })
  await new Promise<void>(done => http.listen(0, '127.0.0.1', done))

  const server: SmallServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/tracker.git`,
    exchanges,
    kinds,
    compressed: 0,
    async refresh() {
      offer = createOffer({ refs: await listOffered(path), objectFormat }, 'git-bug-viewer/test')
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise(done => http.close(done))
    },
  }
  await server.refresh()
  return server
}

/** A request whose answer is a whole pack. Clients always ask for another, and nobody gets it. */
function withoutThin(body: Buffer): Buffer {
  const text = body.toString('latin1').replace(/000dthin-pack|000ethin-pack\n/, '')
  // Behind the first want, where its length counts it as well.
  const shorter = text.replace(/^([0-9a-f]{4})(want [^\n]*?) thin-pack(?=[ \n])/, (_, length: string, rest: string) => {
    return (Number.parseInt(length, 16) - ' thin-pack'.length).toString(16).padStart(4, '0') + rest
  })
  return Buffer.from(shorter, 'latin1')
}

/** One answer of `git upload-pack`, which has to be content with the request. */
export async function askGit(path: string, version: 0 | 2, body: Uint8Array): Promise<Buffer> {
  return await spawnGit([...settings, 'upload-pack', '--stateless-rpc', '--strict', path], {
    input: body,
    env: { GIT_PROTOCOL: `version=${version}` },
  })
}

async function spawnGit(
  args: readonly string[],
  { input, env }: { input: Uint8Array; env: Record<string, string> },
): Promise<Buffer> {
  const child = spawn('git', args, { stdio: 'pipe', env: { ...process.env, ...env } })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [output, complaint, status] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    new Promise<number | null>(done => child.on('close', done)),
  ])
  if (status !== 0) throw new Error(`git ${args.join(' ')} ended with ${status}: ${complaint.toString()}`)
  return output
}

/** Takes an answer apart; all clients here ask for side bands. */
export async function readAnswer(path: string, answer: Buffer): Promise<Answer> {
  const lines: string[] = []
  const pieces: Buffer[] = []
  for (let at = 0; at < answer.length; ) {
    const length = Number.parseInt(answer.toString('latin1', at, at + 4), 16)
    const content = answer.subarray(at + 4, at + Math.max(4, length))
    if (length < 4) lines.push(`mark ${length}`)
    else if (content[0] === 1) pieces.push(content.subarray(1))
    else if (content[0] !== 2) lines.push(content.toString('latin1').trimEnd())
    at += Math.max(4, length)
  }
  const isEnd = (line: string) => /^(?:un)?shallow /.test(line)
  const parts = { lines: lines.filter(line => !isEnd(line)), ends: lines.filter(isEnd).toSorted() }
  return { ...parts, objects: pieces.length === 0 ? [] : await listPack(path, Buffer.concat(pieces)) }
}

/** What is in a pack, without what it leaves out because the client has it. */
export async function listPack(path: string, pack: Buffer): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pack-'))
  try {
    const env = { GIT_OBJECT_DIRECTORY: folder, GIT_ALTERNATE_OBJECT_DIRECTORIES: join(path, 'objects') }
    await spawnGit(['-C', path, 'index-pack', '--stdin', '--fix-thin'], { input: pack, env })
    const index = (await readdir(join(folder, 'pack'))).find(name => name.endsWith('.idx'))!
    const format = await runGit(path, ['rev-parse', '--show-object-format'])
    const listing = await runGit(folder, ['show-index', `--object-format=${format.trimEnd()}`], {
      input: [await readFile(join(folder, 'pack', index))],
    })
    const entries = listing
      .trimEnd()
      .split('\n')
      .map(line => ({ offset: Number(line.split(' ')[0]), hash: line.split(' ')[1]! }))
    // Bases that `--fix-thin` adds stand behind what came.
    const count = pack.readUInt32BE(8)
    return entries
      .toSorted((a, b) => a.offset - b.offset)
      .slice(0, count)
      .map(({ hash }) => hash)
      .toSorted()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
