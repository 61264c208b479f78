/**
 * The listener of the site. It outlives the apps behind it, so that new settings drop no connection and no request:
 *
 *     socket ──► door ──► the app that leads now      (one that led before answers what it was asked)
 *
 * Its end waits for answers under way, and not for ever: a download may take days, and a client that never reads would
 * take as long as it likes. Whoever has not got all by then is cut off, and can tell.
 */
import { lookup } from 'node:dns/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { type KeptConnections, keepConnectionLimits } from './connection-limits.ts'

export interface DoorOptions {
  /** Answers under way have this long when the site ends. */
  readonly answersMs: number
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
}

export interface ListenAddress {
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
}

export interface Door {
  /**
   * Listens; on every address of `localhost`, as its clients expect.
   * @returns where @throws what the system has against it
   */
  listen(at: ListenAddress): Promise<AddressInfo>
  /** From now on requests go to this one. It never listens by itself; its limits on connections become the door's. */
  lead(app: Server): void
  /** Takes no more connections. Settles when there are none any more. */
  close(): Promise<void>
}

/** A request that was on its way when the end began may take so long to come. */
const headsMs = 1000

/** Limits on headers and bodies are looked at so often: as exact as readers who wait need them. */
const connectionsCheckingInterval = 5000

/** Makes the door; nothing listens yet. */
export function createDoor({ answersMs, clock, log }: DoorOptions): Door {
  let leading: Server | undefined
  let closing: Promise<void> | undefined
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    // Its head may have said, before the end was near, that more can be asked on this connection.
    response.once('close', () => closing && request.socket.destroySoon())
    leading?.emit('request', request, response)
  }
  // What an app has to say to a request that cannot be read.
  const refuse = (error: Error, socket: Socket) => {
    if (leading?.emit('clientError', error, socket) !== true) socket.destroy()
  }
  const servers: Server[] = []
  const connections: KeptConnections[] = []
  const listenOn = async (at: ListenAddress): Promise<AddressInfo> => {
    const server = createServer({ connectionsCheckingInterval }, answer).on('clientError', refuse)
    if (leading) takeLimits(server, leading)
    const kept = keepConnectionLimits(server)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject).listen(at, resolve)
    await promise
    server.off('error', reject)
    logFaults(server, log)
    servers.push(server)
    connections.push(kept)
    return server.address() as AddressInfo
  }
  const end = async () => {
    const timer = clock.startTimer(answersMs, () => {
      log.warn({}, 'answers that were still under way are cut off')
      for (const server of servers) server.closeAllConnections()
    })
    const headsTimer = clock.startTimer(headsMs, () => {
      for (const one of connections) one.closeUnused()
    })
    // Idle connections go at once.
    await Promise.all(servers.map(server => promisify(server.close.bind(server))()))
    timer.cancel()
    headsTimer.cancel()
  }
  return {
    async listen({ host, port }) {
      if (host !== 'localhost') return await listenOn({ host, port })
      const [first, ...others] = await lookup(host, { all: true })
      const bound = await listenOn({ host: first?.address ?? host, port })
      // A machine may have no IPv6, or something else on that port there.
      await Promise.allSettled(others.map(({ address }) => listenOn({ host: address, port: bound.port })))
      return bound
    },
    lead(app) {
      leading = app
      for (const server of servers) takeLimits(server, app)
    },
    close() {
      closing ??= end()
      return closing
    },
  }
}

/**
 * A connection that the system has not handed over is the affair of whoever tried, and not the end of all others. A line
 * where that begins: files and memory run out for many at once.
 */
function logFaults(server: Server, log: DoorOptions['log']) {
  let isTold = false
  server.on('connection', () => {
    isTold = false
  })
  server.on('error', err => {
    if (!isTold) log.warn({ err }, 'a connection could not be taken')
    isTold = true
  })
}

function takeLimits(server: Server, from: Server) {
  const { headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxRequestsPerSocket, maxConnections } = from
  Object.assign(server, { headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxRequestsPerSocket })
  Object.assign(server, { maxHeadersCount: from.maxHeadersCount, maxConnections })
}
