/**
 * Clients that no server would wish for: slow, silent, gone without a word, with too much to say. Whatever they do, a
 * reader elsewhere is served all the time, and when they are gone nothing of them is left.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ProcessFigures, readProcess } from '../../bench/process-memory.ts'
import { getRequest, type HealthyReader, openCrowd, readSlowly, sendSlowly, startHealthyReader } from './clients.ts'
import { askPatiently, type Instance, openPushedTracker, type PushedTracker, startInstance } from './pushed-tracker.ts'
import { recovers } from './recovery.ts'

const fileBytes = 32 * 1024 * 1024
/** Come and go by themselves. */
const fewFiles = 7
const settings = { streams: { stallSeconds: 4 }, cache: { rebuild: { enabled: false } } }

let tracker: PushedTracker
let instance: Instance
let before: ProcessFigures
let reader: HealthyReader
const file = () => `/kiln/-/files/${tracker.file}`

beforeAll(async () => {
  tracker = await openPushedTracker('network', { file: Buffer.alloc(fileBytes, 'git-bug-viewer ') })
  instance = await startInstance({ tracker, settings })
  await instance.isRight()
  // What stays open by design is open from now on: what reads bugs, and the file of the long answer.
  await instance.get(file().slice(1))
})
afterAll(async () => {
  await instance[Symbol.asyncDispose]()
  await tracker[Symbol.asyncDispose]()
})
beforeEach(async () => {
  before = await readProcess(instance.pid)
  reader = startHealthyReader(instance.url, 'kiln/-/bugs', 'Search')
})
afterEach(async ({ task }) => {
  const { right, wrong } = await reader.end()
  expect([wrong, right > 0]).toEqual([[], true])
  await recovers(task.name, async () => {
    await instance.isRight()
    const { files, children } = await readProcess(instance.pid)
    // Connections of the checks themselves rest for a while.
    if (files > before.files + 6) throw new Error(`${files} open files, ${before.files} before`)
    if (children > before.children) throw new Error(`${children} children, ${before.children} before`)
  })
})

/** As many clients as the task asks for, of all kinds. */
const beginSlowly = (socket: Parameters<typeof sendSlowly>[0], index: number) => {
  const kinds = [
    () => {},
    () => sendSlowly(socket, getRequest('/kiln/-/bugs')),
    () => sendSlowly(socket, `POST /hooks/post-receive HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nnot yet`),
    () => readSlowly(socket, getRequest('/kiln/-/bugs')),
    () => readSlowly(socket, getRequest('/kiln/-/bugs.ndjson')),
    () => readSlowly(socket, getRequest(file())),
    () => readSlowly(socket, getRequest('/kiln.git/info/refs?service=git-upload-pack')),
    () => readSlowly(socket, getRequest(`/kiln/-/events?state=${'0'.repeat(40)}`)),
  ]
  kinds[index % kinds.length]!()
}

test('a thousand slow clients at once, twice: the second thousand takes no more memory than the first', async () => {
  const rss: number[] = []
  for (const round of [1, 2]) {
    using crowd = await openCrowd(instance.url, { count: 1000, begin: beginSlowly })
    for (let pages = 0; pages < 20; pages++)
      expect((await askPatiently(`${instance.url}kiln/-/bugs?q=${round}${pages}`)).status).toBe(200)
    expect(crowd.sockets).toHaveLength(1000)
    rss.push((await readProcess(instance.pid)).rss)
  }
  expect(rss[1]! - rss[0]!).toBeLessThan(64 * 2 ** 20)
})

