/** Stores that refuse, misbehave, hang or break off: what the operator reads, what is tried again, what is left behind. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import type { ColdStorage } from '../../src/mirrors/cold-storage.ts'
import { createS3Storage, type S3Options } from '../../src/mirrors/s3-storage.ts'
import { createTestLog } from '../store/contract.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { hasProgram } from '../support/required-programs.ts'
import { type Meddling, openS3Proxy, type S3Proxy } from '../support/s3-proxy.ts'
import { openS3Server, type S3Server } from '../support/s3-server.ts'
import { digestOf, forever, megabyte, noise, piecesOf, readAll, readBack } from './cold-storage-contract.ts'

const address = {
  endpoint: '',
  bucket: 'git-bug-mirrors',
  region: 'us-east-1',
  accessKeyId: 'viewer',
  secretAccessKey: 'a secret that nobody may read',
  prefix: 'p',
}

/** A clock without pauses, which notes how long they would have been. Time limits are longer, and as ever. */
function createHastyClock(): Clock & { readonly pausesMs: number[] } {
  const pausesMs: number[] = []
  return {
    ...systemClock,
    pausesMs,
    startTimer(delayMs, run) {
      if (delayMs >= 30_000) return systemClock.startTimer(delayMs, run)
      pausesMs.push(delayMs)
      const handle = setImmediate(run)
      return { cancel: () => clearImmediate(handle) }
    },
  }
}

/** A storage whose requests go to a server that misbehaves. */
async function openScene(options: { readonly server?: S3Server; readonly clock?: Clock } & Partial<S3Options> = {}) {
  const { server, clock = createHastyClock(), ...more } = options
  const proxy = await openS3Proxy(server)
  const log = createTestLog()
  const all = { ...address, ...server?.address, ...more, endpoint: proxy.url }
  const storage = createS3Storage(all, { clock, log })
  return { proxy, storage, log, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() }
}

const operations: Readonly<Record<string, (storage: ColdStorage) => Promise<unknown>>> = {
  get: storage => storage.get('a', forever),
  put: storage => storage.put('a', piecesOf(noise(100)), forever),
  'put of a whole part': storage => storage.put('a', piecesOf(noise(8 * megabyte)), forever),
  'put of several parts': storage => storage.put('a', piecesOf(noise(20 * megabyte)), forever),
  delete: storage => storage.delete('a', forever),
}
const eachOperation = Object.entries(operations).map(([operation, run]) => ({ operation, run }))

async function failureOf(work: Promise<unknown>): Promise<Error & { code: string; data: Record<string, unknown> }> {
  return await work.then(
    () => expect.unreachable('it succeeded'),
    error => error,
  )
}

