/** What the system and the server say of the server during the soak, every few seconds; and what that amounts to. */
import { readFile } from 'node:fs/promises'
import { setTimeout as later } from 'node:timers/promises'
import type { HttpClient } from './http-client.ts'
import { readProcess } from './process-memory.ts'
import { median } from './statistics.ts'

export interface Sample {
  /** Since the load began. */
  readonly seconds: number
  readonly rss: number
  /** Open ones, but for those of the stream cache, which holds so many by design. */
  readonly files: number
  readonly children: number
  readonly threads: number
  /** Bytes that the caches say they hold, and the heap of JavaScript: what memory goes to. */
  readonly cacheBytes: number
  readonly heapBytes: number
  /** The most that the event loop was late since the sample before, in milliseconds. */
  readonly lagMs: number
}

export interface SampleOrder {
  readonly pid: number
  readonly client: HttpClient
  readonly signal: AbortSignal
}

const everyMs = 5000

/** One sample. @param startMs when the load began, of `performance.now()` */
export async function takeSample({ pid, client }: Omit<SampleOrder, 'signal'>, startMs: number): Promise<Sample> {
  const [{ rss, files, children }, status, metrics] = await Promise.all([
    readProcess(pid),
    readFile(`/proc/${pid}/status`, 'utf8'),
    client.get('/metrics'),
  ])
  const text = metrics.body.toString()
  const measure = (name: string) => {
    const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].map(([, value]) =>
      Number(value),
    )
    return values.reduce((sum, value) => sum + value, 0)
  }
  return {
    seconds: (performance.now() - startMs) / 1000,
    rss,
    files: files - measure('gitbugviewer_stream_entries'),
    children,
    threads: Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1]),
    cacheBytes: measure('gitbugviewer_cache_bytes'),
    heapBytes: measure('nodejs_heap_size_used_bytes'),
    lagMs: measure('nodejs_eventloop_lag_max_seconds') * 1000,
  }
}

/** Samples until the signal. */
export async function takeSamples(order: SampleOrder): Promise<Sample[]> {
  const startMs = performance.now()
  const samples: Sample[] = []
  while (!order.signal.aborted) {
    samples.push(await takeSample(order, startMs))
    await later(everyMs, undefined, { signal: order.signal }).catch(() => {})
  }
  return samples
}

export interface Growth {
  /** Bytes: the median of half a minute after the first minute, and of the last half minute. */
  readonly afterMinute: number
  readonly atEnd: number
  readonly ratio: number
}

/** How resident memory has grown since the first minute. NaN where the load was shorter than that. */
export function memoryGrowth(samples: readonly Sample[]): Growth {
  const last = samples.at(-1)?.seconds ?? 0
  const rss = (fromSeconds: number, toSeconds: number) =>
    median(samples.filter(({ seconds }) => seconds >= fromSeconds && seconds <= toSeconds).map(sample => sample.rss))
  const [afterMinute, atEnd] = [rss(60, 90), rss(last - 30, last)]
  return { afterMinute, atEnd, ratio: atEnd / afterMinute }
}