test('clients that are gone without a word are let go', async () => {
  const { port } = new URL(instance.url)
  const script = join(import.meta.dirname, 'frozen-client.ts')
  const client = spawn(process.execPath, [script, port, file(), '50'], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const files = async () => (await readProcess(instance.pid)).files
    // Looked at from the beginning: on a slow machine the first are let go before the last have come.
    const thereAre = expect.poll(files).toBeGreaterThan(before.files + fewFiles)
    await Promise.all([once(client.stdout, 'data'), thereAre])
    client.kill('SIGSTOP')
    // The connections are still there on the other side, and nobody says anything on them.
    await expect.poll(files).toBeLessThan(before.files + fewFiles)
  } finally {
    client.kill('SIGKILL')
  }
})

test('resets in the middle of requests and of answers', async () => {
  const requests = [getRequest('/kiln/-/bugs'), getRequest(file()), getRequest('/kiln/-/bugs.bundle')]
  for (let round = 0; round < 5; round++) {
    using crowd = await openCrowd(instance.url, {
      count: 60,
      begin: (socket, index) => {
        const request = requests[index % requests.length] ?? ''
        socket.write(index % 2 === 0 ? request : request.slice(0, 20 + index))
      },
    })
    await Promise.race(crowd.sockets.map(socket => once(socket, 'data')))
    for (const socket of crowd.sockets) socket.resetAndDestroy()
  }
})

/** A connection may also be cut before the answer is read, since there is more on it that nobody wants. */
const refused = /^(?:4\d\d|closed)$/

async function firstStatus(socket: Socket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  socket.once('data', (bytes: Buffer) => resolve(bytes.toString().slice(9, 12)))
  socket.once('close', () => resolve('closed'))
  return await promise
}

test('heads of megabytes are refused', async () => {
  const { port, hostname } = new URL(instance.url)
  for (const head of [`X: ${'a'.repeat(2 ** 21)}`, 'X: y\r\n'.repeat(200_000), 'a'.repeat(2 ** 21)]) {
    using crowd = await openCrowd(`http://${hostname}:${port}`, {
      count: 1,
      begin: socket => void socket.write(`GET / HTTP/1.1\r\n${head}\r\n\r\n`),
    })
    expect(await firstStatus(crowd.sockets[0]!)).toMatch(refused)
  }
})

test('bodies without an end are refused, and not gathered', async () => {
  const chunk = Buffer.from(`10000\r\n${'a'.repeat(2 ** 16)}\r\n`)
  for (const path of ['/hooks/post-receive?repo=kiln', '/kiln.git/git-upload-pack', '/kiln/-/bugs', '/-/open']) {
    using crowd = await openCrowd(instance.url, {
      count: 10,
      begin: socket => {
        socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`)
        const more = () => {
          while (socket.writable && socket.write(chunk));
        }
        socket.on('drain', more)
        more()
      },
    })
    for (const status of await Promise.all(crowd.sockets.map(firstStatus))) expect(status).toMatch(refused)
  }
  expect((await readProcess(instance.pid)).rss - before.rss).toBeLessThan(256 * 2 ** 20)
})

// Refusals are answers too: so many requests at once are more than the server wants to have.
test('thousands of requests on one connection are answered, or wait while nobody reads', async () => {
  const count = 3000
  const requests =
    getRequest('/kiln/-/bugs').repeat(count - 1) + getRequest('/healthz').replace('Host', 'Connection: close\r\nHost')
  using deaf = await openCrowd(instance.url, { count: 5, begin: socket => void socket.pause().write(requests) })
  using keen = await openCrowd(instance.url, { count: 1, begin: socket => void socket.write(requests) })
  let answers = 0
  let rest = ''
  for await (const piece of keen.sockets[0]!.setEncoding('latin1') as AsyncIterable<string>) {
    const parts = (rest + piece).split(/HTTP\/1\.1 (?:200|429|503) /)
    answers += parts.length - 1
    rest = parts.at(-1)!.slice(-12)
  }
  expect(answers).toBe(count)
  expect(deaf.sockets.every(socket => !socket.destroyed)).toBe(true)
  expect((await readProcess(instance.pid)).rss - before.rss).toBeLessThan(256 * 2 ** 20)
})
