/**
 * A viewer that listens on a port of this machine, over repositories whose names hold whatever a folder's name can
 * hold, with bugs that quote the same characters; and requests to it, byte for byte as a test writes their addresses.
 */
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

export interface FuzzAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface FuzzRequest {
  readonly method: string
  /** As it goes over the wire. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
}

export interface FuzzSite extends AsyncDisposable {
  readonly viewer: Viewer
  readonly port: number
  /** Repositories, as the viewer calls them. */
  readonly names: readonly string[]
  /** Ids and hashes that mean something in each of the repositories, and prefixes of them. */
  readonly ids: readonly string[]
  send(asked: FuzzRequest): Promise<FuzzAnswer>
  get(target: string): Promise<FuzzAnswer>
}

const at = 1_700_000_000
/** What bugs quote: it ends attributes, elements, queries, lines and addresses. */
const hostile = `<b title="'&amp;">%2F%00 ../-/ ?q=a&b#c \\ \u202e é 🐞 "open" 'x' label:y`

function tellTracker() {
  const t = createTrackerWriter({ seed: 'fuzz' })
  const ada = t.identity({ name: hostile, login: 'a:b "c"', at })
  const bo = t.identity({ name: 'Bo', at })
  const file = t.attach('a file\n')
  const bug = t.bug(ada, { title: hostile, message: hostile, at: at + 1, files: [file] })
  bug.labels(bo, { added: ['a b', 'x:y', `"`, `'`, '%', 'a/b&c=d', '#1'], at: at + 2 })
  bug.comment(bo, { message: '[x](../y?z) #1 http://localhost/a/-/bugs', at: at + 3 })
  for (let n = 0; n < 30; n++) t.bug(n % 2 ? ada : bo, { title: `Bug ${n}`, message: '', at: at + 10 + n })
  const known = [bug.id, bug.tip, ada.id, bo.tip, file]
  return { t, ids: [...known, ...known.map(id => id.slice(0, 12)), bug.id.slice(0, 1)] }
}

/** @param names of folders below one that is searched; `.git` is not part of a name */
export async function openFuzzSite(
  names: readonly string[],
  settings: Readonly<Record<string, unknown>> = {},
): Promise<FuzzSite> {
  await using opened = new AsyncDisposableStack()
  const home = await mkdtemp(join(tmpdir(), 'fuzz-'))
  opened.defer(() => rm(home, { recursive: true, force: true }))
  const { t, ids } = tellTracker()
  const { path } = await buildRepository(t, { dir: join(home, 'first.git') })
  for (const name of names) {
    await mkdir(join(home, 'root', name), { recursive: true })
    await cp(path, join(home, 'root', name), { recursive: true })
  }
  const yaml = JSON.stringify({
    repositories: { scan: [{ path: join(home, 'root'), depth: 3 }] },
    cache: { rebuild: { enabled: false } },
    ...settings,
  })
  const viewer = opened.use(await openViewer({ yaml }))
  await viewer.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = viewer.app.server.address() as AddressInfo
  const send = (asked: FuzzRequest) => sendTo(port, asked)
  const all = opened.move()
  return {
    viewer,
    port,
    names,
    ids,
    send,
    get: target => send({ method: 'GET', target, headers: {} }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Rejects where the answer breaks the rules of HTTP, where none comes, or half of one. */
function sendTo(port: number, { method, target, headers, body }: FuzzRequest) {
  const { promise, resolve, reject } = Promise.withResolvers<FuzzAnswer>()
  const options = { host: '127.0.0.1', port, agent: false as const, method, path: target, headers, timeout: 60_000 }
  const sent = request(options, answer => {
    const pieces: Buffer[] = []
    const { statusCode: status = 0, headers: told } = answer
    // A stream of events ends when its reader goes.
    if (told['content-type']?.startsWith('text/event-stream')) {
      resolve({ status, headers: told, body: Buffer.alloc(0) })
      sent.destroy()
      return
    }
    answer.on('data', (piece: Buffer) => pieces.push(piece))
    answer.on('error', reject)
    answer.on('end', () => resolve({ status, headers: told, body: Buffer.concat(pieces) }))
  })
  sent.on('timeout', () => sent.destroy(new Error(`no answer within a minute: ${method} ${target}`)))
  sent.on('error', reject)
  sent.end(body)
  return promise
}