function errorBody(code: string, more = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>of the server</Message>${more}</Error>`
}

const object = { etag: '"a"', 'content-type': 'binary/octet-stream' }

describe.skipIf(!hasProgram('versitygw'))('a real server', () => {
  let server: S3Server
  beforeAll(async () => {
    server = await openS3Server()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const mistakes: readonly { mistake: string; options: Partial<S3Options>; reason: RegExp }[] = [
    {
      mistake: 'a wrong secret',
      options: { secretAccessKey: 'another secret that nobody may read' },
      reason: /refuses the signature: the secret does not fit the access key/,
    },
    { mistake: 'an unknown key', options: { accessKeyId: 'nobody' }, reason: /does not know the access key/ },
    { mistake: 'a missing bucket', options: { bucket: 'missing' }, reason: /\(bucket missing\) has no such bucket/ },
    {
      mistake: 'another region',
      options: { region: 'eu-central-1' },
      reason: /has the bucket in the region us-east-1: set region to that/,
    },
  ]
  const cases = mistakes.flatMap(mistake => eachOperation.map(operation => ({ ...mistake, ...operation })))
  test.each(cases)('$mistake is told at a $operation, without secrets', async ({ options, reason, run }) => {
    const all = { ...server.address, prefix: 'p', ...options }
    const failure = await failureOf(run(createS3Storage(all, { clock: createHastyClock(), log: silentLog })))
    expect(failure).toMatchObject({ code: 'COLD_STORAGE_FAILED', message: expect.stringMatching(reason) })
    expect(inspect(failure, { depth: 20 })).not.toContain(all.secretAccessKey)
    expect(inspect(failure, { depth: 20 })).not.toMatch(/Signature=|StringToSign/)
  })

  test('a clock that is wrong is told', async () => {
    await using scene = await openScene({ server, clock: createManualClock(1_700_000_000_000) })
    await expect(scene.storage.get('a', forever)).rejects.toThrow('has another time: the clock of one of the machines')
  })

  test('a server that is away for a moment is asked again', async () => {
    await using own = await openS3Server()
    const storage = createS3Storage(
      { ...own.address, prefix: 'p' },
      { clock: createStartingClock(own), log: silentLog },
    )
    await storage.put('a', piecesOf(noise(9 * megabyte)), forever)
    await own.stop()
    expect(digestOf(await readBack(storage, 'a'))).toBe(digestOf(noise(9 * megabyte)))
  })

  /** Starts the server in the first pause. */
  function createStartingClock(own: S3Server): Clock {
    return {
      ...systemClock,
      startTimer(delayMs, run) {
        if (delayMs >= 30_000) return systemClock.startTimer(delayMs, run)
        void own.start().then(run)
        return { cancel() {} }
      },
    }
  }

  test('a server that stays away is told after four attempts', async () => {
    await using own = await openS3Server()
    await own.stop()
    const clock = createHastyClock()
    const storage = createS3Storage({ ...own.address, prefix: 'p' }, { clock, log: silentLog })
    const failure = await failureOf(storage.get('a', forever))
    expect(failure.message).toBe(
      `cold storage at ${own.url} (bucket git-bug-mirrors) cannot be reached: nobody listens at that address (ECONNREFUSED)`,
    )
    expect(failure.data).toMatchObject({ attempts: 4 })
    expect(clock.pausesMs).toHaveLength(3)
  })

  test('a server that hangs is given up after 30 seconds, and found again', async () => {
    await using own = await openS3Server()
    const clock = createManualClock(Date.now())
    const storage = createS3Storage({ ...own.address, prefix: 'p' }, { clock, log: silentLog })
    await storage.put('a', piecesOf(noise(100)), forever)
    own.pause()
    const get = storage.get('a', forever)
    const outcome = vi.fn()
    get.then(outcome, outcome)
    await expect.poll(() => clock.timers).toBe(1)
    clock.advance(29_999)
    await new Promise(setImmediate)
    expect(outcome).not.toHaveBeenCalled()
    clock.advance(1)
    await expect(get).rejects.toThrow('does not answer: no byte came or went for 30 seconds')
    own.continue()
    expect(await readBack(storage, 'a')).toHaveLength(100)
    expect(clock.timers).toBe(0)
  })

  describe('uploads in parts', () => {
    const large = noise(20 * megabyte)

    test.each([
      ['a part', /partNumber=2/],
      ['the last request', /^POST .*uploadId=/],
    ])('leave nothing behind where %s fails for good', async (_, which) => {
      await using scene = await openScene({ server })
      scene.proxy.meddle(({ method, path }) =>
        which.test(`${method} ${path}`) ? { status: 500, body: errorBody('InternalError') } : undefined,
      )
      const failure = await failureOf(scene.storage.put('failed', piecesOf(large), forever))
      expect(failure.message).toContain('answers 500 InternalError')
      expect(await server.uploads()).toEqual([])
      expect(await scene.storage.get('failed', forever)).toBeUndefined()
    })

    test('an error in an answer that says 200 is one', async () => {
      await using scene = await openScene({ server })
      scene.proxy.meddle(({ method, path }) =>
        method === 'POST' && path.includes('uploadId=')
          ? { status: 200, body: `${' '.repeat(100)}${errorBody('EntityTooSmall')}` }
          : undefined,
      )
      const failure = await failureOf(scene.storage.put('failed', piecesOf(large), forever))
      expect(failure.message).toContain('answers 200 EntityTooSmall')
      expect(await server.uploads()).toEqual([])
    })

    test.each([
      ['the first request', /uploads=$/],
      ['a part', /partNumber=2/],
      ['the last request', /^POST .*uploadId=/],
    ])('are whole where the answer to %s is lost', async (_, which) => {
      await using scene = await openScene({ server })
      let isLost = false
      scene.proxy.meddle(({ method, path }) => {
        if (isLost || !which.test(`${method} ${path}`)) return undefined
        isLost = true
        return 'lose the answer'
      })
      await scene.storage.put('lost', piecesOf(large), forever)
      expect(isLost).toBe(true)
      expect(digestOf(await readBack(scene.storage, 'lost'))).toBe(digestOf(large))
    })

    test('are whole where the store has forgotten that it finished them', async () => {
      await using scene = await openScene({ server })
      let lasts = 0
      scene.proxy.meddle(({ method, path }) => {
        if (method !== 'POST' || !path.includes('uploadId=')) return undefined
        return ++lasts === 1 ? 'lose the answer' : { status: 404, body: errorBody('NoSuchUpload') }
      })
      await scene.storage.put('forgotten', piecesOf(large), forever)
      expect(lasts).toBe(2)
      expect(digestOf(await readBack(scene.storage, 'forgotten'))).toBe(digestOf(large))
    })

    test('are not taken for whole where another one is there', async () => {
      await using scene = await openScene({ server })
      await scene.storage.put('other', piecesOf(noise(20 * megabyte, 'other')), forever)
      scene.proxy.meddle(({ method, path }) =>
        method === 'POST' && path.includes('uploadId=') ? { status: 404, body: errorBody('NoSuchUpload') } : undefined,
      )
      const failure = await failureOf(scene.storage.put('other', piecesOf(large), forever))
      expect(failure.data).toMatchObject({ code: 'NoSuchUpload' })
    })

    test('that cannot be removed any more are told to the log', async () => {
      await using scene = await openScene({ server })
      const before = await server.uploads()
      scene.proxy.meddle(({ method, path }) =>
        method === 'DELETE' || path.includes('partNumber=2') ? 'reset' : undefined,
      )
      const failure = await failureOf(scene.storage.put('failed', piecesOf(large), forever))
      expect(failure.message).toContain('broke off the connection')
      expect(scene.log.lines).toMatchObject([
        { level: 'warn', message: 'an unfinished upload stays in cold storage', data: { key: 'p/failed' } },
      ])
      expect(await server.uploads()).toHaveLength(1 + before.length)
    })
  })

  describe('answers that break off', () => {
    test('before the first byte: it is asked again', async () => {
      await using scene = await openScene({ server })
      await scene.storage.put('a', piecesOf(noise(megabyte)), forever)
      scene.proxy.meddle((_, number) => (number <= 3 ? { cutAnswerAfter: 0 } : undefined))
      expect(digestOf(await readBack(scene.storage, 'a'))).toBe(digestOf(noise(megabyte)))
    })

    test.each([1, 65_536, megabyte - 1])('after %d bytes: the stream fails and does not end', async bytes => {
      await using scene = await openScene({ server })
      await scene.storage.put('a', piecesOf(noise(megabyte)), forever)
      scene.proxy.meddle(() => ({ cutAnswerAfter: bytes }))
      const found = await scene.storage.get('a', forever)
      expect(found!.bytes).toBe(megabyte)
      const failure = await failureOf(readAll(found!.content))
      expect(failure).toMatchObject({
        code: 'COLD_STORAGE_FAILED',
        message: expect.stringContaining('broke off the connection'),
      })
    })
  })
})

describe('answers that are not those of a store', () => {
  const page = { 'content-type': 'text/html; charset=utf-8', etag: '"a"' }
  const pages: readonly { name: string; answer: Meddling; reason: string }[] = [
    { name: 'a web page', answer: { status: 200, headers: page, body: '<html>' }, reason: 'answers with a web page' },
    { name: 'a page that is missing', answer: { status: 404, headers: page }, reason: 'answers with a web page' },
    { name: 'a page of a proxy', answer: { status: 502, headers: page }, reason: 'answers 502 with a web page' },
    { name: 'a 404 of somebody else', answer: { status: 404, body: '{}' }, reason: 'answers 404' },
    {
      name: 'a redirect to another region',
      answer: { status: 301, headers: { 'x-amz-bucket-region': 'eu-west-3' }, body: errorBody('PermanentRedirect') },
      reason: 'has the bucket in the region eu-west-3: set region to that',
    },
    {
      name: 'a region in the body',
      answer: { status: 400, body: errorBody('AuthorizationHeaderMalformed', '<Region>eu-west-3</Region>') },
      reason: 'has the bucket in the region eu-west-3: set region to that',
    },
    {
      name: 'a region that is none',
      answer: { status: 301, headers: { 'x-amz-bucket-region': 'a b\u00e4"' } },
      reason: 'redirects (301), which is not followed: set endpoint to where it leads',
    },
    { name: 'a code that is none', answer: { status: 400, body: errorBody('a b') }, reason: 'answers 400' },
    {
      name: 'too few rights',
      answer: { status: 403, body: errorBody('AccessDenied') },
      reason: 'does not let this access key do that: it needs to list the bucket',
    },
    { name: 'a full disk', answer: { status: 507, body: errorBody('Full') }, reason: 'answers 507 Full' },
  ]
  const cases = pages.flatMap(one => eachOperation.map(operation => ({ ...one, ...operation })))
  test.each(cases)('$name at a $operation', async ({ answer, reason, run }) => {
    await using scene = await openScene()
    scene.proxy.meddle(() => answer)
    const failure = await failureOf(run(scene.storage))
    expect(failure).toMatchObject({ code: 'COLD_STORAGE_FAILED', message: expect.stringContaining(reason) })
  })

  const odd: readonly { name: string; answer: Meddling }[] = [
    { name: 'without a tag', answer: { status: 200, headers: { 'content-length': '5' }, body: 'hello' } },
    { name: 'without a length', answer: { status: 200, headers: object, body: piecesOf(noise(10)) } },
    {
      name: 'in another encoding',
      answer: { status: 200, headers: { ...object, 'content-encoding': 'gzip', 'content-length': '1' }, body: 'h' },
    },
    { name: 'in part', answer: { status: 206, headers: { ...object, 'content-length': '1' }, body: 'h' } },
    { name: 'of nothing', answer: { status: 204, headers: object } },
  ]
  test.each(odd)('an object $name', async ({ answer }) => {
    await using scene = await openScene()
    scene.proxy.meddle(() => answer)
    await expect(scene.storage.get('a', forever)).rejects.toThrow('answers as no S3 service does')
    expect(scene.proxy.requests).toHaveLength(1)
  })

  test('an upload without an id, and a part without a tag', async () => {
    await using scene = await openScene()
    scene.proxy.meddle(() => ({ status: 200 }))
    const put = () => scene.storage.put('a', piecesOf(noise(9 * megabyte)), forever)
    await expect(put()).rejects.toThrow('answers as no S3 service does: an upload without an id')
    scene.proxy.meddle(({ method }) => ({ status: 200, body: method === 'POST' ? '<UploadId>a&amp;b</UploadId>' : '' }))
    await expect(put()).rejects.toThrow('answers as no S3 service does: a part without a tag')
    expect(scene.proxy.requests.at(-1)).toMatchObject({ method: 'DELETE', path: expect.stringContaining('=a%26b') })
  })

  test('a redirect is not followed', async () => {
    await using other = await openS3Proxy()
    await using scene = await openScene()
    for (const status of [301, 302, 303, 307, 308]) {
      scene.proxy.meddle(() => ({ status, headers: { location: `${other.url}/git-bug-mirrors/p/a` } }))
      await expect(scene.storage.get('a', forever)).rejects.toThrow(`redirects (${status}), which is not followed`)
    }
    expect(other.requests).toEqual([])
  })

  test('what does not speak HTTP', async () => {
    const server = createServer(socket => void socket.end('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const endpoint = `http://127.0.0.1:${port}`
    const storage = createS3Storage({ ...address, endpoint }, { clock: createHastyClock(), log: silentLog })
    await expect(storage.get('a', forever)).rejects.toThrow('does not speak HTTP there')
    server.close()
  })

  test('an error that never ends is cut', async () => {
    await using scene = await openScene()
    let given = 0
    const endless = async function* () {
      for (;;) {
        yield Buffer.alloc(65_536, '<')
        given += 65_536
      }
    }
    scene.proxy.meddle(() => ({ status: 400, body: endless() }))
    await expect(scene.storage.get('a', forever)).rejects.toThrow('answers 400')
    // Most of it is in buffers of the system.
    expect(given).toBeLessThan(30 * megabyte)
  })
})

