/** Readers of attached files on a real port: many at once, slow ones, and those that go away in the middle. */
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { parseExposition } from '../support/exposition.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const start = 1_700_000_000
/** Far more than the buffers of a connection hold. */
const content = Buffer.alloc(24 * 1024 * 1024, 'git-bug-viewer ')
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const t = createTrackerWriter({ seed: 'readers' })
const ada = t.identity({ name: 'Ada', at: start })
const large = t.attach(content)
const small = t.attach('some words')
t.bug(ada, { title: 'With files', message: 'see', at: start, files: [large, small] })

let built: BuiltRepository
beforeAll(async () => {
  built = await buildRepository(t)
})
afterAll(() => built[Symbol.asyncDispose]())

interface ListeningViewer extends AsyncDisposable {
  readonly viewer: Viewer
  readonly port: number
  address(hash: string): string
}

async function openListening(streams: string): Promise<ListeningViewer> {
  const viewer = await openViewer({ paths: [built.path], yaml: `metrics: { enabled: true }\nstreams: ${streams}\n` })
  const origin = await viewer.app.listen({ port: 0, host: '127.0.0.1' })
  return {
    viewer,
    port: Number(new URL(origin).port),
    address: hash => `${origin}/tracker/-/files/${hash}`,
    [Symbol.asyncDispose]: () => viewer[Symbol.asyncDispose](),
  }
}

async function measured({ viewer }: ListeningViewer) {
  const exposition = parseExposition((await viewer.get('/metrics')).body)
  const sum = (name: string) =>
    exposition.samples.filter(sample => sample.name === name).reduce((total, { value }) => total + value, 0)
  const names = await readdir(join(viewer.dataDir, 'streams-v1')).catch(() => [])
  return {
    started: sum('gitbugviewer_git_processes_started_total'),
    running: sum('gitbugviewer_git_processes_running'),
    readers: sum('gitbugviewer_stream_readers'),
    streams: sum('gitbugviewer_stream_entries'),
    files: names.filter(name => name !== 'CACHEDIR.TAG').length,
  }
}

/** A client that asks and then takes nothing. */
function askOnly({ port, address }: ListeningViewer, hash: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(`GET ${new URL(address(hash)).pathname} HTTP/1.1\r\nHost: x\r\n\r\n`)
    // The head of the answer: it has begun.
    socket.once('readable', () => {
      socket.read(1)
      resolve(socket)
    })
  })
  socket.once('error', reject)
  return promise
}

describe('where files are kept', () => {
  let site: ListeningViewer
  beforeAll(async () => {
    site = await openListening('{ stallSeconds: 600 }')
    await (await fetch(site.address(small))).text()
  })
  afterAll(() => site[Symbol.asyncDispose]())

  test('ten readers at once cost one process, and each gets every byte', async () => {
    const before = await measured(site)
    const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(site.address(large))))
    const hashes = await Promise.all(answers.map(async answer => sha256(new Uint8Array(await answer.arrayBuffer()))))
    expect(new Set(hashes)).toEqual(new Set([sha256(content)]))
    expect((await measured(site)).started - before.started).toBe(1)
  })

  test('who comes later, and who wants a part, costs none', async () => {
    await (await fetch(site.address(large))).arrayBuffer()
    const before = await measured(site)
    const head = await fetch(site.address(large), { method: 'HEAD' })
    const part = await fetch(site.address(large), { headers: { range: 'bytes=20000000-20000014' } })
    expect([head.status, part.status]).toEqual([200, 206])
    expect(await part.text()).toBe(content.toString('latin1', 20_000_000, 20_000_015))
    expect((await measured(site)).started).toBe(before.started)
  })
})

describe.each([
  [
    'where files are kept only while they are read',
    '{ stallSeconds: 5, runOnBytes: 0, aheadBytes: 64 KiB, maxAgeSeconds: 0.1 }',
  ],
  ['where nothing is kept', '{ enabled: false, stallSeconds: 5, aheadBytes: 64 KiB }'],
])('%s', (_where, streams) => {
  let site: ListeningViewer
  let atRest: number
  beforeAll(async () => {
    site = await openListening(streams)
    await (await fetch(site.address(small))).text()
    atRest = (await measured(site)).running
  })
  afterAll(() => site[Symbol.asyncDispose]())
  const nothingIsLeft = async () => {
    const left = async () => {
      const { started: _, running, ...files } = await measured(site)
      // The process that reads small objects may rest, or end.
      return { ...files, running: Math.max(0, running - atRest) }
    }
    await expect.poll(left).toEqual({ readers: 0, streams: 0, files: 0, running: 0 })
  }
  afterEach(nothingIsLeft)

  test('a client that takes nothing is cut off, and its process and file are gone', async () => {
    const socket = await askOnly(site, large)
    expect((await measured(site)).running).toBe(atRest + 1)
    await nothingIsLeft()
    socket.destroy()
  })

  test('a client that takes nothing does not hold up another one', async () => {
    const socket = await askOnly(site, large)
    const answer = await fetch(site.address(large))
    expect(sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(sha256(content))
    socket.destroy()
  })

  test.each([
    ['all', {}],
    ['several parts', { range: 'bytes=0-9,100-' }],
  ])('a client that goes in the middle of %s leaves nothing', async (_what, headers: Record<string, string>) => {
    const stop = new AbortController()
    const answer = await fetch(site.address(large), { signal: stop.signal, headers })
    const reader = answer.body!.getReader()
    await reader.read()
    stop.abort()
    await reader.read().catch(() => {})
    await nothingIsLeft()
  })

  test('a client that goes before there is anything for it leaves nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const socket = connect(site.port, '127.0.0.1', () => {
      const { pathname } = new URL(site.address(large))
      socket.end(`GET ${pathname} HTTP/1.1\r\nHost: x\r\nRange: bytes=${content.length - 1}-\r\n\r\n`, () => {
        socket.destroy()
        resolve()
      })
    })
    await promise
    await nothingIsLeft()
  })

  test('a request for the headers does not read the file', async () => {
    const answer = await fetch(site.address(large), { method: 'HEAD' })
    expect(answer.headers.get('content-length')).toBe(String(content.length))
    await nothingIsLeft()
  })

  test('a part of a file that is not written so far is there', async () => {
    const answer = await fetch(site.address(large), { headers: { range: `bytes=${content.length - 6}-` } })
    expect([answer.status, await answer.text()]).toEqual([206, content.toString('latin1', content.length - 6)])
    await nothingIsLeft()
  })
})
