/** Sends a visitor's requests (`soak-visitors.ts`) over one connection with autocannon, and tells a tally of the answers. */
import autocannon, { type Options, type Result } from 'autocannon'
import { isExpected, type Tally } from './soak-tally.ts'
import type { Visitor } from './soak-visitors.ts'

export interface SendOrder {
  readonly origin: string
  readonly seconds: number
  readonly tally: Tally
}

/** An answer that takes longer is a failure. */
const patienceSeconds = 180

/** Sends them until the time is over. Answers that are under way then are given up. */
export async function sendRequests(visitor: Visitor, { origin, seconds, tally }: SendOrder): Promise<void> {
  const { kind, perSecond } = visitor
  // One connection without pipelining: the answer is that of the last request.
  let asked = '/'
  let before = '/'
  let sentMs = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  const options: Options = {
    url: origin,
    connections: 1,
    connectionRate: perSecond,
    duration: seconds,
    timeout: patienceSeconds,
    requests: [
      {
        method: 'GET',
        setupRequest(request) {
          const { path, headers } = visitor.next()
          before = asked
          asked = path
          sentMs = performance.now()
          return { ...request, path, headers: { ...headers } }
        },
        onResponse(status, body, _context, headers = {}) {
          const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const)
          tally.answered(kind, { status, ms: performance.now() - sentMs })
          if (!isExpected(status)) tally.failed(kind, `${asked} answered ${status}`)
          visitor.answered({ path: asked, status, headers: new Map(named), body })
        },
      },
    ],
  }
  const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)))
  // The next one was sent before this is told.
  run.on('reqError', (error: unknown) => tally.failed(kind, `${before}: ${String(error)}`))
  const { timeouts } = await promise
  if (timeouts > 0) tally.failed(kind, `${timeouts} answers did not come within ${patienceSeconds} s`)
}