describe('connections', () => {
  test('with half a body in them are hung up', async () => {
    await using scene = await openScene()
    const closed = Promise.withResolvers<void>()
    scene.proxy.meddle(() => (request, response) => {
      request.socket.once('close', () => closed.resolve())
      // It takes nothing more of the body, and leaves the connection open.
      request.pause()
      const body = errorBody('EntityTooLarge')
      response.writeHead(400, { 'content-length': String(body.length), connection: 'keep-alive' }).end(body)
    })
    const put = scene.storage.put('a', piecesOf(noise(8 * megabyte)), forever)
    await expect(put).rejects.toThrow('answers 400 EntityTooLarge')
    await closed.promise
  })

  test.each([
    ['after its first piece', 1],
    ['before', 0],
  ])('with an object that is left %s are hung up', async (_, pieces) => {
    await using scene = await openScene()
    const closed = Promise.withResolvers<void>()
    scene.proxy.meddle(() => (request, response) => {
      request.socket.once('close', () => closed.resolve())
      response.writeHead(200, { ...object, 'content-length': '1000000000' }).write('the first bytes')
    })
    const found = await scene.storage.get('a', forever)
    const reader = found!.content[Symbol.asyncIterator]()
    for (let piece = 0; piece < pieces; piece++) await reader.next()
    await reader.return?.()
    await closed.promise
  })
})

