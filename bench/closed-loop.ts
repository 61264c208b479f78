/**
 * As many requests as a server answers, over a fixed number of connections, each of which waits for its answer. A process
 * of its own, forked by `bench/requests.ts` for one measurement: it takes an order, sends the result, and ends.
 */
import autocannon from 'autocannon'

export interface RateOrder {
  readonly url: string
  readonly status: 200 | 304
  readonly headers: Readonly<Record<string, string>>
  readonly seconds: number
  readonly connections: number
}

/** Requests a second, or why it is no result. */
export type RateResult = { readonly rate: number } | { readonly error: string }

async function measure({ url, status, headers, seconds, connections }: RateOrder): Promise<RateResult> {
  const result = await autocannon({ url, connections, duration: seconds, headers: { ...headers } })
  const right = status === 304 ? result['3xx'] : result['2xx']
  const wrong = result['1xx'] + result['2xx'] + result['3xx'] + result['4xx'] + result['5xx'] - right
  if (right > 0 && wrong === 0 && result.errors === 0) return { rate: result.requests.average }
  return { error: `${url}: ${right} answers were a ${status}, ${wrong} were not, ${result.errors} failed` }
}

async function answer(order: RateOrder): Promise<void> {
  const result = await measure(order).catch((error: unknown) => ({ error: String(error) }))
  process.send?.(result, () => process.disconnect?.())
}

process.on('message', (order: RateOrder) => void answer(order))
process.on('disconnect', () => process.exit(0))
