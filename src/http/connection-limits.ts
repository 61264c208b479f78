/**
 * Bounds on connections. How many there may be, and how long a request may take to come, is Node's to enforce; here is
 * what it leaves open:
 *
 *     the last place is taken ──────────────► connections that rest are closed: their browsers make new ones
 *     nothing has moved for stallMs ─┬─ an answer lies there and is not taken ──► cut off
 *                                    ├─ the connection rests ───────────────────► closed
 *                                    └─ its answer is being made ───────────────► goes on
 *
 * A connection on which nothing was ever asked does not rest: it goes when its headers are late.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface ConnectionLimits {
  /** 0 is no bound. */
  readonly maxConnections: number
  /** A request with its body may take this long to come. */
  readonly requestMs: number
  /** A reader that takes nothing for this long is cut off. */
  readonly stallMs: number
}

/** Headers fit into a few packets. */
const headersMs = 20_000

/** Says on a server what its limits are. */
export function setConnectionLimits(server: Server, { maxConnections, requestMs, stallMs }: ConnectionLimits) {
  server.headersTimeout = Math.min(headersMs, requestMs)
  server.requestTimeout = requestMs
  server.timeout = stallMs
  if (maxConnections > 0) server.maxConnections = maxConnections
}

/** What was asked on a connection, and what of it has been answered, or never will be. */
interface Use {
  asked: number
  answered: number
}

export interface KeptConnections {
  /** Closes those on which no answer is being made, also where half of a request has come. */
  closeUnused(): void
}

/** Keeps to what a server says of its limits, now and whenever it says something else. For the one that listens. */
export function keepConnectionLimits(server: Server): KeptConnections {
  const open = new Map<Socket, Use>()
  const rests = ({ asked, answered }: Use) => asked > 0 && asked === answered
  server.on('connection', (socket: Socket) => {
    open.set(socket, { asked: 0, answered: 0 })
    socket.once('close', () => open.delete(socket))
    if (server.maxConnections === undefined || open.size < server.maxConnections) return
    // Node's own notion of idle has those in it whose first request is on its way.
    for (const [one, use] of open) if (rests(use)) one.destroy()
  })
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const use = open.get(socket)
    if (!use) return
    use.asked++
    response.once('close', () => use.answered++)
  })
  server.on('timeout', (socket: Socket) => {
    const use = open.get(socket)
    if (socket.writableLength > 0 || (use && rests(use))) socket.destroy()
  })
  return {
    closeUnused() {
      for (const [one, { asked, answered }] of open) if (asked === answered) one.destroySoon()
    },
  }
}