describe('what is tried again', () => {
  const ok = { status: 200, headers: { ...object, 'content-length': '5' }, body: 'hello' }
  const passing: readonly Meddling[] = [
    { status: 500, body: errorBody('InternalError') },
    { status: 502, headers: { 'content-type': 'text/html' } },
    { status: 503, body: errorBody('SlowDown') },
    { status: 504 },
    { status: 429 },
    { status: 408 },
    { status: 400, body: errorBody('RequestTimeout') },
    'reset',
  ]
  test.each(passing)('%j', async meddling => {
    const clock = createHastyClock()
    await using scene = await openScene({ clock })
    scene.proxy.meddle((_, number) => (number <= 3 ? meddling : ok))
    expect((await readBack(scene.storage, 'a'))?.toString()).toBe('hello')
    expect(clock.pausesMs).toHaveLength(3)
    // Twice as long each time, give or take a quarter.
    expect(clock.pausesMs.map((pauseMs, n) => Math.abs(pauseMs / (500 * 2 ** n) - 1) <= 0.25)).toEqual([
      true,
      true,
      true,
    ])
    scene.proxy.meddle(() => meddling)
    expect((await failureOf(scene.storage.get('a', forever))).data).toMatchObject({ attempts: 4 })
    expect(scene.proxy.requests).toHaveLength(4 + 4)
  })

  const lasting: readonly Meddling[] = [
    { status: 400, body: errorBody('InvalidArgument') },
    { status: 403, body: errorBody('AccessDenied') },
    { status: 501, body: errorBody('NotImplemented') },
    { status: 507 },
  ]
  test.each(lasting)('not %j', async meddling => {
    await using scene = await openScene()
    scene.proxy.meddle(() => meddling)
    await expect(scene.storage.get('a', forever)).rejects.toMatchObject({ data: { attempts: 1 } })
    expect(scene.proxy.requests).toHaveLength(1)
  })

  test('a server that asks for a pause gets one, up to ten seconds', async () => {
    const clock = createHastyClock()
    await using scene = await openScene({ clock })
    const waits = ['3', '86400', 'Wed, 21 Oct 2026 07:28:00 GMT']
    scene.proxy.meddle((_, number) => ({ status: 503, headers: { 'retry-after': waits[number - 1] ?? '' } }))
    await expect(scene.storage.get('a', forever)).rejects.toThrow('answers 503')
    expect(clock.pausesMs.slice(0, 2)).toEqual([3000, 10_000])
    expect(clock.pausesMs[2]).toBeLessThan(2600)
  })

  test('a refusal that got lost with a body is heard without one', async () => {
    await using scene = await openScene()
    scene.proxy.meddle(({ method }) =>
      method === 'PUT' ? 'reset' : { status: 403, body: errorBody('SignatureDoesNotMatch') },
    )
    const put = scene.storage.put('a', piecesOf(noise(100)), forever)
    await expect(put).rejects.toThrow('the secret does not fit the access key')
    expect(scene.proxy.lines).toEqual(['PUT /git-bug-mirrors/p/a', 'GET /git-bug-mirrors/p/a'])
    scene.proxy.meddle(({ method }, number) => {
      if (method === 'PUT') return number < 4 ? 'reset' : ok
      return { status: 404, body: errorBody('NoSuchKey') }
    })
    await scene.storage.put('a', piecesOf(noise(100)), forever)
  })

  test('a signal ends a pause', async () => {
    const clock = createManualClock()
    await using scene = await openScene({ clock })
    scene.proxy.meddle(() => ({ status: 503 }))
    const stop = new AbortController()
    const get = scene.storage.get('a', stop.signal)
    get.catch(() => {})
    await expect.poll(() => scene.proxy.requests).toHaveLength(1)
    // The pause alone is left of the timers when the answer was read.
    await expect.poll(() => clock.timers).toBe(1)
    stop.abort(new Error('not wanted any more'))
    await expect(get).rejects.toThrow('not wanted any more')
    expect(clock.timers).toBe(0)
    expect(scene.proxy.requests).toHaveLength(1)
  })
})

