/**
 * Many fetches at the same time, as their requests were recorded (`recorded-fetch.ts`): each client sends one after the
 * other over one connection and reads each answer to its end. A process of its own, started by `group-process.ts`: it
 * takes an order, sends what came of it, and ends. An answer that is no 200, or of another size than the one that git had, is
 * an error; packs of the same objects made anew may differ a little, so sizes may too, by a hundredth.
 */
import { Agent, request } from 'node:http'
import type { RecordedRequest } from './recorded-fetch.ts'

export interface FetchOrder {
  /** `http://127.0.0.1:…` */
  readonly origin: string
  readonly requests: readonly RecordedRequest[]
  readonly clients: number
}

export type FetchResult =
  | {
      /** From the order to the last byte of the last client. */
      readonly ms: number
      /** Of all clients. */
      readonly bytes: number
      /** When each client was done. */
      readonly clientMs: readonly number[]
      /** Of each request, in their order, by client. */
      readonly requestMs: readonly (readonly number[])[]
    }
  | { readonly error: string }

const sizeSlack = 0.01

async function ask(order: FetchOrder, one: RecordedRequest, agent: Agent): Promise<number> {
  const { method, path, headers, base64, answerBytes } = one
  const body = Buffer.from(base64, 'base64')
  const bytes = await new Promise<number>((resolve, reject) => {
    const length = method === 'GET' ? {} : { 'content-length': body.length }
    request(`${order.origin}${path}`, { agent, method, headers: { ...headers, ...length } }, answer => {
      let got = 0
      answer.on('data', (piece: Buffer) => {
        got += piece.length
      })
      answer.on('error', reject)
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(got)
        else reject(new Error(`${method} ${path} answered ${answer.statusCode}`))
      })
    })
      .on('error', reject)
      .end(body)
  })
  if (Math.abs(bytes - answerBytes) > sizeSlack * answerBytes) {
    throw new Error(`${method} ${path} answered ${bytes} bytes where git had ${answerBytes}`)
  }
  return bytes
}

async function fetchAll(order: FetchOrder): Promise<FetchResult> {
  const startMs = performance.now()
  let bytes = 0
  const fetchOnce = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const requestMs: number[] = []
    try {
      for (const one of order.requests) {
        const askedMs = performance.now()
        const got = await ask(order, one, agent)
        bytes += got
        requestMs.push(performance.now() - askedMs)
      }
    } finally {
      agent.destroy()
    }
    return { requestMs, ms: performance.now() - startMs }
  }
  try {
    const done = await Promise.all(Array.from({ length: order.clients }, fetchOnce))
    const clientMs = done.map(({ ms }) => ms)
    return { ms: Math.max(...clientMs), bytes, clientMs, requestMs: done.map(one => one.requestMs) }
  } catch (error) {
    return { error: String(error) }
  }
}

process.on('message', (order: FetchOrder) => {
  void fetchAll(order).then(result => process.send?.(result, () => process.disconnect?.()))
})
// Without the one who asked for it, nobody wants it.
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
