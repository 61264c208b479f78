/** Bounds on connections, with a server on a port and raw sockets before it. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type ConnectionLimits, keepConnectionLimits, setConnectionLimits } from '../../src/http/connection-limits.ts'
import { answerUnreadable } from '../../src/http/unreadable-request.ts'

interface Scene extends AsyncDisposable {
  readonly server: Server
  connect(): Promise<Client>
}

interface Client {
  readonly socket: Socket
  /** Settles with all that came, once the connection has ended. */
  readonly ended: Promise<string>
  ask(path: string): Promise<void>
}

const wide: ConnectionLimits = { maxConnections: 0, requestMs: 60_000, stallMs: 60_000 }

async function openScene(limits: Partial<ConnectionLimits>, handler: RequestListener): Promise<Scene> {
  const server = createServer({ connectionsCheckingInterval: 20 }, handler)
  setConnectionLimits(server, { ...wide, ...limits })
  keepConnectionLimits(server)
  server.on('clientError', answerUnreadable)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const sockets: Socket[] = []
  return {
    server,
    async connect() {
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      const pieces: Buffer[] = []
      socket.on('data', (piece: Buffer) => pieces.push(piece))
      // One that is refused may be reset.
      socket.on('error', () => {})
      const ended = once(socket, 'close').then(() => Buffer.concat(pieces).toString('latin1'))
      await once(socket, 'connect')
      return {
        socket,
        ended,
        async ask(path) {
          socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
          await once(socket, 'data')
        },
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const hello: RequestListener = (_request, response) => void response.end('hello')

describe('at the last connection', () => {
  test('those that rest make way, and those that were never used or are being answered stay', async () => {
    const answering = Promise.withResolvers<void>()
    await using scene = await openScene({ maxConnections: 4 }, (request, response) => {
      if (request.url === '/slow') void answering.promise.then(() => response.end('slow but here'))
      else response.end('hello')
    })
    const [resting, slow, silent] = [await scene.connect(), await scene.connect(), await scene.connect()]
    await resting!.ask('/')
    slow!.socket.write('GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    const last = await scene.connect()
    expect(await resting!.ended).toContain('hello')
    await last.ask('/')
    answering.resolve()
    expect(await slow!.ended).toContain('slow but here')
    await silent!.ask('/')
  })

  test('a new one is refused where none rests', async () => {
    const answering = Promise.withResolvers<void>()
    await using scene = await openScene({ maxConnections: 2 }, (_request, response) => {
      void answering.promise.then(() => response.end('here'))
    })
    const busy = [await scene.connect(), await scene.connect()]
    for (const { socket } of busy) socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    const refused = await scene.connect()
    expect(await refused.ended).toBe('')
    answering.resolve()
    for (const { ended } of busy) expect(await ended).toContain('here')
    await (await scene.connect()).ask('/')
  })
})

describe('a reader', () => {
  test('that takes nothing of its page is cut off', async () => {
    const asked = Promise.withResolvers<ServerResponse>()
    await using scene = await openScene({ stallMs: 200 }, (_request, response) => {
      response.end(Buffer.alloc(64 * 1024 ** 2))
      asked.resolve(response)
    })
    const { socket } = await scene.connect()
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    const response = await asked.promise
    await once(response, 'close')
    expect(response.writableFinished).toBe(false)
  })

  test('that waits for a page that takes long in the making is not', async () => {
    const ready = Promise.withResolvers<void>()
    await using scene = await openScene({ stallMs: 50 }, (_request, response) => {
      void ready.promise.then(() => response.end('at last'))
    })
    const timedOut = once(scene.server, 'timeout')
    const client = await scene.connect()
    client.socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    await timedOut
    ready.resolve()
    expect(await client.ended).toContain('at last')
  })

  test('that asks no more is closed when it has rested', async () => {
    await using scene = await openScene({}, hello)
    scene.server.keepAliveTimeout = 50
    const client = await scene.connect()
    await client.ask('/')
    expect(await client.ended).toContain('hello')
  })
})

test('an answer that is being made is cut off neither by other limits nor by one that was asked for before it', async () => {
  const answering = Promise.withResolvers<void>()
  await using scene = await openScene({ maxConnections: 3, stallMs: 200 }, (request, response) => {
    if (request.url === '/slow') void answering.promise.then(() => response.end('slow but here'))
    else response.end('hello')
  })
  const slow = await scene.connect()
  slow.socket.write('GET /first HTTP/1.1\r\nhost: x\r\n\r\nGET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  await once(slow.socket, 'data')
  const other = await scene.connect()
  const otherEnds = Promise.race([other.ended, once(scene.server, 'timeout')])
  // As settings do that were read again.
  setConnectionLimits(scene.server, { ...wide, maxConnections: 3, stallMs: 30_000 })
  await otherEnds
  await scene.connect()
  answering.resolve()
  expect(await slow.ended).toContain('slow but here')
})

describe('a request', () => {
  test('whose headers do not come is refused', async () => {
    await using scene = await openScene({ requestMs: 100 }, hello)
    const [silent, slow] = [await scene.connect(), await scene.connect()]
    slow.socket.write('GET / HTTP/1.1\r\nhost')
    expect(await slow.ended).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n.*took too long to come\.\n$/s)
    expect(await silent.ended).toMatch(/^HTTP\/1\.1 408 /)
  })

  test.each([
    ['with a header of 20,000 characters', `x: ${'a'.repeat(20_000)}`, 431],
    ['with 2,000 headers', Array.from({ length: 2000 }, (_, n) => `x${n}: abcdef`).join('\r\n'), 431],
    ['that is no HTTP', 'bad header line', 400],
    ['with two lengths', 'content-length: 1\r\ncontent-length: 2', 400],
    ['with a length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked', 400],
  ])('%s is refused in plain words, and repeats nothing of it', async (_what, headers, status) => {
    await using scene = await openScene({}, hello)
    const { socket, ended } = await scene.connect()
    socket.write(`GET /secret HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`)
    const answer = await ended
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*connection: close.*\\.\\n$`, 's'))
    expect(answer).not.toContain('secret')
  })

  test('that cannot be read is refused on a connection that was used before, too', async () => {
    await using scene = await openScene({}, hello)
    const client = await scene.connect()
    await client.ask('/')
    client.socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`)
    expect(await client.ended).toMatch(/hello\s*HTTP\/1\.1 431 /)
  })

  test('that cannot be read puts nothing into an answer that is on its way', async () => {
    const rest = Promise.withResolvers<void>()
    await using scene = await openScene({}, (_request, response) => {
      response.write('first half')
      void rest.promise.then(() => response.end('second half'))
    })
    const client = await scene.connect()
    await client.ask('/')
    client.socket.write('no request\r\n\r\n')
    expect(await client.ended).not.toContain('400')
    rest.resolve()
  })
})
