/**
 * The store on this machine: how long it takes to put and to get the records of a large repository, and for how long
 * the main thread is held up by that.
 *
 *   node bench/store.ts [--values 10000] [--folder DIR]
 *
 * One line for each back end and size of value. "Put" ends when the caller may put more, "kept" when everything is in the
 * file; "get" asks for all values at once, in the order in which they were put, and "one by one" for some of them alone,
 * while nothing else goes on. The folder is for a disk that is to be measured.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/base/clock.ts'
import { noMeasures } from '../src/base/measures.ts'
import { createMemoryStore } from '../src/store/memory-store.ts'
import { sealValues } from '../src/store/sealed.ts'
import { openSqliteStore } from '../src/store/sqlite-store.ts'
import type { Store, StoreBackend, StoreEntry, StoreLimits } from '../src/store/store.ts'
import { openBenchFolder } from './bench-folder.ts'
import { median, percentile, printMs } from './statistics.ts'

const sizes = [500, 2500]
const rounds = 5
const singles = 500
const tier = { seconds: undefined, maxBytes: 1_000_000_000 }
const limits: StoreLimits = { permanent: tier, intermediate: tier, result: tier }

function makeEntries(count: number, bytes: number): StoreEntry[] {
  return Array.from({ length: count }, (_, n) => {
    const digest = createHash('sha256').update(`${bytes} ${n}`).digest('hex')
    return { key: `entity/1/${digest}`, value: Buffer.alloc(bytes, digest) }
  })
}

/** Milliseconds of work, and the longest time that the main thread had no turn meanwhile. */
async function time(work: () => Promise<unknown>): Promise<{ ms: number; pauseMs: number }> {
  let [pauseMs, isOver] = [0, false]
  let lastMs = performance.now()
  const look = () => {
    const nowMs = performance.now()
    pauseMs = Math.max(pauseMs, nowMs - lastMs)
    lastMs = nowMs
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  const startMs = performance.now()
  await work()
  const ms = performance.now() - startMs
  isOver = true
  look()
  return { ms, pauseMs }
}

async function measure(name: string, store: Store, entries: readonly StoreEntry[]): Promise<void> {
  const keys = entries.map(({ key }) => key)
  // Begun with something small, so that the start of the thread is not in the figures.
  await store.getMany('permanent', ['nothing'])
  let putMs = 0
  const kept = await time(async () => {
    const startMs = performance.now()
    await store.setMany('permanent', entries)
    putMs = performance.now() - startMs
    await store.settled()
  })
  const gets: { ms: number; pauseMs: number }[] = []
  for (let round = 0; round < rounds; round++) gets.push(await time(() => store.getMany('permanent', keys)))
  const each: number[] = []
  for (const key of keys.slice(0, singles)) each.push((await time(() => store.getMany('permanent', [key]))).ms)
  const pauseMs = Math.max(...gets.map(get => get.pauseMs))
  const figures = [
    `put ${printMs(putMs)}, kept ${printMs(kept.ms)} (longest pause ${printMs(kept.pauseMs)})`,
    `get ${printMs(median(gets.map(get => get.ms)))} (longest pause ${printMs(pauseMs)})`,
    `one by one p50 ${printMs(median(each))}, p99 ${printMs(percentile(each, 0.99))}`,
  ]
  console.log(`  ${name.padEnd(22)}: ${figures.join('; ')}`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { values: { type: 'string', default: '10000' }, folder: { type: 'string' } },
  })
  await using own = await openBenchFolder()
  const parent = await mkdtemp(join(values.folder ?? own.path, 'store-'))
  const log = { debug() {}, info() {}, warn: console.warn, error: console.error }
  const surroundings = { limits, clock: systemClock, log, measures: noMeasures }
  try {
    for (const bytes of sizes) {
      console.log(`${values.values} values of ${bytes} bytes`)
      const entries = makeEntries(Number(values.values), bytes)
      const seal = (store: Store, backend: StoreBackend) => sealValues(store, { measures: noMeasures, backend })
      const openFile = () => openSqliteStore({ ...surroundings, folder: join(parent, String(bytes)) })
      {
        await using store = createMemoryStore(surroundings)
        await measure('memory', store, entries)
      }
      {
        await using store = openFile()
        await measure('SQLite', store, entries)
      }
      {
        await using store = seal(openFile(), 'sqlite')
        await measure('SQLite, again, sealed', store, entries)
      }
    }
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}

if (import.meta.main) await main()
