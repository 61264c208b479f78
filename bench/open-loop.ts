/**
 * A load that does not wait for answers: so many requests a second, each sent when its time has come however slow the
 * answers before it are, and its latency counted from that time. So a server that stands still is charged with every
 * request that came meanwhile. A process of its own, forked by `bench/neighbours.ts`: it starts with the first message,
 * and on the second stops, sends what it measured and ends.
 */
import { Agent } from 'node:http'
import { ask } from './http-client.ts'

export interface LoadOrder {
  /** Asked in turn. */
  readonly urls: readonly string[]
  readonly perSecond: number
}

export interface LoadSample {
  /** Which of the addresses. */
  readonly urlIndex: number
  /** When it was due, in milliseconds of the system's clock. */
  readonly atMs: number
  /** From then to the last byte of the answer. */
  readonly latencyMs: number
  /** How much of that was this process being late with sending. */
  readonly lateMs: number
  /** 0 where there was no answer. */
  readonly status: number
}

const agent = new Agent({ keepAlive: true })
const samples: LoadSample[] = []
const running = new Set<Promise<void>>()
let timer: NodeJS.Timeout | undefined

async function send({ url, urlIndex }: { url: string; urlIndex: number }, dueMs: number): Promise<void> {
  const lateMs = performance.now() - dueMs
  const status = await ask(url, { agent, headers: {} }).then(
    answer => answer.status,
    () => 0,
  )
  samples.push({ urlIndex, atMs: performance.timeOrigin + dueMs, latencyMs: performance.now() - dueMs, lateMs, status })
}

function start({ urls, perSecond }: LoadOrder): void {
  const startMs = performance.now()
  let count = 0
  const sendDue = () => {
    const dueMs = () => startMs + (count * 1000) / perSecond
    for (; dueMs() <= performance.now(); count++) {
      const urlIndex = count % urls.length
      const request = send({ url: urls[urlIndex] ?? '', urlIndex }, dueMs()).finally(() => running.delete(request))
      running.add(request)
    }
    timer = setTimeout(sendDue, Math.max(0, dueMs() - performance.now()))
  }
  sendDue()
}

async function stop(): Promise<void> {
  clearTimeout(timer)
  await Promise.all(running)
  agent.destroy()
  process.send?.(samples, () => process.disconnect?.())
}

process.on('message', (order: LoadOrder | 'stop') => {
  if (order === 'stop') void stop()
  else start(order)
})
// Without the one who asked for it, nobody wants it.
process.on('disconnect', () => process.exit(0))
