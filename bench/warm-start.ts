/**
 * What the store is worth, and what filling it costs:
 *
 *   - process start to the first list page, with what an earlier process has left in its data folder;
 *   - the same of another instance with an empty data folder, from a Redis server that an earlier one has filled;
 *   - a cold build with the store being filled, against one without a store.
 *
 *   node bench/warm-start.ts [--bugs 10000] [--rounds 7] [--keep DIR]
 *
 * Each process is a new one. Needs redis-server for the second.
 */
import { parseArgs } from 'node:util'
import { openRedisServer } from '../test/support/redis-server.ts'
import { openBenchFolder } from './bench-folder.ts'
import { addresses, type BenchRepository, keepOption, prepareRepository } from './repository.ts'
import { median, printMs, printVerdict } from './statistics.ts'
import { openViewer, waitForPage } from './viewer-process.ts'

type Settings = Readonly<Record<string, string>>

interface Start {
  /** Until the program said that it is ready. */
  readonly readyMs: number
  /** Until the first list page was there. */
  readonly pageMs: number
}

/** Starts a process and asks for the list page at once. */
async function measureStart(repository: BenchRepository, dataDir: string, settings: Settings = {}): Promise<Start> {
  await using viewer = await openViewer({ paths: [repository.path], dataDir, settings })
  await waitForPage(viewer.client, addresses(repository).list)
  return { readyMs: viewer.readyMs, pageMs: performance.now() - viewer.startedAtMs }
}

/** Starts a process, asks for the list page when it is ready, and for a search, which is there when all is. */
async function measureCold(repository: BenchRepository, dataDir: string, settings: Settings = {}): Promise<number> {
  await using viewer = await openViewer({ paths: [repository.path], dataDir, settings })
  const startMs = performance.now()
  await waitForPage(viewer.client, addresses(repository).list)
  const pageMs = performance.now() - startMs
  await waitForPage(viewer.client, `${addresses(repository).list}?q=nowhere`)
  return pageMs
}

async function measureSqlite(repository: BenchRepository, rounds: number): Promise<Start[]> {
  await using folder = await openBenchFolder()
  await measureCold(repository, folder.path)
  const starts: Start[] = []
  for (let round = 0; round < rounds; round++) starts.push(await measureStart(repository, folder.path))
  return starts
}

async function measureRedis(repository: BenchRepository, rounds: number): Promise<Start[]> {
  await using redis = await openRedisServer()
  const settings = { STORE_REDIS_URL: redis.url }
  {
    await using folder = await openBenchFolder()
    await measureCold(repository, folder.path, settings)
  }
  const starts: Start[] = []
  for (let round = 0; round < rounds; round++) {
    await using folder = await openBenchFolder()
    starts.push(await measureStart(repository, folder.path, settings))
  }
  return starts
}

async function measureFilling(repository: BenchRepository, rounds: number): Promise<{ off: number; on: number }[]> {
  const measured: { off: number; on: number }[] = []
  for (let round = 0; round <= rounds; round++) {
    await using offFolder = await openBenchFolder()
    await using onFolder = await openBenchFolder()
    const off = await measureCold(repository, offFolder.path, { STORE_ENABLED: 'false' })
    const on = await measureCold(repository, onFolder.path)
    // The first round warms the disk's cache.
    if (round > 0) measured.push({ off, on })
  }
  return measured
}

function printStart(what: string, starts: readonly Start[], wantedMs: number) {
  const page = median(starts.map(({ pageMs }) => pageMs))
  console.log(`${what}: ready after ${printMs(median(starts.map(({ readyMs }) => readyMs)))}`)
  printVerdict(`${what}: first list page after`, printMs(page), {
    text: `at most ${wantedMs} ms`,
    met: page <= wantedMs,
  })
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { ...keepOption, bugs: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '7' } },
  })
  await using folder = await openBenchFolder()
  const bugs = Number(values.bugs)
  const rounds = Number(values.rounds)
  const repository = await prepareRepository(values.keep ?? folder.path, { bugs })
  console.log(`${bugs} bugs, medians of ${rounds} rounds`)
  printStart('start with the data folder of before', await measureSqlite(repository, rounds), 500)
  printStart('start of another instance, from Redis', await measureRedis(repository, rounds), 1500)
  const filling = await measureFilling(repository, rounds)
  const ratio = median(filling.map(({ off, on }) => on / off))
  console.log(`cold build without a store ${printMs(median(filling.map(({ off }) => off)))}`)
  console.log(`cold build filling it      ${printMs(median(filling.map(({ on }) => on)))}`)
  printVerdict('filling / without', ratio.toFixed(2), { text: 'at most 1.15', met: ratio <= 1.15 })
}

await main()
