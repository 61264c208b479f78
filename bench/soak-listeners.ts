/** Pages that are open in browsers during the soak and hear of changes: a stream each, asked for again when it has ended. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as later } from 'node:timers/promises'
import type { Tally } from './soak-tally.ts'

export interface ListenOrder {
  readonly origin: string
  readonly repository: string
  readonly tally: Tally
  readonly signal: AbortSignal
}

const kind = 'listeners'
const againMs = 1000

/** Listens until the signal. Counts what it hears as answers, with the time since the one before. */
export async function listen({ origin, repository, tally, signal }: ListenOrder): Promise<void> {
  let state = '0'.repeat(40)
  while (!signal.aborted) {
    try {
      const url = `${origin}/${repository}/-/events?state=${state}`
      const call = request(url, { agent: false, signal, headers: { accept: 'text/event-stream' } }).end()
      const [response] = (await once(call, 'response')) as [IncomingMessage]
      const startMs = performance.now()
      for await (const text of response.setEncoding('utf8') as AsyncIterable<string>) {
        state = /^id: (\S+)$/m.exec(text)?.[1] ?? state
        if (text.includes('data:')) tally.answered(kind, { status: 200, ms: performance.now() - startMs })
      }
      if (response.statusCode !== 200) tally.failed(kind, `answered ${response.statusCode}`)
    } catch (error) {
      if (!signal.aborted) tally.failed(kind, String(error))
    }
    await later(againMs, undefined, { signal }).catch(() => {})
  }
}