describe('a server that says nothing', () => {
  /** Lets time pass until something has come of it, and says how much that took. */
  async function silenceOf(
    scene: { proxy: S3Proxy; clock: ReturnType<typeof createManualClock> },
    work: Promise<unknown>,
  ) {
    let isOver = false
    const over = () => {
      isOver = true
    }
    work.then(over, over)
    const start = scene.clock.monotonicMs()
    while (!isOver) {
      scene.clock.advance(1000)
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    }
    return scene.clock.monotonicMs() - start
  }

  async function openSilentScene() {
    const clock = createManualClock()
    const scene = await openScene({ clock })
    return { ...scene, clock, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() }
  }

  test.each(eachOperation)('at a $operation is given up after 30 seconds', async ({ run }) => {
    await using scene = await openSilentScene()
    scene.proxy.meddle(() => 'hang')
    const work = run(scene.storage)
    work.catch(() => {})
    await expect.poll(() => scene.proxy.requests).toHaveLength(1)
    expect(await silenceOf(scene, work)).toBeGreaterThanOrEqual(30_000)
    await expect(work).rejects.toThrow('does not answer: no byte came or went for 30 seconds')
    expect(scene.proxy.requests).toHaveLength(1)
  })

  test('in the middle of an object is given up, and one that is slow is not', async () => {
    await using scene = await openSilentScene()
    const more = { give: () => {} }
    scene.proxy.meddle(() => (_, response) => {
      response.writeHead(200, { ...object, 'content-length': '100' })
      more.give = () => void response.write('x')
      more.give()
    })
    const found = await scene.storage.get('a', forever)
    const pieces = found!.content[Symbol.asyncIterator]()
    expect((await pieces.next()).value).toHaveLength(1)
    for (let round = 0; round < 5; round++) {
      const next = pieces.next()
      scene.clock.advance(29_000)
      more.give()
      expect((await next).value).toHaveLength(1)
    }
    // Whoever reads slowly has all the time there is.
    scene.clock.advance(3_600_000)
    const last = pieces.next()
    last.catch(() => {})
    expect(await silenceOf(scene, last)).toBeGreaterThanOrEqual(30_000)
    await expect(last).rejects.toThrow('does not answer: no byte came or went for 30 seconds')
  })

  /** A clock that stands still, and counts how often the time limit began anew. */
  function createCountingClock() {
    const clock = createManualClock()
    let limits = 0
    return {
      ...clock,
      startTimer(delayMs: number, run: () => void) {
        limits++
        return clock.startTimer(delayMs, run)
      },
      /** Waits until it has begun anew, and lets time pass. */
      async advanceAfter(act: () => unknown, byMs: number) {
        const before = limits
        await act()
        await expect.poll(() => limits).toBeGreaterThan(before)
        clock.advance(byMs)
      },
    }
  }

  test('but takes a body, slowly, is waited for', async () => {
    const clock = createCountingClock()
    await using scene = await openScene({ clock })
    const begun = Promise.withResolvers<IncomingMessage>()
    scene.proxy.meddle(() => (request, response) => {
      begun.resolve(request)
      request.once('end', () => response.writeHead(200, object).end())
    })
    const put = scene.storage.put('a', piecesOf(noise(8 * megabyte)), forever)
    const request = await begun.promise
    // The buffers of the system hold some megabytes; until then the client has written all it can.
    const takeMegabyte = async () => {
      for (let bytes = 0; bytes < megabyte; ) {
        const piece = request.read() as Buffer | null
        bytes += piece?.length ?? 0
        if (!piece) await new Promise(setImmediate)
      }
    }
    for (let round = 0; round < 3; round++) await clock.advanceAfter(takeMegabyte, 20_000)
    request.resume()
    await put
  })

  test('but spaces is given up after five minutes', async () => {
    const clock = createCountingClock()
    await using scene = await openScene({ clock })
    const begun = Promise.withResolvers<ServerResponse>()
    scene.proxy.meddle(() => (request, response) => {
      response.writeHead(200, { 'content-type': 'application/xml' }).write(' ')
      request.resume()
      begun.resolve(response)
    })
    const work = scene.storage.delete('a', forever)
    work.catch(() => {})
    const response = await begun.promise
    for (let round = 0; round < 15; round++) await clock.advanceAfter(() => response.write(' '), 20_000)
    await expect(work).rejects.toThrow('does not come to the end of its answer')
  })
})
