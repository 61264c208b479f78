/**
 * The requests of one real `git fetch`, taken down by a server between git and the one that is asked, so that they can be
 * asked again without git's own work on the client's side.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { runGit } from '../test/support/tracker-builder.ts'

/** Plain data, as it goes to another process. */
export interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly base64: string
  /** Of the answer's body. */
  readonly answerBytes: number
}

/** Of the client's headers, those that say what it wants. */
const keptHeaders = ['accept', 'accept-encoding', 'content-encoding', 'content-type', 'git-protocol']
const refspecs = ['+refs/bugs/*:refs/bugs/*', '+refs/identities/*:refs/identities/*']

/** Fetches bugs and people into an empty repository of that path. */
export async function fetchInto(path: string, address: string): Promise<void> {
  await runGit('.', ['init', '--quiet', '--bare', path])
  await runGit(path, ['-c', 'protocol.version=2', 'fetch', '--quiet', address, ...refspecs])
}

/** @param target where the repository is: `http://127.0.0.1:…/<name>.git` @param folder for the repository that fetches */
export async function recordFetch(target: string, folder: string): Promise<readonly RecordedRequest[]> {
  const recorded: RecordedRequest[] = []
  const { origin, pathname } = new URL(target)
  const server = createServer((incoming, outgoing) => {
    void passOn(origin, incoming, outgoing).then(
      one => recorded.push(one),
      () => outgoing.destroy(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    await fetchInto(
      join(folder, 'recorded.git'),
      `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    )
  } finally {
    server.close()
    server.closeAllConnections()
  }
  return recorded
}

async function passOn(origin: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<RecordedRequest> {
  const { method = 'GET', url: path = '/' } = incoming
  const headers = Object.fromEntries(
    keptHeaders.flatMap(name => (incoming.headers[name] === undefined ? [] : [[name, String(incoming.headers[name])]])),
  )
  const pieces: Buffer[] = []
  for await (const piece of incoming as AsyncIterable<Buffer>) pieces.push(piece)
  const body = Buffer.concat(pieces)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`${origin}${path}`, { method, headers }, resolve).on('error', reject).end(body)
  })
  outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
  let answerBytes = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    answerBytes += piece.length
    outgoing.write(piece)
  }
  outgoing.end()
  return { method, path, headers, base64: body.toString('base64'), answerBytes }
}

/** The command of a request in protocol version 2; undefined where it has none. */
export function commandOf({ base64, headers }: RecordedRequest): string | undefined {
  const sent = Buffer.from(base64, 'base64')
  const body = headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
  return /^[0-9a-f]{4}command=([a-z-]+)/.exec(body.toString('latin1', 0, 64))?.[1]
}
