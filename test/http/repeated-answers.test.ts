/** An address that was answered before takes a shorter way: nobody may be able to tell from the answer. */
import { channel } from 'node:diagnostics_channel'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { applyTo, type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const at = 1_700_000_000
const t = createTrackerWriter({ seed: 'repeated' })
const ada = t.identity({ name: 'Ada Marsh', at })
const bugs = Array.from({ length: 60 }, (_, n) => t.bug(ada, { title: `Bug ${n}`, message: 'It smokes.', at: at + n }))
bugs[0]!.labels(ada, { added: ['kind/bug'], at: at + 100 })
const bugId = bugs[0]!.id
/** So long that no look at the files comes between two requests; what moved is told by a hook. */
const yaml = 'cache: { lookMilliseconds: 60000 }'

let built: BuiltRepository
let viewer: Viewer
let port: number
beforeAll(async () => {
  built = await buildRepository(t)
  viewer = await openViewer({ paths: [built.path], yaml })
  await viewer.app.listen({ host: '127.0.0.1', port: 0 })
  port = (viewer.app.server.address() as AddressInfo).port
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

interface Answer {
  readonly status: number | undefined
  /** As they came, in their order, without the time of the answer. */
  readonly headers: readonly string[]
  readonly body: Buffer
}

function ask(path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, response => {
    const parts: Buffer[] = []
    response.on('data', (part: Buffer) => parts.push(part))
    response.on('end', () => {
      const lines = response.rawHeaders.flatMap((name, n, all) => (n % 2 === 0 ? [`${name}: ${all[n + 1]}`] : []))
      const headers = lines.filter(line => !line.startsWith('Date: '))
      resolve({ status: response.statusCode, headers, body: Buffer.concat(parts) })
    })
  })
  sent.on('error', reject)
  sent.end()
  return promise
}

/** How many handlers of routes ran meanwhile. */
async function countHandlers(work: () => Promise<unknown>): Promise<number> {
  const started = channel('tracing:fastify.request.handler:start')
  let handlers = 0
  const count = () => void handlers++
  started.subscribe(count)
  try {
    await work()
  } finally {
    started.unsubscribe(count)
  }
  return handlers
}

const pages = [
  '/tracker/-/bugs',
  '/tracker/-/bugs?page=2',
  '/tracker/-/bugs?q=label%3Akind%2Fbug',
  '/tracker/-/bugs?q=nothing+such',
  '/tracker/-/bugs.json',
  '/tracker/-/labels',
  '/tracker/-/labels.json',
  '/tracker/-/identities',
  `/tracker/-/identities/${ada.id}`,
  `/tracker/-/identities/${ada.id}.json`,
  '/tracker/-/problems.json',
  `/tracker/-/bugs/${bugId}`,
  `/tracker/-/bugs/${bugId}.json`,
  '/api/v1/repos/tracker/bugs?limit=3',
  `/api/v1/repos/tracker/bugs/${bugId}`,
  '/api/v1/repos/tracker/labels',
]
const accepted = [undefined, 'gzip, deflate, br, zstd', 'gzip', 'identity;q=0', '*', 'br;q=0, gzip;q=0.1', '']

describe.each(pages)('the address %s', path => {
  let etag: string
  beforeAll(async () => {
    etag = (await ask(path)).headers.find(line => /^etag: /i.test(line))!.slice('etag: '.length)
  })
  /** The same page at an address that nobody asked for before: a parameter that no route knows changes no answer. */
  let others = 0
  const neverAsked = () => `${path}${path.includes('?') ? '&' : '?'}unknown=${others++}`

  test.each(['GET', 'HEAD'])('answers a repeated %s as it answers the first one', async method => {
    const tags = [undefined, etag, etag.slice(2), '*', `"other", ${etag}`, '"other"', '']
    for (const encoding of accepted) {
      for (const tag of tags) {
        const headers = {
          ...(encoding === undefined ? {} : { 'accept-encoding': encoding }),
          ...(tag === undefined ? {} : { 'if-none-match': tag }),
        }
        const first = await ask(neverAsked(), { method, headers })
        await ask(path, { method, headers })
        let repeated: Answer | undefined
        const handlers = await countHandlers(async () => {
          repeated = await ask(path, { method, headers })
        })
        expect(repeated, JSON.stringify(headers)).toEqual(first)
        expect(handlers, JSON.stringify(headers)).toBe(0)
      }
    }
  })
})

test.each([
  ['a feed, which names the host that it was asked of', '/tracker/-/bugs.atom'],
  ['a page that is not there', '/tracker/-/bugs?page=99'],
  ['a redirect', '/tracker'],
])('%s takes the usual way each time', async (_what, path) => {
  await ask(path)
  expect(await countHandlers(() => ask(path))).toBe(1)
})

test('another method is refused as ever', async () => {
  await ask('/tracker/-/bugs')
  expect((await ask('/tracker/-/bugs', { method: 'POST' })).status).toBe(404)
})

test('a repeated answer is counted as one of its route', async () => {
  const line =
    /gitbugviewer_http_request_duration_seconds_count\{route="\/:name\/-\/bugs",method="GET",status="2xx"\} (\d+)/
  const counted = async () => Number(line.exec((await viewer.get('/metrics')).payload)?.[1])
  await ask('/tracker/-/bugs')
  const before = await counted()
  expect(await countHandlers(async () => void (await Promise.all([1, 2, 3].map(() => ask('/tracker/-/bugs')))))).toBe(0)
  expect(await counted()).toBe(before + 3)
})

test('where each request is to be logged, each goes the usual way and has its line', async () => {
  await using other = await openViewer({ paths: [built.path], yaml: `${yaml}\nlogs: { requests: true }` })
  const url = await other.app.listen({ host: '127.0.0.1', port: 0 })
  for (let n = 0; n < 3; n++) expect((await fetch(`${url}/tracker/-/bugs`)).status).toBe(200)
  expect(other.logged.filter(({ msg }) => msg === 'request completed')).toHaveLength(3)
})

test('what was pushed shows at once, and an old tag is no longer right', async () => {
  const moving = createTrackerWriter({ seed: 'moving' })
  const tomas = moving.identity({ name: 'tomas', at })
  moving.bug(tomas, { title: 'First', message: '', at })
  await using repository = await buildRepository(moving)
  await using other = await openViewer({ paths: [repository.path], yaml })
  const get = (headers = {}) => other.get('/tracker/-/bugs', headers)
  await get()
  const before = await get()
  const bug = moving.bug(tomas, { title: 'Second', message: '', at: at + 10 })
  await applyTo(repository.path, moving)
  const payload = { repo: 'tracker', refs: [bug.ref] }
  await other.inject({ method: 'POST', url: '/hooks/post-receive', payload })
  const after = await get({ 'if-none-match': String(before.headers.etag) })
  expect([after.statusCode, after.body.includes('Second')]).toEqual([200, true])
  expect((await get()).body).toBe(after.body)
})
