/** The listener: apps that follow each other behind it, and its end while clients still have to get something. */
import { type EventEmitter, once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createDoor } from '../../src/http/door.ts'
import { createManualClock } from '../support/manual-clock.ts'

function createScene() {
  const clock = createManualClock()
  const warnings: string[] = []
  const door = createDoor({ answersMs: 2000, clock, log: { warn: (_data, message) => warnings.push(message) } })
  return { door, clock, warnings }
}

/** A door, and a client that has the beginning of an answer and would keep its connection. */
async function openScene() {
  const { door, clock, warnings } = createScene()
  const body = new Readable({ read() {} })
  door.lead(createServer((_request, response) => body.pipe(response)))
  const { port } = await door.listen({ port: 0, host: '127.0.0.1' })
  body.push('a beginning')
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'readable')
  return { door, clock, warnings, body, socket }
}

test('an answer that is complete in time is got whole, and its connection is not kept', async () => {
  const { door, clock, body, socket, warnings } = await openScene()
  const closed = door.close()
  clock.advance(1999)
  body.push(' and an end')
  body.push(null)
  const answer = (await socket.setEncoding('utf8').toArray()).join('')
  expect(answer).toMatch(/^HTTP\/1\.1 200 .*\r\na beginning\r\n.*\r\n and an end\r\n0\r\n\r\n$/s)
  await closed
  expect(clock.timers).toBe(0)
  expect(warnings).toEqual([])
})

test('one that is not is cut off, and the end waits no longer', async () => {
  const { door, clock, socket, warnings } = await openScene()
  const closed = door.close()
  clock.advance(2000)
  await closed
  const answer = (await socket.setEncoding('utf8').toArray()).join('')
  expect(answer).toMatch(/\r\na beginning\r\n$/)
  expect(warnings).toEqual(['answers that were still under way are cut off'])
})

test('half of a request holds up the end for a second only', async () => {
  const { door, clock, warnings } = createScene()
  const connected = Promise.withResolvers<Socket>()
  const app = appOf((request, response) => {
    connected.resolve(request.socket)
    response.end('here')
  })
  door.lead(app)
  const { port } = await door.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT')
  await once(socket, 'readable')
  const closed = door.close()
  clock.advance(999)
  expect((await connected.promise).destroyed).toBe(false)
  clock.advance(1)
  await closed
  expect(warnings).toEqual([])
  expect(clock.timers).toBe(0)
})

test('a door that never opened ends too, and twice', async () => {
  const { door, clock } = createScene()
  await Promise.all([door.close(), door.close()])
  expect(clock.timers).toBe(0)
})

test('who was asked answers, whoever leads then; one connection goes on with the next', async () => {
  const { door } = createScene()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const { promise: mayAnswer, resolve: answerNow } = Promise.withResolvers<void>()
  const { promise: asked, resolve: wasAsked } = Promise.withResolvers<void>()
  const first = appOf((_request, response) => {
    wasAsked()
    void mayAnswer.then(() => response.end('the first'))
  })
  door.lead(first)
  const { port } = await door.listen({ port: 0, host: '127.0.0.1' })
  const ask = async () => {
    const [answer] = (await once(get({ port, host: '127.0.0.1', agent }), 'response')) as [IncomingMessage]
    const { localPort } = answer.socket
    return { said: await text(answer), from: localPort }
  }
  const before = ask()
  await asked
  door.lead(appOf((_request, response) => void response.end('the second')))
  const after = ask()
  answerNow()
  expect((await before).said).toBe('the first')
  expect((await after).said).toBe('the second')
  expect((await after).from).toBe((await before).from)
  agent.destroy()
  await door.close()
})

test('the limits of connections are those of the app that leads, before and after it listens', async () => {
  const { door } = createScene()
  const sends = async (port: number, head: string) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(head)
    return (await socket.setEncoding('utf8').toArray()).join('')
  }
  door.lead(Object.assign(appOf(endsWith('few')), { maxRequestsPerSocket: 1 }))
  const { port } = await door.listen({ port: 0, host: '127.0.0.1' })
  expect(await sends(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/connection: close/i)
  door.lead(Object.assign(appOf(endsWith('many')), { maxRequestsPerSocket: 2 }))
  const two = await sends(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n')
  expect(two.match(/many/g)).toHaveLength(2)
  await door.close()
})

test('a request that cannot be read is answered by the app that leads', async () => {
  const { door } = createScene()
  const app = appOf(endsWith('never')).on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 No\r\n\r\n'))
  door.lead(app)
  const { port } = await door.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect(port, '127.0.0.1')
  socket.write('this is not HTTP\r\n\r\n')
  expect((await socket.setEncoding('utf8').toArray()).join('')).toBe('HTTP/1.1 400 No\r\n\r\n')
  await door.close()
})

test('a connection that the system does not hand over ends nothing, and many are one line', async () => {
  const { door, warnings } = createScene()
  let listener: EventEmitter | undefined
  const app = appOf(endsWith('here'))
  app.on('request', ({ socket }: IncomingMessage) => {
    listener = (socket as Socket & { readonly server: Server }).server
  })
  door.lead(app)
  const { port } = await door.listen({ port: 0, host: '127.0.0.1' })
  await text(await ask(port))
  for (let n = 0; n < 3; n++) listener?.emit('error', new Error('accept EMFILE'))
  expect(warnings).toEqual(['a connection could not be taken'])
  expect(await text(await ask(port))).toBe('here')
  listener?.emit('error', new Error('accept EMFILE'))
  expect(warnings).toHaveLength(2)
  await door.close()
})

test('localhost is every address of that name', async () => {
  const { door } = createScene()
  door.lead(appOf(endsWith('here')))
  const { port } = await door.listen({ port: 0, host: 'localhost' })
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here')
  expect(await (await fetch(`http://localhost:${port}/`)).text()).toBe('here')
  await door.close()
})

test('a port that is taken is told', async () => {
  const { door } = createScene()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await expect(door.listen({ port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await door.close()
  other.close()
})

async function ask(port: number): Promise<IncomingMessage> {
  const [answer] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [IncomingMessage]
  return answer
}

function appOf(answer: RequestListener): Server {
  return createServer(answer)
}

function endsWith(body: string): RequestListener {
  return (_request, response) => void response.end(body)
}
