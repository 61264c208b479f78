/** Clients over raw connections, as no browser is one: they send or read as slowly as they like, or leave at any byte. */
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect, type Socket } from 'node:net'

export interface Crowd extends Disposable {
  readonly sockets: readonly Socket[]
}

/**
 * Connects so many clients and lets each begin.
 * @param begin what a client does once it is connected
 */
export async function openCrowd(
  url: string,
  { count, begin }: { readonly count: number; begin(socket: Socket, index: number): void },
): Promise<Crowd> {
  const { port, hostname } = new URL(url)
  const sockets = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const socket = connect(Number(port), hostname)
      await once(socket, 'connect')
      // Whatever the server does with it is right; what counts is how others fare.
      socket.on('error', () => {})
      begin(socket, index)
      return socket
    }),
  )
  return {
    sockets,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

const stepMs = 50

/** Sends a text byte by byte, one now and then. */
export function sendSlowly(socket: Socket, text: string): void {
  let sent = 0
  const timer = setInterval(() => {
    if (sent < text.length && socket.writable) socket.write(text[sent++] ?? '')
    else clearInterval(timer)
  }, stepMs)
  socket.on('close', () => clearInterval(timer))
}

/** Sends a request whole and reads a byte of the answer now and then. */
export function readSlowly(socket: Socket, request: string): void {
  socket.pause()
  socket.write(request)
  const timer = setInterval(() => socket.read(1), stepMs)
  socket.on('readable', () => {}).on('close', () => clearInterval(timer))
}

export const getRequest = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: identity\r\n\r\n`

export interface HealthyReader {
  /**
   * Ends it.
   * @returns how many of its pages came right, how often it was told to come again since there was too much to do, and
   *   what was wrong with other answers
   */
  end(): Promise<{ readonly right: number; readonly refused: number; readonly wrong: readonly string[] }>
}

/** A reader in a network of its own who asks for pages all the time, one after the other. */
export function startHealthyReader(url: string, path: string, text: string): HealthyReader {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const wrong: string[] = []
  let right = 0
  let refused = 0
  let isOver = false
  const ask = async (query: number) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    get(`${url}${path}?q=${query % 3 === 0 ? '' : query}`, { agent, localAddress: '127.7.7.7' }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        body += piece
      })
      response.on('end', () => {
        if (response.statusCode === 200 && body.includes(text)) right++
        else if (response.statusCode === 503 && response.headers['retry-after'] !== undefined) refused++
        else wrong.push(`answered ${response.statusCode}`)
        resolve()
      })
    }).on('error', reject)
    await promise.catch((error: unknown) => wrong.push(String(error)))
  }
  const asking = (async () => {
    for (let query = 0; !isOver; query++) await ask(query)
  })()
  return {
    async end() {
      isOver = true
      await asking
      agent.destroy()
      return { right, refused, wrong }
    },
  }
}
